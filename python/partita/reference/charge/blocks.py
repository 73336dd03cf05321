"""Blocks: how much of a quantity is billed (semantics §1, the telephone's first and next block).

A ladder is the rungs of one charge: parts of a record with their own price and block sizes. Blocks run from the start
of the record: the minimum of a rung where the rung begins, then its increments, until the quantity is covered. With
`across: split` the quantity lies in pieces, one a band segment, each with the ladder of the charge in force there;
every block belongs to the piece and rung that it begins in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Rung:
    """From a position in the record until another, in blocks; without an increment, exactly."""

    start: Fraction = Fraction(0)
    up_to: Fraction | None = None
    rate: Fraction = Fraction(0)
    minimum: Fraction = Fraction(0)
    increment: Fraction | None = None


@dataclass(frozen=True)
class Piece:
    """A part of the quantity, up to a position, with the ladder in force there: asked for if a block begins there."""

    end: Fraction
    ladder: Callable[[], Sequence[Rung]]


@dataclass(frozen=True)
class Measured:
    """What one piece holds: its quantity, what of it is billed, and the value of that at the rates of its rungs."""

    piece: int
    quantity: Fraction
    billed: Fraction
    value: Fraction


def measure(pieces: Sequence[Piece]) -> list[Measured]:
    """The pieces in which a block begins, in order. Their quantities sum to the whole, which is the last piece's end.

    >>> sixty = Rung(rate=Fraction(1, 100), minimum=Fraction(60), increment=Fraction(60))
    >>> one = Rung(rate=Fraction(1, 1000), minimum=Fraction(1), increment=Fraction(1))
    >>> pieces = [Piece(Fraction(30), lambda: [sixty]), Piece(Fraction(90), lambda: [one])]
    >>> [str(part.value) for part in measure(pieces)]
    ['3/5', '3/100']
    """
    whole = pieces[-1].end if pieces else Fraction(0)
    found: list[Measured] = []
    at = Fraction(0)
    while at < whole:
        place = next(place for place, piece in enumerate(pieces) if piece.end > at)
        rung = next(r for r in pieces[place].ladder() if r.up_to is None or r.up_to > at)
        end = _end_of_run(at, rung, pieces[place].end)
        covered, billed = min(end, whole) - at, end - at
        before = Measured(place, Fraction(0), Fraction(0), Fraction(0))
        if found and found[-1].piece == place:
            before = found.pop()
        found.append(
            Measured(place, before.quantity + covered, before.billed + billed, before.value + billed * rung.rate)
        )
        at = end
    return found


def _end_of_run(at: Fraction, rung: Rung, end_of_piece: Fraction) -> Fraction:
    """Where the blocks end that begin at `at` and before the end of the piece and of the rung."""
    if at == rung.start and rung.minimum > 0:
        return at + rung.minimum
    limit = end_of_piece if rung.up_to is None else min(end_of_piece, rung.up_to)
    if rung.increment is None:
        return limit
    blocks = -((at - limit) // rung.increment)  # the ceiling of their quotient
    return at + blocks * rung.increment
