"""The engine from Python: records, results, mappings, refusals, travel."""

from __future__ import annotations

import datetime as dt
import gc
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa
import pytest

import partita
from partita import Engine, InternalError, UsageSchemaError
from partita.engine import Source
from partita.rated import accounted
from partita.reference import Batch, Reference
from partita.source import arrow_source

from .calls import CATALOG, answer, compiled, dicts, expected_of, table


@pytest.fixture(scope="module")
def engine() -> Engine:
    return compiled()


@pytest.fixture(scope="module")
def expected(engine: Engine) -> Any:
    return expected_of(engine)


# One record as a dict: the quick way gives what the careful one does

RECORDS: list[dict[str, Any]] = [
    {"seconds": Decimal("60")},
    {"seconds": Decimal("6E+1")},
    {"seconds": Decimal("60.000")},
    {"seconds": "60"},
    {"time": dt.datetime(2026, 10, 5, 12)},  # noqa: DTZ001
    {"time": dt.datetime(2026, 10, 5, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))},
    {"time": "2026-10-05T10:00:00Z"},
    {"extra": True, "day": dt.date(2026, 10, 5), "nothing": None},
    {"huge": 2**70},
]


@pytest.mark.parametrize("other", RECORDS, ids=str)
def test_a_record_of_other_values(engine: Engine, expected: Any, other: dict[str, Any]) -> None:
    row = {**dicts(table())[0], **other}
    for _ in range(2):
        assert engine.rate([row]).lines.to_pylist() == expected["lines"][:1]


def test_local_and_absolute_times_are_not_confused(engine: Engine) -> None:
    row = dicts(table())[0]
    local = {**row, "time": row["time"].replace(tzinfo=None)}
    found = [engine.rate([one], keep="itemised").lines["time"][0].as_py().hour for one in (row, local, row)]
    assert found == [10, 8, 10]


def test_decimals_of_a_record_keep_their_scale() -> None:
    for text in ("1.5", "1.25", "1", "1.500"):
        found = arrow_source([{"amount": Decimal(text)}])
        assert str(found[0]["amount"]) == text


def test_too_many_decimals_are_a_reject(engine: Engine) -> None:
    row = {**dicts(table())[0], "seconds": Decimal("0.0000000000001")}
    assert engine.rate([row]).rejects["name"].to_pylist() == ["too_many_decimals"]


# Output


def test_results_go_out_as_arrow(engine: Engine) -> None:
    rated = engine.rate(table())
    total = Decimal("0.67")
    assert pl.DataFrame(rated.core.lines)["amount"].sum() == total
    assert pd.DataFrame.from_arrow(rated.lines)["amount"].sum() == total
    lines = rated.lines
    assert duckdb.connect().from_arrow(lines).sum("amount").fetchall() == [(total,)]
    assert lines.num_rows == 3
    assert rated.lines is lines


def test_tables_outlive_what_they_came_from() -> None:
    rated = compiled().rate(table())
    tables = {name: getattr(rated, name) for name in ("lines", "shares", "rejects", "counters")}
    expected = {name: rows.to_pylist() for name, rows in tables.items()}
    del rated
    column = tables["lines"]["account"]
    for name, rows in tables.items():
        rows.validate(full=True)
        assert rows.to_pylist() == expected[name]
    accounts = [line["account"] for line in expected["lines"]]
    del tables, rows
    gc.collect()
    assert column.to_pylist() == accounts


def test_counters_go_back_in() -> None:
    tiers = {"graduated": {"tiers": [{"up_to": "10", "price": "1"}, {"price": "0.5"}]}}
    plan = {**CATALOG["plans"]["basic"], "charges": {"data": tiers}}
    engine = compiled(plans={"basic": plan})
    row = {"id": "1", "time": "2026-10-05T10:00:00Z", "key": "46701", "service": "data", "seconds": 8}
    first = engine.rate([row])
    second = engine.rate([{**row, "id": "2"}], counters=first.counters)
    assert [rated.lines["amount"][0].as_py() for rated in (first, second)] == [Decimal("8"), Decimal("5")]


def test_shares_and_itemised_lines_are_as_asked(engine: Engine) -> None:
    rated = engine.rate(table(), keep="itemised", shares=False)
    assert rated.shares.num_rows == 0
    assert rated.lines["id"].to_pylist() == ["c1", "c2", "c5"]
    assert rated.lines["attribute.kind"].to_pylist() == ["far", None, "far"]
    assert {"id", "time", "key", "attribute.kind"}.isdisjoint(engine.rate(table()).lines.column_names)


