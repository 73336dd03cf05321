"""Usage mappings: time zones, patterns of times, files that two mappings claim, and dialects that no file will use."""

from __future__ import annotations

from collections.abc import Iterator

from partita.catalog.document import Path
from partita.catalog.time_pattern import wrong_with
from partita.catalog.usage import Usage

from .scene import Found, Scene, time_zone


def problems(scene: Scene) -> Iterator[Found]:
    """What is wrong with usage mappings."""
    claimed: dict[str, str] = {}
    for key, mapping in scene.catalog.usage.items():
        path = ("usage", key)
        yield from time_zone(mapping.time_zone, (*path, "time_zone"))
        yield from _pattern(mapping.time_format, mapping, (*path, "time_format"))
        if mapping.csv is not None:
            yield from time_zone(mapping.csv.zone, (*path, "csv", "zone"))
            yield from _pattern(mapping.csv.time, mapping, (*path, "csv", "time"))
            if mapping.csv.delimiter == mapping.csv.quote:
                yield (*path, "csv", "quote"), f"{mapping.csv.quote!r} is the delimiter, too"
            if mapping.format not in (None, "csv"):
                yield (*path, "csv"), f"describes delimited files, but the format is {mapping.format}"
        for index, pattern in enumerate(mapping.files):
            at = (*path, "files", index) if len(mapping.files) > 1 else (*path, "files")
            if pattern in claimed:
                yield at, f"{pattern!r} is already a pattern of usage {claimed[pattern]!r}; a file has one mapping"
            claimed.setdefault(pattern, key)


def _pattern(pattern: str | None, mapping: Usage, path: Path) -> Iterator[Found]:
    zone = mapping.time_zone or (mapping.csv.zone if mapping.csv else None)
    message = None if pattern is None else wrong_with(pattern, zone)
    if message is not None:
        yield path, message
