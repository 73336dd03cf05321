"""Engine and reference close the same made-up months: fees, flows on the period, documents, entries are all equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import assume, given, settings

import partita
from partita import Engine, _core
from partita.errors import CatalogError
from partita.reference import Batch, Reference
from partita.store.schema import with_made

from . import generated
from .implementations import CLOSED, together
from .test_differential import DEEP, QUICK, loaded, reject

Row = Mapping[str, Any]
Tables = dict[str, list[Row]]
PERIODS = ("2026-10", "2026-11")
FEES = ("recurring", "one_time")


def closed_by_engine(engine: Engine, rows: Sequence[Row]) -> list[Tables]:
    """The months one after the other, as runs would close them."""
    core = engine._core
    rated = core.rate(
        [("events", "calls.csv", "c0ffee", pa.Table.from_pylist(list(rows)))], line_sums=True, share_sums=True
    )
    billed: list[Row] = []
    carried: pa.Table | None = None
    found = []
    for period in PERIODS:
        fees = core.fees(period, rated.counters, _billed(billed))
        line_sums = _core.merge_line_sums(together(rated.line_sums, fees.line_sums))
        share_sums = _core.merge_share_sums(together(rated.share_sums, fees.share_sums))
        bills = core.bill(line_sums, period)
        settled = core.settle(share_sums, period, carried)
        documents, lines = together(bills.documents, settled.documents), together(bills.lines, settled.lines)
        posted = core.post(documents, lines)
        tables = {
            "rejects": together(fees.rejects, settled.rejects),
            "lines": fees.lines,
            "shares": together(fees.shares, settled.shares),
            "documents": documents,
            "document_lines": lines,
            "entries": with_made("entries", pa.table(posted.entries)),
            "positions": posted.positions,
            "notices": posted.notices,
        }
        found.append({name: pa.table(table).to_pylist() for name, table in tables.items()})
        billed += [row for row in found[-1]["lines"] if row["kind"] in FEES]
        carried = pa.table(settled.carried)
    return found


def _billed(lines: Sequence[Row]) -> pa.Table:
    """What the closes before billed. A table without rows says that it was nothing; none, that it is not known."""
    names = {"subscription": "subscription", "plan": "plan", "charge": "charge", "period": "service_period"}
    columns = {name: pa.array([row[of] for row in lines], pa.string()) for name, of in names.items()}
    return pa.table({**columns, "amount": pa.array([row["amount"] for row in lines], pa.decimal128(38, 12))})


def closed_by_reference(reference: Reference, rows: Sequence[Row]) -> list[Tables]:
    so_far = [reference.rate([Batch("events", "calls.csv", rows, "c0ffee")])]
    carried: list[Row] = []
    found = []
    for period in PERIODS:
        closed = reference.close(period, so_far)
        so_far.append(closed)
        books = reference.documents(period, so_far, carried)
        tables = {name: getattr(books, name) for name in CLOSED}
        found.append({"rejects": closed.rejects, "lines": closed.lines, "shares": closed.shares, **tables})
        carried = books.carried
    return found


def check_close(document: Row, rows: Sequence[Row]) -> None:
    catalog = loaded(document)
    engine, reference = outcome(Engine(catalog), rows), outcome(Reference(catalog), rows)
    refused = [isinstance(one, CatalogError) for one in (engine, reference)]
    assert refused in ([False, False], [True, True]), (engine, reference)
    assume(not any(refused))
    for made, wanted in zip(engine, reference, strict=True):
        assert [reject(row) for row in made["rejects"]] == [reject(row) for row in wanted["rejects"]]
        for name in ("lines", "shares", *CLOSED):
            assert made[name] == wanted[name], name


def outcome(one: Engine | Reference, rows: Sequence[Row]) -> Any:
    """The tables of each month; or the refusal of a catalog that says too little for a close."""
    try:
        return closed_by_engine(one, rows) if isinstance(one, Engine) else closed_by_reference(one, rows)
    except CatalogError as error:
        return error


def test_what_a_later_version_compares_by_subscription_all_versions_keep_by_subscription() -> None:
    """November's cycle starts on October 4 in Stockholm, when the first version is in force in UTC; the second compares
    by subscription what the first shared by period."""
    share = {"payer": "shop", "payee": "maker", "percent": "10%"}

    def least(per: str) -> Row:
        return {"payer": "shop", "payee": "maker", "greater_of": {"of": ["share", "5.00"], "per": per}}

    document = {
        "parties": {"shop": {}, "maker": {}},
        "accounts": {"a1": {"owner": "c1", "currency": "EUR", "zone": "Europe/Stockholm", "cycle_day": 4}},
        "subscriptions": {f"s{n}": {"account": "a1", "plans": "basic"} for n in (1, 2)},
        "usage": {"events": {"id": "id", "quantity": "quantity"}},
        "plans": {
            "basic": {
                "seller": "shop",
                "currency": "EUR",
                "charges": {"fee": {"every": "month", "flat": "80.00"}},
            }
        },
        "agreements": {
            "deal": {
                "roles": {},
                "flows": {"share": share, "paid": least("period")},
                "versions": [{"from": "2026-10-04", "flows": {"share": share, "paid": least("subscription")}}],
            }
        },
    }
    catalog = partita.load(document)
    for one in (Engine(catalog), Reference(catalog)):
        _, november = outcome(one, [])
        paid = [(row["subscription"], row["amount"]) for row in november["shares"] if row["flow"] == "paid"]
        assert sorted(paid) == [("s1", Decimal(8)), ("s2", Decimal(8))]


arguments = {"document": generated.catalogs(of_period=True), "rows": generated.records()}


@QUICK
@given(**arguments)
def test_engine_and_reference_close_alike(**case: Any) -> None:
    check_close(**case)


@pytest.mark.deep
@settings(DEEP, max_examples=2_000)
@given(**arguments)
def test_engine_and_reference_close_alike_deeply(**case: Any) -> None:
    check_close(**case)
