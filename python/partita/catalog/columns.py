"""The columns of accounts, subscriptions, prefixes and look-up tables: what each must be, whole columns at a time.

A column is taken as it comes where the engine reads it so (any layout of text), cast without loss where it does not,
and refused with its first wrong row otherwise. Binary floats are refused. No row is ever looked at by Python, except
the one that a problem names.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.errors import CatalogError, Problem

from .gathered import Gathered
from .scalars import DECIMALS, parse_decimal, parse_moment

DECIMAL = pa.decimal128(38, DECIMALS)
INSTANT = pa.timestamp("us", "UTC")


class Kind(enum.Enum):
    """What a column holds, in words."""

    TEXT = "text"
    TEXTS = "lists of text, or in delimited files text with spaces between"
    WHOLE = "whole numbers"
    MOMENT = "dates, or instants with a zone"
    NUMBER = "decimals; 70% or 0.70"


@dataclass(frozen=True)
class Column:
    """A column: `needed` ones must be there and without nulls; others have a default, or null."""

    name: str
    kind: Kind
    about: str
    needed: bool = False
    default: str | int | None = None


@dataclass(frozen=True)
class Place:
    """Where a table comes from: its path in the catalog, and its file if it has one."""

    path: str
    file: str | None = None

    def wrong(self, message: str, column: str | None = None) -> CatalogError:
        """A problem of this table."""
        return CatalogError([Problem(f"{self.path}.{column}" if column else self.path, message, self.file)])


def conform(table: Any, columns: Sequence[Column], place: Place, wrong: Gathered | None = None) -> pa.Table:
    """The table with exactly these columns, in this order, each of its kind.

    Raises `CatalogError` for missing columns, those that stand there twice or are another's name misspelt, and wrong
    values; or gathers them in `wrong`, and leaves what is wrong null.
    """
    gathered = Gathered() if wrong is None else wrong
    misspelt = _misspelt(table, columns)
    for name, meant in misspelt.items():
        with gathered.too():
            raise place.wrong(f"unknown column {name!r}; did you mean {meant!r}?")
    made: dict[str, Any] = {}
    for column in columns:
        made[column.name] = pa.nulls(table.num_rows, _TYPES[column.kind])
        with gathered.too():
            if table.column_names.count(column.name) > 1:
                raise place.wrong("stands in the table twice", column.name)
            if column.name in table.column_names:
                made[column.name] = _column(table[column.name], column, place)
            elif column.needed and column.name not in misspelt.values():
                raise place.wrong(
                    f"needs a column {column.name!r} ({column.about}); it has {', '.join(table.column_names)}"
                )
            elif not column.needed:
                made[column.name] = _default(column, table.num_rows)
    if wrong is None:
        gathered.tell()
    return pa.table(made)


def _misspelt(table: Any, columns: Sequence[Column]) -> dict[str, str]:
    """Columns that are none of those needed, but nearly have the name of one that is not there."""
    missing = [column.name for column in columns if column.name not in table.column_names]
    others = [name for name in table.column_names if name not in {column.name for column in columns}]
    near = {name: difflib.get_close_matches(name, missing, n=1, cutoff=0.75) for name in others}
    return {name: meant[0] for name, meant in near.items() if meant}


def _default(column: Column, rows: int) -> Any:
    if column.default is None:
        return pa.nulls(rows, _TYPES[column.kind])
    return pa.repeat(pa.scalar(column.default, _TYPES[column.kind]), rows)


_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.WHOLE: pa.int32(),
    Kind.MOMENT: pa.date32(),
    Kind.NUMBER: DECIMAL,
}


def _column(values: Any, column: Column, place: Place) -> Any:
    if column.needed and values.null_count:
        row = pc.index(pc.is_null(values), value=True).as_py()
        raise place.wrong(f"row {row} has none, and every row needs {column.about}", column.name)
    if pa.types.is_null(values.type):
        return _default(column, len(values))
    made = _CASTS[column.kind](values, column, place)
    if column.default is not None and made.null_count:
        made = pc.fill_null(made, pa.scalar(column.default, made.type))
    return made


def is_text(kind: Any) -> bool:
    """Whether a type is text of any layout, or a dictionary of such."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _text(values: Any, column: Column, place: Place) -> Any:
    if is_text(values.type):
        return values
    if pa.types.is_integer(values.type) or pa.types.is_null(values.type):
        return values.cast(pa.string())
    raise _unfit(values, column, place)


def _texts(values: Any, column: Column, place: Place) -> Any:
    kind = values.type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_list_view(kind)
    if listed and is_text(kind.value_type):
        return values
    if listed and (pa.types.is_integer(kind.value_type) or pa.types.is_null(kind.value_type)):
        return values.cast(pa.list_(pa.string()))
    if is_text(kind):
        return pc.utf8_split_whitespace(values.cast(pa.string()))
    raise _unfit(values, column, place)


