"""Scalars as the engine reads them: decimal text, days and microseconds since 1970."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from partita.calendar import local_midnight
from partita.catalog.charge import Lookup, Number, Rounding, Test, When
from partita.catalog.reference_data import Table

Json = dict[str, Any]
"""An object of the terms document."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_MICROSECOND = dt.timedelta(microseconds=1)


def text(number: Decimal) -> str:
    """A number without an exponent.

    >>> text(Decimal("1E+2"))
    '100'
    """
    return format(number, "f")


def optional_text(number: Decimal | None) -> str | None:
    return None if number is None else text(number)


def days(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return date.toordinal() - _EPOCH_DAY


def moment(value: dt.date | dt.datetime) -> Json:
    """A date stays one: whose midnight it is, the engine knows.

    >>> moment(dt.date(1970, 1, 2)), moment(dt.datetime(1970, 1, 1, 1, tzinfo=dt.UTC))
    ({'date': 1}, {'instant': 3600000000})
    """
    if isinstance(value, dt.datetime):
        return {"instant": (value - _EPOCH) // _MICROSECOND}
    return {"date": days(value)}


def instant(value: dt.date | dt.datetime, zone: str) -> int:
    """Microseconds since 1970 of an instant, or of a date's midnight in the zone."""
    if isinstance(value, dt.datetime):
        return (value - _EPOCH) // _MICROSECOND
    return local_midnight(value, zone)


def optional_instant(value: dt.date | dt.datetime | None, zone: str) -> int | None:
    return None if value is None else instant(value, zone)


def rounding(round_: Rounding | None) -> Json | None:
    return None if round_ is None else {"decimals": round_.decimals, "mode": round_.mode}


def number(value: Number, tables: Mapping[str, Table]) -> str | Json:
    """A literal as text; a look-up with its names in the order of the table's key columns."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return lookup(value, tables)


def lookup(value: Lookup, tables: Mapping[str, Table]) -> Json:
    table = tables.get(value.table)
    by = value.by if table is None else value.attributes(table.by)
    otherwise = None if isinstance(value.otherwise, str) else text(value.otherwise)
    order = [by.index(name) for name in value.by] if by != value.by else []
    return {"table": value.table, "by": list(by), "order": order, "column": value.column, "otherwise": otherwise}


def test(value: Test) -> Json:
    """Only the parts given."""
    found: Json = {}
    if value.equals is not None:
        found["in"] = list(value.equals)
    if value.prefix is not None:
        found["prefix"] = list(value.prefix)
    for part in ("above", "at_least", "below", "up_to"):
        bound = getattr(value, part)
        if bound is not None:
            found[part] = text(bound)
    if value.null is not None:
        found["null"] = value.null
    return found


def when(value: When) -> Json:
    return {
        "service": None if value.service is None else test(value.service),
        "zone": None if value.zone is None else test(value.zone),
        "band": None if value.band is None else test(value.band),
        "attributes": {name: test(part) for name, part in value.attributes.items()},
    }
