"""Zones, calendars and look-up tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from partita.catalog.document import Path
from partita.catalog.reference_data import Calendar, Table
from partita.catalog.refusal import shown, unknown
from partita.catalog.scalars import parse_decimal

from .scene import Found, Scene, time_zone


def problems(scene: Scene) -> Iterator[Found]:
    """What is wrong with zones, calendars and tables."""
    yield from _zones(scene)
    for key, calendar in scene.catalog.calendars.items():
        yield from _calendar(calendar, ("calendars", key))
    for key, table in scene.catalog.tables.items():
        yield from _table(table, ("tables", key))


def _zones(scene: Scene) -> Iterator[Found]:
    owner: dict[str, str] = {}
    for key, zone in scene.catalog.zones.items():
        path = ("zones", key)
        if not zone.prefixes and zone.file is None:
            yield path, "has neither prefixes nor a file with the columns prefix and zone"
        if zone.prefixes and zone.file is not None:
            yield path, "has both prefixes and a file; a file names its zones itself, so give it an entry of its own"
        for index, prefix in enumerate(zone.prefixes):
            if owner.get(prefix, key) != key:
                yield (
                    (*path, "prefixes", index),
                    f"prefix {prefix} is already in zone {owner[prefix]!r}; a prefix is in one zone",
                )
            owner.setdefault(prefix, key)


def _calendar(calendar: Calendar, path: Path) -> Iterator[Found]:
    yield from time_zone(calendar.zone, (*path, "zone"))
    if calendar.holidays is not None:
        yield from _holidays(calendar.holidays, (*path, "holidays"))
    rests = [name for name, band in calendar.bands.items() if band == "rest"]
    for name in rests[1:]:
        yield (*path, "bands", name), f"band {rests[0]!r} is already the rest; there is one"
    if not calendar.bands:
        yield (*path, "bands"), "a calendar has at least one band"
    for name, band in calendar.bands.items():
        if isinstance(band, str):
            continue
        for index, hours in enumerate(band):
            if hours.start == hours.end:
                at = (*path, "bands", name, index) if len(band) > 1 else (*path, "bands", name)
                yield at, f"from {hours.start} to {hours.end} holds no time; a whole day is 00:00 to 24:00"


def _holidays(code: str, path: Path) -> Iterator[Found]:
    country, _, part = code.partition("-")
    countries = _countries()
    if country not in countries:
        yield path, f"no public holidays are known for {shown(code)}; known are ISO 3166 codes such as SE, DE or US-CA"
    elif part and part not in countries[country]:
        yield path, unknown(f"part of {country}", part, countries[country])


@cache
def _countries() -> dict[str, list[str]]:
    """The countries that the `holidays` package knows, each with its parts; loaded only when a calendar asks."""
    import holidays

    return {country: list(parts) for country, parts in holidays.list_supported_countries(include_aliases=True).items()}


def _table(table: Table, path: Path) -> Iterator[Found]:
    both = set(table.by) & set(table.columns)
    for name in sorted(both):
        yield (*path, "columns", name), f"{name!r} is a key column (by) and a value column; it can be one of them"
    if table.file is not None and table.rows is not None:
        yield path, "has both rows and a file; give one of them"
    known = {*table.by, *table.columns}
    first: dict[tuple[str | None, ...], int] = {}
    for index, row in enumerate(table.rows or ()):
        for name in row:
            if name not in known:
                yield (*path, "rows", index, name), unknown("column", name, [*table.by, *table.columns])
        yield from _numbers(table, row, (*path, "rows", index))
        keys = tuple(row.get(name) for name in table.by)
        if keys in first:
            written = ", ".join(
                f"{name} {shown(key) if key else 'any'}" for name, key in zip(table.by, keys, strict=True)
            )
            yield (*path, "rows", index), f"ties with rows[{first[keys]}]: both are for {written}"
        first.setdefault(keys, index)


def _numbers(table: Table, row: Mapping[str, str | None], path: Path) -> Iterator[Found]:
    """That the value columns of a row hold numbers, or nothing."""
    for name in table.columns:
        try:
            parse_decimal(row.get(name) or "0")
        except ValueError as wrong:
            yield (*path, name), f"{row[name]!r}: {wrong}"
