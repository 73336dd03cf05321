"""Time: texts and local times to instants, dates to midnights, and the cycles that accounts are billed in.

Instants are aware UTC datetimes in microseconds; ranges are half-open. A local time that daylight saving repeats is
the first of the two; one that it skips moves forward by the gap (semantics §3).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from partita.calendar import zone_info

from . import time_pattern
from .texts import AROUND

FIRST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""The instants that can be rated: from 1970 until 2100."""

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,]([0-9]+))?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)


def parse_time(text: str, pattern: str | None = None) -> dt.datetime | None:
    """A time of text: ISO 8601 (`2026-10-01`, `2026-10-01T08:00:00.25+02:00`, a space for the T), or by a pattern.
    Naive where the text names no offset; fractions are floored to microseconds; None if it is not a time. Raises
    `OverflowError` for a time of a year that is not of 1 to 9999.
    """
    text = text.strip(AROUND)
    try:
        if pattern is not None:
            return time_pattern.parse(text, pattern)
        parts = _ISO.fullmatch(text)
        return None if parts is None else _from_parts(*parts.groups())
    except ValueError:
        return None


def _from_parts(
    year: str, month: str, day: str, hour: str | None, minute: str | None, second: str | None, *rest: str | None
) -> dt.datetime:
    fraction, zone = rest
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    time = dt.time(int(hour or 0), int(minute or 0), int(second or 0), micros, None if zone is None else _offset(zone))
    return dt.datetime.combine(time_pattern.date_of(int(year), int(month), int(day)), time)


def _offset(zone: str) -> dt.timezone:
    if zone in "Zz":
        return dt.UTC
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(f"no offset is {zone}")
    offset = dt.timedelta(hours=hours, minutes=minutes)
    return dt.timezone(offset if zone[0] == "+" else -offset)


def to_utc(local: dt.datetime, zone: str) -> dt.datetime:
    """The instant of a naive local time.

    >>> str(to_utc(dt.datetime(2026, 3, 29, 2, 30), "Europe/Stockholm"))
    '2026-03-29 01:30:00+00:00'
    >>> str(to_utc(dt.datetime(2026, 10, 25, 2, 30), "Europe/Stockholm"))
    '2026-10-25 00:30:00+00:00'
    """
    offset = local.replace(tzinfo=zone_info(zone), fold=0).utcoffset()
    assert offset is not None
    return (local - offset).replace(tzinfo=dt.UTC, fold=0)


def is_regular(local: dt.datetime, zone: str) -> bool:
    """Whether daylight saving neither repeats nor skips this local time."""
    aware = local.replace(tzinfo=zone_info(zone))
    return aware.replace(fold=0).utcoffset() == aware.replace(fold=1).utcoffset()


def midnight(date: dt.date, zone: str) -> dt.datetime:
    """The instant at which a date begins."""
    return to_utc(dt.datetime.combine(date, dt.time()), zone)


def moment(value: dt.date | dt.datetime, zone: str) -> dt.datetime:
    """A date (its midnight in the zone) or an instant of the catalog, as an instant."""
    return value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else midnight(value, zone)


def local_date(instant: dt.datetime, zone: str) -> dt.date:
    """The date on the wall."""
    return instant.astimezone(zone_info(zone)).date()


def within(
    instant: dt.datetime, start: dt.date | dt.datetime | None, end: dt.date | dt.datetime | None, zone: str
) -> bool:
    """Whether an instant lies in a half-open range of moments; None is unbounded."""
    return (start is None or moment(start, zone) <= instant) and (end is None or instant < moment(end, zone))


def add_months(date: dt.date, months: int) -> dt.date:
    """The same day (at most the 28th) so many months on."""
    count = date.year * 12 + date.month - 1 + months
    return date.replace(year=count // 12, month=count % 12 + 1)


@dataclass(frozen=True)
class Cycle:
    """What an account is billed for at once: a month from its cycle day on, first day to end (exclusive).

    It is named for the month in which its last day lies: from day 15, 2026-10 is 15 September to 14 October.
    """

    name: str
    first: dt.date
    end: dt.date
    zone: str

    @property
    def days(self) -> int:
        return (self.end - self.first).days

    @property
    def start_instant(self) -> dt.datetime:
        return midnight(self.first, self.zone)

    @property
    def end_instant(self) -> dt.datetime:
        return midnight(self.end, self.zone)

    def next(self) -> Cycle:
        return _cycle_from(self.end, self.zone)


def _cycle_from(first: dt.date, zone: str) -> Cycle:
    end = add_months(first, 1)
    last = end - dt.timedelta(days=1)
    return Cycle(f"{last.year:04}-{last.month:02}", first, end, zone)


def cycle_of(instant: dt.datetime, zone: str, day: int = 1) -> Cycle:
    """The cycle that an instant lies in.

    >>> cycle_of(dt.datetime(2026, 9, 20, tzinfo=dt.UTC), "UTC", 15).name
    '2026-10'
    """
    date = local_date(instant, zone)
    this_month = date.replace(day=day)
    return _cycle_from(this_month if date.day >= day else add_months(this_month, -1), zone)


def cycle_named(name: str, zone: str, day: int = 1) -> Cycle:
    """The cycle of a name.

    >>> cycle_named("2026-10", "UTC", 15).first
    datetime.date(2026, 9, 15)
    """
    month = dt.date.fromisoformat(f"{name}-01").replace(day=day)
    return _cycle_from(month if day == 1 else add_months(month, -1), zone)


def after(name: str) -> str:
    """The name of the cycle after the one of this name."""
    return _cycle_from(dt.date.fromisoformat(f"{name}-01"), "UTC").next().name
