"""`split`: a flow divided among several payees by weights; the parts sum to the flow exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from partita.reference.numbers import allocate_stored


def divided(base: Fraction, weights: Sequence[Fraction]) -> list[Fraction] | None:
    """The parts by largest remainder at the 12th decimal, ties by the order of payees; None for weights that cannot
    divide (negative, or all 0).

    >>> [str(part) for part in divided(Fraction(1), [Fraction(1), Fraction(3)])]
    ['1/4', '3/4']
    """
    if sum(weights) <= 0 or min(weights) < 0:
        return None
    parts = allocate_stored(base, weights)
    assert sum(parts) == base
    return parts
