"""Counters: how far tiers, packages and free amounts have got, by charge, owner and start of the period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .clock import FIRST, cycle_of
from .numbers import to_decimal, to_fraction
from .subscriptions import Held

Key = tuple[str, str, dt.datetime]
"""(charge, owner, start of the period). The charge is `plan/charge`, or `agreement/flow/plan/charge`."""


@dataclass(frozen=True)
class Counter:
    """Quantity and amount so far, and the time of the latest record counted. A percentage counts records in the
    quantity, and in the amount what the records beyond the free ones carried."""

    quantity: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)
    watermark: dt.datetime | None = None


class Counters:
    """Counters as they stand, and those that one record would change until it is certain that it is rated."""

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.standing = {_key(row): _counter(row) for row in rows}
        self.touched: set[Key] = set()
        self.draft: dict[Key, Counter] = {}

    def get(self, key: Key) -> Counter:
        return self.draft.get(key) or self.standing.get(key) or Counter()

    def put(self, key: Key, quantity: Fraction, amount: Fraction, time: dt.datetime) -> None:
        watermark = self.get(key).watermark
        self.draft[key] = Counter(quantity, amount, time if watermark is None else max(watermark, time))

    def is_out_of_order(self, key: Key, time: dt.datetime) -> bool:
        """Whether a record is older than one that was counted before."""
        watermark = self.get(key).watermark
        return watermark is not None and time < watermark

    def keep(self) -> None:
        """The record is rated: what it changed stands."""
        self.standing.update(self.draft)
        self.touched.update(self.draft)
        self.draft = {}

    def discard(self) -> None:
        """The record is rejected: it changed nothing."""
        self.draft = {}

    def rows(self) -> list[dict[str, Any]]:
        """The counters touched, in order."""
        return [_row(key, self.standing[key]) for key in sorted(self.touched)]


def key_of(charge: str, scope: str, reset: str, held: Held, time: dt.datetime) -> Key:
    """Which counter a record counts in. A counter that is never reset starts with the first instant there is."""
    owner = held.account_id if scope == "account" else held.id
    if reset == "never":
        return charge, owner, FIRST
    cycle = held.cycle_of(time) if reset == "cycle" else cycle_of(time, held.account.zone)
    return charge, owner, cycle.start_instant


def _key(row: Mapping[str, Any]) -> Key:
    return row["charge"], row["owner"], row["period_start"].astimezone(dt.UTC)


def _counter(row: Mapping[str, Any]) -> Counter:
    watermark = row.get("watermark")
    return Counter(
        to_fraction(row["quantity"]),
        to_fraction(row["amount"]),
        None if watermark is None else watermark.astimezone(dt.UTC),
    )


def _row(key: Key, counter: Counter) -> dict[str, Any]:
    return {
        "charge": key[0],
        "owner": key[1],
        "period_start": key[2],
        "quantity": to_decimal(counter.quantity),
        "amount": to_decimal(counter.amount),
        "watermark": counter.watermark,
    }
