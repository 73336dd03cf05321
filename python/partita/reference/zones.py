"""Zones: where a destination lies, by the longest prefix of its digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from partita.catalog.reference_data import Zone
from partita.errors import CatalogError

from .rejects import Reject


class Zones:
    """All prefixes of the catalog. A zone of a file takes its rows (prefix, zone) from the tables handed over."""

    def __init__(self, zones: Mapping[str, Zone], rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self.by_prefix: dict[str, str] = {}
        for name, zone in zones.items():
            self.by_prefix.update(dict.fromkeys(zone.prefixes, name))
            if zone.file is not None and name not in rows:
                raise CatalogError(f"zones.{name}: hand over the rows of {zone.file}")
            if zone.file is not None:
                self.by_prefix.update((str(row["prefix"]), str(row["zone"])) for row in rows[name])

    def zone_of(self, destination: str | None, field: str) -> str | None:
        """The zone of a destination: null for a null one, and where no prefix fits.

        A leading + is dropped; a reject `bad_destination` if what follows is not digits, and nothing but digits.
        """
        if destination is None:
            return None
        digits = destination.removeprefix("+")
        if not (digits.isascii() and digits.isdigit()):
            raise Reject("bad_destination", field, destination)
        for length in range(len(digits), 0, -1):
            if digits[:length] in self.by_prefix:
                return self.by_prefix[digits[:length]]
        return None
