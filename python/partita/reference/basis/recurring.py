"""`recurring`: a fee for each calendar month that an agreement is in force, prorated by day."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from partita.reference.clock import Cycle, local_date

Span = tuple[dt.datetime | None, dt.datetime | None]
"""From an instant until another; None is unbounded."""


def part_of(month: Cycle, spans: list[Span], prorate: str) -> Fraction:
    """The part of a month's fee that is due for the time common to all spans: days of the month, start inclusive, end
    exclusive; or with `prorate: none` the whole of it, for any time at all."""
    starts = [start for start, _ in spans if start is not None]
    ends = [end for _, end in spans if end is not None]
    start, end = max([month.start_instant, *starts]), min([month.end_instant, *ends])
    if start >= end:
        return Fraction(0)
    if prorate == "none":
        return Fraction(1)
    days = (local_date(end, month.zone) - local_date(start, month.zone)).days
    return Fraction(days, month.days)
