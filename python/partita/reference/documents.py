"""Documents: one amount between two accounts under one contract, with lines that sum to it (semantics §2).

Minor units appear here and nowhere before. A document's total is the exact sum of its lines rounded half up once,
and its lines are adjusted to it; what a dealing set has dealt to a payee stands as dealt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import iso4217

from partita.catalog.catalog import Catalog
from partita.errors import CatalogError

from .lines import Row
from .numbers import round_integer, round_lines, to_decimal


@dataclass(frozen=True)
class Key:
    """What a document line is grouped by."""

    subscription: str | None
    item: str
    version: int
    zone: str | None
    band: str | None
    tax_category: str

    def bytewise(self) -> tuple[bytes, bytes, int, bytes, bytes, bytes]:
        zone, band, tax = (self.zone or "").encode(), (self.band or "").encode(), self.tax_category.encode()
        return (self.subscription or "").encode(), self.item.encode(), self.version, zone, band, tax


@dataclass(frozen=True)
class Item:
    """An exact sum that a document is to hold: of one key, from a payer to a payee. `dealt_by` names the part of a
    dealing set that fixes what it comes to, together with the other items of that part."""

    key: Key
    exact: Fraction
    payer: str
    payee: str
    recognition: str = "gross"
    dealt_by: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Line:
    """A line of a document: an item with its amount in minor units, signed as the document's payer pays it."""

    item: Item
    units: int


@dataclass(frozen=True)
class Side:
    """A party and its account on one side of a document."""

    party: str
    account: str


@dataclass(frozen=True)
class Document:
    """A bill or a statement. Amounts are in minor units; they are negative where the payee owes."""

    kind: str
    contract: str
    period: str
    payer: Side
    payee: Side
    currency: str
    digits: int
    last_day: dt.date
    due_date: dt.date
    lines: tuple[Line, ...]

    @property
    def id(self) -> str:
        sides = (self.payer.account, self.payee.account)
        return "/".join((self.kind, self.period, self.contract, *sides, self.currency))

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    def as_row(self) -> Row:
        net = to_decimal(Fraction(self.units, 10**self.digits))
        return {
            "document_id": self.id,
            "kind": self.kind,
            "contract": self.contract,
            "period": self.period,
            "payer": self.payer.party,
            "payee": self.payee.party,
            "payer_account": self.payer.account,
            "payee_account": self.payee.account,
            "currency": self.currency,
            "net": net,
            "tax": to_decimal(Fraction(0)),
            "gross": net,
            "number": None,
            "due_date": self.due_date,
            "original": None,
        }

    def line_rows(self) -> list[Row]:
        return [
            {
                "document_id": self.id,
                "line_number": number,
                "subscription": line.item.key.subscription,
                "item": line.item.key.item,
                "version": line.item.key.version,
                "zone": line.item.key.zone,
                "band": line.item.key.band,
                "tax_category": line.item.key.tax_category,
                "exact": to_decimal(line.item.exact),
                "net": to_decimal(Fraction(line.units, 10**self.digits)),
                "reversed": line.item.payer != self.payer.party,
            }
            for number, line in enumerate(self.lines, 1)
        ]


def rounded_lines(items: Sequence[Item], dealt: Mapping[tuple[str, ...], int], digits: int) -> tuple[Line, ...]:
    """The lines of a document from its items, in bytewise order of their keys.

    The items of each dealt part come to what was dealt; all others together to their exact sum, rounded half up.
    """
    ordered = sorted(items, key=lambda item: item.key.bytewise())
    parts = {item.dealt_by for item in ordered}
    units: dict[int, int] = {}
    for part in parts:
        places = [place for place, item in enumerate(ordered) if item.dealt_by == part]
        exact = [ordered[place].exact * 10**digits for place in places]
        total = round_integer(sum(exact, Fraction(0)), "half_up") if part is None else dealt[part]
        units.update(zip(places, round_lines(total, exact), strict=True))
    return tuple(Line(item, units[place]) for place, item in enumerate(ordered))


def is_skipped(catalog: Catalog, lines: Sequence[Line]) -> bool:
    """Whether a document is left out: `zero_documents: skip`, and nothing on it."""
    return catalog.billing.zero_documents == "skip" and all(line.units == 0 for line in lines)


def digits_of(catalog: Catalog, currency: str) -> int:
    """Decimals of a currency's minor unit: of the catalog, else of ISO 4217.

    >>> digits_of(Catalog(), "EUR"), digits_of(Catalog(), "JPY")
    (2, 0)
    """
    if currency in catalog.billing.digits:
        return catalog.billing.digits[currency]
    try:
        exponent = iso4217.Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise CatalogError(f"billing.digits: say how many decimals {currency} has")
    return int(exponent)
