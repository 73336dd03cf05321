"""verify: a run as it was made has no differences; one figure changed in any table is found and named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import partita
from partita.cli import outcome
from partita.cycle import Run
from partita.errors import StoreError
from partita.store import open_store

from .billing import OCTOBER, bill

LAST = Decimal("0.000000000001")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return bill(tmp_path, "october", [*OCTOBER, OCTOBER[0]], shares="lines")


@pytest.mark.parametrize("whole", [False, True])
def test_a_run_as_it_was_made(run: Run, whole: bool) -> None:
    found = partita.verify(run, whole=whole)
    assert found.clean, found.differences
    assert found.checked["lines"] == run.lines.num_rows
    assert found.checked["shares"] == run.shares.num_rows
    assert outcome(["verify", "--store", run.store]) == 0


def test_runs_that_follow_each_other(tmp_path: Path, run: Run) -> None:
    late = ["9,2026-10-31T08:00:00Z,461,3,ok", "10,2026-11-02T08:00:00Z,463,3,ok"]
    november = bill(tmp_path, "november", late, "2026-11", shares="lines")
    assert partita.verify(november, whole=True).clean
    assert partita.verify(run, whole=True).clean


@pytest.mark.parametrize("table", ["lines", "shares"])
@pytest.mark.parametrize("folder", ["part-0000", "close"])
def test_a_changed_line_or_share_is_named(run: Run, table: str, folder: str) -> None:
    path = run.folder / folder / f"{table}.parquet"
    rows = pq.read_table(path)
    if rows.num_rows == 0:
        pytest.skip("nothing of usage is shared")
    pq.write_table(changed(rows), path)
    named = differences(run, table)
    assert any(one["column"] == "amount" and one["key"]["line_id"] == rows["line_id"][0].as_py().hex() for one in named)


def changed(rows: pa.Table) -> pa.Table:
    """The first amount by its last digit."""
    amounts = rows["amount"].to_pylist()
    amounts[0] += LAST
    place = rows.column_names.index("amount")
    return rows.set_column(place, rows.schema.field("amount"), pa.array(amounts, rows.schema.field("amount").type))


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("documents", "net", "document_id"),
        ("document_lines", "exact", "document_id"),
        ("document_lines", "net", "document_id"),
        ("entries", "debit", "entry_id"),
        ("positions", "receivable", "party"),
        ("counters", "quantity", "owner"),
    ],
)
def test_a_changed_figure_of_the_book_is_named(run: Run, table: str, column: str, key: str) -> None:
    with open_store(run.store) as book:
        row = book.table(table).to_pylist()[0]
        book.execute(f'UPDATE {table} SET {column} = {column} + {LAST} WHERE "{key}" = ?', [row[key]])
    if table == "counters":
        pytest.skip("the counters of a run are compared in its folder")
    named = differences(run, table)
    assert {"table": table, "column": column} == {name: named[0][name] for name in ("table", "column")}
    assert named[0]["key"][key] == row[key]
    assert Decimal(named[0]["stored"]) - Decimal(named[0]["expected"]) == LAST


def differences(run: Run, table: str) -> list[dict[str, Any]]:
    """Those of a table; the command line leaves with 1."""
    assert outcome(["verify", "--store", run.store]) == 1
    return [one for one in partita.verify(run).to_dict()["differences"] if one["table"] == table]


def test_a_changed_usage_file_is_named(run: Run) -> None:
    (name,) = {name for name in pc.unique(run.rejects["usage_file"]).to_pylist() if name}
    path = Path(name)
    path.write_text(path.read_text().replace("461,4,ok", "461,5,ok"))
    (difference,) = partita.verify(run).differences
    assert (difference.table, difference.column) == ("files", "hash")
    path.unlink()
    with pytest.raises(StoreError, match="the usage file is not there any more"):
        partita.verify(run)


def test_a_trial_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="a trial is in no book"):
        partita.verify(bill(tmp_path, "october", OCTOBER, trial=True))
