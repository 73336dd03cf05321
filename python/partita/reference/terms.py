"""Terms: all that a catalog and the tables beside it say, ready to be asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from partita.catalog.catalog import Catalog, Plan
from partita.catalog.charge import Charge, ChargeModel

from .bands import Bands
from .clock import moment
from .conditions import attributes_read
from .lookups import Tables
from .subscriptions import Directory, Held
from .zones import Zones

Rows = Sequence[Mapping[str, Any]]


class Terms:
    """A catalog with its accounts, subscriptions, look-up tables, zones and calendars."""

    def __init__(
        self,
        catalog: Catalog,
        accounts: Iterable[Mapping[str, Any]] | None,
        subscriptions: Iterable[Mapping[str, Any]] | None,
        tables: Mapping[str, Rows] | None,
    ) -> None:
        self.catalog = catalog
        self.directory = Directory(catalog, accounts, subscriptions)
        self.tables = Tables(catalog.tables, tables or {})
        self.zones = Zones(catalog.zones, tables or {})
        self.attributes = sorted(attributes_read(catalog))
        self._bands: dict[tuple[str, str], Bands] = {}

    def among(self, accounts: Iterable[Mapping[str, Any]], subscriptions: Iterable[Mapping[str, Any]]) -> Terms:
        """The same terms for some of the accounts and subscriptions, given as rows."""
        some = copy(self)
        some.directory = Directory(self.catalog, accounts, subscriptions)
        return some

    def bands(self, plan: Plan, zone: str) -> Bands | None:
        """The bands of a plan for an account in a zone."""
        if plan.calendar is None:
            return None
        key = (plan.calendar, zone)
        if key not in self._bands:
            self._bands[key] = Bands(self.catalog.calendars[plan.calendar], zone)
        return self._bands[key]

    def seller(self, plan: Plan, held: Held) -> str | None:
        """The party that sells a plan to a subscription."""
        return plan.seller if isinstance(plan.seller, str) else held.terms.sold_by


def version_at(charge: Charge, instant: dt.datetime, zone: str) -> tuple[int, ChargeModel] | None:
    """The number and terms of a charge's version in force at an instant: the last that has begun; None before all."""
    begun = [
        (number, model)
        for number, (valid_from, model) in enumerate(charge.dated)
        if valid_from is None or moment(valid_from, zone) <= instant
    ]
    return begun[-1] if begun else None
