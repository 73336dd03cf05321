"""Tables in memory, of any maker, to record batches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError
from partita.ingest import batches, choose

CALLS = Usage(id="id", time="time", key="key", quantity="seconds")


def usage(**terms: Any) -> Usage:
    return Usage.model_validate({"id": "id", "quantity": "seconds", **terms})


ROW = {"id": "1", "time": dt.datetime(2026, 10, 1, tzinfo=dt.UTC), "key": "46", "seconds": 60, "more": "x"}
ARROW = pa.Table.from_pylist([ROW, ROW])
KINDS: dict[str, Callable[[], object]] = {
    "table": lambda: ARROW,
    "batch": lambda: ARROW.to_batches()[0],
    "reader": ARROW.to_reader,
    "batches": lambda: iter(ARROW.to_batches()),
    "list of batches": ARROW.to_batches,
    "polars": lambda: pl.from_arrow(ARROW),
    "polars in chunks": lambda: pl.concat([pl.from_arrow(ARROW.slice(row, 1)) for row in (0, 1)], rechunk=False),
    "pandas": ARROW.to_pandas,
    "duckdb": lambda: duckdb.arrow(ARROW),
    "dicts": lambda: [ROW, ROW],
}


@pytest.mark.parametrize("kind", KINDS)
def test_tables_in_memory(kind: str) -> None:
    whole = batches(KINDS[kind](), CALLS).read_all().to_pylist()
    assert [{**row, "time": row["time"].astimezone(dt.UTC)} for row in whole] == [ROW, ROW]
    part = batches(KINDS[kind](), CALLS, []).read_all()
    assert part.column_names == ["id", "time", "key", "seconds"]
    with pytest.raises(UsageSchemaError, match=r"usage: no column 'b' \(the mapping's destination\)"):
        batches(KINDS[kind](), usage(destination="b"))


def test_nothing_is_copied() -> None:
    result = batches(ARROW, CALLS, []).read_all()
    for name in result.column_names:
        mine, theirs = result[name].chunk(0).buffers(), ARROW[name].chunk(0).buffers()
        assert [b and b.address for b in mine] == [b and b.address for b in theirs]


def test_floats_in_memory() -> None:
    frame = pd.DataFrame({"id": ["1", "2"], "time": ["t", "t"], "key": ["k", "k"], "seconds": [1, None]})
    with pytest.raises(UsageSchemaError, match=r"'seconds' holds binary floats.*decimals: {seconds: 2}"):
        batches(frame, CALLS)
    result = batches(frame, usage(decimals={"seconds": 0})).read_all()
    assert result["seconds"].to_pylist() == [Decimal(1), None]


COLUMNS: list[tuple[list[Any], pa.DataType]] = [
    ([None, None], pa.null()),
    (["a", None], pa.string()),
    ([1, -(2**63)], pa.int64()),
    ([1, 2**63], pa.decimal128(19, 0)),
    ([1, Decimal("0.5")], pa.decimal128(2, 1)),
    ([Decimal("1E+3"), Decimal("0.123456789012")], pa.decimal128(16, 12)),
    ([True, None], pa.bool_()),
    ([dt.date(2026, 10, 1), None], pa.date32()),
    ([dt.datetime(2026, 10, 1, 8), None], pa.timestamp("us")),  # noqa: DTZ001
    ([dt.datetime(2026, 10, 1, 8, tzinfo=dt.timezone(dt.timedelta(hours=2))), None], pa.timestamp("us", "UTC")),
]


@pytest.mark.parametrize(("values", "expected"), COLUMNS)
def test_types_of_dicts(values: list[Any], expected: pa.DataType) -> None:
    dicts = [{"time": "t", "key": "k", "x": value} for value in values]
    column = batches(dicts, Usage()).read_all()["x"]
    assert column.type == expected
    assert column.to_pylist() == values


REFUSED: list[tuple[list[Any], str]] = [
    ([1, 0.1], r"usage: row 1: the column 'x' is the binary float 0\.1"),
    ([float("nan")], "row 0: the column 'x' is the binary float nan"),
    (["a", 1], "row 1: the column 'x' is of type int, but in row 0 of type str"),
    ([1, True], "row 1: the column 'x' is of type bool"),
    ([dt.date(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], "of type datetime with a zone"),
    ([dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)], "in row 0 of type datetime without a zone"),  # noqa: DTZ001
    ([[1]], "row 0: the column 'x' is of type list"),
    ([b"1"], "row 0: the column 'x' is of type bytes"),
    ([Decimal("NaN")], "row 0: the column 'x' is NaN"),
    ([Decimal("1" * 80)], "the column 'x': Decimal precision out of range"),
    (["\ud800"], "the column 'x'"),
]


@pytest.mark.parametrize(("values", "message"), REFUSED)
def test_refused_dicts(values: list[Any], message: str) -> None:
    with pytest.raises(UsageSchemaError, match=message):
        batches([{"time": "t", "key": "k", "x": value} for value in values], Usage())


@pytest.mark.parametrize("thing", [7, "calls.csv", {"time": ["t"]}, iter(())])
def test_what_is_no_table(thing: object) -> None:
    with pytest.raises(UsageSchemaError, match="usage is"):
        batches(thing, CALLS)


def test_the_mapping_of_a_table() -> None:
    files, memory = usage(files="*.csv"), usage()
    assert choose({"a": files}) == ("a", files)
    assert choose({"a": files, "b": memory}) == ("b", memory)
    assert choose({"a": memory, "b": memory}, "a") == ("a", memory)
    for mappings, name in [({}, None), ({"a": memory, "b": memory}, None), ({"a": memory}, "b")]:
        with pytest.raises(UsageSchemaError):
            choose(mappings, name)
