"""From an engine to the next: rows upserted, and what depends on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita import _core
from partita.catalog.columns import INSTANT
from partita.catalog.lower.scalars import instant
from partita.catalog.refusal import unknown
from partita.catalog.tables import as_lookup, handed_over
from partita.errors import CatalogError, Problem

from . import read
from .origin import MOMENTS, Origin


def upserted(
    origin: Origin, core: _core.Engine, accounts: Any, subscriptions: Any, tables: Mapping[str, Any] | None
) -> tuple[Origin, _core.Engine]:
    """What an engine is made from, and its core, after rows of accounts and subscriptions and whole look-up tables.

    Raises `CatalogError`; both that were given stay as they are.
    """
    lookups = _lookups(origin, tables or {})
    held = None if accounts is None else read.accounts(accounts, origin.terms.digits)
    histories = None if subscriptions is None else read.subscriptions(subscriptions)
    terms = origin.terms
    if held is not None:
        terms = terms.with_places(*(pc.unique(held[name]).to_pylist() for name in ("zone", "currency")))
    if lookups or terms is not origin.terms:
        origin = replace(origin, terms=terms, lookups={**origin.lookups, **lookups})
        core = core.with_terms(terms.document, origin.first["prefixes"], origin.lookups)
    if histories is not None:
        dates = [name for name in MOMENTS if _has_instants(histories[name]) and origin.kind_of(name) == pa.date32()]
        if dates:
            origin = origin.as_instants(dates)
            core = _core.Engine(terms.document, **origin.first, tables=origin.lookups)
        histories = _alike(histories, origin, core, held)
    if held is None and histories is None:
        return origin, core
    core = core.with_rows(held, histories)
    if held is not None and held.num_rows:
        origin = replace(origin, accounts=origin.accounts.plus(held))
    if histories is not None and histories.num_rows:
        given = {name: histories[name].type for name in MOMENTS if histories[name].null_count < histories.num_rows}
        log = origin.subscriptions.plus(histories)
        origin = replace(origin, subscriptions=log, moments={**origin.moments, **given})
    return origin, core


def _lookups(origin: Origin, tables: Mapping[str, Any]) -> dict[str, pa.Table]:
    known = origin.terms.lookups if tables else {}
    wrong = [Problem("tables", unknown("table", name, list(known))) for name in tables if name not in known]
    if wrong:
        raise CatalogError(wrong)
    given = {name: handed_over(table, f"tables.{name}") for name, table in tables.items()}
    return {name: as_lookup(t, known[name]["by"], known[name]["columns"], place) for name, (t, place) in given.items()}


def _has_instants(column: pa.ChunkedArray) -> bool:
    """Whether a column holds instants."""
    return bool(column.type == INSTANT and column.null_count < len(column))


def _alike(rows: pa.Table, origin: Origin, core: _core.Engine, accounts: pa.Table | None) -> pa.Table:
    """The rows with dates as instants where the engine's subscriptions have these."""
    for place, name in enumerate(rows.column_names):
        kind = origin.kind_of(name) if name in MOMENTS else None
        if kind is None or rows[name].type == kind:
            continue
        column = pa.nulls(rows.num_rows, kind)
        if rows[name].null_count < rows.num_rows:
            zones = _zones(rows["account"].to_pylist(), core, accounts)
            days = zip(rows[name].to_pylist(), zones, strict=True)
            column = pa.array([None if day is None else instant(day, zone) for day, zone in days], pa.int64())
        rows = rows.set_column(place, name, column.cast(kind))
    return rows


def _zones(holders: list[str], core: _core.Engine, accounts: pa.Table | None) -> list[str]:
    """The time zones of accounts, those that come with the rows before those known; UTC of one that nobody knows."""
    own = (
        {}
        if accounts is None
        else dict(zip(*(accounts[name].to_pylist() for name in ("account", "zone")), strict=True))
    )
    return [own.get(holder) or zone or "UTC" for holder, zone in zip(holders, core.zones(holders), strict=True)]
