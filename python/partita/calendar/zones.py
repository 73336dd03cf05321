"""Time zones: the rules of each, always those of the `tzdata` package; and its UTC offsets, from 1970 to 2100.

`zoneinfo` by itself prefers the system's database, whose rules change from machine to machine and with its updates. A
bill may not: the zones here are read from the files of the package, whose version is pinned as any other.

`zoneinfo` answers for one instant at a time; rating needs the whole table. The offsets are sampled every six days
and each change between two samples is found by bisection, to the second. Since 1970 no zone has changed twice within
six days: the shortest time between was the daylight saving of October 2000 in Boa Vista, seven days less an hour.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from partita.errors import CatalogError

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
END_SECONDS = (dt.datetime(2100, 1, 1, tzinfo=dt.UTC) - EPOCH) // dt.timedelta(seconds=1)
"""2100-01-01T00:00Z. Records from then on are rejected (outside_calendar), as those before 1970 are."""

_STEP_SECONDS = 6 * 86_400
_SECOND = dt.timedelta(seconds=1)


@cache
def zone_names() -> frozenset[str]:
    """All zones of the `tzdata` package, by their IANA names."""
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


@cache
def zone_info(zone: str) -> ZoneInfo:
    """The zone of an IANA name, from the `tzdata` package: neither the system's database nor PYTHONTZPATH matters.

    Raises `CatalogError` when there is no such zone.
    """
    if zone not in zone_names():
        raise CatalogError(f"{zone!r} is not an IANA time zone such as Europe/Stockholm")
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=zone)


@cache
def transitions(zone: str) -> tuple[tuple[int, int], ...]:
    """All UTC offsets of a zone as rows (from, offset), both in seconds, the first at 1970-01-01T00:00Z.

    A row holds until the next one; the last until 2100-01-01. Local time is UTC + offset.
    Raises `CatalogError` when there is no such zone.

    >>> transitions("Asia/Kolkata")
    ((0, 19800),)
    >>> transitions("Europe/Stockholm")[:3]
    ((0, 3600), (323830800, 7200), (338950800, 3600))
    """
    info = zone_info(zone)
    before = _offset(info, 0)
    rows = [(0, before // _SECOND)]
    for low in range(0, END_SECONDS, _STEP_SECONDS):
        high = min(low + _STEP_SECONDS, END_SECONDS - 1)
        offset = _offset(info, high)
        if offset != before:
            rows.append((_first_second_of(info, low, high, offset), offset // _SECOND))
            before = offset
    return tuple(rows)


def _offset(info: ZoneInfo, utc_seconds: int) -> dt.timedelta:
    offset = dt.datetime.fromtimestamp(utc_seconds, info).utcoffset()
    assert offset is not None
    return offset


def _first_second_of(info: ZoneInfo, low: int, high: int, offset: dt.timedelta) -> int:
    """The first second in (low, high] with the offset that `high` has and `low` has not."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(info, middle) == offset:
            high = middle
        else:
            low = middle
    return high
