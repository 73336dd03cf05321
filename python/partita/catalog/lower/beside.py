"""The Arrow tables that go down beside the terms: those of the catalog, joined with those handed over.

A catalog often has its partners' accounts in place while its customers come as a table of millions of rows. The two
are joined here; of an id that both have, the rows handed over win. Nothing is done row by row with what comes as Arrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog import tables as written
from partita.catalog.catalog import Catalog
from partita.catalog.columns import INSTANT
from partita.catalog.gathered import Gathered
from partita.catalog.refusal import unknown
from partita.errors import CatalogError, Problem

from .scalars import instant

TEXT = pa.string()


def accounts(catalog: Catalog, given: Any) -> pa.Table:
    """The accounts of a catalog and those handed over."""
    if given is None or not isinstance(catalog.accounts, dict) or not catalog.accounts:
        return written.accounts(catalog, given)
    return joined(written.accounts(catalog), written.accounts(catalog, given), "account")


def subscriptions(catalog: Catalog, given: Any, accounts_: pa.Table | None) -> pa.Table:
    """The subscriptions of a catalog and those handed over, all of known accounts; where none are known because their
    table is wrong, only what is wrong with the subscriptions matters."""
    if accounts_ is None or given is None or not isinstance(catalog.subscriptions, dict) or not catalog.subscriptions:
        return written.subscriptions(catalog, given, accounts_)
    own = written.subscriptions(catalog, None, accounts_)
    theirs = written.subscriptions(catalog, given, accounts_)
    for name in ("from", "until", "billed_until"):
        own = _moments_alike(own, theirs, name, accounts_)
    return joined(own, theirs, "subscription")


def lookups(catalog: Catalog, given: Mapping[str, Any]) -> dict[str, pa.Table]:
    """The look-up tables of a catalog, or what was handed over in their place."""
    wrong = Gathered()
    found: dict[str, pa.Table] = {}
    for name in given:
        with wrong.too():
            if name not in catalog.tables:
                raise CatalogError([Problem("tables", unknown("table", name, list(catalog.tables)))])
    for name in catalog.tables:
        with wrong.too():
            found[name] = written.lookup(catalog, name, given.get(name))
    wrong.tell()
    return found


def joined(own: pa.Table, theirs: pa.Table, id_: str) -> pa.Table:
    """The rows of one table whose id is not in the other, then those of the other."""
    ids = _plain(theirs[id_])
    both = ids.filter(pc.is_in(ids, value_set=own[id_].combine_chunks()))
    own = own.filter(pc.invert(pc.is_in(own[id_], value_set=both.combine_chunks())))
    names = list(dict.fromkeys([*theirs.column_names, *own.column_names]))
    columns = {name: _one_column(own, theirs, name) for name in names}
    return pa.table(columns) if own.num_rows else theirs


def _one_column(own: pa.Table, theirs: pa.Table, name: str) -> pa.ChunkedArray:
    """A column of both tables, in the layout that the larger one has."""
    kind = (theirs if name in theirs.column_names else own).schema.field(name).type
    parts = [
        part[name] if name in part.column_names else pa.chunked_array([pa.nulls(part.num_rows, kind)])
        for part in (own, theirs)
    ]
    if parts[0].type != kind:
        try:
            parts[0] = (parts[0].dictionary_encode() if pa.types.is_dictionary(kind) else parts[0]).cast(kind)
        except pa.ArrowNotImplementedError:
            parts[1] = parts[1].cast(parts[0].type)
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)


def _moments_alike(own: pa.Table, theirs: pa.Table, name: str, accounts_: pa.Table) -> pa.Table:
    """The catalog's dates as instants, midnights of the accounts, where the other table has instants."""
    kinds = [part.schema.field(name).type for part in (own, theirs)]
    if kinds[0] == kinds[1] or theirs[name].null_count == theirs.num_rows:
        return own
    if kinds[1] != INSTANT:
        problem = "holds dates, but the catalog's own subscriptions have instants; write all as one or the other"
        raise CatalogError([Problem(f"subscriptions.{name}", problem)])
    dates, holders = own[name].to_pylist(), own["account"].to_pylist()
    zone_of = {account: _zone_of(accounts_, account) for account in set(holders)}
    instants = [None if d is None else instant(d, zone_of[account]) for d, account in zip(dates, holders, strict=True)]
    return own.set_column(own.schema.get_field_index(name), name, pa.array(instants, pa.int64()).cast(INSTANT))


def _zone_of(accounts_: pa.Table, account: str) -> str:
    place = pc.index(_plain(accounts_["account"]), account).as_py()
    return str(accounts_["zone"][place].as_py())


def distinct(table: pa.Table, column: str) -> list[str]:
    """The distinct texts of a column of any layout, sorted."""
    return sorted(_plain(table[column]).unique().to_pylist()) if table.num_rows else []


def _plain(texts: Any) -> Any:
    return texts if texts.type == TEXT else texts.cast(TEXT)
