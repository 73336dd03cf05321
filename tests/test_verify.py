"""verify: a run as it was made has no differences; one figure changed in any table is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from copy import deepcopy
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import partita
from partita import cycle
from partita.cli import outcome
from partita.cycle import Run
from partita.errors import StoreError
from partita.store import open_store

from .billing import CATALOG, OCTOBER, bill, catalog, much_shared, over_shared, store_in, write_calls

LAST = Decimal("0.000000000001")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A month with shares of usage, of fees and of the period, a counter, rejects of each kind, and a notice."""
    folder = tmp_path_factory.mktemp("it's made [1]")
    run = bill(folder, "october", [*OCTOBER, OCTOBER[0]], catalog=catalog(much_shared()), shares="lines")
    shutil.copytree(folder, _kept(folder))
    return run


@pytest.fixture
def run(made: Run) -> Run:
    """The month as it was made, whatever the test before has changed."""
    folder = home(made)
    shutil.rmtree(folder)
    shutil.copytree(_kept(folder), folder)
    return made


def home(run: Run) -> Path:
    """The folder of its usage and its book."""
    return Path(run.store.removeprefix("duckdb:///")).parent


def _kept(folder: Path) -> Path:
    return folder.with_name("kept")


@pytest.mark.parametrize("whole", [False, True])
def test_a_run_as_it_was_made(run: Run, whole: bool) -> None:
    found = partita.verify(run, whole=whole)
    assert found.clean, found.differences
    for table in ("lines", "shares", "counters", "documents", "document_lines", "entries", "positions", "notices"):
        assert found.checked[table] == getattr(run, table).num_rows > 0, table
    rejects = run.rejects.num_rows if whole else run.rejects.num_rows - 1  # of a key that nobody has
    assert found.checked["rejects"] == rejects
    assert outcome(["verify", "--store", run.store]) == 0


def test_runs_that_follow_each_other(run: Run) -> None:
    late = ["9,2026-10-31T08:00:00Z,461,3,ok", "10,2026-11-02T08:00:00Z,463,3,ok"]
    november = bill(home(run), "november", late, "2026-11", catalog=catalog(much_shared()), shares="lines")
    assert partita.verify(november, whole=True).clean
    assert partita.verify(run, whole=True).clean


@pytest.mark.parametrize("mapped", [True, False])
def test_usage_of_no_service(tmp_path: Path, mapped: bool) -> None:
    """A mapping that names no service, and a catalog without a mapping: no column of that name is needed."""
    document = deepcopy(CATALOG)
    del document["usage"]
    if mapped:
        document["usage"] = {"calls": {"id": "id", "quantity": "quantity"}}
    path = tmp_path / "calls.csv"
    path.write_text("id,time,key,quantity,amount\n1,2026-10-05T10:00:00Z,461,5,\n2,2026-10-05T10:00:00Z,999,5,\n")
    run = partita.run(catalog(document), path, "2026-10", store_in(tmp_path))
    assert run.rated == 1
    assert partita.verify(run, whole=True).clean
    assert not partita.explain(run, "calls.csv:0").differences


def test_records_without_ids_of_files_that_are_equal(tmp_path: Path) -> None:
    document = deepcopy(CATALOG)
    document["usage"]["calls"]["id"] = "none"
    paths = [write_calls(tmp_path, name, OCTOBER) for name in ("first", "second")]
    run = partita.run(catalog(document), paths, "2026-10", store_in(tmp_path))
    assert {row["code"] for row in run.rejects.to_pylist()} == {201, 501}
    assert partita.verify(run, whole=True).clean


# Terms that change between an open run and the close


def _gone(document: dict[str, Any]) -> None:
    del document["subscriptions"]["s-1"]
    del document["accounts"]["a-1"]


def _renamed_charge(document: dict[str, Any]) -> None:
    charges = document["plans"]["start"]["charges"]
    charges["talk"] = charges.pop("calls")
    document["agreements"]["calls"]["applies_to"]["charges"] = ["talk"]


def _renamed_plan(document: dict[str, Any]) -> None:
    document["plans"]["begin"] = document["plans"].pop("start")
    for subscription in ("s-1", "s-2"):
        document["subscriptions"][subscription]["plans"][0]["plan"] = "begin"
    for agreement in ("music", "calls", "provision"):
        document["agreements"][agreement]["applies_to"]["plans"] = ["begin"]


