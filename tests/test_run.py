"""The run: what goes in is rated once, billed once, and nothing is lost, whatever comes late or is cut in two."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

import partita
from partita import cycle
from partita.catalog import load
from partita.errors import MoneyError, UsageSchemaError

from .billing import BILLS, CATALOG, OCTOBER, amounts, bill, book, catalog, figures, store_in, write_calls


def test_usage_becomes_bills_statements_and_a_balanced_ledger(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", OCTOBER)
    assert amounts(run.bills) == BILLS
    assert amounts(run.statements) == {"nordtel": "152.60"}  # 70 % of two fees
    entries = run.entries.to_pylist()
    for party in {entry["book"] for entry in entries}:
        own = [entry for entry in entries if entry["book"] == party]
        assert sum(entry["debit"] for entry in own) == sum(entry["credit"] for entry in own) > 0
    assert sum(row["net"] for row in run.positions.to_pylist()) == 0


def test_every_row_is_rated_rejected_or_skipped(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", OCTOBER)
    assert (run.rows, run.rated, run.rejected, run.skipped) == (5, 3, 1, 1)
    (file,) = book(run.store)["files"]
    assert (file["rows"], file["rated"], file["rejected"], file["skipped"]) == (5, 3, 1, 1)
    (reject,) = run.rejects.to_pylist()
    assert (reject["name"], reject["usage_row"], reject["value"]) == ("unknown_key", 4, "999")


@pytest.mark.parametrize("partition_rows", [1, 2])
def test_no_figure_depends_on_the_cut(tmp_path: Path, partition_rows: int) -> None:
    whole = bill(tmp_path, "october", OCTOBER)
    cut = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "cut"), partition_rows=partition_rows)
    assert len(list(cut.folder.glob("part-*"))) > 1
    assert figures(cut.store) == figures(whole.store)
    for name in ("lines", "shares"):
        assert _sorted(getattr(cut, name)) == _sorted(getattr(whole, name))


def _sorted(table: object) -> list[str]:
    return sorted(map(str, table.to_pylist()))  # type: ignore[attr-defined]


def test_several_files_are_as_one(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER)
    paths = [write_calls(tmp_path / "two", name, rows) for name, rows in (("a", OCTOBER[2:]), ("b", OCTOBER[:2]))]
    parts = cycle.run(catalog(), paths, "2026-10", store_in(tmp_path, "two"))
    assert amounts(parts.bills) == amounts(whole.bills)
    assert {path.name for path in paths} == {Path(row["name"]).name for row in book(parts.store)["files"]}


def test_what_is_wrong_with_usage_as_a_whole_is_an_error(tmp_path: Path) -> None:
    path = write_calls(tmp_path, "october", OCTOBER)
    path.write_text(path.read_text().replace("units", "seconds"))
    with pytest.raises(UsageSchemaError, match="units"):
        cycle.run(catalog(), path, "2026-10", store_in(tmp_path))
    with pytest.raises(UsageSchemaError, match="no such file"):
        cycle.run(catalog(), tmp_path / "nowhere", "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path))["runs"] == []


# Identity -------------------------------------------------------------------------------------------------------------


def test_the_same_again_is_the_same_run(tmp_path: Path) -> None:
    first = bill(tmp_path, "october", OCTOBER)
    before = book(first.store)
    again = bill(tmp_path, "october", OCTOBER)
    assert again.replayed
    assert not first.replayed
    assert again.run_id == first.run_id
    assert amounts(again.bills) == BILLS
    assert book(first.store) == before


def test_a_run_is_what_goes_into_it(tmp_path: Path) -> None:
    ids = {
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "1")).run_id,
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "2"), partition_rows=2, keep="none").run_id,
        bill(tmp_path, "elsewhere", OCTOBER, store=store_in(tmp_path, "3")).run_id,
    }
    assert len(ids) == 1
    others = {
        bill(tmp_path, "october", OCTOBER[:4], store=store_in(tmp_path, "4")).run_id,
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "5"), period="2026-11").run_id,
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "6"), open=True).run_id,
    }
    assert len(ids | others) == 4


def test_how_files_are_read_is_a_part_of_what_a_run_is(tmp_path: Path) -> None:
    """A catalog that is corrected makes another run, which takes nothing over from the wrong one."""
    write_calls(tmp_path, "october", OCTOBER)
    changed = deepcopy(CATALOG)
    changed["usage"]["calls"]["csv"] = {"null": ["", "-"]}
    store = store_in(tmp_path)
    first, second = (
        cycle.run(load(document), tmp_path / "calls", "2026-10", store, trial=True).run_id
        for document in (CATALOG, changed)
    )
    assert first != second


# Cycles ---------------------------------------------------------------------------------------------------------------


def test_a_record_of_a_later_cycle_is_billed_in_that(tmp_path: Path) -> None:
    october = bill(tmp_path, "october", [*OCTOBER, "9,2026-11-01T08:00:00Z,461,3,ok"])
    assert amounts(october.bills) == BILLS
    assert october.rated == 4
    november = bill(tmp_path, "november", ["10,2026-11-02T08:00:00Z,461,9,ok"], "2026-11")
    assert amounts(november.bills) == {"a-1": "120.00", "a-2": "109.00"}  # 12 units together: 11.00


def test_a_late_record_continues_the_counter_of_its_time_and_is_billed_now(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    november = bill(tmp_path, "november", ["9,2026-10-31T08:00:00Z,461,3,ok"], "2026-11")
    (line,) = (line for line in november.lines.to_pylist() if line["kind"] == "usage")
    assert (line["period"], line["service_period"], line["flags"]) == ("2026-11", "2026-10", 1)
    assert (str(line["counter_before"]), f"{line['amount']:.2f}") == ("12.000000000000", "1.50")
    assert amounts(november.bills)["a-1"] == "110.50"


def test_what_came_before_the_first_period_of_a_book_is_late(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", ["9,2026-08-31T08:00:00Z,461,3,ok"])
    (line,) = (line for line in run.lines.to_pylist() if line["kind"] == "usage")
    assert (line["service_period"], line["period"], line["flags"]) == ("2026-08", "2026-10", 1)
    assert amounts(run.bills)["a-1"] == "112.00"


def test_lines_that_add_up_to_too_much_are_an_error_with_their_sums(tmp_path: Path) -> None:
    given = {
        "parties": {"nordtel": {}},
        "accounts": {"a": {"owner": "c", "currency": "EUR"}},
        "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
        "usage": {"calls": {"files": "*.csv", "id": "id", "quantity": "quantity"}},
        "plans": {"p": {"seller": "nordtel", "currency": "EUR", "charges": {"c": {"unit": {"price": "1"}}}}},
    }
    much = "6" + "0" * 25
    rows = [f"{number},2026-10-05T10:00:00Z,k,x,{much}\n" for number in range(2)]
    (tmp_path / "calls.csv").write_text("".join(["id,time,key,service,quantity\n", *rows]))
    with pytest.raises(MoneyError, match=f"{much} and {much}"):
        partita.run(partita.load(given), tmp_path / "calls.csv", "2026-10", f"duckdb:///{tmp_path}/book.duckdb")
