"""What every check is given: the catalog, the names that may be referred to, and questions that several ask."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cached_property
from zoneinfo import ZoneInfo

from partita.calendar import zones
from partita.catalog.catalog import Catalog
from partita.catalog.currency import refusal
from partita.catalog.document import Path
from partita.catalog.refusal import shown, unknown

Found = tuple[Path, str]
"""A problem: the path into the document, and what is wrong with what is allowed."""

_FIRST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
Range = tuple[dt.datetime, dt.datetime]
"""Half-open instants."""


class Scene:
    """A catalog and its names."""

    def __init__(self, catalog: Catalog, known: Mapping[str, frozenset[str] | None], torn: frozenset[str]) -> None:
        self.catalog = catalog
        self.torn = torn
        self._known = known
        self._names: dict[str, dict[str, None]] = {}

    def names(self, section: str) -> Mapping[str, None]:
        """The ids of a section, in order, with those of its parts that could not be typed."""
        if section not in self._names:
            typed = getattr(self.catalog, section)
            self._names[section] = dict.fromkeys(typed) if isinstance(typed, dict) else {}
            self._names[section] |= dict.fromkeys(sorted(self._known.get(section) or ()))
        return self._names[section]

    def has(self, section: str, name: str) -> bool:
        """Whether a section has an id, or may have it."""
        return self._is_lost(section) or name in self.names(section)

    def _is_lost(self, section: str) -> bool:
        """Whether a section is there, but could not be read as one."""
        return self._known.get(section, frozenset()) is None

    def refer(self, section: str, what: str, name: str, path: Path) -> Iterator[Found]:
        """That `name` is an id of a section."""
        if not self.has(section, name):
            yield path, unknown(what, name, self.names(section))

    def currency(self, code: str, path: Path) -> Iterator[Found]:
        """That a code is a currency whose minor unit is known."""
        wrong = refusal(code, self.catalog.billing.digits)
        if wrong is not None:
            yield path, f"{shown(code)} {wrong}"

    @cached_property
    def band_names(self) -> frozenset[str]:
        """The bands of any calendar."""
        return frozenset(band for calendar in self.catalog.calendars.values() for band in calendar.bands)

    @cached_property
    def zone_names(self) -> frozenset[str] | None:
        """The zones, those of files included; None when they, or a file of them, cannot be read."""
        from partita.catalog.tables import zones_in_file

        if self._is_lost("zones"):
            return None
        names = {name for name in self.names("zones") if not self._from_file(name)}
        for zone in self.catalog.zones.values():
            if zone.file is not None:
                found = zones_in_file(self.catalog, zone.file)
                if found is None:
                    return None
                names |= found
        return frozenset(names)

    def _from_file(self, name: str) -> bool:
        zone = self.catalog.zones.get(name)
        return zone is not None and zone.file is not None and not zone.prefixes


def zone_info(name: str) -> ZoneInfo | None:
    """A time zone; None for a name that is none."""
    return zones.zone_info(name) if name in zones.zone_names() else None


def time_zone(name: str | None, path: Path) -> Iterator[Found]:
    """That a name is a time zone."""
    if name is not None and zone_info(name) is None:
        yield path, f"{shown(name)} is not a time zone of the IANA database, such as Europe/Stockholm or UTC"


def instant(moment: dt.date | dt.datetime, zone: ZoneInfo | None) -> dt.datetime:
    """The instant of a moment; a date is midnight in the zone."""
    if isinstance(moment, dt.datetime):
        return moment
    return dt.datetime.combine(moment, dt.time(), zone or dt.UTC)


def earliest(moment: dt.date | dt.datetime) -> dt.datetime:
    """The first instant that a moment can be: days begin first 14 hours east of Greenwich."""
    return moment if isinstance(moment, dt.datetime) else instant(moment, None) - dt.timedelta(hours=14)


def latest(moment: dt.date | dt.datetime) -> dt.datetime:
    """The last instant that a moment can be: days begin last 12 hours west of Greenwich."""
    return moment if isinstance(moment, dt.datetime) else instant(moment, None) + dt.timedelta(hours=12)


def span(start: dt.date | dt.datetime | None, end: dt.date | dt.datetime | None, zone: ZoneInfo | None) -> Range:
    """The half-open range of two moments; None is without limit."""
    return (_FIRST if start is None else instant(start, zone), _LAST if end is None else instant(end, zone))


def meet(one: Range, other: Range) -> bool:
    """Whether two ranges have an instant in common."""
    return max(one[0], other[0]) < min(one[1], other[1])
