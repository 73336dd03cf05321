"""`standalone`: a bundle's revenue by the stand-alone selling prices of its components (models.md §2, A.8)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from partita.reference.numbers import allocate


def by_component(revenue_units: int, prices: Sequence[Fraction]) -> list[int]:
    """The minor units of a revenue entry, a part for each component, by largest remainder.

    >>> by_component(7000, [Fraction(20), Fraction(30), Fraction(40)])
    [1556, 2333, 3111]
    """
    return allocate(revenue_units, prices)
