"""Times of text by a pattern: what each directive reads, piece by piece from the left.

A blank of the pattern is any blanks, or none; all other signs of it stand for themselves. A number may have blanks
before it and fewer digits than it could. Nothing is ever read again in another way.
"""

from __future__ import annotations

import datetime as dt
import re

from partita.catalog.time_pattern import PARTS, whole
from partita.errors import CatalogError

BLANKS = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
BLANKS += "\u202f\u205f\u3000"
"""White space of Unicode."""
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS = range(-262_143, 262_143)
"""Years that a calendar has; those that are not here are no times at all."""
LAST_SECOND = 8_210_266_876_799
"""The last second of these years, counted from 1970."""

_DIGITS = {"Y": 4, "y": 2, "m": 2, "d": 2, "e": 2, "j": 3, "H": 2, "I": 2, "M": 2, "S": 2}
_RANGES = {
    "m": range(1, 13),
    "d": range(1, 32),
    "e": range(1, 32),
    "j": range(1, 367),
    "H": range(24),
    "I": range(1, 13),
    "M": range(60),
    "S": range(61),
}
_NAMES = {"b": MONTHS, "B": MONTHS, "a": WEEKDAYS, "A": WEEKDAYS}
_PIECES = re.compile(r"\.%f|%.|[^%]", re.DOTALL)


def parse(text: str, pattern: str) -> dt.datetime:
    """The time of a text. Naive where the pattern gives no offset. Raises `ValueError` if it is not one, and
    `OverflowError` for one of a year that is not of 1 to 9999.

    >>> print(parse("5.10.2026 08:00", "%d.%m.%Y %H:%M"))
    2026-10-05 08:00:00
    """
    reader = _Reader(text)
    for piece in _PIECES.findall(whole(pattern)):
        reader.read(piece)
    if reader.rest:
        raise ValueError(f"{reader.rest!r} is left")
    return reader.time()


class _Reader:
    """A text being read: what is left of it, and the numbers found by the names of their directives."""

    def __init__(self, text: str) -> None:
        self.rest = text
        self.found: dict[str, int] = {}

    def read(self, piece: str) -> None:
        name = piece[1:]
        if piece[0] in BLANKS:
            self.rest = self.rest.lstrip(BLANKS)
        elif piece == ".%f":
            self._fraction()
        elif piece[0] != "%":
            self._take(re.escape(piece))
        elif name in _NAMES:
            self._name(name)
        elif name == "p":
            self.found["p"] = ("am", "pm").index(self._take("[AaPp][Mm]").lower())
        elif name == "f":
            self.found["f"] = int(self._take("[0-9]{6}"))
        elif name == "z":
            self._offset()
        elif name in PARTS:
            self._number(name)
        else:
            raise CatalogError(f"time_format: %{name} is not allowed")

    def _take(self, form: str) -> str:
        found = re.match(form, self.rest)
        if found is None:
            raise ValueError(f"{self.rest!r} does not begin with {form}")
        self.rest = self.rest[found.end() :]
        return found[0]

    def _number(self, name: str) -> None:
        """A year with a sign, and seconds since 1970, may be of any length."""
        self.rest = self.rest.lstrip(BLANKS)
        form = "[0-9]+" if name == "s" else f"[0-9]{{1,{_DIGITS[name]}}}"
        number = int(self._take(f"[+-][0-9]+|{form}" if name == "Y" else form))
        if name in _RANGES and number not in _RANGES[name]:
            raise ValueError(f"%{name} is {number}")
        self.found[name] = number

    def _fraction(self) -> None:
        """A fraction with its point, of any length, or none; floored to microseconds."""
        if self.rest.startswith("."):
            self.found["f"] = int(self._take(r"\.[0-9]+")[1:7].ljust(6, "0"))

    def _name(self, name: str) -> None:
        """A name's first three letters, or all of them where the directive is the long one."""
        names = _NAMES[name]
        short = self._take("[A-Za-z]{3}").lower()
        place = [one[:3] for one in names].index(short)
        rest = names[place][3:]
        if name in "AB" and self.rest[: len(rest)].lower() == rest:
            self.rest = self.rest[len(rest) :]
        self.found["b" if names is MONTHS else "a"] = place

    def _offset(self) -> None:
        """Hours and minutes from UTC, with blanks or colons between them."""
        self.rest = self.rest.lstrip(BLANKS)
        sign = self._take("[+\u2212-]")
        hours = int(self._take("[0-9]{2}"))
        self.rest = self.rest.lstrip(BLANKS + ":")
        seconds = hours * 3600 + int(self._take("[0-5][0-9]")) * 60
        self.found["z"] = seconds if sign == "+" else -seconds

    # Together -----------------------------------------------------------------------------------------------------

    def time(self) -> dt.datetime:
        found = self.found
        if "s" in found:
            return _from_1970(found["s"])
        zone = dt.timezone(dt.timedelta(seconds=found["z"])) if "z" in found else None  # a day or more is no offset
        hour = found["I"] % 12 + 12 * found["p"] if "I" in found else found.get("H", 0)
        midnight = dt.datetime.combine(self._date(), dt.time(), zone)
        # A second 60 is the first of the next minute.
        seconds = hour * 3600 + found.get("M", 0) * 60 + found.get("S", 0)
        return midnight + dt.timedelta(seconds=seconds, microseconds=found.get("f", 0))

    def _date(self) -> dt.date:
        found = self.found
        year = found["Y"] if "Y" in found else found["y"] + (2000 if found["y"] < 70 else 1900)
        month, day = found.get("b", found.get("m", 1) - 1) + 1, found.get("d", found.get("e", 1))
        alike = _alike(year, month, day)
        if "j" in found:
            alike += dt.timedelta(days=found["j"] - 1)
            if alike.year != 2000 + year % 400:
                raise ValueError(f"{year} has no day {found['j']}")
        if "a" in found and alike.weekday() != found["a"]:
            raise ValueError(f"{year}-{alike:%m-%d} is no {WEEKDAYS[found['a']]}")
        return date_of(year, alike.month, alike.day)


def _from_1970(seconds: int) -> dt.datetime:
    if seconds > LAST_SECOND:
        raise ValueError(f"there is no second {seconds}")
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)


def date_of(year: int, month: int, day: int) -> dt.date:
    """A date. Raises `OverflowError` for one that there is, but in a year that is not of 1 to 9999."""
    _alike(year, month, day)
    if year not in YEARS:
        raise ValueError(f"there is no year {year}")
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise OverflowError(f"the year {year}")
    return dt.date(year, month, day)


def _alike(year: int, month: int, day: int) -> dt.date:
    """The date in a year like this one: months and weekdays are the same every 400 years."""
    return dt.date(2000 + year % 400, month, day)
