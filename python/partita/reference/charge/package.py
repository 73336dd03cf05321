"""`package`: ceil((q − free) / size) × price, never below 0, over what its scope counts."""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Package

from . import Numbers
from .blocks import Rung


def ladder(package: Package, numbers: Numbers) -> list[Rung]:
    """Packages count the plain quantity: no blocks within a record."""
    return [Rung()]


def total(package: Package, numbers: Numbers, quantity: Fraction) -> Fraction:
    """What a quantity costs in all: every package begun."""
    price = numbers(package.price)
    beyond = quantity - Fraction(package.free)
    packages = -(-beyond // Fraction(package.size))  # the ceiling of their quotient
    return max(packages, 0) * price
