"""Records: what a usage mapping makes of one row, or why it cannot be read.

All texts, ids, times and keys are read first; the numbers only when a charge asks for them, so a number that no
charge reads is never a reason to reject.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from partita.catalog.usage import Constant, Usage
from partita.errors import UsageSchemaError

from .clock import END, FIRST, is_regular, parse_time, to_utc
from .conditions import fits
from .numbers import LIMIT, STORED_DECIMALS, parse_number, round_to, shortest
from .rejects import Reject, raise_first
from .texts import AROUND, Ticks, shown_time, text_of

LONGEST = 4096
"""Bytes of the longest text."""

Row = Mapping[str, Any]
_ROLES = ("key", "service", "quantity", "amount", "duration", "destination", "territory")


@dataclass(frozen=True)
class Batch:
    """Rows of one file (or of no file: "") that one mapping reads. `content` is the hash of the file's content, which
    stands for the ids of records without one; `rows` are their row numbers, if these are not all of the file."""

    mapping: str | None
    file: str
    records: Sequence[Row]
    content: str = ""
    rows: Sequence[int] | None = None


@dataclass(frozen=True)
class Record:
    """A row that could be read. `place` is its position in the whole input, `row` the one in its file (0-based), whose
    content has the hash `content`."""

    mapping: Usage
    columns: Row
    file: str
    content: str
    row: int
    place: int
    source: str | None
    id: str | None
    time: dt.datetime
    key: str
    attributes: Sequence[str] = ()

    def text(self, column: str | Constant | None) -> str | None:
        """The text of a mapped column or constant; null where there is none."""
        return column.constant if isinstance(column, Constant) else text_of(self.cell(column))

    def attribute(self, name: str) -> str | None:
        """The text of an attribute by the name that conditions use."""
        return text_of(self.cell(self.mapping.attributes.get(name, name)))

    def shown_time(self) -> str | None:
        """The time as it was written, or in ISO 8601."""
        return shown_time(self.cell(self.mapping.time), self.time)

    def cell(self, column: str | None) -> Any:
        value = None if column is None else self.columns.get(column)
        return _without_float(value, column, self.mapping)

    def number(self, column: str | Constant | None) -> Fraction | None:
        """The exact number in a mapped column; rejects what is not one, and what has more than 12 decimals."""
        value = column.constant if isinstance(column, Constant) else self.cell(column)
        field = column if isinstance(column, str) else "constant"
        number = _exact(value, field)
        if number is not None and (number * 10**STORED_DECIMALS).denominator != 1:
            raise Reject("too_many_decimals", field, text_of(value))
        return number

    def content_order(self) -> tuple[object, ...]:
        """All that is read beside source, id and time, to be compared: texts bytewise, nulls first, then numbers,
        then the attributes that the catalog refers to, by name."""
        mapping = self.mapping
        texts = [self.text(column) for column in (mapping.key, mapping.service, mapping.destination, mapping.territory)]
        numbers = [self._readable(column) for column in (mapping.quantity, mapping.amount, mapping.duration)]
        return (*map(_bytewise, texts), *numbers, *(_bytewise(self.attribute(name)) for name in self.attributes))

    def _readable(self, column: str | Constant | None) -> tuple[int, Fraction]:
        """A number; after all of them a null, what is none, what has too many decimals, and what is too large."""
        try:
            number = self.number(column)
        except Reject as reject:
            return 2 if reject.name == "bad_number" else 3, Fraction(0)
        if number is None:
            return 1, Fraction(0)
        return (0, number) if abs(number) < LIMIT else (4, Fraction(0))


def _bytewise(text: str | None) -> tuple[bool, bytes]:
    return text is not None, (text or "").encode()


def _without_float(value: Any, column: str | None, mapping: Usage) -> Any:
    """A float is read at its declared decimals, or refused; one that is no number is null, an infinite one its name."""
    if not isinstance(value, float):
        return value
    if column not in mapping.decimals:
        raise UsageSchemaError(f"column {column!r} holds binary floats; say `decimals: {{{column}: N}}` to read it")
    if not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    exact = round_to(Fraction(value), mapping.decimals[column], "half_even")
    return Decimal(shortest(exact))


def _exact(value: Any, field: str) -> Fraction | None:
    if value is None:
        return None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, dt.timedelta):
        return Fraction(value // dt.timedelta(microseconds=1), 1_000_000)
    if not isinstance(value, str):
        raise UsageSchemaError(f"column {field!r} holds {type(value).__name__}, not numbers")
    number = parse_number(value.strip(AROUND))
    if number is None:
        raise Reject("bad_number", field, value)
    return number


def check_columns(mapping: Usage, rows: Sequence[Row]) -> None:
    """A column that the mapping names must exist in the table."""
    named = [mapping.source, mapping.time, *(getattr(mapping, role) for role in _ROLES), *mapping.attributes.values()]
    named.extend(mapping.attributes.get(name, name) for name in mapping.where)
    columns = {name for row in rows for name in row}
    wanted = [name for name in named if isinstance(name, str)] + ([] if mapping.id == "none" else [mapping.id])
    missing = [name for name in wanted if name not in columns and name not in mapping.unwritten]
    if rows and missing:
        raise UsageSchemaError(f"no column {missing[0]!r}, which the usage mapping names")


def is_wanted(mapping: Usage, row: Row) -> bool:
    """Whether the mapping's `where` keeps the row; its names are those of attributes."""
    tests = [(mapping.attributes.get(name, name), test) for name, test in mapping.where.items()]
    return all(fits(test, text_of(_without_float(row.get(column), column, mapping))) for column, test in tests)


