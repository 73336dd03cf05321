"""`flat`: a fee per record, or per period when recurring or one-time. It does not read the quantity."""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Flat

from . import Numbers


def cost(flat: Flat, numbers: Numbers) -> Fraction:
    """The fee."""
    return numbers(flat.fee)
