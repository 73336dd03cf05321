"""Time zones and calendars, as the engine reads them: it knows offsets, hours of days and which days are holidays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from partita.calendar import public_holidays, transitions
from partita.catalog.catalog import Catalog
from partita.catalog.reference_data import DAYS, Band, Calendar

from . import usage
from .scalars import Json

_KINDS: Final = (*DAYS, "holiday")
_EPOCH: Final = dt.date(1970, 1, 1)


def zones_in_use(catalog: Catalog, account_zones: Iterable[str]) -> list[str]:
    """The names of every time zone that something refers to, and UTC."""
    mapped = (usage.time_zone(mapping) for mapping in catalog.usage.values())
    own = (calendar.zone for calendar in catalog.calendars.values())
    agreed = (agreement.zone for agreement in catalog.agreements.values())
    return sorted({"UTC", *account_zones, *agreed} | {zone for zone in (*mapped, *own) if zone is not None})


def time_zone(name: str) -> Json:
    """A zone with its transitions. Raises `CatalogError` for a name that is none."""
    return {"name": name, "transitions": transitions(name)}


def calendar(name: str, terms: Calendar) -> Json:
    """A calendar with its bands and holidays."""
    holidays = set(terms.holiday_dates)
    if terms.holidays is not None:
        holidays |= public_holidays(terms.holidays)
    return {
        "id": name,
        "zone": terms.zone,
        "bands": [{"id": band, "hours": _hours(hours)} for band, hours in terms.bands.items()],
        "holidays": sorted((day - _EPOCH).days for day in holidays),
    }


def _hours(band: Band) -> list[Json] | None:
    """Hours with their days by number and their times in minutes; none of the rest."""
    if band == "rest":
        return None
    return [
        {"days": [_KINDS.index(day) for day in hours.days], "from": _minutes(hours.start), "to": _minutes(hours.end)}
        for hours in band
    ]


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
