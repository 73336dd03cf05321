"""Bands: peak, off-peak, weekend, public holiday (semantics §3).

The hours of a band on one day are a half-open range of instants, from the instant of their local start until the
instant of their local end; so daylight saving moves an edge by the rule of `clock.to_utc`, and no instant is in two
bands or in none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction

import holidays

from partita.catalog.reference_data import DAYS, Calendar, Hours

from .clock import local_date, midnight, to_utc

ONE_DAY = dt.timedelta(days=1)


class Bands:
    """The bands of one calendar in one zone."""

    def __init__(self, calendar: Calendar, zone: str) -> None:
        self.calendar = calendar
        self.zone = calendar.zone or zone
        self._public: dict[int, set[dt.date]] = {}

    def band_at(self, instant: dt.datetime) -> str | None:
        """The first band whose hours hold the instant; else the one that is the rest; else none."""
        rest = None
        for name, hours in self.calendar.bands.items():
            if hours == "rest":
                rest = rest or name
            elif any(start <= instant < end for start, end in self._ranges(instant, hours)):
                return name
        return rest

    def next_edge(self, instant: dt.datetime) -> dt.datetime:
        """The next instant at which a band may begin or end: an edge of any hours, or the next midnight."""
        edges = [midnight(local_date(instant, self.zone) + days * ONE_DAY, self.zone) for days in (1, 2)]
        for hours in self.calendar.bands.values():
            if hours != "rest":
                edges.extend(edge for times in self._ranges(instant, hours) for edge in times)
        return min(edge for edge in edges if edge > instant)

    def segments(self, start: dt.datetime, seconds: Fraction) -> list[tuple[str | None, Fraction]]:
        """The bands that a span of time passes through, in order, each with its length in seconds.

        Neighbouring ranges of one band are one segment. A span of no length has one segment of no length.
        """
        found: list[tuple[str | None, Fraction]] = [(self.band_at(start), Fraction(0))]
        at, left = start, seconds
        while left > 0:
            edge = self.next_edge(at)
            length = min(left, Fraction((edge - at) // dt.timedelta(microseconds=1), 1_000_000))
            band = self.band_at(at)
            if found[-1][0] == band:
                found[-1] = (band, found[-1][1] + length)
            else:
                found.append((band, length))
            at, left = edge, left - length
        return found

    def _ranges(self, instant: dt.datetime, hours: tuple[Hours, ...]) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The hours that begin on the day of the instant, the day before, or the day after."""
        today = local_date(instant, self.zone)
        for day in (today - ONE_DAY, today, today + ONE_DAY):
            for part in hours:
                if self._day_name(day) in part.days:
                    yield self._range(day, part)

    def _range(self, day: dt.date, hours: Hours) -> tuple[dt.datetime, dt.datetime]:
        start = to_utc(dt.datetime.combine(day, dt.time.fromisoformat(hours.start)), self.zone)
        if hours.end == "24:00":
            return start, midnight(day + ONE_DAY, self.zone)
        last = day + ONE_DAY if hours.end <= hours.start else day
        return start, to_utc(dt.datetime.combine(last, dt.time.fromisoformat(hours.end)), self.zone)

    def _day_name(self, day: dt.date) -> str:
        """`holiday` on a public holiday, whichever week day it is; else the week day."""
        return "holiday" if day in self._holidays(day.year) else DAYS[day.weekday()]

    def _holidays(self, year: int) -> set[dt.date]:
        if year not in self._public:
            self._public[year] = {day for day in self.calendar.holiday_dates if day.year == year}
            if self.calendar.holidays is not None:
                country, _, part = self.calendar.holidays.partition("-")
                self._public[year].update(holidays.country_holidays(country, subdiv=part or None, years=year))
        return self._public[year]