def test_several_sources_are_one_call(engine: Engine, expected: Any) -> None:
    usage = table()
    parts: list[Any] = [("calls", "one", usage.slice(0, 2)), Source(None, "two", usage.slice(2), "hash")]
    rated = engine.rate_sources(parts, check_duplicates=True)
    assert rated.lines["amount"].to_pylist() == [line["amount"] for line in expected["lines"]]
    assert rated.lines["usage_file"].to_pylist() == ["one", "one", "two"]
    assert rated.lines["usage_row"].to_pylist() == [0, 1, 2]
    again = engine.rate_sources([*parts, ("calls", "three", usage.slice(0, 1))], check_duplicates=True)
    assert again.rejects["name"].to_pylist()[-1] == "duplicate"


# Mappings

TWO = {"calls": CATALOG["usage"]["calls"], "other": {"where": {"kind": "far"}, "quantity": "seconds"}}


def test_columns_that_a_run_makes_are_nobody_elses(engine: Engine) -> None:
    usage = table()
    made = usage.append_column("partita:row", pa.array([7] * usage.num_rows))
    made = made.append_column("partita:identity", pa.array([b"x" * 16] * usage.num_rows, pa.binary(16)))
    assert engine.rate(made).lines == engine.rate(usage).lines


def test_records_of_no_source_are_in_the_order_of_those_of_an_empty_one() -> None:
    terms = {
        "parties": {"shop": {}},
        "accounts": {"a": {"owner": "c", "currency": "EUR"}},
        "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
        "usage": {"u": {"id": "id", "source": "source", "quantity": "units"}},
        "plans": {"p": {"seller": "shop", "currency": "EUR", "charges": {"c": {"unit": {"price": "1"}}}}},
    }
    same = {"time": "2026-10-01T00:00:00Z", "key": "k", "id": "1"}
    rows = [{**same, "units": "1", "source": ""}, {**same, "units": "2", "source": None}]
    catalog = partita.load(terms)
    found = Engine(catalog).rate(pa.Table.from_pylist(rows), check_duplicates=True)
    expected = Reference(catalog).rate([Batch("u", "", rows, "")], check_duplicates=True)
    assert found.lines["amount"].to_pylist() == [line["amount"] for line in expected.lines]
    assert found.rejects["usage_row"].to_pylist() == [row["usage_row"] for row in expected.rejects]


def test_a_mapping_is_named_where_there_are_several() -> None:
    engine = compiled(usage=TWO)
    with pytest.raises(UsageSchemaError, match="several usage mappings could read this table; name one: calls, other"):
        engine.rate(table())
    with pytest.raises(UsageSchemaError, match='no usage mapping "call"; the catalog has calls, other'):
        engine.rate(table(), "call")
    rated = engine.rate(table(), "other")
    assert (rated.rows, rated.skipped, rated.rejects.num_rows, rated.lines.num_rows) == (5, 1, 2, 2)
    assert repr(rated) == "Rated(rows=5, skipped=1, lines=2, shares=2, rejects=2)"


def test_the_mapping_without_files_is_meant() -> None:
    two = {"calls": TWO["calls"], "other": {**TWO["other"], "files": "*.csv"}}
    assert compiled(usage=two).rate(table()).lines.num_rows == 3


@pytest.mark.parametrize(
    "missing", [[], ["quantity"], ["service"], ["id", "amount"], ["id", "service", "quantity", "amount"]]
)
def test_a_catalog_without_mappings(missing: list[str]) -> None:
    charges = {"fee": {"flat": "1"}}
    plan = {**CATALOG["plans"]["basic"], "charges": charges}
    engine = compiled(usage={}, plans={"basic": plan})
    row = {"id": "1", "time": "2026-10-05T10:00Z", "key": "46701", "service": "x", "quantity": 1, "amount": 2}
    rated = engine.rate([{name: value for name, value in row.items() if name not in missing}])
    assert rated.lines["amount"].to_pylist() == [Decimal(1)]


# Refusals


@pytest.mark.parametrize(
    ("usage", "message"),
    [
        (table().drop_columns(["seconds"]), "seconds"),
        (table().drop_columns(["time"]), "time"),
        (table(seconds=pa.float64()), "seconds.*binary float"),
        (table(seconds=pa.float32()), "seconds.*binary float"),
        (table(key=pa.binary()), "key"),
        ([{"id": "1", "seconds": 1.5}], "seconds.*binary float"),
        ([{"id": "1"}, {"id": 2}], "is of type"),
        (pa.array([1, 2]), "usage cannot be read"),
        (iter([]), "an empty stream without a schema"),
        ([{}], "maps quantity to column"),
        (table().append_column("seconds", table()["seconds"]), "seconds.*, which stands in the table twice"),
        (7, "usage is a int"),
        ("usage.csv", "usage is a str"),
    ],
)
def test_usage_that_does_not_fit(engine: Engine, usage: Any, message: str) -> None:
    with pytest.raises(UsageSchemaError, match=message):
        engine.rate(usage)


