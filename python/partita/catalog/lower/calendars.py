"""Time zones and calendars, as the engine reads them: it knows offsets and edges on the UTC line, no local hours."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from partita.calendar import band_edges, transitions
from partita.catalog.catalog import Catalog
from partita.catalog.reference_data import Calendar

from . import usage
from .scalars import Json

_END = -2
"""Stands in place of a band at the end of the compiled years."""


def zones_in_use(catalog: Catalog, account_zones: Iterable[str]) -> list[str]:
    """The names of every time zone that something refers to, and UTC."""
    mapped = (usage.time_zone(mapping) for mapping in catalog.usage.values())
    own = (calendar.zone for calendar in catalog.calendars.values())
    agreed = (agreement.zone for agreement in catalog.agreements.values())
    return sorted({"UTC", *account_zones, *agreed} | {zone for zone in (*mapped, *own) if zone is not None})


def time_zone(name: str) -> Json:
    """A zone with its transitions. Raises `CatalogError` for a name that is none."""
    return {"name": name, "transitions": transitions(name)}


def calendar(name: str, terms: Calendar, account_zones: Collection[str]) -> Json:
    """A calendar with its edges: in its own zone, or in each of the accounts'."""
    zones = sorted(account_zones) if terms.zone is None else [terms.zone]
    return {
        "id": name,
        "bands": list(terms.bands),
        "edges": {zone: _edges(name, terms, zone) for zone in zones},
        "zone": terms.zone,
    }


def _edges(name: str, terms: Calendar, zone: str) -> list[tuple[int, int]]:
    _, edges = band_edges(terms, name, zone)
    end, _ = edges[-1]
    return [*edges[:-1], (end, _END)]
