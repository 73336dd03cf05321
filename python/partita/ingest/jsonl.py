"""JSON lines, and among them CloudEvents: one object a line, numbers kept as they are written, but without exponents.

A number of JSON becomes text, digit by digit, since no binary type holds 0.1. Strings are themselves, true and false
are those words, null and a name that is absent are null.

A line that has `specversion` is a CloudEvent (CloudEvents JSON format 1.0, structured mode): the members of its
`data` stand beside its own attributes; one with the name of an attribute is called `data.NAME`.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError

from .columns import distinct, escaped, mapped_columns, require, wanted
from .files import open_bytes
from .json_text import DECODER, WHOLE, text_of

_CHUNK_LINES: Final = 65_536
_BUFFER_BYTES: Final = 1 << 20
_EARLY: Final = ("id", "time", "key")
"""What every record has, so that its absence from the first lines is an error at once."""

Chunk = list[tuple[int, dict[str, Any]]]
"""Records, each with the number of its line (from 1)."""


def batches(
    path: Path, mapping: Usage, columns: Collection[str] | None, numbers: Collection[str], batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """The batches of a file of JSON lines, all columns text; an empty one first, for the schema.

    A mapped column must occur in some line, be it as null; whether it does is known for certain at the end.
    """
    origin = path.as_posix()
    named = mapped_columns(mapping)
    names = _all_names(path, origin, mapping) if columns is None else [*named, *mapping.unwritten, *columns]
    names = list(dict.fromkeys(names))
    schema = pa.schema([(name, pa.string()) for name in distinct(names)])
    yield pa.RecordBatch.from_pylist([], schema=schema)
    unseen = named
    odd = set(names) - named.keys() if columns is None else set()
    chunk: Chunk = []
    for chunk in _chunks(path, origin, WHOLE if odd else DECODER):
        unseen = {column: role for column, role in unseen.items() if not any(column in record for _, record in chunk)}
        _refuse(origin, {column: role for column, role in unseen.items() if role in _EARLY}, chunk)
        arrays = [_odd_column(name, chunk) if name in odd else _column(origin, name, chunk) for name in names]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
    _refuse(origin, unseen, chunk)


def _refuse(origin: str, unseen: dict[str, str], chunk: Chunk) -> None:
    """Raises `UsageSchemaError` for mapped columns that did not occur, if there were records."""
    if unseen and chunk:
        require(origin, unseen, list(dict.fromkeys(name for _, record in chunk for name in record)))


def _all_names(path: Path, origin: str, mapping: Usage) -> list[str]:
    """The names in all lines: a pass of its own, for who asks for every column."""
    seen: dict[str, None] = {}
    for chunk in _chunks(path, origin):
        for _, record in chunk:
            seen.update(dict.fromkeys(record))
    return wanted(origin, mapping, None, list(seen)) if seen else list(mapped_columns(mapping))


def _chunks(path: Path, origin: str, decoder: json.JSONDecoder = DECODER) -> Iterator[Chunk]:
    """Some 65,536 records at a time. Blank lines are not records."""
    with open_bytes(path) as source:
        lines = ((number, line) for number, line in enumerate(_lines(source), 1) if line and not line.isspace())
        while chunk := _records(origin, islice(lines, _CHUNK_LINES), decoder):
            yield chunk


def _lines(source: pa.NativeFile) -> Iterator[str]:
    """The lines of a stream. Only a line feed ends one; text may hold other separators."""
    rest = source.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
    while data := source.read(_BUFFER_BYTES):
        whole, feed, tail = data.rpartition(b"\n")
        if feed:
            yield from (rest + whole).decode().split("\n")
            rest = tail
        else:
            rest += tail
    if rest:
        yield from rest.decode().split("\n")


def _records(origin: str, lines: Iterable[tuple[int, str]], decoder: json.JSONDecoder) -> Chunk:
    return [(number, _record(origin, number, line, decoder)) for number, line in lines]


def _record(origin: str, number: int, line: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    try:
        record, end = decoder.raw_decode(line)
        if end < len(line):
            record = decoder.decode(line)
    except (ValueError, RecursionError):
        record = _record_of_odd_line(origin, number, line, decoder)
    if not isinstance(record, dict):
        raise UsageSchemaError(f"{origin}: line {number} is not a JSON object")
    return _flattened(record) if "specversion" in record else record


def _record_of_odd_line(origin: str, number: int, line: str, decoder: json.JSONDecoder) -> Any:
    """A line that begins with blanks, or is broken."""
    try:
        return decoder.decode(line)
    except (ValueError, RecursionError) as error:
        raise UsageSchemaError(f"{origin}: line {number} is not JSON: {error}") from None


def _flattened(event: dict[str, Any]) -> dict[str, Any]:
    data = event.get("data")
    if not isinstance(data, dict):
        return event
    attributes = {name: value for name, value in event.items() if name != "data"}
    return attributes | {(f"data.{name}" if name in attributes else name): value for name, value in data.items()}


def _column(origin: str, name: str, chunk: Chunk) -> pa.Array:
    values = [record.get(name) for _, record in chunk]
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, TypeError, UnicodeError):
        return pa.array([_text(origin, name, number, record.get(name)) for number, record in chunk], pa.string())


def _odd_column(name: str, chunk: Chunk) -> pa.Array:
    """A column that nobody has named, whatever is in it."""
    texts = (text_of(record.get(name)) for _, record in chunk)
    return pa.array([None if text is None else escaped(text) for text in texts], pa.string())


def _text(origin: str, name: str, number: int, value: Any) -> str | None:
    """What `value` is as text. Raises `UsageSchemaError` for arrays, objects, and what is not Unicode."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        kind = "an object" if isinstance(value, dict) else "an array"
        raise UsageSchemaError(
            f"{origin}: line {number}: {name!r} is {kind}; a column is text, a number, true or false"
        )
    assert value is None or isinstance(value, str)
    if value is not None and any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageSchemaError(f"{origin}: line {number}: {name!r} has half of a surrogate pair, which is not text")
    return value
