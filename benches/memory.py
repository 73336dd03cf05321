"""The peak memory of a process and its children, from /proc."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_EVERY: Final = 0.05
_FIELD: Final = "VmHWM:"


class PeakMemory:
    """Watches a process tree while the block runs; `mib` is then the sum of its processes' own peaks, which is no less
    than the peak of the sum. Memory-mapped files count as far as they are in memory. 0 where there is no /proc."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peaks, self._stop = pid, dict[int, int](), threading.Event()
        self._watch = threading.Thread(target=self._watching, daemon=True)

    @property
    def mib(self) -> float:
        return sum(self._peaks.values()) / 1024

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._watch.join()

    def _watching(self) -> None:
        stopped = False
        while not stopped:
            stopped = self._stop.wait(_EVERY)
            for pid in tree(self._pid):
                self._peaks[pid] = max(self._peaks.get(pid, 0), _peak(pid))


def tree(pid: int) -> list[int]:
    """A process and all below it that are alive."""
    found = [pid]
    for parent in found:  # grows while it is walked
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += map(int, path.read_text().split())
            except OSError:  # gone meanwhile
                continue
    return found


def _peak(pid: int) -> int:
    """KiB that a process has held at most."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(_FIELD)), 0)
