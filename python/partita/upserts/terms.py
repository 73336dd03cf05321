"""A terms document, with what it takes to go on with it: names to check rows against, and time zones to add."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from partita.catalog.catalog import Catalog
from partita.catalog.currency import digits
from partita.catalog.lower import calendars
from partita.catalog.lower.scalars import Json


@dataclass(frozen=True)
class Terms:
    """A terms document (JSON). `digits` are the minor-unit digits that a catalog writes for some currencies."""

    document: str
    digits: Mapping[str, int]

    @classmethod
    def of(cls, document: str, catalog: Catalog) -> Terms:
        """The document that a catalog was lowered to."""
        return cls(document, dict(catalog.billing.digits))

    @cached_property
    def parsed(self) -> Json:
        """The document; not to be changed."""
        parsed: Json = json.loads(self.document)
        return parsed

    @cached_property
    def zones(self) -> frozenset[str]:
        """The time zones that an account may be in as the document stands."""
        return frozenset(zone["name"] for zone in self.parsed["time_zones"])

    @cached_property
    def lookups(self) -> Mapping[str, Json]:
        """The look-up tables by name: key columns `by`, value columns `columns`."""
        return {table["id"]: table for table in self.parsed["tables"]}

    def with_places(self, zones: Iterable[str], currencies: Iterable[str]) -> Terms:
        """The terms for accounts in these time zones and currencies too; the same if they know them all."""
        zones = sorted(set(zones) - self.zones)
        known: dict[str, int] = self.parsed["currencies"]
        currencies = sorted(set(currencies) - known.keys())
        if not zones and not currencies:
            return self
        found = {code: self.digits.get(code, digits(code)) for code in currencies}
        document = {
            **self.parsed,
            "currencies": dict(sorted({**known, **found}.items())),
            # After those known: to the core a zone is its place.
            "time_zones": [*self.parsed["time_zones"], *map(calendars.time_zone, zones)],
        }
        return replace(self, document=json.dumps(document, separators=(",", ":")))