def _other_seller(document: dict[str, Any]) -> None:
    document["parties"]["other"] = {}
    document["plans"]["start"]["seller"] = "other"


def _other_tax(document: dict[str, Any]) -> None:
    document["plans"]["start"]["charges"]["calls"]["tax_category"] = "reduced"


def _other_owner(document: dict[str, Any]) -> None:
    document["accounts"]["a-1"]["owner"] = "c-9"


CHANGES = (_gone, _renamed_charge, _renamed_plan, _other_seller, _other_tax, _other_owner)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("payer", ["C", "D"])
def test_a_close_by_other_terms(tmp_path: Path, change: Callable[[dict[str, Any]], None], payer: str) -> None:
    """What the open run rated is billed as it was rated; what the close charges goes by the close's own terms."""
    document = much_shared()
    flows = document["agreements"]["calls"]["flows"]
    flows["commission"]["payer"] = flows["tenth"]["payer"] = payer
    flows["guarantee"] = {"payer": "D", "payee": "M", "greater_of": {"of": ["tenth", "5.00"], "per": "subscription"}}
    first = bill(tmp_path, "october", OCTOBER, catalog=catalog(document), open=True)
    change(document)
    closed = partita.cycle.close(catalog(document), "2026-10", first.store)
    for run in (first, closed):
        found = partita.verify(run, whole=True)
        assert found.clean, found.differences
    for row in (0, 2):
        assert not partita.explain(first, f"october.csv:{row}").differences


@pytest.mark.parametrize(("column", "changed"), [("seller", "musicco"), ("tax_category", "none")])
def test_a_sum_that_says_other_terms_is_named(run: Run, column: str, changed: str) -> None:
    path = run.folder / "part-0000" / "line_sums.parquet"
    rows = pq.read_table(path)
    place = rows.column_names.index(column)
    pq.write_table(rows.set_column(place, column, pa.array([changed] * rows.num_rows).dictionary_encode()), path)
    assert {one["column"] for one in differences(run, "line_sums")} == {column}


# Beside the book


OF_NOTHING = [
    *(("share_sums", "part-0000", column) for column in ("agreement", "flow", "version", "currency")),
    *(("shares", "close", column) for column in ("agreement", "flow", "version", "currency")),
    ("line_sums", "part-0000", "currency"),
]


@pytest.mark.parametrize(("table", "folder", "column"), OF_NOTHING)
def test_what_belongs_to_nothing_is_named(run: Run, table: str, folder: str, column: str) -> None:
    """Of a sum or a share of a flow or in a currency that there is not, nothing can be made."""
    path = run.folder / folder / f"{table}.parquet"
    rows = pq.read_table(path)
    place = rows.column_names.index(column)
    was = rows[column]
    other = pc.add(was, 7) if column == "version" else pa.array(["QQQ"] * rows.num_rows).dictionary_encode()
    pq.write_table(rows.set_column(place, column, other), path)
    assert any(one["key"]["path"].endswith(f"{folder}/{table}.parquet") for one in differences(run, "parts"))
    assert differences(run, "document_lines")


def test_a_month_that_is_closed_where_usage_is_of_several_kinds(tmp_path: Path) -> None:
    document = deepcopy(CATALOG)
    document["usage"]["other"] = {**document["usage"]["calls"], "files": "other/*.csv"}
    usage = bill(tmp_path, "october", OCTOBER, catalog=catalog(document), open=True)
    closed = cycle.close(catalog(document), "2026-10", usage.store)
    assert closed.documents.num_rows
    for whole in (False, True):
        assert partita.verify(closed, whole=whole).clean


@pytest.mark.parametrize(
    ("table", "folder"), [("lines", "part-0000"), ("lines", "close"), ("shares", "part-0000"), ("shares", "close")]
)
def test_a_changed_line_or_share_is_named(run: Run, table: str, folder: str) -> None:
    path = run.folder / folder / f"{table}.parquet"
    rows = pq.read_table(path)
    assert rows["line_id"][0].as_py() is not None
    pq.write_table(changed(rows, 0), path)
    named = differences(run, table)
    assert any(one["column"] == "amount" and one["key"]["line_id"] == rows["line_id"][0].as_py().hex() for one in named)


