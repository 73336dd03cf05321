"""Who is rated together: accounts to partitions.

Counters belong to accounts and their subscriptions, so all records of an account go to one partition. Accounts that
share a key (a number that moved, a base plan and an add-on of someone else) or a group stay together too. Which
partition it is changes no figure; it only has to be the same in every process.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


class Owners:
    """The partition of each account, for the accounts and subscriptions of an engine.

    `table` has the partitions of the accounts, in their order, as the column `partition` (int32).
    """

    def __init__(self, accounts: pa.Table, subscriptions: pa.Table, partitions: int) -> None:
        self.partitions = partitions
        self._accounts = plain(accounts["account"])
        self._holders = pc.index_in(plain(subscriptions["account"]), self._accounts)
        self._subscriptions = plain(subscriptions["subscription"])
        pairs = [*_sharing_a_key(*self._keys(subscriptions)), *_sharing_a_group(accounts)]
        self._partition = _spread(_leaders(len(self._accounts), pairs), partitions)
        self.table = pa.table({"partition": self._partition})
        self._placed: tuple[pa.Table, tuple[pa.Array, pa.Array]] | None = None

    def of_counters(self, counters: pa.Table, partition: int) -> pa.Table:
        """The counters that a partition may need: those whose owner, be it a subscription or an account, is in it."""
        if self.partitions == 1 or counters.num_rows == 0:
            return counters
        if self._placed is None or self._placed[0] is not counters:
            self._placed = counters, self._places(plain(counters["owner"]))
        here = [pc.fill_null(pc.equal(found, partition), False) for found in self._placed[1]]
        return counters.filter(pc.or_(*here))

    def _places(self, owner: pa.Array) -> tuple[pa.Array, pa.Array]:
        """The partitions of owners, as accounts and as subscriptions."""
        holder = self._holders.take(pc.index_in(owner, self._subscriptions))
        return self._partition.take(pc.index_in(owner, self._accounts)), self._partition.take(holder)

    def _keys(self, subscriptions: pa.Table) -> tuple[pa.Array, pa.Array]:
        """All keys, each with the places of the accounts that it belongs to."""
        if "key" in subscriptions.column_names:
            keys = plain(subscriptions["key"])
            return pc.drop_null(keys), self._holders.filter(pc.is_valid(keys))
        lists = _one(subscriptions["keys"])
        return plain(pc.list_flatten(lists)), self._holders.take(pc.list_parent_indices(lists))


def plain(texts: Any) -> pa.Array:
    """A column of any layout as one array of text."""
    return _one(texts if texts.type == pa.string() else texts.cast(pa.string()))


def _one(values: Any) -> Any:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def _sharing_a_key(keys: pa.Array, holders: pa.Array) -> Iterable[tuple[int, int]]:
    """Pairs of accounts (their places) that one key leads to."""
    first = holders.take(pc.index_in(keys, keys))
    differ = pc.not_equal(first, holders)
    return zip(first.filter(differ).to_pylist(), holders.filter(differ).to_pylist(), strict=True)


def _sharing_a_group(accounts: pa.Table) -> Iterable[tuple[int, int]]:
    groups = plain(accounts["group"]) if "group" in accounts.column_names else pa.nulls(accounts.num_rows, pa.string())
    places = pc.indices_nonzero(pc.is_valid(groups))
    named = groups.take(places)
    first = places.take(pc.index_in(named, named))
    return zip(first.to_pylist(), places.to_pylist(), strict=True)


def _spread(places: pa.Array, partitions: int) -> pa.Array:
    """Places modulo the number of partitions."""
    whole = pc.multiply(pc.divide(places, partitions), partitions)
    return pc.subtract(places, whole).cast(pa.int32())


def _leaders(count: int, pairs: Iterable[tuple[int, int]]) -> pa.Array:
    """The first account of each set of accounts that belong together, for every account."""
    above: dict[int, int] = {}

    def leader(place: int) -> int:
        while place in above:
            place = above[place]
        return place

    for one, other in pairs:
        first, second = sorted((leader(one), leader(other)))
        if first != second:
            above[second] = first
    places = pa.arange(0, count)
    if not above:
        return places
    moved = pa.array(sorted(above), pa.int64())
    led = pa.array([leader(place) for place in sorted(above)], pa.int64())
    return pc.coalesce(led.take(pc.index_in(places, moved)), places)
