"""The patterns that times of text may be written by: a closed list of directives, all of which mean one thing.

The words are those of strptime, of which every implementation has others, and reads the same ones in another way. So
only these are allowed, and what a pattern leaves open is refused before any file is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

SHORT: Final = {"F": "%Y-%m-%d", "T": "%H:%M:%S"}
"""Directives that stand for several."""
PARTS: Final = {
    "Y": "year",
    "y": "year",
    "m": "month",
    "b": "month",
    "B": "month",
    "d": "day",
    "e": "day",
    "j": "day of the year",
    "a": "weekday",
    "A": "weekday",
    "H": "hour",
    "I": "hour",
    "p": "half of the day",
    "M": "minute",
    "S": "second",
    "f": "fraction",
    "z": "offset",
    "s": "seconds since 1970",
}
"""The part of a time that each directive gives."""
_NEEDS: Final = (
    ("hour", "minute"),
    ("minute", "hour"),
    ("second", "minute"),
    ("fraction", "second"),
    ("offset", "hour"),
    ("half of the day", "hour"),
)


def whole(pattern: str) -> str:
    """A pattern with the directives that short ones stand for.

    >>> whole("%F %T")
    '%Y-%m-%d %H:%M:%S'
    """
    return re.sub("%(.)", lambda found: SHORT.get(found[1], found[0]), pattern)


def wrong_with(pattern: str, time_zone: str | None) -> str | None:
    """What is wrong with a pattern of a mapping whose times without a zone are of this one; None if nothing is.

    >>> wrong_with("%d.%m.%Y %H:%M:%S", "UTC")
    >>> wrong_with("%d.%m. %H:%M", "UTC")
    "'%d.%m. %H:%M' gives no year; a time is a date (%Y or %y, a month and a day, or %j), and may have hour and minute"
    """
    return next(_problems(pattern, time_zone), None)


def _problems(pattern: str, time_zone: str | None) -> Iterator[str]:
    named = re.findall("%(.?)", whole(pattern), re.DOTALL)
    for name in named:
        if name == "Z":
            yield (
                "%Z is the name of a zone, which does not say the time there; write %z for offsets such as +0200, "
                "or give the zone as time_zone"
            )
        elif name not in PARTS:
            yield f"%{name} is not allowed; the directives are {', '.join(f'%{one}' for one in (*PARTS, *SHORT))}"
    parts = [PARTS.get(name, "") for name in named]
    for part in parts:
        if parts.count(part) > 1:
            yield f"{pattern!r} gives the {part} twice"
    if "s" in named:
        if len(named) > 1:
            yield f"{pattern!r}: %s is a whole time, and stands alone"
        if time_zone != "UTC":
            yield "%s counts seconds from 1970 in UTC; say `time_zone: UTC` beside it"
        return
    by_day = {"day of the year"} if "j" in named else {"month", "day"}
    missing = [part for part in ("year", *sorted(by_day, reverse=True)) if part not in parts]
    if missing or ("j" in named and {"month", "day"} & {*parts}):
        what = f"gives no {missing[0]}" if missing else "gives the day twice"
        yield (
            f"{pattern!r} {what}; a time is a date (%Y or %y, a month and a day, or %j), and may have hour and minute"
        )
    for part, needed in _NEEDS:
        if part in parts and needed not in parts:
            yield f"{pattern!r} gives the {part} without the {needed}"
    if ("I" in named) != ("p" in named):
        yield f"{pattern!r}: %I, an hour of twelve, and %p, the half of the day, need each other"
