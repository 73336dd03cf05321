"""A run that is killed anywhere (SIGKILL) and started again ends with the same book.

The default suite kills a small run at a few moments. The full figure, 1,000,000 records in at least 8 partitions and
60 moments, takes a quarter of an hour: `pytest -m deep tests/test_kill.py`.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from partita import demo

from .billing import book, store_in

COMMAND = (sys.executable, "-c", "from partita.cli import main; main()")


@dataclass(frozen=True)
class Case:
    """Commands on made-up usage that end in a book, of which the last is killed."""

    folder: Path
    made: demo.Demonstration
    partition_rows: int
    closes: bool = False

    def commands(self, name: str) -> list[list[str]]:
        """What to call to fill the book of a name; the last is the one to kill."""
        beside = ["--accounts", str(self.made.accounts), "--subscriptions", str(self.made.subscriptions)]
        rest = [*beside, "--period", self.made.period, "--store", store_in(self.folder, name)]
        run = ["run", str(self.made.catalog), str(self.made.usage), "--partition-rows", str(self.partition_rows), *rest]
        close = ["close", str(self.made.catalog), *rest]
        return [[*run, "--open"], close] if self.closes else [run]

    def undisturbed(self, name: str = "whole") -> tuple[float, float]:
        """Run it to its end: seconds until the first folder has its name, and in all."""
        *before, last = self.commands(name)
        for command in before:
            _finish(_start(command))
        process, started = _start(last), time.monotonic()
        while process.poll() is None and not self.has_renamed(name):
            time.sleep(0.002)
        renamed = time.monotonic() - started
        _finish(process)
        return renamed, time.monotonic() - started

    def has_renamed(self, name: str) -> bool:
        """Whether a folder of the run to kill is finished."""
        wanted = "*/close" if self.closes else "*/part-*"
        return any((self.folder / f"{name}.runs").glob(wanted))

    def killed(self, name: str, ready: Callable[[], bool]) -> float | None:
        """Start it, kill it once it is ready, start it again until it is done. When it came to its end before it
        could be killed: after how many seconds."""
        *before, last = self.commands(name)
        for command in before:
            _finish(_start(command))
        process, started = _start(last), time.monotonic()
        while process.poll() is None and not ready():
            time.sleep(0.002)
        if process.poll() is not None:
            _finish(process)
            return time.monotonic() - started
        process.send_signal(signal.SIGKILL)
        process.communicate()
        _finish(_start(last), may_be_done=True)
        return None


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _finish(process: subprocess.Popen[bytes], may_be_done: bool = False) -> None:
    """Wait for the end. A close that was killed after its commit, in its last moments, may be told that it is done."""
    _, errors = process.communicate()
    done = may_be_done and process.returncode == 3 and b"is closed, by run" in errors
    assert process.returncode == 0 or done, errors.decode()


class Clock:
    """When to kill: at a part of the time that a run takes, or of the time from its first rename to its commit.

    What else the machine does makes runs faster and slower, so the times are those of the fastest run so far.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.renamed, self.whole = case.undisturbed()

    def ended(self, seconds: float) -> None:
        """A run has come to its end."""
        self.renamed *= min(1.0, seconds / self.whole)
        self.whole = min(self.whole, seconds)

    def at(self, part: float) -> Callable[[], bool]:
        """Ready when this part of a run's time is over."""
        end = time.monotonic() + self.whole * part
        return lambda: time.monotonic() >= end

    def after_rename(self, name: str, part: float) -> Callable[[], bool]:
        """Ready when this part of the time between the first rename and the commit is over."""
        ends: list[float] = []

        def ready() -> bool:
            if not ends and self.case.has_renamed(name):
                ends.append(time.monotonic() + (self.whole - self.renamed) * part)
            return bool(ends) and time.monotonic() >= ends[0]

        return ready


def _hits(case: Case, count: int, after_rename: int) -> int:
    """Kill at moments spread over a run's time, and at more after its first rename; each time the book must come out
    as undisturbed. How many kills hit a live process."""
    hits, clock = 0, Clock(case)
    whole = book(store_in(case.folder, "whole"))
    for i in range(count + after_rename):
        name, late = f"book-{i}", i - count
        ready = clock.at((i + 0.5) / count) if late < 0 else clock.after_rename(name, late / after_rename)
        ended = case.killed(name, ready)
        if ended is None:
            hits += 1
        else:
            clock.ended(ended)
        assert book(store_in(case.folder, name)) == whole, name
        (case.folder / f"{name}.duckdb").unlink()
        shutil.rmtree(case.folder / f"{name}.runs")
    return hits


def _case(folder: Path, records: int, partition_rows: int, closes: bool = False) -> Case:
    return Case(folder, demo.prepare("A.4", records, 1, folder), partition_rows, closes)


def test_a_killed_run_ends_with_the_same_book(tmp_path: Path) -> None:
    assert _hits(_case(tmp_path, 4_000, 500), 2, 2) >= 2
    assert len(list(tmp_path.glob("whole.runs/*/part-*"))) == 8


def test_a_killed_close_ends_with_the_same_book(tmp_path: Path) -> None:
    assert _hits(_case(tmp_path, 2_000, 1_000, closes=True), 1, 1) >= 1


@pytest.mark.deep
def test_a_large_run_killed_at_many_moments_ends_with_the_same_book(tmp_path: Path) -> None:
    hits = _hits(_case(tmp_path, 1_000_000, 125_000), 40, 10)
    assert len(list(tmp_path.glob("whole.runs/*/part-*"))) >= 8
    print(f"{hits} of 50 kills hit a live process")
    assert hits >= 30


@pytest.mark.deep
def test_a_large_close_killed_at_many_moments_ends_with_the_same_book(tmp_path: Path) -> None:
    hits = _hits(_case(tmp_path, 1_000_000, 125_000, closes=True), 10, 5)
    print(f"{hits} of 15 kills hit a live process")
    assert hits >= 8