def _whole(values: Any, column: Column, place: Place) -> Any:
    if not (is_text(values.type) or pa.types.is_integer(values.type) or pa.types.is_decimal(values.type)):
        raise _unfit(values, column, place)
    try:
        return _plain(values).cast(pa.int32())
    except pa.ArrowInvalid as wrong:
        raise place.wrong(f"holds {Kind.WHOLE.value}: {wrong}", column.name) from None


def _moment(values: Any, column: Column, place: Place) -> Any:
    kind = values.type
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        return values.cast(pa.date32())
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return values.cast(INSTANT, safe=False)
    if is_text(kind):
        text = _plain(values)
        try:
            return text.cast(pa.date32() if pc.max(pc.utf8_length(text)).as_py() in (None, 10) else INSTANT)
        except pa.ArrowInvalid:
            raise place.wrong(
                _first_wrong(text, parse_moment, "all are dates, or all are instants"), column.name
            ) from None
    raise _unfit(values, column, place)


def _number(values: Any, column: Column, place: Place) -> Any:
    kind = values.type
    if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        try:
            return values.cast(DECIMAL)
        except pa.ArrowInvalid as wrong:
            raise place.wrong(f"a number has at most {DECIMALS} decimals: {wrong}", column.name) from None
    if not is_text(kind):
        raise _unfit(values, column, place)
    text = pc.utf8_trim_whitespace(_plain(values))
    try:
        return _decimals(text)
    except pa.ArrowInvalid as wrong:
        raise place.wrong(_first_wrong(text, parse_decimal, str(wrong)), column.name) from None


def _decimals(text: Any) -> Any:
    """Decimals of text, exactly: a percentage is read at ten decimals, and its digits are those of a hundredth."""
    if pc.any(pc.invert(pc.match_substring_regex(text, r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)%?$"))).as_py():
        raise pa.ArrowInvalid("not a number")
    percent = pc.ends_with(text, "%")
    if not pc.any(percent).as_py():
        return text.cast(DECIMAL)
    plain = pc.if_else(percent, None, text).cast(DECIMAL)
    hundredths = pc.if_else(percent, pc.utf8_rtrim(text, "%"), None).cast(pa.decimal128(36, DECIMALS - 2))
    parts = [
        pa.Array.from_buffers(DECIMAL, len(chunk), chunk.buffers(), offset=chunk.offset)
        for chunk in _chunks(hundredths)
    ]
    return pc.coalesce(plain, pa.chunked_array(parts, DECIMAL))


_CASTS = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.WHOLE: _whole,
    Kind.MOMENT: _moment,
    Kind.NUMBER: _number,
}


def _chunks(values: Any) -> list[Any]:
    return list(values.chunks) if isinstance(values, pa.ChunkedArray) else [values]


def _plain(values: Any) -> Any:
    """Text of any layout as plain text, which is what casts are known for."""
    return values.cast(pa.string()) if is_text(values.type) else values


def _first_wrong(text: Any, parse: Any, otherwise: str) -> str:
    """The first row that does not parse and why; this one time row by row."""
    for row, value in enumerate(text):
        if value.is_valid:
            try:
                parse(value.as_py())
            except ValueError as wrong:
                return f"row {row}: {value.as_py()!r}: {wrong}"
    return otherwise


def _unfit(values: Any, column: Column, place: Place) -> CatalogError:
    hint = "; a binary float cannot hold most decimals" if pa.types.is_floating(values.type) else ""
    hint = "; an instant needs its zone" if pa.types.is_timestamp(values.type) else hint
    return place.wrong(f"holds {column.kind.value}, not {values.type}{hint}", column.name)


def refuse_unknown(values: Any, known: Any, what: str, column: str, place: Place) -> None:
    """Refuse a column that holds a value which is not one of `known` (an array or a sequence)."""
    plain = _plain(values)
    strange = plain.filter(pc.invert(pc.is_in(plain, value_set=_text_array(known))))
    found = pc.drop_null(strange.unique())
    if len(found):
        names = ", ".join(repr(name.as_py()) for name in found[:3])
        raise place.wrong(f"{len(found)} unknown {what}: {names}" + (", ..." if len(found) > 3 else ""), column)


def _text_array(known: Any) -> Any:
    if isinstance(known, (pa.Array, pa.ChunkedArray)):
        plain = _plain(known)
        return plain.combine_chunks() if isinstance(plain, pa.ChunkedArray) else plain
    return pa.array(list(known), pa.string())


def refuse_repeated(table: Any, keys: Sequence[str], place: Place) -> None:
    """Refuse a table in which two rows have the same keys; a null is a key like any other."""
    if len(keys) == 1 and len(_plain(table[keys[0]]).unique()) == table.num_rows:
        return
    plain = pa.table({name: _plain(table[name]) for name in keys})
    counts = plain.group_by(list(keys), use_threads=False).aggregate([([], "count_all")])
    twice = counts.filter(pc.greater(counts["count_all"], 1))
    if twice.num_rows:
        shown = ", ".join(f"{name} {twice[name][0].as_py() or 'any'}" for name in keys)
        more = f" ({twice.num_rows} such keys)" if twice.num_rows > 1 else ""
        raise place.wrong(f"{twice['count_all'][0].as_py()} rows are for {shown}{more}; a key has one row")