def failing(error: BaseException) -> Iterator[pa.RecordBatch]:
    yield table().to_batches()[0]
    raise error


FAILURES = [OSError("the disk is gone"), UsageSchemaError("calls.csv: row 7 is broken"), KeyboardInterrupt("enough")]


@pytest.mark.parametrize("error", FAILURES)
def test_what_a_generator_raises_comes_through(engine: Engine, error: BaseException) -> None:
    with pytest.raises(type(error), match=str(error)) as caught:
        engine.rate(failing(error))
    assert caught.value is error


def test_a_broken_stream_is_told(engine: Engine) -> None:
    stream = pa.RecordBatchReader.from_batches(table().schema, failing(OSError("the disk is gone")))
    with pytest.raises(UsageSchemaError, match="the disk is gone"):
        engine.rate(stream)


def test_batches_of_one_source_have_one_schema(engine: Engine) -> None:
    batch = table().to_batches()[0]
    with pytest.raises(UsageSchemaError, match="a batch of usage has other columns than the first"):
        engine.rate([batch, batch.select(["id"])])


def test_floats_are_read_where_the_mapping_says_how() -> None:
    calls = {**CATALOG["usage"]["calls"], "decimals": {"seconds": 2}}
    engine = compiled(usage={"calls": calls})
    assert engine.rate(table(seconds=pa.float64())).lines["amount"].to_pylist()[0] == Decimal("0.6")


@pytest.mark.parametrize("time", [dt.datetime(2026, 10, 5, 10), "2026-10-05T10:00:00"])  # noqa: DTZ001
def test_local_time_needs_a_zone(time: Any) -> None:
    calls = {"id": "id", "quantity": "seconds"}
    engine = compiled(usage={"calls": calls})
    with pytest.raises(UsageSchemaError, match="holds times without a zone"):
        engine.rate([{**dicts(table())[0], "time": time}])


def test_an_engine_is_made_of_a_catalog() -> None:
    with pytest.raises(TypeError, match="not of a str"):
        Engine("catalog/")  # type: ignore[arg-type]


def test_keep_is_one_of_two(engine: Engine) -> None:
    with pytest.raises(ValueError, match="keep is narrow or itemised, not 'all'"):
        engine.rate(table(), keep="all")  # type: ignore[arg-type]


def test_every_row_is_accounted_for() -> None:
    core: Any = SimpleNamespace(rows=3, skipped=1, rated=1, rejected=0, rejects=[], lines=[], shares=[])
    with pytest.raises(InternalError, match="3 rows, but 1 skipped \\+ 0 rejected \\+ 1 rated"):
        accounted(core)


# Engines travel, and are shared


def test_an_engine_pickles(engine: Engine, expected: Any) -> None:
    again = pickle.loads(pickle.dumps(engine))
    assert answer(again.rate(table())) == expected
    assert answer(pickle.loads(pickle.dumps(again)).rate(table())) == expected


def test_an_engine_shows_what_it_was_compiled_from(engine: Engine) -> None:
    assert [plan["id"] for plan in json.loads(engine.terms)["plans"]] == ["basic"]
    assert {name: part.num_rows for name, part in engine.beside.items()} == {
        "accounts": 1,
        "subscriptions": 1,
        "prefixes": 0,
    }
    assert not engine.lookups


def test_a_pickled_engine_knows_its_mappings() -> None:
    engine = pickle.loads(pickle.dumps(compiled(usage=TWO)))
    with pytest.raises(UsageSchemaError, match="name one: calls, other"):
        engine.rate(table())


def test_threads_share_an_engine(engine: Engine, expected: Any) -> None:
    with ThreadPoolExecutor(8) as threads:
        for found in threads.map(lambda _: answer(engine.rate(table())), range(64)):
            assert found == expected


# The package


def test_every_public_name_is_there() -> None:
    assert set(partita.__all__) <= set(dir(partita))
    for name in partita.__all__:
        assert getattr(partita, name) is not None
    with pytest.raises(AttributeError, match="module 'partita' has no attribute 'rating'"):
        partita.rating  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"pyarrow", "pydantic", "duckdb", "yaml", "holidays", "partita._core"}
    code = f"import sys, partita; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
