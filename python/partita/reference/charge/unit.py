"""`unit`: connect fee + price × billed quantity / per; or steps within one record, each with its price and blocks."""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Unit

from . import Numbers
from .blocks import Rung


def ladder(unit: Unit, numbers: Numbers) -> list[Rung]:
    """The rungs of a unit charge: one, or one a step."""
    if unit.steps is None:
        assert unit.price is not None
        rate = numbers(unit.price) / Fraction(unit.per)
        return [Rung(rate=rate, minimum=Fraction(unit.minimum), increment=_exact(unit.increment))]
    rungs = []
    start = Fraction(0)
    for step in unit.steps:
        rate, end = numbers(step.price) / Fraction(step.per), _exact(step.up_to)
        rungs.append(Rung(start, end, rate, Fraction(step.minimum), _exact(step.increment)))
        start = start if end is None else end
    return rungs


def connect_fee(unit: Unit, numbers: Numbers, quantity: Fraction) -> Fraction:
    """Once a record: none for a quantity of 0, unless `connect_at_zero`."""
    fee = numbers(unit.connect_fee)
    return fee if quantity != 0 or unit.connect_at_zero else Fraction(0)


def _exact(value: object) -> Fraction | None:
    return None if value is None else Fraction(str(value))
