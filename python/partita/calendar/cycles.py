"""Billing cycles: months of an account's zone, beginning on a day from 1 to 28.

A cycle is named by the month that its last day lies in: with day 1, 2026-10 is October; with day 15 it is
15 September to 14 October (semantics §3).
"""

from __future__ import annotations

import datetime as dt
import re

from partita.errors import PeriodError

from .zones import EPOCH, zone_info

_MICROSECOND = dt.timedelta(microseconds=1)


def local_midnight(date: dt.date, zone: str) -> int:
    """The instant at which a date begins in a zone, in UTC microseconds.

    A midnight that daylight saving repeats is the first, one that it skips moves forward by the gap.
    Raises `CatalogError` when there is no such zone.

    >>> local_midnight(dt.date(2026, 10, 1), "Europe/Stockholm")
    1790805600000000
    """
    midnight = dt.datetime(date.year, date.month, date.day, tzinfo=zone_info(zone))
    return (midnight.astimezone(dt.UTC) - EPOCH) // _MICROSECOND


def cycle(name: str, zone: str, day: int = 1) -> tuple[int, int]:
    """Start and end of the cycle `name` (`2026-10`) that begins on `day` of a month, as half-open UTC microseconds.

    Raises `PeriodError` when the name is not a month or the day is not from 1 to 28, `CatalogError` for a zone that
    is none.

    >>> cycle("2026-10", "UTC", 15)  # 15 September to 14 October
    (1789430400000000, 1792022400000000)
    """
    month = _month(name)
    if not 1 <= day <= 28:
        raise PeriodError(f"a cycle begins on a day from 1 to 28, not {day}")
    first = month if day == 1 else month - 1
    return local_midnight(_date(first, day), zone), local_midnight(_date(first + 1, day), zone)


def cycle_of(instant: int, zone: str, day: int = 1) -> str:
    """The name of the cycle that holds an instant (UTC microseconds): the inverse of `cycle`.

    >>> cycle_of(local_midnight(dt.date(2026, 9, 30), "Asia/Tokyo"), "Asia/Tokyo", 15)
    '2026-10'
    """
    local = (EPOCH + instant * _MICROSECOND).astimezone(zone_info(zone))
    month = local.year * 12 + local.month - 1 + (day > 1 and local.day >= day)
    name = _name(month)
    # Clocks put back over the midnight that begins a cycle show the old date again, in the new cycle.
    start, end = cycle(name, zone, day)
    return _name(month + (instant >= end) - (instant < start))


def _month(name: str) -> int:
    """Months since year 0."""
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", name, re.ASCII)
    if found is None or not 1969 <= int(found[1]) <= 2100:
        raise PeriodError(f"{name!r} is not a month such as 2026-10, from 1969 to 2100")
    return int(found[1]) * 12 + int(found[2]) - 1


def _name(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _date(month: int, day: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, day)
