"""A small catalog, five calls, and what becomes of them: what the tests of the engine begin with."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

import partita
from partita import Engine, Rated

CATALOG: dict[str, Any] = {
    "parties": {"shop": {}, "maker": {}},
    "accounts": {"a-1": {"owner": "c-1", "currency": "EUR", "zone": "Europe/Stockholm"}},
    "subscriptions": {"s-1": {"account": "a-1", "keys": ["46701", "46702"], "plans": "basic"}},
    "usage": {"calls": {"id": "id", "quantity": "seconds", "time_zone": "Europe/Stockholm"}},
    "plans": {
        "basic": {
            "seller": "shop",
            "currency": "EUR",
            "charges": {
                "calls": {"when": {"attributes": {"kind": "far"}}, "unit": {"price": "0.60", "per": "60"}},
                "near": {"when": {"attributes": {"kind": {"null": True}}}, "unit": {"price": "0.01"}},
            },
        }
    },
    "agreements": {
        "deal": {
            "roles": {"C": "account_owner", "D": "shop", "B": "maker"},
            "flows": {
                "sale": {"payer": "C", "payee": "D", "base": "lines"},
                "wholesale": {"payee": "B", "of": "sale", "percent": "70%"},
            },
        }
    },
}

ROWS: list[dict[str, Any]] = [
    {"id": "c1", "hour": 10, "key": "46701", "service": "voice", "seconds": 60, "kind": "far"},
    {"id": "c2", "hour": 9, "key": "46702", "service": None, "seconds": 7, "kind": None},
    {"id": "c3", "hour": 11, "key": "999", "service": "voice", "seconds": 100, "kind": "far"},
    {"id": "c4", "hour": 12, "key": "46701", "service": "voice", "seconds": None, "kind": "far"},
    {"id": "c5", "hour": 8, "key": "46701", "service": "data", "seconds": 0, "kind": "far"},
]
AMOUNTS = {"c1": "0.6", "c2": "0.07", "c5": "0"}


def table(**types: pa.DataType) -> pa.Table:
    """The records as a table whose columns have these types."""
    times = [dt.datetime(2026, 10, 5, row["hour"], tzinfo=dt.UTC) for row in ROWS]
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0] if name != "hour"}
    plain = {name: pa.array(values) for name, values in columns.items()} | {"time": pa.array(times)}
    return pa.table({name: _of_type(column, types.get(name)) for name, column in plain.items()})


def _of_type(column: pa.Array, kind: pa.DataType | None) -> pa.Array:
    if kind is None:
        return column
    if pa.types.is_decimal(kind):
        return pa.array([None if value is None else Decimal(value) for value in column.to_pylist()], kind)
    return column.cast(kind)


def dicts(usage: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = usage.to_pylist()
    return rows


def answer(rated: Rated) -> dict[str, list[dict[str, Any]]]:
    """All that came out."""
    return {name: getattr(rated, name).to_pylist() for name in ("lines", "shares", "rejects", "counters")}


def compiled(**sections: Any) -> Engine:
    """An engine of the catalog, with other sections."""
    return Engine(partita.load({**CATALOG, **sections}))


def expected_of(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """All that becomes of the calls; amounts and rejects are those worked out by hand."""
    rated = answer(engine.rate(table()))
    amounts = [Decimal(amount) for amount in AMOUNTS.values()]
    assert [line["amount"] for line in rated["lines"]] == amounts
    assert [share["amount"] for share in rated["shares"]] == [amount * Decimal("0.7") for amount in amounts]
    assert [(reject["id"], reject["code"]) for reject in rated["rejects"]] == [("c3", 201), ("c4", 302)]
    return rated
