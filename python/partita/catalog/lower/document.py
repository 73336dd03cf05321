"""A catalog to the terms document and its tables: what the engine compiles (the seam of the design)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from partita.catalog import tables as written
from partita.catalog.catalog import Catalog
from partita.catalog.currency import digits, refusal
from partita.catalog.gathered import Gathered
from partita.catalog.reference_data import Table
from partita.catalog.usage import mappings
from partita.errors import CatalogError, Problem

from . import beside, calendars, charges, usage
from .agreements import agreement
from .scalars import Json

RULES: Final = "3"
"""Version of the arithmetic; part of a run's identity."""


@dataclass(frozen=True)
class Lowered:
    """The terms document (JSON), and beside it what can have millions of rows."""

    terms_json: str
    accounts: pa.Table
    subscriptions: pa.Table
    prefixes: pa.Table
    tables: Mapping[str, pa.Table]


def lower(
    catalog: Catalog, accounts: Any = None, subscriptions: Any = None, tables: Mapping[str, Any] | None = None
) -> Lowered:
    """A catalog, with the tables handed over beside it, as the engine compiles it.

    Tables are Arrow objects or lists of dicts. Accounts and subscriptions join those written in the catalog, and win
    over those of the same id; each of `tables` stands in for the rows of the look-up table of that name.

    Raises `CatalogError` for tables that do not fit and files that cannot be read.

    >>> from partita.catalog import load
    >>> lowered = lower(load({"parties": {"nordtel": {}}}))
    >>> json.loads(lowered.terms_json)["parties"]
    ['nordtel']
    """
    wrong = Gathered()
    held = holdings = prefixes = None
    lookups: dict[str, pa.Table] = {}
    with wrong.too():
        held = beside.accounts(catalog, accounts)
    with wrong.too():
        holdings = beside.subscriptions(catalog, subscriptions, held)
    with wrong.too():
        prefixes = written.prefixes(catalog)
    with wrong.too():
        lookups = beside.lookups(catalog, tables or {})
    wrong.tell()
    document = json.dumps(terms(catalog, held), separators=(",", ":"))
    return Lowered(document, held, holdings, prefixes, lookups)


def terms(catalog: Catalog, accounts: pa.Table) -> Json:
    """The terms document; of the accounts it takes the currencies and time zones in use."""
    zones = beside.distinct(accounts, "zone")
    problems: list[Problem] = []
    found = {
        "rules": RULES,
        "currencies": currencies(catalog, beside.distinct(accounts, "currency")),
        "parties": list(catalog.parties),
        "time_zones": [calendars.time_zone(name) for name in calendars.zones_in_use(catalog, zones)],
        "zones": [name for name, zone in catalog.zones.items() if zone.prefixes],
        "calendars": [calendars.calendar(name, part) for name, part in catalog.calendars.items()],
        "tables": [lookup(name, table) for name, table in catalog.tables.items()],
        "usage": [usage.mapping(name, part) for name, part in mappings(catalog.usage).items()],
        "plans": [charges.plan(name, part, catalog.tables) for name, part in catalog.plans.items()],
        "agreements": [agreement(name, part, catalog.tables, problems) for name, part in catalog.agreements.items()],
        "billing": {"skip_zero_documents": catalog.billing.zero_documents == "skip"},
    }
    if problems:
        raise CatalogError(problems)
    return found


def lookup(name: str, table: Table) -> Json:
    return {"id": name, "by": list(table.by), "columns": list(table.columns)}


def currencies(catalog: Catalog, of_accounts: Iterable[str]) -> dict[str, int]:
    """Minor-unit digits of every currency in use: those of the catalog's `billing.digits`, or else of ISO 4217."""
    used = {*of_accounts, *(plan.currency for plan in catalog.plans.values())}
    used |= {part.currency for part in catalog.agreements.values() if part.currency is not None}
    stated = catalog.billing.digits
    refused = {code: why for code in sorted(used) if (why := refusal(code, stated)) is not None}
    if refused:
        raise CatalogError([Problem("", f"{code!r} {why}") for code, why in refused.items()])
    known = {code: stated.get(code, digits(code)) for code in sorted(used)}
    return {code: found for code, found in known.items() if found is not None}
