"""The way of a close into the book: in lots, as a stream, its rejects, and errors in the making of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from partita import cycle
from partita.cycle.closing import in_lots
from partita.errors import InternalError
from partita.store import duckdb, open_store
from partita.store.schema import TABLES, constant

from .billing import OCTOBER, bill, book, catalog, much_shared, over_shared, store_in

OVER_SHARED = {
    "usage_file": None,
    "usage_row": None,
    "source": "agreement",
    "id": "calls",
    "code": 405,
    "name": "over_shared",
    "field": "calls/margin",
    "value": "-4974",
}


def _documents(counts: list[int]) -> tuple[pa.Table, pa.Table]:
    """Documents with so many lines each."""
    ids = [f"d{number}" for number in range(len(counts))]
    of_lines = [id_ for id_, count in zip(ids, counts, strict=True) for _ in range(count)]
    lines = pa.table({"document_id": pa.array(of_lines, pa.string()).dictionary_encode()})
    return pa.table({"document_id": pa.array(ids, pa.string())}), lines


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
@pytest.mark.parametrize("counts", [[], [1], [3, 1, 2, 1, 4], [2, 0, 1]])
def test_lots_have_all_documents_with_their_own_lines(counts: list[int], at_once: int) -> None:
    documents, lines = _documents(counts)
    lots = list(in_lots(documents, lines, at_once))
    for name, whole in (("documents", documents), ("lines", lines)):
        parts = [lot[name == "lines"]["document_id"].to_pylist() for lot in lots]
        assert [id_ for part in parts for id_ in part] == whole["document_id"].to_pylist()
    for some, own in lots:
        assert set(own["document_id"].to_pylist()) <= set(some["document_id"].to_pylist())
    if 0 not in counts:
        assert len(lots) == -(-len(counts) // at_once)


def _notices(rows: int) -> pa.Table:
    texts = pa.array([str(row) for row in range(rows)], pa.string())
    return pa.table({"run_id": constant("r1", rows), "code": constant("code", rows), "text": texts, "more": texts})


def test_parts_of_a_table_are_written_as_one(tmp_path: Path) -> None:
    run = pa.Table.from_pylist([{"run_id": "r1", "number": 1, "period": "2026-10"}])
    parts = [("runs", run), *(("notices", _notices(rows)) for rows in (0, 3, 0, 2))]
    with open_store(f"{tmp_path}/book.duckdb") as book:
        book.commit(parts, {"run_id": "r1"})
        written = book.table("notices")
    assert written.schema == TABLES["notices"]
    assert sorted(written["text"].to_pylist()) == ["0", "0", "1", "1", "2"]
    assert set(written["code"].to_pylist()) == {"code"}


@pytest.mark.parametrize("counts", [[1], [4], [3, 2, 9], [0, 8, 0], [5, 0, 3, 11]])
def test_the_book_is_given_whole_row_groups(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "_ROW_GROUP", 4)
    tables = [_notices(rows).append_column("of", constant(f"part {rows}", rows)) for rows in counts]
    batches = list(duckdb._row_groups(tables))
    assert [batch.num_rows for batch in batches[:-1]] == [4] * (len(batches) - 1)
    assert pa.Table.from_batches(batches).to_pylist() == [row for table in tables for row in table.to_pylist()]


def test_an_error_in_the_making_of_a_part_is_told_as_it_is(tmp_path: Path) -> None:
    def parts() -> Iterator[tuple[str, pa.Table]]:
        yield "notices", _notices(3)
        raise InternalError("the entries of a book do not balance")

    with open_store(f"{tmp_path}/book.duckdb") as book:
        with pytest.raises(InternalError, match="do not balance"):
            book.commit(parts(), {"run_id": "r1"})
        assert book.table("notices").num_rows == 0


# Rejects of a close ---------------------------------------------------------------------------------------------------


def test_a_flow_of_the_period_that_could_not_be_computed_is_a_reject_of_the_run(tmp_path: Path) -> None:
    trial = bill(tmp_path, "october", OCTOBER, catalog=catalog(over_shared()), trial=tmp_path / "trial")
    run = bill(tmp_path, "october", OCTOBER, catalog=catalog(over_shared()))
    for told in (trial.rejects, run.rejects):
        assert [row for row in told.to_pylist() if row["source"] == "agreement"] == [OVER_SHARED]
    (kept,) = (row for row in book(run.store)["rejects"] if row["source"] == "agreement")
    assert kept == {**OVER_SHARED, "run_id": run.run_id, "records": None}
    assert (run.rows, run.rated, run.skipped, run.rejected) == (5, 3, 1, 1)  # these count records of usage
    assert (run.uncharged, trial.uncharged) == (1, 1)


def test_such_a_flow_is_a_reject_of_a_close_of_its_own(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER, catalog=catalog(over_shared()), open=True)
    closed = cycle.close(catalog(over_shared()), "2026-10", store_in(tmp_path))
    assert closed.rejects.to_pylist() == [OVER_SHARED]
    (reasons,) = cycle.send_back(closed.run_id, tmp_path / "back", closed.store)
    assert reasons.read_text().splitlines()[1:] == [",,agreement,calls,405,over_shared,calls/margin,-4974"]


def test_rejects_of_fees_and_of_flows_are_told_together(tmp_path: Path) -> None:
    both = much_shared()
    both["agreements"]["calls"] = over_shared()["agreements"]["calls"]
    run = bill(tmp_path, "october", OCTOBER, catalog=catalog(both))
    found = [(row["source"], row["name"]) for row in run.rejects.to_pylist() if row["usage_file"] is None]
    assert sorted(found) == [("agreement", "over_shared"), ("subscription", "outside_territory")]
