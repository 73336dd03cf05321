"""Periods of a book: opened, closed once and in order, tried out, taken back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import partita
from partita import cycle
from partita.errors import CatalogError, PeriodError, StoreError
from partita.store import open_store

from .billing import BILLS, OCTOBER, amounts, bill, book, catalog, much_shared, store_in


def test_open_runs_and_a_close_come_to_what_one_run_does(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "whole"))
    for day, row in enumerate(OCTOBER):
        opened = bill(tmp_path, f"day-{day}", [row], open=True)
        assert opened.documents.num_rows == 0
    closed = cycle.close(catalog(), "2026-10", store_in(tmp_path))
    for table in ("documents", "document_lines", "entries", "positions"):
        assert getattr(closed, table).to_pylist() == getattr(whole, table).to_pylist(), table


def test_a_close_needs_the_agreements_that_lines_were_shared_under(tmp_path: Path) -> None:
    shared = catalog(much_shared())
    bill(tmp_path, "october", OCTOBER, open=True, catalog=shared)
    before = book(store_in(tmp_path))
    with pytest.raises(CatalogError, match=r"agreements\.calls: is not in the catalog, but lines"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path)) == before
    assert cycle.close(shared, "2026-10", store_in(tmp_path)).documents.num_rows


def test_a_period_is_closed_once(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    before = book(store_in(tmp_path))
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        bill(tmp_path, "more", OCTOBER[:1])
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        bill(tmp_path, "more", OCTOBER[:1], open=True)
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path)) == before


def test_a_close_is_made_once(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER, open=True)
    cycle.close(catalog(), "2026-10", store_in(tmp_path))
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))


def test_a_period_without_usage_has_its_fees(tmp_path: Path) -> None:
    assert amounts(cycle.close(catalog(), "2026-10", store_in(tmp_path)).bills) == {"a-1": "109.00", "a-2": "109.00"}
    empty = bill(tmp_path, "november", [], "2026-11")
    assert (empty.rows, amounts(empty.bills)) == (0, {"a-1": "109.00", "a-2": "109.00"})


@pytest.mark.parametrize("period", ["2026-09", "2026-12", "2027-01"])
def test_periods_follow_each_other(tmp_path: Path, period: str) -> None:
    bill(tmp_path, "october", OCTOBER)
    with pytest.raises(PeriodError, match="2026-11"):
        bill(tmp_path, "later", OCTOBER[:1], period=period)


@pytest.mark.parametrize("period", ["2026", "2026-13", "october"])
def test_a_period_is_a_month(tmp_path: Path, period: str) -> None:
    with pytest.raises(PeriodError, match="is not a month"):
        bill(tmp_path, "october", OCTOBER, period=period)


def test_a_later_period_may_be_opened_before_one_is_closed(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER, open=True)
    bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], period="2026-11", open=True)
    assert amounts(cycle.close(catalog(), "2026-10", store_in(tmp_path)).bills) == BILLS
    assert amounts(cycle.close(catalog(), "2026-11", store_in(tmp_path)).bills) == {"a-1": "112.00", "a-2": "109.00"}


def test_a_trial_commits_nothing(tmp_path: Path) -> None:
    trial = bill(tmp_path, "october", OCTOBER, trial=tmp_path / "trial")
    assert trial.kind == "trial"
    assert amounts(trial.bills) == BILLS
    assert not (tmp_path / "book.duckdb").exists()
    run = bill(tmp_path, "october", OCTOBER)
    assert trial.entries.to_pylist() == run.entries.to_pylist()
    before = book(run.store)
    assert amounts(bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], "2026-11", trial=True).bills) == {
        "a-1": "112.00",
        "a-2": "109.00",
    }
    assert book(run.store) == before


def test_a_trial_leaves_a_folder_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("precious")
    with pytest.raises(StoreError, match="not the folder of a trial"):
        bill(tmp_path, "october", OCTOBER, trial=tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "precious"
    for rows in (OCTOBER, OCTOBER[:2]):
        assert bill(tmp_path, "october", rows, trial=tmp_path / "trial").rows == len(rows)


def test_undo_takes_back_all_of_the_latest_run(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    before = book(store_in(tmp_path))
    november = bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], "2026-11")
    after = book(store_in(tmp_path))
    with pytest.raises(PeriodError, match="not the latest run"):
        cycle.undo(store_in(tmp_path), before["runs"][0]["run_id"])
    assert cycle.undo(store_in(tmp_path), november.run_id[:8]).run_id == november.run_id
    assert book(store_in(tmp_path)) == before
    assert not november.folder.exists()
    again = bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], "2026-11")
    assert not again.replayed
    assert book(store_in(tmp_path)) == after


def test_undo_leaves_issued_documents(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", OCTOBER)
    with open_store(run.store) as opened:
        opened.execute("UPDATE documents SET number = '2026-0001' WHERE payer_account = 'a-1'")
    with pytest.raises(PeriodError, match="is issued"):
        cycle.undo(run.store)
    assert len(book(run.store)["runs"]) == 1


def test_undo_needs_a_run(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    cycle.undo(store_in(tmp_path))
    with pytest.raises(StoreError, match="no run to take back"):
        cycle.undo(store_in(tmp_path))


def test_what_looks_into_a_book_makes_none(tmp_path: Path) -> None:
    for look in (cycle.undo, lambda store: cycle.send_back("0000", tmp_path / "back", store)):
        with pytest.raises(StoreError, match="there is no book"):
            look(store_in(tmp_path / "nowhere"))
    assert list(tmp_path.iterdir()) == []


LATE_IN_A_TIER = [
    # terms of the tiers, cycle day, times of late records of 2 units, amounts of their lines
    ({}, 1, ["2026-10-20"], ["2"]),
    ({}, 1, ["2026-10-20", "2026-10-21"], ["2", "2"]),
    ({"at_zero": "skip"}, 1, ["2026-10-20", "2026-10-21"], ["7", "2"]),
    ({"scope": "account", "reset": "month"}, 1, ["2026-10-20"], ["2"]),
    ({"reset": "never"}, 1, ["2026-10-20"], ["7"]),
    # The cycle from 15 September to 14 October closes September's counters; October's are open.
    ({"reset": "month"}, 15, ["2026-09-20", "2026-10-05"], ["2", "7"]),
    ({}, 15, ["2026-09-20", "2026-10-05"], ["2", "2"]),
]


@pytest.mark.parametrize(("terms", "day", "times", "expected"), LATE_IN_A_TIER)
def test_a_late_record_does_not_pay_again_what_its_closed_counter_paid(
    tmp_path: Path, terms: dict[str, Any], day: int, times: list[str], expected: list[str]
) -> None:
    tiers = [{"up_to": 10, "price": 1, "flat": 5}, {"price": "0.5", "flat": 3}]
    given = {
        "parties": {"nordtel": {}},
        "accounts": {"a": {"owner": "c", "currency": "EUR", "cycle_day": day}},
        "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": [{"plan": "p", "from": "2026-09-01"}]}},
        "usage": {"calls": {"files": "*.csv", "quantity": "quantity"}},
        "plans": {
            "p": {
                "seller": "nordtel",
                "currency": "EUR",
                "charges": {"c": {"graduated": {"tiers": tiers, **terms}}},
            }
        },
    }
    runs = []
    for period, records in (("2026-10", []), ("2026-11", times)):
        (tmp_path / period).mkdir()
        rows = [f"{date}T10:00:00Z,k,x,2\n" for date in records]
        (tmp_path / period / "calls.csv").write_text("".join(["time,key,service,quantity\n", *rows]))
        runs.append(partita.run(partita.load(given), tmp_path / period, period, store_in(tmp_path)))
        assert partita.verify(runs[-1], whole=True).clean
    usage = [line for line in runs[1].lines.to_pylist() if line["kind"] == "usage"]
    assert [line["amount"] for line in usage] == [Decimal(amount) for amount in expected]
