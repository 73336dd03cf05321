"""Tables as they were first, with what came later in its place.

Rows of an id that was there stand where its first row stood, those of a new id at the end: an engine compiled from the
merged tables has accounts and subscriptions in the same order as one that was changed step by step.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog.columns import INSTANT
from partita.catalog.lower.scalars import instant

from .log import Log, dictionary, plain, with_instants


def merged(first: pa.Table, log: Log) -> pa.Table:
    """A table with what came later, in the text layouts of the first."""
    later = log.latest()
    if later is None:
        return first
    if "keys" in later.column_names:
        first = keys_as_lists(first)
    first = with_instants(first, {field.name for field in later.schema if field.type == INSTANT})
    ids = dictionary(later[log.id])
    before = plain(first[log.id]).combine_chunks()
    kept = pc.is_null(pc.index_in(before, value_set=ids.dictionary))
    # Where the id's first row stood, or after the end.
    stood = pc.index_in(ids.dictionary, value_set=before).cast(pa.int64())
    new = pa.arange(first.num_rows, first.num_rows + len(stood)).cast(pa.int64())
    places = pc.coalesce(stood, new).take(ids.indices)
    places = pa.concat_arrays([pa.arange(0, first.num_rows).cast(pa.int64()).filter(kept), places])
    first = first.filter(kept)
    whole = pa.table({name: _column(first, later, name) for name in later.column_names})
    # In one piece each, for a column in pieces is taken from row by row.
    return whole.combine_chunks().take(pc.sort_indices(places))


def _column(first: pa.Table, later: pa.Table, name: str) -> pa.ChunkedArray:
    """A column of both; where the later one cannot have the first one's layout, that takes the later one's."""
    if name not in first.column_names:
        return pa.chunked_array([pa.nulls(first.num_rows, later[name].type), *later[name].chunks], later[name].type)
    one, other = first[name], later[name]
    if one.type != other.type:
        try:
            encoded = other.dictionary_encode() if pa.types.is_dictionary(one.type) else other
            other = encoded.cast(one.type)
        except pa.ArrowNotImplementedError:
            one = one.cast(other.type)
    return pa.chunked_array([*one.chunks, *other.chunks], one.type)


def keys_as_lists(table: pa.Table) -> pa.Table:
    """Subscriptions with a column of lists of keys in place of one key a row."""
    if "key" not in table.column_names:
        return table
    keys = plain(table["key"]).combine_chunks()
    lists = pa.ListArray.from_arrays(pa.arange(0, len(keys) + 1).cast(pa.int32()), keys, mask=pc.is_null(keys))
    return table.set_column(table.column_names.index("key"), "keys", lists)


def dates_as_instants(subscriptions: pa.Table, accounts: pa.Table, names: list[str]) -> pa.Table:
    """Subscriptions with dates as instants: the midnights of their accounts' zones."""
    holder = pc.index_in(
        plain(subscriptions["account"]).combine_chunks(), value_set=plain(accounts["account"]).combine_chunks()
    )
    zones = dictionary(accounts["zone"])
    zone = zones.indices.take(holder)
    for name in names:
        days = subscriptions[name].combine_chunks()
        pairs = pa.table({"zone": zone, "day": days.cast(pa.int32())})
        distinct = pairs.group_by(["zone", "day"], use_threads=False).aggregate([]).to_pylist()
        found = [_midnight(pair, zones.dictionary) for pair in distinct]
        column = pa.array(found, pa.int64()).cast(INSTANT).take(pc.index_in(_code(pairs), value_set=_codes(distinct)))
        subscriptions = subscriptions.set_column(subscriptions.column_names.index(name), name, column)
    return subscriptions


def _midnight(pair: dict[str, Any], zones: pa.Array) -> int | None:
    day = pa.scalar(pair["day"], pa.int32()).cast(pa.date32()).as_py()
    return None if day is None or pair["zone"] is None else instant(day, zones[pair["zone"]].as_py())


def _code(pairs: pa.Table) -> pa.Array:
    """Zone and day as one number."""
    zone = pc.shift_left(pc.fill_null(pairs["zone"].cast(pa.int64()), -1), 32)
    return pc.add(zone, pc.fill_null(pairs["day"].cast(pa.int64()), -(1 << 31))).combine_chunks()


def _codes(distinct: list[dict[str, Any]]) -> pa.Array:
    numbers = {"zone": pa.array([pair["zone"] for pair in distinct], pa.int32())}
    return _code(pa.table({**numbers, "day": pa.array([pair["day"] for pair in distinct], pa.int32())}))
