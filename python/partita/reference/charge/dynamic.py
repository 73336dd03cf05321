"""`dynamic`: the record carries its amount, or its unit price (× quantity); times a factor."""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Dynamic

from . import Numbers


def cost(dynamic: Dynamic, numbers: Numbers, carried: Fraction, quantity: Fraction) -> Fraction:
    """Of the amount carried (`quantity` is 1 then), or of the unit price carried and the quantity."""
    return carried * quantity * numbers(dynamic.factor)
