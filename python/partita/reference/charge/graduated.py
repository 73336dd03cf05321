"""`graduated`: each unit at the price of the tier it falls in, and a tier's flat fee once it is entered.

The cost of a record is total(quantity so far, with it) − total(without it), so that the costs of a period telescope.
"""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Graduated

from . import Numbers
from .blocks import Rung


def ladder(graduated: Graduated, numbers: Numbers) -> list[Rung]:
    """The blocks of one record; tiers count what they bill, and hold its price."""
    increment = None if graduated.increment is None else Fraction(graduated.increment)
    return [Rung(minimum=Fraction(graduated.minimum), increment=increment)]


def connect_fee(graduated: Graduated, numbers: Numbers, quantity: Fraction) -> Fraction:
    """Once a record: none for a quantity of 0, unless `connect_at_zero`."""
    fee = numbers(graduated.connect_fee)
    return fee if quantity != 0 or graduated.connect_at_zero else Fraction(0)


def total(graduated: Graduated, numbers: Numbers, quantity: Fraction) -> Fraction:
    """What a quantity costs in all; 0 for nothing.

    A tier is entered by the first of its units; its upper bound is inclusive. Below 0 (signed corrections only)
    units count at the first tier's price, without its fee.
    """
    tiers = [(tier.up_to, numbers(tier.price), numbers(tier.flat)) for tier in graduated.tiers]
    if quantity <= 0:
        return quantity * tiers[0][1] / Fraction(graduated.per)
    cost = start = Fraction(0)
    for up_to, price, flat in tiers:
        if quantity <= start:
            break
        end = quantity if up_to is None else min(quantity, Fraction(up_to))
        cost += (end - start) * price / Fraction(graduated.per) + flat
        start = end if up_to is None else Fraction(up_to)
    return cost


def at_zero_fee(graduated: Graduated, numbers: Numbers) -> Fraction:
    """The first tier's fee, which a counter that is still 0 at close owes (`at_zero: charge`)."""
    return numbers(graduated.tiers[0].flat) if graduated.at_zero == "charge" else Fraction(0)
