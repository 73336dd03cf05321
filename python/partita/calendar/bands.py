"""Bands of local time (peak, off-peak, weekend, public holiday) as edges on the UTC line.

A calendar is first laid out in wall time. There a day is of one of eight kinds (seven week days, or a holiday), and
its bands depend on its own kind and on that of the day before. Then each stretch of constant UTC offset takes its
piece of the wall time and shifts it: an hour that clocks repeat appears in two pieces, one that they skip in none.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache

from partita.catalog.reference_data import DAYS, Band, Calendar, Hours
from partita.errors import CatalogError, Problem

from .cycles import local_midnight
from .zones import END_SECONDS, transitions

FIRST_YEAR = 2015
LAST_YEAR = 2040
"""The years that calendars are compiled for by default. Records outside them are rejected (outside_calendar)."""

_DAY_SECONDS = 86_400
_HOLIDAY = "holiday"
_NONE = -1

Edges = list[tuple[int, int]]


def band_edges(
    calendar: Calendar, name: str, zone: str, first_year: int = FIRST_YEAR, last_year: int = LAST_YEAR
) -> tuple[list[str], Edges]:
    """The bands of a calendar in a zone: their names, and rows (UTC microseconds, index of the band).

    A row holds until the next one; the index is -1 where no band holds. The first row is the start of `first_year`
    in the zone, the last row its end of `last_year` (always with -1): what lies before or after has no calendar.
    `name` is the calendar's id, for errors. Raises `CatalogError` for an unknown zone, country or subdivision, for two
    `rest`, and for years outside 1970 to 2099.

    >>> office = Calendar.model_validate({"bands": {"work": {"days": "mon-fri", "from": "09:00", "to": "17:00"}}})
    >>> names, edges = band_edges(office, "office", "UTC", 2026, 2026)
    >>> names, edges[:3]
    (['work'], [(1767225600000000, -1), (1767258000000000, 0), (1767286800000000, -1)])
    """
    _check(calendar, name, first_year, last_year)
    start = max(local_midnight(dt.date(first_year, 1, 1), zone) // 1_000_000, 0)
    end = min(local_midnight(dt.date(last_year + 1, 1, 1), zone) // 1_000_000, END_SECONDS)
    holidays = _holidays(calendar, name, first_year, last_year)
    seconds, bands = _wall_edges(tuple(calendar.bands.values()), holidays, first_year, last_year)
    edges: Edges = []
    for low, high, offset in _stretches(zone, start, end):
        first = bisect_right(seconds, low + offset) - 1
        last = bisect_left(seconds, high + offset)
        edges.append((low * 1_000_000, bands[first]))
        edges.extend(((seconds[i] - offset) * 1_000_000, bands[i]) for i in range(first + 1, last))
    return list(calendar.bands), [*_merged(edges), (end * 1_000_000, _NONE)]


def _check(calendar: Calendar, name: str, first_year: int, last_year: int) -> None:
    if not 1970 <= first_year <= last_year <= 2099:
        raise _error(name, f"years {first_year} to {last_year} do not lie within 1970 to 2099")
    if sum(band == "rest" for band in calendar.bands.values()) > 1:
        raise _error(f"{name}.bands", "only one band can be `rest`")


def _error(path: str, message: str) -> CatalogError:
    return CatalogError([Problem(f"calendars.{path}", message)])


def _holidays(calendar: Calendar, name: str, first_year: int, last_year: int) -> frozenset[dt.date]:
    """Public holidays, observed days included, of the compiled years and the days around them."""
    if calendar.holidays is None:
        return frozenset(calendar.holiday_dates)
    try:
        public = _public_holidays(calendar.holidays, first_year - 1, last_year + 1)
    except NotImplementedError:
        allowed = "a country such as SE, or a subdivision such as DE-BY, that the holidays package knows"
        raise _error(f"{name}.holidays", f"{calendar.holidays!r} is not {allowed}") from None
    return public.union(calendar.holiday_dates)


@cache
def _public_holidays(place: str, first_year: int, last_year: int) -> frozenset[dt.date]:
    from holidays import country_holidays  # takes a while to load, and many catalogs have no holidays

    country, _, subdivision = place.partition("-")
    return frozenset(country_holidays(country, subdivision or None, years=range(first_year, last_year + 1)))


@cache
def _wall_edges(
    bands: tuple[Band, ...], holidays: frozenset[dt.date], first_year: int, last_year: int
) -> tuple[list[int], list[int]]:
    """Seconds of wall time since 1970-01-01 at which the band changes, and the band from each on.

    A day more on both sides lets every stretch of offset find its piece.
    """
    seconds: list[int] = []
    indices: list[int] = []
    first, last = dt.date(first_year, 1, 1).toordinal() - 1, dt.date(last_year, 12, 31).toordinal() + 1
    epoch = dt.date(1970, 1, 1).toordinal()
    ordinals = {date.toordinal() for date in holidays}
    before = _kind(first - 1, ordinals)
    for day in range(first, last + 1):
        kind = _kind(day, ordinals)
        for second, band in _day_edges(bands, before, kind):
            if not indices or band != indices[-1]:
                seconds.append((day - epoch) * _DAY_SECONDS + second)
                indices.append(band)
        before = kind
    return seconds, indices


def _kind(ordinal: int, holidays: set[int]) -> str:
    return _HOLIDAY if ordinal in holidays else DAYS[(ordinal - 1) % 7]


@cache
def _day_edges(bands: tuple[Band, ...], before: str, kind: str) -> tuple[tuple[int, int], ...]:
    """The bands of a day of one kind that follows a day of another: (second of the day, index of the band)."""
    spans = [[] if band == "rest" else list(_spans(band, before, kind)) for band in bands]
    rest = bands.index("rest") if "rest" in bands else _NONE
    cuts = {0, *(cut for band in spans for span in band for cut in span if cut < _DAY_SECONDS)}
    return tuple(
        (cut, next((i for i, band in enumerate(spans) if any(a <= cut < b for a, b in band)), rest))
        for cut in sorted(cuts)
    )


def _spans(band: tuple[Hours, ...], before: str, kind: str) -> Iterator[tuple[int, int]]:
    for hours in band:
        start, end = _second(hours.start), _second(hours.end)
        passes_midnight = end <= start
        if kind in hours.days:
            yield start, _DAY_SECONDS if passes_midnight else end
        if passes_midnight and before in hours.days:
            yield 0, end


def _second(clock: str) -> int:
    return int(clock[:2]) * 3600 + int(clock[3:]) * 60


def _stretches(zone: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The parts of [start, end) with one UTC offset each: (from, until, offset)."""
    rows = transitions(zone)
    for i, (low, offset) in enumerate(rows):
        high = rows[i + 1][0] if i + 1 < len(rows) else END_SECONDS
        if low < end and high > start:
            yield max(low, start), min(high, end), offset


def _merged(edges: Edges) -> Iterator[tuple[int, int]]:
    last = None
    for edge in edges:
        if edge[1] != last:
            yield edge
            last = edge[1]
