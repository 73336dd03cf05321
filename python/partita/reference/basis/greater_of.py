"""`greater_of`: the largest of flows and amounts, on their sums over the period."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

Group = TypeVar("Group", bound=Hashable)


def greatest(
    groups: Sequence[Group], flows: Sequence[Mapping[Group, Fraction]], amounts: Sequence[Fraction]
) -> dict[Group, Fraction]:
    """For each group (payer, payee, currency; and subscription where it is per subscription) the largest figure. A
    flow that has nothing for a group counts 0.

    >>> greatest(["b"], [{"b": Fraction(50)}], [Fraction(60)])
    {'b': Fraction(60, 1)}
    """
    return {group: max([*(flow.get(group, Fraction(0)) for flow in flows), *amounts]) for group in groups}
