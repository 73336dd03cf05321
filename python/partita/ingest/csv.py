"""Delimited text: every column is read as text, so that no number passes a binary float and no prefix loses a zero.

Besides rows of a wrong number of fields, which the parser refuses, an odd number of quotes is refused: one stray
quote would otherwise make a single value of all the rows up to the next one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from partita.catalog.usage import Csv, Usage
from partita.errors import UsageSchemaError

from .columns import distinct, escaped, mapped_columns, number_columns, wanted
from .files import open_bytes

_BLOCK_BYTES = 1 << 20
"""Text parsed at once; a row must fit in one block. The parser reads some eight blocks ahead."""
_LINE_END = re.compile(rb"\r\n|\r|\n")
_ROWS = 32_768
"""Batches of fewer rows are joined."""


class _Text:
    """A stream of bytes in UTF-8 that ends with a line feed, out of one in any encoding, that counts the quotes
    passing through, but for those in lines that are skipped."""

    closed = False

    def __init__(self, source: pa.NativeFile, dialect: Csv) -> None:
        self._source = source
        self._quote = dialect.quote.encode()
        self._skip = dialect.skip
        name = codecs.lookup(dialect.encoding).name
        self._decode: Any = None if name == "utf-8" else codecs.getincrementaldecoder(name)().decode
        self._next = self._utf8(_BLOCK_BYTES - 1)
        self.quotes = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end."""
        data, self._next = self._next, self._utf8(size - 1)  # leaves room for the line feed
        if data and not self._next and not data.endswith(b"\n"):
            data += b"\n"
        if self._quote:
            self.quotes += data.count(self._quote, self._beyond_skipped(data))
        return data

    def _beyond_skipped(self, data: bytes) -> int:
        """Where lines that are skipped end, and with them quotes that do not count. The parser, too, wants all of them
        in the first block."""
        skip, self._skip = self._skip, 0
        ends = [found.end() for found in islice(_LINE_END.finditer(data), skip)]
        return ends[-1] if ends else 0

    def _utf8(self, size: int) -> bytes:
        if self._decode is None:
            return bytes(self._source.read(size))
        data = self._source.read(size // 4)  # a byte makes no more than four of UTF-8
        while not (text := self._decode(data, not data)) and data:
            data = self._source.read(size // 4)
        return bytes(text.encode())

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._source.close()


def batches(
    path: Path, mapping: Usage, columns: Collection[str] | None, numbers: Collection[str], batch_rows: int
) -> Iterator[pa.RecordBatch]:
    """The batches of a delimited file, all columns text; an empty one first, for the schema."""
    dialect = _dialect(path, mapping)
    present = _names(path, dialect)
    names = wanted(path.as_posix(), mapping, columns or (), present)
    odd: set[str] = set()
    if columns is None:
        present = names = distinct(present)
        odd = {*names} - mapped_columns(mapping).keys()
    yield pa.RecordBatch.from_pylist([], schema=pa.schema([(name, pa.string()) for name in names]))
    if not dialect.header and _is_empty(path):
        return
    header = _header_rows(path, dialect)
    text = _Text(open_bytes(path), dialect)
    commas = number_columns(mapping, numbers).intersection(names) if dialect.decimal == "," else set()
    for batch in _joined(_open(text, dialect, header, present, names, odd)):
        yield _with_points(_as_text(batch), commas)
    if text.quotes % 2:
        raise UsageSchemaError(
            f"{path.as_posix()}: an odd number of quotes ({dialect.quote}): one is missing or stray, and rows would be "
            'lost in one value; for files that do not quote, write `quote: ""` in the mapping'
        )


def _dialect(path: Path, mapping: Usage) -> Csv:
    return mapping.csv or Csv(delimiter="\t" if ".tsv" in path.suffixes else ",")


def _names(path: Path, dialect: Csv) -> list[str]:
    """The names of all columns: those of the mapping, or of the header."""
    if dialect.columns is not None:
        return list(dialect.columns)
    with open_bytes(path) as source:
        reader = _open(_Text(source, dialect), dialect, 0)
        return list(reader.schema.names)


def _is_empty(path: Path) -> bool:
    """Whether there is nothing at all: without a header that is a file of no rows."""
    with open_bytes(path) as source:
        return not source.read(1)


def _header_rows(path: Path, dialect: Csv) -> int:
    """The rows up to the header's end: itself, and empty ones before it. Names may have line ends, as other values."""
    if not dialect.header:
        return 0
    with open_bytes(path) as source:
        data = _Text(source, dialect).read(_BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
    ends = (found.end() for found in islice(_LINE_END.finditer(data), dialect.skip))
    start = max(ends, default=0)
    empty = 0
    while found := _LINE_END.match(data, start):
        start, empty = found.end(), empty + 1
    return empty + 1


def _open(
    text: _Text,
    dialect: Csv,
    header: int,
    present: list[str] | None = None,
    names: list[str] | None = None,
    odd: Collection[str] = (),
) -> pa_csv.CSVStreamingReader:
    """A reader of the columns `names`, behind so many rows of the header; without them, of the header only, where types
    do not matter. Columns that are `odd` may have bytes that are no text, and are read as bytes."""
    read = pa_csv.ReadOptions(
        block_size=_BLOCK_BYTES,
        use_threads=False,  # only so does a broken row come with its number
        column_names=present,
        skip_rows=dialect.skip,
        skip_rows_after_names=header,
        autogenerate_column_names=present is None and not dialect.header,
    )
    parse = pa_csv.ParseOptions(
        delimiter=dialect.delimiter, quote_char=dialect.quote or False, newlines_in_values=bool(dialect.quote)
    )
    convert = pa_csv.ConvertOptions(
        column_types={name: pa.binary() if name in odd else pa.string() for name in names or ()},
        include_columns=names,
        null_values=dialect.null,
        strings_can_be_null=True,
    )
    return pa_csv.open_csv(pa.PythonFile(text, mode="r"), read, parse, convert)


def _joined(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    waiting: list[pa.RecordBatch] = []
    for batch in parts:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= _ROWS:
            yield pa.concat_batches(waiting)
            waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


def _as_text(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns of bytes as text, with escapes for what is none."""
    for index, field in enumerate(batch.schema):
        if field.type == pa.binary():
            column = batch.column(index)
            try:
                column = column.cast(pa.string())
            except pa.ArrowInvalid:
                values = (None if value is None else escaped(value) for value in column.to_pylist())
                column = pa.array(values, pa.string())
            batch = batch.set_column(index, field.name, column)
    return batch


def _with_points(batch: pa.RecordBatch, columns: Collection[str]) -> pa.RecordBatch:
    """Decimal commas of some columns made points. Points become commas, so that `1.234` is no number rather than
    a thousandth of one."""
    for name in columns:
        index = batch.schema.get_field_index(name)
        batch = batch.set_column(index, name, turned(batch.column(index)))
    return batch


def turned(texts: Any) -> Any:
    """Texts with points for commas and commas for points."""
    for old, new in ((",", "\0"), (".", ","), ("\0", ".")):
        texts = pc.replace_substring(texts, old, new)
    return texts
