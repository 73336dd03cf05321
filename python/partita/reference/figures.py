"""The figures of a record that a charge reads: what each must be, or why the record is a reject."""

from __future__ import annotations

from fractions import Fraction

from partita.catalog.charge import Dynamic

from .numbers import LIMIT, shortest
from .priced import Drawn, checked
from .records import Record
from .rejects import Reject


def quantity_of(record: Record, drawn: Drawn) -> Fraction:
    """The quantity, for a charge that prices it."""
    quantity = record.number(record.mapping.quantity)
    if quantity is None:
        raise Reject("null_quantity", drawn.path, None)
    if quantity < 0 and drawn.charge.negative == "reject":
        raise Reject("negative_quantity", drawn.path, shortest(quantity))
    return checked(quantity, drawn)


def shown_quantity(record: Record) -> Fraction | None:
    """The quantity as the line of a charge that does not read it shows it: null where it cannot be read."""
    try:
        quantity = record.number(record.mapping.quantity)
    except Reject:
        return None
    return None if quantity is None or abs(quantity) >= LIMIT else quantity


def duration_of(record: Record, drawn: Drawn) -> Fraction:
    """The seconds that the record lasts."""
    seconds = record.number(record.mapping.duration)
    if seconds is None:
        raise Reject("null_duration", drawn.path, None)
    if seconds < 0:
        raise Reject("negative_duration", drawn.path, shortest(seconds))
    return checked(seconds, drawn)


def amount_of(record: Record, drawn: Drawn) -> Fraction:
    """The amount, for a charge that takes a part of it."""
    return _money(record, drawn, record.mapping.amount)


def carried_by(record: Record, drawn: Drawn, model: Dynamic) -> Fraction:
    """The amount or unit price that the record carries in a column of its own."""
    name = model.amount_column or model.price_column
    assert name is not None
    return _money(record, drawn, record.mapping.attributes.get(name, name))


def _money(record: Record, drawn: Drawn, column: str | None) -> Fraction:
    amount = record.number(column)
    if amount is None:
        raise Reject("null_amount", drawn.path, None)
    if amount < 0 and drawn.charge.negative == "reject":
        raise Reject("negative_amount", drawn.path, shortest(amount))
    return checked(amount, drawn)
