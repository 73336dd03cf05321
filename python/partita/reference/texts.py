"""Texts: what a value of any type is to those who read it as text: conditions, ids, keys and rejects."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from partita.errors import UsageSchemaError

from .numbers import shortest
from .time_pattern import YEARS

AROUND = " \t\n\x0c\r"
"""Blanks that may stand around a number or a time."""
_DAY = 86_400_000_000
_ERA_DAYS, _ERA_YEARS = 146_097, 400
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Ticks:
    """An instant in microseconds since 1970, of a year that is not of 1 to 9999; or a local time as far off."""

    micros: int
    local: bool = False

    def __str__(self) -> str:
        """ISO 8601 with a sign before years of more than four digits; nothing where the calendar ends.

        >>> str(Ticks(-62_167_219_200_000_000)), str(Ticks(2**60))
        ('0000-01-01T00:00:00Z', '+38504-08-17T21:30:06.846976Z')
        """
        days, rest = divmod(self.micros, _DAY)
        eras, day = divmod(days, _ERA_DAYS)  # the calendar is the same every 400 years
        date = _EPOCH + dt.timedelta(days=day)
        year = date.year + eras * _ERA_YEARS
        if year not in YEARS:
            return ""
        time = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=rest)).time()
        shown = f"{year:04}" if 0 <= year <= 9999 else f"{year:+05}"
        return f"{shown}-{date:%m-%d}T{_clock(time)}{'' if self.local else 'Z'}"


def text_of(value: Any) -> str | None:
    """A value as the text that conditions see: decimals without trailing zeros, `true`/`false`, ISO 8601 dates and
    times, with the offset of their zone (`Z` where that is none) and as many decimals as they need of 0, 3 or 6.

    >>> text_of(dt.datetime(2026, 10, 5, 10, 0, 0, 500_000, dt.UTC))
    '2026-10-05T10:00:00.500Z'
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return shortest(Fraction(value))
    if isinstance(value, dt.datetime):
        return f"{value.date().isoformat()}T{_clock(value.time())}{_offset(value)}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return _clock(value)
    if isinstance(value, Ticks):
        return str(value)
    raise UsageSchemaError(f"a column holds {type(value).__name__}, which is no text, number, truth value or time")


def shown_time(value: Any, instant: dt.datetime | None) -> str | None:
    """A record's time as its text has it; one that is no text by its instant in UTC."""
    return value if isinstance(value, str) else text_of(value if instant is None else instant)


def _clock(time: dt.time) -> str:
    micros = time.microsecond
    fraction = "" if micros == 0 else f".{micros // 1000:03}" if micros % 1000 == 0 else f".{micros:06}"
    return f"{time.replace(microsecond=0, tzinfo=None).isoformat()}{fraction}"


def _offset(value: dt.datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        return ""
    minutes = round(offset / dt.timedelta(minutes=1))
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if offset else "Z"