def test_a_changed_share_of_the_period_is_named(run: Run) -> None:
    path = run.folder / "close" / "shares.parquet"
    rows = pq.read_table(path)
    row = pc.index(pc.is_null(rows["line_id"]), True).as_py()
    pq.write_table(changed(rows, row), path)
    (difference,) = differences(run, "shares")
    assert (difference["column"], difference["key"]["flow"]) == ("amount", rows["flow"][row].as_py())


def changed(rows: pa.Table, row: int) -> pa.Table:
    """One amount by its last digit."""
    amounts = rows["amount"].to_pylist()
    amounts[row] += LAST
    place = rows.column_names.index("amount")
    return rows.set_column(place, rows.schema.field("amount"), pa.array(amounts, rows.schema.field("amount").type))


# In the book


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("documents", "net", "document_id"),
        ("document_lines", "exact", "document_id"),
        ("document_lines", "net", "document_id"),
        ("entries", "debit", "entry_id"),
        ("entries", "credit", "entry_id"),
        ("positions", "receivable", "party"),
        ("counters", "quantity", "owner"),
        ("counters", "amount", "owner"),
    ],
)
def test_a_changed_figure_of_the_book_is_named(run: Run, table: str, column: str, key: str) -> None:
    with open_store(run.store) as book:
        row = book.table(table).to_pylist()[0]
        book.execute(f'UPDATE {table} SET {column} = {column} + {LAST} WHERE "{key}" = ?', [row[key]])
    named = differences(run, table)
    assert {"table": table, "column": column} == {name: named[0][name] for name in ("table", "column")}
    assert named[0]["key"][key] == row[key]
    assert Decimal(named[0]["stored"]) - Decimal(named[0]["expected"]) == LAST


NOTED = [
    ("billed", "amount", "amount - 10"),
    ("files", "rows", "rows + 1"),
    ("files", "skipped", "skipped + 1"),
    ("files", "rated", "rated + 1"),
    ("files", "rejected", "rejected + 1"),
    ("files", "mapping", "'other'"),
    ("files", "hash", "'other'"),
    ("runs", "rows", "rows + 1"),
    ("runs", "skipped", "skipped + 1"),
    ("runs", "rated", "rated + 1"),
    ("runs", "rejected", "rejected + 1"),
    ("runs", "number", "number + 1"),
    ("runs", "opening", "'other'"),
    ("runs", "rules", "'other'"),
    ("runs", "kind", "'open'"),
    ("runs", "period", "'soon'"),
    ("runs", "terms", "'other'"),
    ("runs", "run_id", "'other'"),
    ("cycles", "state", "'open'"),
    ("cycles", "period", "'soon'"),
    ("parts", "rows", "rows + 1"),
    ("parts", "periods", "'2026-09'"),
    ("parts", "table", "'other'"),
    ("rejects", "records", "'other'"),
    ("positions", "period", "'2026-09'"),
    ("notices", "period", "'2026-09'"),
]


@pytest.mark.parametrize(("table", "column", "changed"), NOTED)
def test_whatever_the_book_notes_is_checked(run: Run, table: str, column: str, changed: str) -> None:
    with open_store(run.store) as book:
        book.execute(f'UPDATE {table} SET "{column}" = {changed}')
    found = partita.verify(run.store, whole=True)
    assert (table, column) in {(one.table, one.column) for one in found.differences}
    assert found.found[table] >= 1


@pytest.mark.parametrize("changed", ["run_id = 'other'", "path = path || 'x'"])
def test_a_part_that_is_noted_otherwise(run: Run, changed: str) -> None:
    with open_store(run.store) as book:
        book.execute(f"UPDATE parts SET {changed} WHERE \"table\" = 'ids'")
    assert [one["key"]["path"] for one in differences(run, "parts") if one["column"] == "row"]
    with open_store(run.store) as book:
        book.execute("UPDATE parts SET path = path || 'x'")
    with pytest.raises(StoreError, match="cannot be read"):
        partita.verify(run)


def test_a_run_that_is_another_is_not_explained(run: Run) -> None:
    with open_store(run.store) as book:
        book.execute("UPDATE runs SET period = 'soon'")
    with pytest.raises(StoreError, match="period is soon, and should be 2026-10"):
        partita.explain(run.store, "october.csv:0")


