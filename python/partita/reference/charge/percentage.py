"""`percentage`: clamp(rate × chargeable amount + fixed, min, max) of the record's amount.

Free records are consumed first: they cost nothing, and their amounts do not count. Then the free amount; only what
is beyond it is chargeable. Nothing chargeable costs 0: no fixed, no min.
"""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Percentage

from . import Numbers


def cost(
    percentage: Percentage, numbers: Numbers, amount: Fraction, records: Fraction, amount_before: Fraction
) -> tuple[Fraction, Fraction]:
    """(cost of the record, amount so far with it) after so many records of the period and so much of their amounts.

    A negative amount (`negative: allow`) costs what its mirror image does, negated.
    """
    rate, fixed = numbers(percentage.rate), numbers(percentage.fixed)
    least = None if percentage.min is None else numbers(percentage.min)
    most = None if percentage.max is None else numbers(percentage.max)
    if records < percentage.free_records:
        return Fraction(0), amount_before
    amount_after = amount_before + amount
    free = Fraction(percentage.free_amount)
    chargeable = max(amount_after - free, Fraction(0)) - max(amount_before - free, Fraction(0))
    if free == 0:
        chargeable = amount
    if chargeable == 0:
        return Fraction(0), amount_after
    fee = rate * abs(chargeable) + fixed
    fee = fee if least is None else max(fee, least)
    fee = fee if most is None else min(fee, most)
    return (fee if chargeable > 0 else -fee), amount_after


def has_free_part(percentage: Percentage) -> bool:
    """Whether it remembers anything from one record to the next."""
    return percentage.free_records > 0 or percentage.free_amount > 0
