"""Zones, calendars and look-up tables: what conditions and numbers refer to."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from .scalars import Id, Model, matching


class Zone(Model):
    """Destinations by their leading digits (longest prefix wins), or many zones from a file with the columns
    prefix and zone."""

    prefixes: tuple[Annotated[str, *matching(r"[0-9]{1,32}", "a prefix is 1 to 32 digits, without +")], ...] = ()
    file: str | None = None


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days(value: Any) -> Any:
    """`mon-fri`, `sat`, `mon, wed`, `[sat, sun]`, `all`, `holiday` to a tuple of day names."""
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):
        return value
    days: list[Any] = []
    for part in parts:
        first, dash, last = str(part).partition("-")
        if part in ("all", "daily"):
            days.extend(DAYS)
        elif dash and first in DAYS and last in DAYS:
            start, end = DAYS.index(first), DAYS.index(last)
            days.extend(DAYS[i % 7] for i in range(start, (end if end >= start else end + 7) + 1))
        else:
            days.append(part)
    return tuple(days)


class Hours(Model):
    """Local hours of some days. `until: "24:00"` is the end of the day; hours that pass midnight (22:00 to 06:00)
    end on the next day. On a public holiday the week day does not count: only `holiday` does."""

    days: Annotated[tuple[Day, ...], BeforeValidator(_days, json_schema_input_type=str | tuple[str, ...])] = (
        *DAYS,
        "holiday",
    )
    start: Annotated[str, *matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day is written as 08:00")] = Field(
        default="00:00", alias="from"
    )
    end: Annotated[
        str,
        *matching(
            r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", "a time of day is written as 19:30, the end of a day as 24:00"
        ),
    ] = Field(default="24:00", alias="to")


def _hours(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _rest_or_hours(value: Any) -> str:
    return "<rest>" if isinstance(value, str) else "<hours>"


Band = Annotated[
    Annotated[Literal["rest"], Tag("<rest>")]
    | Annotated[
        tuple[Hours, ...], BeforeValidator(_hours, json_schema_input_type=Hours | tuple[Hours, ...]), Tag("<hours>")
    ],
    Discriminator(_rest_or_hours),
]


class Calendar(Model):
    """Bands of local time. The first band that holds an instant is its band; `rest` is what no other holds."""

    zone: str | None = None
    holidays: Id | None = None
    holiday_dates: tuple[dt.date, ...] = ()
    bands: dict[Id, Band]


class Table(Model):
    """A look-up table: key columns `by`, value columns with their type, and rows (in place, or from a file).

    A null key cell means any. `percent`: values are written 70% or 0.70.
    """

    by: tuple[Id, ...] = Field(min_length=1)
    columns: dict[Id, Literal["number", "percent"]] = Field(min_length=1)
    file: str | None = None
    rows: tuple[dict[str, str | None], ...] | None = None
