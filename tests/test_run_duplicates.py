"""Duplicates: what is sent twice is charged once, across files and runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from partita import cycle
from partita.errors import StoreError

from .billing import CATALOG, OCTOBER, amounts, bill, catalog, store_in, write_calls


def _rejects(run: cycle.Run) -> dict[tuple[str, int], str]:
    return {(Path(row["usage_file"]).stem, row["usage_row"]): row["name"] for row in run.rejects.to_pylist()}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_the_first_of_an_identity_is_rated(tmp_path: Path, partition_rows: int) -> None:
    rows = [
        "1,2026-10-02T08:00:00Z,461,4,ok",  # in conflict with the one before it in time
        "1,2026-10-01T08:00:00Z,463,4,ok",  # the original, of another account
        "1,2026-10-01T08:00:00Z,463,4,ok",  # a duplicate
        "1,2026-10-01T08:00:00Z,999,4,ok",  # an unknown key goes first
        "1,2026-09-01T08:00:00Z,461,4,failed",  # no record at all
        ",2026-10-01T08:00:00Z,461,4,ok",
        ",2026-10-01T08:00:00Z,461,4,ok",
    ]
    run = bill(tmp_path, "october", rows, partition_rows=partition_rows)
    names = {(stem, row): name for (stem, row), name in _rejects(run).items()}
    assert names == {
        ("october", 0): "conflict",
        ("october", 2): "duplicate",
        ("october", 3): "unknown_key",
        ("october", 5): "null_id",
        ("october", 6): "null_id",
    }
    assert amounts(run.bills) == {"a-1": "109.00", "a-2": "113.00"}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_duplicates_are_known_across_files_whatever_their_order(tmp_path: Path, partition_rows: int) -> None:
    first, second = "1,2026-10-01T08:00:00Z,461,4,ok", "1,2026-10-02T08:00:00Z,461,5,ok"
    for names in (("a", "b"), ("b", "a")):
        folder = tmp_path / names[0]
        for name, row in zip(names, (first, second), strict=True):
            write_calls(folder, name, [row])
        run = cycle.run(catalog(), folder / "calls", "2026-10", store_in(folder), partition_rows=partition_rows)
        assert _rejects(run) == {(names[1], 0): "conflict"}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_duplicates_are_known_across_runs(tmp_path: Path, partition_rows: int) -> None:
    bill(tmp_path, "october", OCTOBER)
    rows = [OCTOBER[0], "2,2026-10-02T08:00:00Z,462,9,ok", OCTOBER[4], "9,2026-11-01T08:00:00Z,461,1,ok"]
    run = bill(tmp_path, "november", rows, "2026-11", partition_rows=partition_rows)
    assert _rejects(run) == {("november", 0): "duplicate", ("november", 1): "conflict", ("november", 2): "unknown_key"}
    assert (run.rows, run.rated, run.rejected) == (4, 1, 3)
    assert amounts(run.bills) == {"a-1": "110.00", "a-2": "109.00"}


def test_ids_are_known_as_long_as_a_period_is_open(tmp_path: Path) -> None:
    """October is still open when its record comes once more, with those of December."""
    bill(tmp_path, "october", OCTOBER[:1], open=True)
    again = bill(tmp_path, "december", [OCTOBER[0], "9,2026-12-01T08:00:00Z,461,1,ok"], "2026-12", open=True)
    assert _rejects(again) == {("december", 0): "duplicate"}


def test_a_file_without_ids_is_known_by_its_content(tmp_path: Path) -> None:
    mapping = {**CATALOG["usage"]["calls"], "id": "none"}
    without_ids = catalog({**CATALOG, "usage": {"calls": mapping}})
    first = bill(tmp_path, "october", OCTOBER, catalog=without_ids)
    assert first.rated == 3
    write_calls(tmp_path / "sent", "again", OCTOBER)
    write_calls(tmp_path / "sent", "new", OCTOBER[:1])
    run = cycle.run(without_ids, tmp_path / "sent", "2026-11", store_in(tmp_path))
    names = _rejects(run)
    assert names == {
        ("again", 0): "duplicate",
        ("again", 1): "duplicate",
        ("again", 2): "duplicate",
        ("again", 4): "unknown_key",
    }
    assert run.rated == 1  # the same call in another file is another record


def test_lost_ids_of_earlier_runs_are_an_error_of_the_store(tmp_path: Path) -> None:
    october = bill(tmp_path, "october", OCTOBER)
    (october.folder / "part-0000" / "ids.parquet").unlink()
    with pytest.raises(StoreError, match=r"cannot be compared.*ids\.parquet"):
        bill(tmp_path, "november", OCTOBER[:1], "2026-11")