def read(mapping: Usage, batch: Batch, row: Row, attributes: Sequence[str], at: int, place: int) -> Record:
    """The record of a row of a batch; raises the reject of lowest code where it cannot be read.

    `attributes` are those that the catalog refers to: their texts are limited in length, as ids and keys are.
    """
    reading = _Reading(mapping, row)
    source = reading.source()
    identity, time, key = reading.identity(), reading.time(), reading.key()
    reading.check_lengths(attributes)
    raise_first(reading.rejects)
    assert time is not None
    assert key is not None
    return Record(mapping, row, batch.file, batch.content, at, place, source, identity, time, key, attributes)


class _Reading:
    """The parts of one row, and all that is wrong with them."""

    def __init__(self, mapping: Usage, row: Row) -> None:
        self.mapping = mapping
        self.row = row
        self.rejects: list[Reject] = []

    def cell(self, column: str) -> Any:
        return _without_float(self.row.get(column), column, self.mapping)

    def text(self, column: str | Constant | None) -> str | None:
        if isinstance(column, Constant):
            return column.constant
        return None if column is None else text_of(self.cell(column))

    def reject(self, name: str, field: str, value: str | None) -> None:
        self.rejects.append(Reject(name, field, value))

    def source(self) -> str | None:
        return self.text(self.mapping.source)

    def identity(self) -> str | None:
        if self.mapping.id == "none":
            return None
        text = self.text(self.mapping.id)
        if text is None:
            self.reject("null_id", self.mapping.id, None)
        return text

    def key(self) -> str | None:
        text = self.text(self.mapping.key)
        if text is None:
            self.reject("null_key", self.mapping.key, None)
        return text

    def time(self) -> dt.datetime | None:
        value = self.cell(self.mapping.time)
        if isinstance(value, Ticks):
            self.reject("outside_calendar", self.mapping.time, str(self._in_utc(value)))
            return None
        if value is None:
            self.reject("null_time", self.mapping.time, None)
            return None
        try:
            instant = self._instant(value)
        except OverflowError:  # of a year that is not of 1 to 9999, here or in UTC
            self.reject("outside_calendar", self.mapping.time, shown_time(value, None))
            return None
        if instant is None:
            self.reject("bad_time", self.mapping.time, value if isinstance(value, str) else None)
        elif not FIRST <= instant < END:
            self.reject("outside_calendar", self.mapping.time, shown_time(value, instant))
        return instant

    def _instant(self, value: Any) -> dt.datetime | None:
        """The instant of a time column's value; None where a text is not a time that can be placed."""
        zone = self._zone()
        pattern = self.mapping.time_format or (self.mapping.csv.time if self.mapping.csv else None)
        time = parse_time(value, pattern) if isinstance(value, str) else _as_datetime(value, self.mapping.time)
        if time is None or time.tzinfo is not None:
            return None if time is None else time.astimezone(dt.UTC)
        if zone is None:
            raise UsageSchemaError(f"column {self.mapping.time!r} holds times without a zone; say `time_zone`")
        return None if self.mapping.dst == "reject" and not is_regular(time, zone) else to_utc(time, zone)

    def _zone(self) -> str | None:
        return self.mapping.time_zone or (self.mapping.csv.zone if self.mapping.csv else None)

    def _in_utc(self, ticks: Ticks) -> Ticks:
        """A local time of a year that Python does not have, by the offset of the nearest time that can be rated."""
        if not ticks.local:
            return ticks
        zone = self._zone()
        if zone is None:
            raise UsageSchemaError(f"column {self.mapping.time!r} holds times without a zone; say `time_zone`")
        nearest = (FIRST if ticks.micros < 0 else END).replace(tzinfo=None)
        offset = nearest - to_utc(nearest, zone).replace(tzinfo=None)
        return Ticks(ticks.micros - offset // dt.timedelta(microseconds=1))

    def check_lengths(self, attributes: Iterable[str]) -> None:
        """Key, id, source and attributes, in this order."""
        mapping = self.mapping
        named = [(mapping.key, mapping.key), (mapping.id, mapping.id), (mapping.source, "source")]
        named.extend((mapping.attributes.get(name, name),) * 2 for name in attributes)
        for column, field in named:
            text = self.text(column) if isinstance(column, str) and column in self.row else None
            if text is not None and len(text.encode()) > LONGEST:
                self.reject("too_long", field, None)


def _as_datetime(value: Any, column: str) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    raise UsageSchemaError(f"column {column!r} holds {type(value).__name__}, not times")


def source_of(mapping: Usage, row: Row) -> tuple[str | None, str | None]:
    """Source and id of a row, as far as it has them, for its reject."""
    reading = _Reading(mapping, row)
    return reading.source(), None if mapping.id == "none" else reading.text(mapping.id)
