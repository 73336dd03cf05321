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
from collections.abc import Callable, Iterator, Sequence
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

    def killed(self, name: str, wait: Callable[[], None]) -> bool:
        """Start it, kill it after `wait`, start it again until it is done; whether it was alive when killed."""
        *before, last = self.commands(name)
        for command in before:
            _finish(_start(command))
        process = _start(last)
        wait()
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        _finish(_start(last), alive)
        return alive


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _finish(process: subprocess.Popen[bytes], may_be_done: bool = False) -> None:
    """Wait for the end. A close that was killed after its commit, in its last moments, may be told that it is done."""
    _, errors = process.communicate()
    done = may_be_done and process.returncode == 3 and b"is closed, by run" in errors
    assert process.returncode == 0 or done, errors.decode()


def _moments(case: Case, count: int, after_rename: int) -> Iterator[tuple[str, Callable[[], None]]]:
    """Moments spread over an undisturbed run's time, and more of them between the first rename and the commit."""
    renamed, whole = min((case.undisturbed(), case.undisturbed("again")), key=lambda times: times[1])
    for i in range(count):
        seconds = whole * (i + 0.5) / count
        yield f"at-{i}", lambda seconds=seconds: time.sleep(seconds)  # type: ignore[misc]
    for i in range(after_rename):
        name, seconds = f"after-{i}", (whole - renamed) * i / after_rename

        def wait(name: str = name, seconds: float = seconds) -> None:
            deadline = time.monotonic() + 2 * whole
            while not case.has_renamed(name) and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(seconds)

        yield name, wait


def _hits(case: Case, count: int, after_rename: int) -> int:
    """Kill at all moments; each time the book must come out as undisturbed. How many hit a live process."""
    hits, moments = 0, list(_moments(case, count, after_rename))
    whole = book(store_in(case.folder, "whole"))
    for name, wait in moments:
        hits += case.killed(name, wait)
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
