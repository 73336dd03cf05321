"""Conditions as sets: whether two can hold for one record, and which of many can.

A `when` is a conjunction of tests (=, in, prefix, range, null) on single attributes, so two conditions can hold
together exactly when their tests of each attribute can. Of many conditions the pairs are not tried one by one: they
are sorted into buckets by the values of the attribute that tells most of them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import combinations, product

from partita.catalog.charge import Test, When

NULL = "null"


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one attribute that pass its tests. `null`: only null passes; all else: no null passes."""

    null: bool = False
    texts: frozenset[str] | None = None
    prefixes: tuple[str, ...] | None = None
    low: tuple[Decimal, bool] | None = None
    """The lower bound, and whether it is exclusive."""
    high: tuple[Decimal, bool] | None = None

    def example(self) -> str:
        """One value, in words."""
        if self.null:
            return NULL
        if self.texts is not None:
            return min(self.texts)
        if self.prefixes is not None:
            return f"{self.prefixes[0]}..."
        bounds = [f"{word} {bound[0]:f}" for word, bound in (("from", self.low), ("to", self.high)) if bound]
        return " ".join(bounds) or "any"


Condition = Mapping[str, Values]
"""Values by attribute; service, zone and band are attributes too."""


def condition(when: When) -> Condition | None:
    """A `when` as a set; None if it can never hold."""
    found: dict[str, Values] = {}
    parts = (("service", when.service), ("zone", when.zone), ("band", when.band), *when.attributes.items())
    for name, test in parts:
        if test is None:
            continue
        values = _values(test)
        joined = values if values is None or name not in found else both(found[name], values)
        if joined is None:
            return None
        found[name] = joined
    return found


def _values(test: Test) -> Values | None:
    lows = [(bound, open_) for bound, open_ in ((test.above, True), (test.at_least, False)) if bound is not None]
    highs = [(bound, open_) for bound, open_ in ((test.below, True), (test.up_to, False)) if bound is not None]
    texts = None if test.equals is None else frozenset(test.equals)
    low = max(lows, default=None)
    high = min(highs, key=lambda bound: (bound[0], not bound[1]), default=None)
    if test.null:
        return Values(null=True) if texts is None and test.prefix is None and not lows and not highs else None
    return _possible(Values(False, texts, test.prefix, low, high))


def both(one: Values, other: Values) -> Values | None:
    """The values that pass both; None if there are none."""
    if one.null or other.null:
        return one if one.null and other.null else None
    texts = other.texts if one.texts is None else one.texts if other.texts is None else one.texts & other.texts
    low = max((bound for bound in (one.low, other.low) if bound), default=None)
    high = min((bound for bound in (one.high, other.high) if bound), key=lambda b: (b[0], not b[1]), default=None)
    prefixes = one.prefixes if other.prefixes is None else other.prefixes
    if one.prefixes is not None and other.prefixes is not None:
        prefixes = _longer(one.prefixes, other.prefixes)
    return _possible(Values(False, texts, prefixes, low, high))