def test_what_is_billed_for_a_figure_that_was_changed_is_wrong(tmp_path: Path) -> None:
    """A fee in advance, noted as billed by one close, is changed before the next, whose bill it makes wrong."""
    document = deepcopy(CATALOG)
    document["plans"]["start"]["charges"]["monthly"]["timing"] = "advance"
    october = bill(tmp_path, "october", OCTOBER, catalog=catalog(document))
    with open_store(october.store) as book:
        book.execute("UPDATE billed SET amount = amount - 10 WHERE service_period = '2026-11'")
    november = bill(tmp_path, "november", [], "2026-11", catalog=catalog(document))
    for run in (october, november):
        found = partita.verify(run)
        assert found.found["billed"] == 2
    assert found.found["lines"] == 2


def test_an_open_run_bills_nothing(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", OCTOBER, open=True)
    assert partita.verify(run, whole=True).clean
    with open_store(run.store) as book:
        book.execute("INSERT INTO notices SELECT run_id, period, 'code', 'subject', 'text' FROM runs")
    (difference,) = partita.verify(run).differences
    assert (difference.table, difference.column) == ("notices", "row")


@pytest.mark.parametrize("code", [401, 501])
@pytest.mark.parametrize("column", ["name", "value"])
def test_a_changed_reject_is_named(run: Run, code: int, column: str) -> None:
    """Of a fee, and of a duplicate."""
    row = next(row for row in run.rejects.to_pylist() if row["code"] == code)
    with open_store(run.store) as book:
        book.execute(f"UPDATE rejects SET {column} = 'other' WHERE code = ?", [code])
    (difference,) = differences(run, "rejects")
    assert difference["key"].items() <= row.items()
    told = tuple(difference[name] for name in ("column", "stored", "expected"))
    assert told == (column, "other", row[column])


def test_a_changed_reject_of_an_unknown_key_is_named(run: Run) -> None:
    with open_store(run.store) as book:
        book.execute("UPDATE rejects SET value = '998' WHERE code = 201")
    (difference,) = partita.verify(run, whole=True).differences
    assert (difference.table, difference.column, difference.stored, difference.expected) == (
        "rejects",
        "value",
        "998",
        "999",
    )
    assert outcome(["verify", "--store", run.store, "--whole"]) == 1


def test_a_reject_that_is_gone_is_missed(run: Run) -> None:
    """The totals of its file say so, whichever accounts are looked at."""
    with open_store(run.store) as book:
        book.execute("DELETE FROM rejects WHERE code = 201")
    (difference,) = differences(run, "files")
    assert {name: difference[name] for name in ("column", "stored", "expected")} == {
        "column": "rejected",
        "stored": 2,
        "expected": 1,
    }


def test_a_changed_notice_is_named(run: Run) -> None:
    with open_store(run.store) as book:
        book.execute("UPDATE notices SET text = replace(text, '1000', '100')")
    (difference,) = differences(run, "notices")
    assert difference["key"] == {"code": "provider_exceeds", "subject": "provision"}
    assert difference["stored"] == "carrier is paid 100 SEK, more than the 244 SEK of nordtel"


def test_a_notice_that_is_gone_is_missed(run: Run) -> None:
    with open_store(run.store) as book:
        book.execute("DELETE FROM notices")
    (difference,) = differences(run, "notices")
    assert (difference["column"], difference["stored"]) == ("row", None)


def differences(run: Run, table: str) -> list[dict[str, Any]]:
    """Those of a table, as the command line tells them; it leaves with 1."""
    with redirect_stdout(StringIO()) as told:
        assert outcome(["verify", "--store", run.store, "--json"]) == 1
    return [one for one in json.loads(told.getvalue())["differences"] if one["table"] == table]


# Flows that cannot be computed


def test_a_flow_that_could_not_be_computed_is_a_reject(tmp_path: Path) -> None:
    """A run says so; one that does not, or says it with another figure, is found out."""
    run = bill(tmp_path, "october", OCTOBER, catalog=catalog(over_shared()))
    assert partita.verify(run).clean
    with open_store(run.store) as book:
        book.execute("UPDATE rejects SET value = '-4973' WHERE source = 'agreement'")
    (difference,) = differences(run, "rejects")
    assert (difference["stored"], difference["expected"]) == ("-4973", "-4974")
    with open_store(run.store) as book:
        book.execute("DELETE FROM rejects WHERE source = 'agreement'")
    (difference,) = differences(run, "rejects")
    assert difference["key"] == {"id": "calls", "field": "calls/margin"}
    assert (difference["column"], difference["stored"]) == ("row", None)


# Other inputs


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
