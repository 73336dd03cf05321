"""`remainder`: what is left of a flow after named flows, by exact subtraction."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction


def left(base: Fraction, named: Iterable[Fraction]) -> Fraction:
    """The base less the named flows."""
    return base - sum(named, Fraction(0))


def is_over_shared(base: Fraction, rest: Fraction) -> bool:
    """Whether more than the base went to the named flows: of a negative base (a correction), the mirror image.

    >>> is_over_shared(Fraction(10), Fraction(-1)), is_over_shared(Fraction(-10), Fraction(-3))
    (True, False)
    """
    return rest > 0 if base < 0 else rest < 0
