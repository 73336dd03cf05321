"""One answer for every layout and shape in which the same usage can come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest

from partita import Engine, load
from partita.errors import UsageSchemaError
from partita.reference import Reference

from .calls import AMOUNTS, ROWS, answer, compiled, dicts, expected_of, table


@pytest.fixture(scope="module")
def engine() -> Engine:
    return compiled()


@pytest.fixture(scope="module")
def expected(engine: Engine) -> Any:
    return expected_of(engine)


# Layouts of the input

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
DECIMALS = [pa.decimal32(5, 1), pa.decimal64(12, 3), pa.decimal128(38, 12), pa.decimal256(60, 20)]
TEXTS = [pa.string(), pa.large_string(), pa.string_view()]
DICTIONARIES = [pa.dictionary(index, pa.string()) for index in INTEGERS] + [
    pa.dictionary(pa.int32(), pa.large_string())
]


@pytest.mark.parametrize("kind", [*INTEGERS, *DECIMALS, pa.string(), pa.large_string(), pa.duration("s")], ids=str)
def test_every_width_of_numbers(engine: Engine, expected: Any, kind: pa.DataType) -> None:
    assert answer(engine.rate(table(seconds=kind))) == expected


@pytest.mark.parametrize("column", ["id", "key", "service", "kind"])
@pytest.mark.parametrize("kind", [*TEXTS, *DICTIONARIES], ids=str)
def test_every_layout_of_text(engine: Engine, expected: Any, kind: pa.DataType, column: str) -> None:
    assert answer(engine.rate(table(**{column: kind}))) == expected


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "+01:00"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_every_unit_and_zone_of_time(engine: Engine, expected: Any, unit: str, zone: str) -> None:
    assert answer(engine.rate(table(time=pa.timestamp(unit, zone)))) == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_local_time_has_the_zone_of_the_mapping(engine: Engine, expected: Any, unit: str) -> None:
    local = [dt.datetime(2026, 10, 5, row["hour"] + 2) for row in ROWS]  # noqa: DTZ001
    usage = table()
    column = pa.array(local, pa.timestamp(unit))
    assert answer(engine.rate(usage.set_column(usage.schema.get_field_index("time"), "time", column))) == expected


@pytest.mark.parametrize(
    "written", ["2026-10-05T{:02}:00:00Z", "2026-10-05 {:02}:00:00.000+00:00", "2026-10-05T{:02}:00Z"]
)
def test_times_of_text(engine: Engine, expected: Any, written: str) -> None:
    usage = table()
    column = pa.array([written.format(row["hour"]) for row in ROWS])
    assert answer(engine.rate(usage.set_column(usage.schema.get_field_index("time"), "time", column))) == expected


# Shapes of the input


def generated(usage: pa.Table) -> Iterator[pa.RecordBatch]:
    yield from usage.to_batches(max_chunksize=2)


def with_empty_batches(usage: pa.Table) -> pa.RecordBatchReader:
    batches = usage.to_batches(max_chunksize=1)
    empty = batches[0].slice(0, 0)
    return pa.RecordBatchReader.from_batches(usage.schema, [empty, *batches[:2], empty, *batches[2:], empty])


def sliced(usage: pa.Table) -> pa.Table:
    longer = pa.concat_tables([usage, usage, usage]).combine_chunks()
    return longer.slice(len(ROWS), len(ROWS))


def sliced_batch(usage: pa.Table) -> pa.RecordBatch:
    wide = sliced(usage.set_column(1, "key", usage["key"].cast(pa.dictionary(pa.int8(), pa.string()))))
    return wide.to_batches()[0]


class OnlyStream:
    """An object of an unknown library that speaks Arrow."""

    def __init__(self, usage: pa.Table) -> None:
        self.usage = usage

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.usage.__arrow_c_stream__(requested_schema)


SHAPES: dict[str, Callable[[pa.Table], Any]] = {
    "table": lambda usage: usage,
    "columns in another order": lambda usage: usage.select(usage.column_names[::-1]),
    "columns nobody asks for": lambda usage: usage.append_column("cell", pa.array([1.5] * len(ROWS))),
    "batch": lambda usage: usage.to_batches()[0],
    "chunks": lambda usage: pa.concat_tables([usage.slice(0, 1), usage.slice(1, 3), usage.slice(4)]),
    "slice": sliced,
    "slice of a batch": sliced_batch,
    "stream": lambda usage: usage.to_reader(max_chunksize=3),
    "stream with empty batches": with_empty_batches,
    "generator of batches": generated,
    "list of batches": lambda usage: list(generated(usage)),
    "capsule": OnlyStream,
    "list of dicts": dicts,
    "polars": pl.from_arrow,
    "pandas": lambda usage: usage.to_pandas(integer_object_nulls=True),
    "duckdb": lambda usage: duckdb.connect().from_arrow(usage),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(engine: Engine, expected: Any, shape: str) -> None:
    assert answer(engine.rate(SHAPES[shape](table()))) == expected


# Frames with columns of types of their own

ODD_POLARS: dict[str, Any] = {
    "null": pl.lit(None),
    "128 bits": pl.lit(7, pl.Int128),
    "128 bits without sign": pl.lit(7).cast(pl.UInt128),
    "list of nulls": pl.concat_list(pl.lit(None), pl.lit(None)),
    "structure with null": pl.struct(a=pl.lit(None), b=pl.lit(1)),
    "array of structures": pl.concat_list(pl.struct(a=pl.lit(None))).list.to_array(1),
}


@pytest.mark.parametrize("chunks", [1, 2])
@pytest.mark.parametrize("name", ["cell", "territory"])
@pytest.mark.parametrize("kind", ODD_POLARS)
def test_types_of_polars(engine: Engine, expected: Any, kind: str, name: str, chunks: int) -> None:
    """Beside the others, and in place of one that nobody asks for either."""
    frame = pl.DataFrame(table()).with_columns(ODD_POLARS[kind].alias(name))
    parts = [frame] if chunks == 1 else [frame[:2], frame[2:]]
    assert answer(engine.rate(pl.concat(parts, rechunk=False))) == expected


def test_numbers_of_128_bits_are_read(engine: Engine, expected: Any) -> None:
    frame = pl.DataFrame(table(seconds=pa.int64()))
    assert answer(engine.rate(frame.with_columns(pl.col("seconds").cast(pl.Int128)))) == expected


def test_nulls_without_a_type_are_nulls(engine: Engine) -> None:
    frame = pl.DataFrame(table()).with_columns(key=pl.lit(None))
    assert {row["name"] for row in engine.rate(frame).rejects.to_pylist()} == {"null_key"}


def test_names_of_pandas_that_stand_twice(engine: Engine, expected: Any) -> None:
    frame = table().to_pandas(integer_object_nulls=True)
    twice = pd.concat([frame, pd.DataFrame({"cell": [1] * len(ROWS)}), pd.DataFrame({"cell": [2] * len(ROWS)})], axis=1)
    assert answer(engine.rate(twice)) == expected
    with pytest.raises(UsageSchemaError, match='column "key", which stands in the table twice'):
        engine.rate(pd.concat([frame, frame[["key"]]], axis=1))


@pytest.mark.parametrize("values", [["a", 1], [object(), None], [1j, 2j], [Decimal(1), 2.5]])
def test_columns_of_pandas_that_arrow_has_no_type_for(engine: Engine, values: list[Any]) -> None:
    frame = table().slice(0, 2).to_pandas(integer_object_nulls=True)
    with pytest.raises(UsageSchemaError, match="usage: the column 'kind' cannot be read as Arrow"):
        engine.rate(frame.assign(kind=pd.Series(values, dtype=complex if values[0] == 1j else object)))


@pytest.mark.parametrize("usage", [table().slice(0, 0), table().schema.empty_table().to_reader(), [], ()])
def test_nothing(engine: Engine, usage: Any) -> None:
    rated = engine.rate(usage)
    assert (rated.rows, rated.skipped, rated.lines.num_rows, rated.rejects.num_rows) == (0, 0, 0, 0)
    assert rated.lines.schema == engine.rate(table()).lines.schema


def test_one_record_at_a_time(engine: Engine, expected: Any) -> None:
    for row in dicts(table()):
        rated = engine.rate([row])
        lines = [{**line, "usage_row": 0} for line in expected["lines"] if AMOUNTS.get(row["id"]) is not None]
        mine = [line for line in lines if line["amount"] == Decimal(AMOUNTS[row["id"]])]
        assert rated.lines.to_pylist() == mine


# Numbers at the edge

LIMIT = "1" + "0" * 26
EDGES: list[tuple[pa.DataType, list[Any], list[tuple[int, str | None] | str]]] = [
    # type, quantities, and what each is: billed, or its reject's code and value
    (pa.float64(), [0.1, 2.675, 0.125, 1e15 + 0.25], ["0.1", "2.67", "0.12", "1000000000000000.25"]),
    (pa.float32(), [2.5, None, 0.125], ["2.5", (302, None), "0.12"]),
    (pa.float64(), [float("nan"), None], [(302, None), (302, None)]),
    (pa.float64(), [float("inf"), -float("inf"), 1.0], [(107, "inf"), (107, "-inf"), "1"]),
    (pa.float64(), [-1e26, 1e26], [(303, "-100000000000000004764729344"), (308, "100000000000000004764729344")]),
    (pa.decimal128(38, 11), [Decimal("-" + LIMIT), Decimal(LIMIT)], [(303, "-" + LIMIT), (308, LIMIT)]),
    (
        pa.decimal128(38, 20),
        [Decimal("1e-20"), Decimal("1e-12"), None],
        [(108, "0." + "0" * 19 + "1"), "0.000000000001", (302, None)],
    ),
    (pa.decimal256(60, 20), [Decimal("10e-20"), Decimal(LIMIT), 5], [(108, "0." + "0" * 18 + "1"), (308, LIMIT), "5"]),
    (pa.string(), [LIMIT + ".0", "-0.00", "+5.50", "1e3"], [(308, LIMIT), "0", "5.5", (107, "1e3")]),
]


@pytest.mark.parametrize(("kind", "quantities", "expected"), EDGES, ids=str)
def test_numbers_at_the_edge(kind: pa.DataType, quantities: list[Any], expected: list[Any]) -> None:
    catalog = load(
        {
            "parties": {"shop": {}},
            "accounts": {"a": {"owner": "c", "currency": "EUR"}},
            "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
            "usage": {"u": {"id": "none", "quantity": "quantity", "decimals": {"quantity": 2}}},
            "plans": {"p": {"seller": "shop", "currency": "EUR", "charges": {"c": {"unit": {"price": "1"}}}}},
        }
    )
    usage = pa.table(
        {
            "time": ["2026-10-05T10:00:00Z"] * len(quantities),
            "key": ["k"] * len(quantities),
            "quantity": pa.array(quantities, kind),
        }
    )
    rated, reference = Engine(catalog).rate(usage), Reference(catalog).rate(usage.to_pylist())
    for lines, rejects in (
        (rated.lines.to_pylist(), rated.rejects.to_pylist()),
        (reference.lines, reference.rejects),
    ):
        found = {line["usage_row"]: f"{line['billed_quantity'].normalize():f}" for line in lines}
        found |= {reject["usage_row"]: (reject["code"], reject["value"]) for reject in rejects}
        assert [found[row] for row in range(len(quantities))] == expected


PARTS = {
    "unit": {"unit": {"price": "1"}},
    "increment": {"unit": {"price": "1", "increment": "7"}},
    "steps": {"unit": {"steps": [{"up_to": "30", "price": "0.5", "increment": "10"}, {"price": "0.07"}]}},
    "graduated": {"graduated": {"tiers": [{"up_to": "29", "price": "1"}, {"price": "2"}]}},
    "package": {"package": {"size": "3", "price": "1"}},
}


@pytest.mark.parametrize("duration", ["quantity", "seconds"])
@pytest.mark.parametrize("model", PARTS)
def test_integers_in_parts_of_bands(model: str, duration: str) -> None:
    """An integer that bands divide has parts that are none (semantics §3): text, integers and the reference agree."""
    charge = {"across": "split", "negative": "allow", **PARTS[model]}
    catalog = load(
        {
            "parties": {"shop": {}},
            "accounts": {"a": {"owner": "c", "currency": "EUR"}},
            "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
            "usage": {"u": {"id": "none", "quantity": "quantity", "duration": duration}},
            "calendars": {"t": {"bands": {"peak": {"from": "08:00", "to": "19:00"}, "off": "rest"}}},
            "plans": {"p": {"seller": "shop", "currency": "EUR", "calendar": "t", "charges": {"c": charge}}},
        }
    )
    quantities = [60, 5, 1, 100_000] + ([10, -10] if duration == "seconds" else [])
    usage = pa.table(
        {
            "time": ["2026-10-05T18:59:30.600Z", "2026-10-05T18:59:55Z"] * (len(quantities) // 2),
            "key": ["k"] * len(quantities),
            "quantity": quantities,
            "seconds": [33, 61, 100_000, 50, 61, 61][: len(quantities)],
        }
    )
    columns = ("usage_row", "band", "quantity", "billed_quantity", "amount")
    text = usage.set_column(2, "quantity", usage["quantity"].cast(pa.string()))
    reference = [tuple(line[name] for name in columns) for line in Reference(catalog).rate(usage.to_pylist()).lines]
    assert len({line[1] for line in reference}) == 2
    for layout in (usage, text):
        lines = Engine(catalog).rate(layout).lines.select(columns).to_pylist()
        assert [tuple(line.values()) for line in lines] == reference
