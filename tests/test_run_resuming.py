"""A run that was stopped goes on from what is finished, and ends with the same book."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from partita import cycle
from partita.cycle import folder, work
from partita.errors import PeriodError
from partita.store.duckdb import DuckDbBook

from .billing import OCTOBER, amounts, bill, book, catalog, store_in


def _rated_until(parts: int, folder: Path) -> int:
    """Run October one account at a time, with a Ctrl-C after some partitions; how many were rated."""
    rate_part, rated = work.rate_part, []

    def interrupted(*given: object) -> object:
        if len(rated) == parts:
            raise KeyboardInterrupt
        rated.append(given)
        return rate_part(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(work, "rate_part", interrupted)
        bill(folder, "october", OCTOBER, partition_rows=1)
    return len(rated)


def test_a_run_resumes_from_finished_partitions(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "whole"), partition_rows=1)
    parts = len(list(whole.folder.glob("part-*")))
    assert _rated_until(2, tmp_path) == 2
    assert book(store_in(tmp_path))["runs"] == []
    assert _rated_until(parts, tmp_path) == parts - 2
    assert book(store_in(tmp_path)) == book(whole.store)
    resumed = tmp_path / "book.runs" / whole.run_id
    assert {path.name for path in resumed.iterdir()} == {path.name for path in whole.folder.iterdir()}


def test_a_broken_partition_is_rated_again(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "whole"), partition_rows=1)
    _rated_until(2, tmp_path)
    lines = tmp_path / "book.runs" / whole.run_id / "part-0000" / "lines.parquet"
    lines.write_bytes(lines.read_bytes()[:-1] + b"?")
    assert book(bill(tmp_path, "october", OCTOBER, partition_rows=1).store) == book(whole.store)


def test_all_that_a_commit_lists_is_on_the_disk_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced, before = set[Path](), set[Path]()
    monkeypatch.setattr(folder, "_sync", synced.add)
    commit = DuckDbBook.commit

    def committing(*given: Any) -> None:
        before.update(synced)
        commit(*given)

    monkeypatch.setattr(DuckDbBook, "commit", committing)
    run = bill(tmp_path, "october", [*OCTOBER, "9,2026-10-09T08:00:00Z,999,1,ok"], partition_rows=1)
    runs = tmp_path / "book.runs"
    made = {path for path in (*run.folder.rglob("*"), *(runs / "inputs").rglob("*")) if path.is_file()}
    assert len(made) > 30
    assert made | {path.parent for path in made} | {run.folder, runs} <= before


def test_partitions_of_another_opening_state_are_not_taken_over(tmp_path: Path) -> None:
    _rated_until(2, tmp_path)
    early = ["8,2026-10-01T07:00:00Z,461,10,ok", "9,2026-10-01T07:00:00Z,463,10,ok"]
    bill(tmp_path, "early", early, open=True)
    run = bill(tmp_path, "october", OCTOBER, partition_rows=1)
    assert amounts(run.bills) == {"a-1": "125.00", "a-2": "129.00"}


def test_what_was_worked_out_behind_other_runs_is_not_taken_over(tmp_path: Path) -> None:
    """The run before is the same, but not those before that: there the counter moved further."""
    last = ["9,2026-10-09T08:00:00Z,461,1,ok"]

    def tried(first: str) -> cycle.Run:
        for name, rows in (("first", [first]), ("second", OCTOBER[2:3])):
            bill(tmp_path, name, rows, open=True)
        return bill(tmp_path, "last", last, trial=True)

    assert amounts(tried("1,2026-10-01T08:00:00Z,461,4,ok").bills)["a-1"] == "114.00"
    for _ in range(2):
        cycle.undo(store_in(tmp_path))
    assert amounts(tried("1,2026-10-01T08:00:00Z,461,20,ok").bills)["a-1"] == "124.50"


def test_an_attempt_killed_after_its_commit_is_found_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(work.Work, "_end", _killed)
        bill(tmp_path, "october", OCTOBER, open=True)
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(work.Work, "_end", _killed)
        cycle.close(catalog(), "2026-10", store_in(tmp_path))
    again = [bill(tmp_path, "october", OCTOBER, open=True), cycle.close(catalog(), "2026-10", store_in(tmp_path))]
    assert [run.replayed for run in again] == [True, True]
    assert not any((run.folder / "started").exists() for run in again)
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))


def _killed(_: object) -> None:
    raise KeyboardInterrupt
