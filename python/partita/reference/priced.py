"""What a charge makes of a record or a part of it: the charge as it applies there, and the line that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from partita.catalog.charge import Charge, ChargeModel, Graduated, Package, Unit

from .charge import Numbers, blocks, graduated, package, unit
from .numbers import LIMIT, round_to, shortest, stored
from .records import Record
from .rejects import Reject


@dataclass(frozen=True)
class Priced:
    """One line to be: a charge on a record, or on a band segment of it. All numbers are as stored."""

    charge: str
    version: int
    band: str | None
    segment: int
    quantity: Fraction | None
    billed: Fraction | None
    amount: Fraction
    before: Fraction | None = None
    after: Fraction | None = None
    out_of_order: bool = False
    exact: Fraction | None = None


@dataclass(frozen=True)
class Drawn:
    """A charge that applies to the record, or to a segment of it, with what its numbers are read by. `path` names it
    in rejects, `counted_as` in counters."""

    path: str
    counted_as: str
    name: str
    charge: Charge
    version: int
    model: ChargeModel
    band: str | None
    numbers: Numbers


def no_matching_charge(record: Record) -> Reject:
    """The reject of a record that no charge prices."""
    service = record.mapping.service
    return Reject("no_matching_charge", service if isinstance(service, str) else "service", record.text(service))


def ladder_in(drawn_in: Callable[[str | None], Drawn], band: str | None) -> list[blocks.Rung]:
    """The rungs of the charge that is drawn in a band."""
    return ladder(drawn_in(band))


def free_ladder_in(drawn_in: Callable[[str | None], Drawn], band: str | None) -> list[blocks.Rung]:
    """The rungs of the charge in a band, with their blocks and without their prices."""
    return ladder(replace(drawn_in(band), numbers=lambda _: Fraction(0)))


def ladder(drawn: Drawn) -> list[blocks.Rung]:
    """The rungs of a charge on a quantity."""
    if isinstance(drawn.model, Unit):
        return unit.ladder(drawn.model, drawn.numbers)
    if isinstance(drawn.model, Graduated):
        return graduated.ladder(drawn.model, drawn.numbers)
    assert isinstance(drawn.model, Package)
    return package.ladder(drawn.model, drawn.numbers)


def connect_fee(drawn: Drawn, quantity: Fraction) -> Fraction:
    """What a record is charged once by a charge on a quantity."""
    if isinstance(drawn.model, Unit):
        return unit.connect_fee(drawn.model, drawn.numbers, quantity)
    if isinstance(drawn.model, Graduated):
        return graduated.connect_fee(drawn.model, drawn.numbers, quantity)
    return Fraction(0)


def total(drawn: Drawn, quantity: Fraction) -> Fraction:
    """What a counter that stands at a quantity comes to in all."""
    if isinstance(drawn.model, Graduated):
        return graduated.total(drawn.model, drawn.numbers, quantity)
    assert isinstance(drawn.model, Package)
    return package.total(drawn.model, drawn.numbers, quantity)


def telescoped(drawn: Drawn, fee: Fraction, before: Fraction, after: Fraction) -> Fraction:
    """The line of a cumulative charge: without `round` the difference of the stored totals, so lines telescope
    exactly; with it, the exact difference, rounded."""
    if drawn.charge.round is not None:
        return rounded(drawn.charge, fee + after - before)
    return fee + stored(after) - stored(before)


def rounded(charge: Charge, exact: Fraction) -> Fraction:
    """A line's amount as stored: by the charge's `round`, or to 12 decimals half to even."""
    return stored(exact) if charge.round is None else round_to(exact, charge.round.decimals, charge.round.mode)


def checked(value: Fraction, drawn: Drawn) -> Fraction:
    """A figure that is to be stored must have at most 38 digits."""
    if abs(value) >= LIMIT:
        raise Reject("overflow", drawn.path, shortest(stored(value)))
    return value


def line_of(
    drawn: Drawn,
    quantity: Fraction | None,
    billed: Fraction | None,
    amount: Fraction,
    exact: Fraction,
    before: Fraction | None = None,
    after: Fraction | None = None,
    out_of_order: bool = False,
) -> Priced:
    """The line of a charge, whose figures are to be stored."""
    for figure in (amount, billed):
        if figure is not None:
            checked(figure, drawn)
    name, version, band = drawn.name, drawn.version, drawn.band
    return Priced(name, version, band, 0, quantity, billed, amount, before, after, out_of_order, exact)


def numbered(lines: list[Priced]) -> Iterator[Priced]:
    """The lines with the segments of each charge counted from 0."""
    seen: dict[str, int] = {}
    for line in lines:
        number = seen.get(line.charge, 0)
        seen[line.charge] = number + 1
        yield Priced(**{**line.__dict__, "segment": number})