def _longer(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The prefixes that a text must have which has one of each."""
    return tuple(dict.fromkeys(max(a, b, key=len) for a in one for b in other if a.startswith(b) or b.startswith(a)))


def _possible(values: Values) -> Values | None:
    """The values with their texts narrowed to those that pass all parts; None if nothing can."""
    if values.texts is not None:
        texts = frozenset(text for text in values.texts if _passes(text, values))
        return Values(False, texts, None, None, None) if texts else None
    if values.prefixes == ():
        return None
    if values.low and values.high:
        (low, after), (high, before) = values.low, values.high
        if low > high or (low == high and (after or before)):
            return None
    return values


def _passes(text: str, values: Values) -> bool:
    if values.prefixes is not None and not text.startswith(values.prefixes):
        return False
    if values.low is None and values.high is None:
        return True
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    above = values.low is None or number > values.low[0] or (number == values.low[0] and not values.low[1])
    below = values.high is None or number < values.high[0] or (number == values.high[0] and not values.high[1])
    return above and below


def together(one: Condition, other: Condition) -> Condition | None:
    """The condition that both hold; None if they cannot."""
    if len(other) < len(one):
        one, other = other, one
    joined = dict(other)
    for name, values in one.items():
        met = both(values, other[name]) if name in other else values
        if met is None:
            return None
        joined[name] = met
    return joined


def overlapping(conditions: list[Condition], limit: int = 20) -> Iterator[tuple[int, int, Condition]]:
    """The first `limit` pairs of positions (lower first) whose conditions can hold together, and when they do."""
    everyone = list(range(len(conditions)))
    names = tuple(dict.fromkeys(name for one in conditions for name in one))
    seen: set[tuple[int, int]] = set()
    work = [(everyone, everyone, names)]
    while work and len(seen) < limit:
        left, right, names = work.pop()
        parts = _parted(conditions, left, right, names) if len(left) * len(right) > 600 else None
        if parts is not None:
            work.extend(parts)
            continue
        for first, second in _candidates(conditions, left, right, names):
            pair = (first, second) if first < second else (second, first)
            if first == second or pair in seen:
                continue
            joined = together(conditions[first], conditions[second])
            if joined is not None:
                seen.add(pair)
                yield (*pair, joined)
                if len(seen) >= limit:
                    return


_Work = tuple[list[int], list[int], tuple[str, ...]]


def _parted(
    conditions: list[Condition], left: list[int], right: list[int], names: tuple[str, ...]
) -> list[_Work] | None:
    """Pairs of groups that together hold every pair that can overlap; None when no attribute tells them apart."""
    counts = {name: sum(_listed(conditions[i].get(name)) for i in (*left, *right)) for name in names}
    name = max(names, key=lambda name: counts[name], default=None)
    if name is None or counts[name] < 2:
        return None
    rest = tuple(other for other in names if other != name)
    length = _shortest_prefix(conditions, (*left, *right), name)
    listed_left, any_left = _bucketed(conditions, left, name, length)
    listed_right, any_right = (listed_left, any_left) if left is right else _bucketed(conditions, right, name, length)
    parts = [(group, listed_right[key], rest) for key, group in listed_left.items() if key in listed_right]
    some_left = list(dict.fromkeys(i for group in listed_left.values() for i in group))
    parts.append((some_left, any_right, rest))
    parts.append((any_left, any_right, rest))
    if left is not right:
        parts.append((any_left, list(dict.fromkeys(i for group in listed_right.values() for i in group)), rest))
    return [part for part in parts if part[0] and part[1]]


def _listed(values: Values | None) -> bool:
    return values is not None and (values.null or values.texts is not None or values.prefixes is not None)


def _shortest_prefix(conditions: list[Condition], group: Iterable[int], name: str) -> int | None:
    lengths = [
        len(prefix)
        for i in group
        if name in conditions[i] and conditions[i][name].prefixes is not None
        for prefix in conditions[i][name].prefixes or ()
    ]
    return min(lengths, default=None)


def _bucketed(
    conditions: list[Condition], group: list[int], name: str, length: int | None
) -> tuple[dict[str | None, list[int]], list[int]]:
    """Members by value (cut to the shortest prefix), and those that any value may fit."""
    buckets: dict[str | None, list[int]] = {}
    others: list[int] = []
    for i in group:
        values = conditions[i].get(name)
        if values is None or not _listed(values):
            others.append(i)
            continue
        keys = [None] if values.null else {text[:length] for text in values.texts or values.prefixes or ()}
        for key in keys:
            buckets.setdefault(key, []).append(i)
    return buckets, others


def _candidates(
    conditions: list[Condition], left: list[int], right: list[int], names: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    """Pairs of two groups; where all have a range of one attribute, only those whose ranges meet."""
    members = [*left, *right] if left is not right else left
    name = next((name for name in names if all(_ranged(conditions[i].get(name)) for i in members)), None)
    if name is None or len(left) * len(right) <= 600:
        yield from combinations(left, 2) if left is right else product(left, right)
        return
    spans = sorted((*_ends(conditions[i][name]), i) for i in dict.fromkeys(members))
    for at, (_, end, first) in enumerate(spans):
        for start, _, second in spans[at + 1 :]:
            if start > end:
                break
            yield first, second


def _ends(values: Values) -> tuple[Decimal, Decimal]:
    low = values.low[0] if values.low else Decimal("-Infinity")
    return low, values.high[0] if values.high else Decimal("Infinity")


def _ranged(values: Values | None) -> bool:
    return values is not None and (values.low is not None or values.high is not None)
