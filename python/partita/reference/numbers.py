"""Exact numbers: the seven roundings, largest remainder, and the decimals that tables hold (semantics §2).

All arithmetic of the reference is on `fractions.Fraction`. A figure is rounded once, straight from its exact value,
when it is stored; `decimal.Decimal` appears only where a table is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from partita.errors import MoneyError

STORED_DECIMALS = 12
LIMIT = 10 ** (38 - STORED_DECIMALS)
"""A stored figure is below this in size: 38 digits, 12 of them decimals."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", re.ASCII)


def parse_number(text: str) -> Fraction | None:
    """The exact value of a plain decimal text; None if it is not one.

    >>> parse_number("-0.50")
    Fraction(-1, 2)
    >>> parse_number("1e3") is None
    True
    """
    return Fraction(Decimal(text)) if _NUMBER.fullmatch(text) else None


def round_integer(value: Fraction, mode: str) -> int:
    """`value` rounded to a whole number by one of the seven modes.

    >>> [round_integer(Fraction(-5, 2), mode) for mode in ("half_even", "half_up", "half_down", "ceiling", "floor")]
    [-2, -3, -2, -2, -3]
    """
    size = abs(value)
    whole = size.numerator // size.denominator
    rest = size - whole
    negative = value < 0
    away = {
        "half_even": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1),
        "half_up": rest >= Fraction(1, 2),
        "half_down": rest > Fraction(1, 2),
        "up": rest > 0,
        "down": False,
        "ceiling": rest > 0 and not negative,
        "floor": rest > 0 and negative,
    }[mode]
    rounded = whole + 1 if away else whole
    return -rounded if negative else rounded


def round_to(value: Fraction, decimals: int, mode: str = "half_up") -> Fraction:
    """`value` rounded to so many decimals.

    >>> round_to(Fraction(2385, 1000), 2)
    Fraction(239, 100)
    """
    return Fraction(round_integer(value * 10**decimals, mode), 10**decimals)


def stored(value: Fraction) -> Fraction:
    """`value` as a table stores it: 12 decimals, half to even, from the exact value."""
    return round_to(value, STORED_DECIMALS, "half_even")


def allocate(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Deal `total` whole units in proportion to the weights: largest remainder, ties in the order given.

    Each part is the whole of its exact quota; what is left goes, a unit each, to the largest fractions. The parts
    always sum to the total. A negative total is dealt as its mirror image, so that a reversal is exact. The weights
    are not negative and not all 0.

    >>> allocate(100, [Fraction(1), Fraction(1), Fraction(1)])
    [34, 33, 33]
    """
    if total < 0:
        return [-part for part in allocate(-total, weights)]
    whole = sum(weights, Fraction(0))
    if whole <= 0 or min(weights) < 0:
        raise MoneyError(f"weights must not be negative and not all 0: {list(map(str, weights))}")
    quotas = [total * weight / whole for weight in weights]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    by_fraction = sorted(range(len(parts)), key=lambda place: -(quotas[place] - parts[place]))
    for place in by_fraction[: total - sum(parts)]:
        parts[place] += 1
    assert sum(parts) == total
    return parts


def allocate_stored(total: Fraction, weights: Sequence[Fraction]) -> list[Fraction]:
    """`allocate` of a stored figure, dealt at its 12th decimal."""
    unit = 10**STORED_DECIMALS
    return [Fraction(part, unit) for part in allocate(whole_units(total, STORED_DECIMALS), weights)]


def whole_units(value: Fraction, decimals: int) -> int:
    """A figure that has at most so many decimals, as a whole number of its last ones."""
    units: Fraction = value * 10**decimals
    assert units.denominator == 1, f"{value} has more than {decimals} decimals"
    return units.numerator


def round_lines(total: int, exact: Sequence[Fraction]) -> list[int]:
    """Round each exact number of units half up; where they do not sum to `total`, move single units on those with
    the largest signed rounding error, ties in the order given (semantics §2: lines always sum to the document).

    `total` is the sum of the exact values, rounded.
    """
    rounded = [round_integer(value, "half_up") for value in exact]
    missing = total - sum(rounded)
    step = 1 if missing > 0 else -1
    by_error = sorted(range(len(exact)), key=lambda place: -step * (exact[place] - rounded[place]))
    for place in by_error[: abs(missing)]:
        rounded[place] += step
    assert sum(rounded) == total
    return rounded


def to_decimal(value: Fraction | None, decimals: int = STORED_DECIMALS) -> Decimal | None:
    """A stored figure as the decimal of a table, at exactly so many decimals.

    >>> to_decimal(Fraction(1, 2), 2)
    Decimal('0.50')
    """
    if value is None:
        return None
    units = whole_units(value, decimals)
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -decimals))


def to_fraction(value: object) -> Fraction:
    """A number of a table (`Decimal`, `int` or decimal text) as its exact value. Floats are refused."""
    if isinstance(value, (int, Decimal, Fraction)) and not isinstance(value, bool):
        return Fraction(value)
    number = parse_number(value) if isinstance(value, str) else None
    if number is None:
        raise MoneyError(f"not an exact number: {value!r}")
    return number


def shortest(value: Fraction) -> str:
    """A decimal number as text without trailing zeros.

    >>> shortest(Fraction(-3, 20)), shortest(Fraction(100))
    ('-0.15', '100')
    """
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
    units = whole_units(value, decimals)
    digits = f"{Decimal(abs(units)):f}".rjust(decimals + 1, "0")  # Python prints no integer of over 4,300 digits
    text = digits if not decimals else f"{digits[:-decimals]}.{digits[-decimals:]}"
    return f"-{text}" if units < 0 else text
