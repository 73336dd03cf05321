"""Records that only their counter rejects: whether it does depends on all that belongs before them, in whatever order
they come. The calls and the tiers are those of `test_repeated`."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from partita import Engine, load
from partita.reference import Batch, Reference

from .test_differential import Row, Tables, assert_equal, of_engine, of_reference
from .test_repeated import CATALOG, call


@pytest.fixture(scope="module", params=["in lanes", "one by one"])
def catalog(request: pytest.FixtureRequest) -> Any:
    return load({**CATALOG, "usage": {"calls": {**CATALOG["usage"]["calls"], "id": "none"}}}), request.param


def rate(catalog: Any, rows: list[Row], opening: list[Row] | None = None) -> Tables:
    """By the engine, record by record a batch of its own and so in several waves; and by the reference, the same."""
    terms, way = catalog
    if way == "one by one":
        rows = [{**row, "quantity": row["quantity"] + ".5"} if row["quantity"] != "0" else row for row in rows]
    table = pa.Table.from_pylist(rows)
    singly = pa.Table.from_batches([batch for n in range(len(rows)) for batch in table.slice(n, 1).to_batches()])
    counters = None if opening is None else pa.Table.from_pylist(opening)
    made = of_engine(Engine(terms)._core.rate([("calls", "calls.csv", "", singly)], counters))
    batch = Batch("calls", "calls.csv", rows, "")
    assert_equal(made, of_reference(Reference(terms).rate([batch], None, opening or ())))
    return made


def test_what_comes_later_and_belongs_before_may_make_a_record_ratable(catalog: Any) -> None:
    """A call of 5 after 10 units is free, and over-shared; after 25 units it costs 2 a unit."""
    rows = [call(1, "", 10), call(3, "", 5), call(2, "", 15)]
    made = rate(catalog, rows)
    assert (len(made["lines"]), made["rejects"]) == (3, [])


def test_what_comes_later_and_belongs_before_may_keep_a_record_from_it(catalog: Any) -> None:
    made = rate(catalog, [call(3, "", 5), call(2, "", 10)])
    assert [(row["usage_row"], row["code"]) for row in made["rejects"]] == [(0, 405)]


def test_a_record_that_is_rejected_leaves_no_trace_in_its_counter(catalog: Any) -> None:
    rows = [call(1, "", 10), call(5, "", 2), call(6, "", 3), call(1, "", 0, "b")]
    made = rate(catalog, rows)
    assert [(row["owner"], row["watermark"].minute) for row in made["counters"]] == [("a", 1)]
    later = [call(3, "", 20), call(2, "", 1)]
    assert [line["flags"] for line in rate(catalog, later, made["counters"])["lines"]] == [0]


@pytest.mark.parametrize("seed", range(120))
def test_engine_and_reference_agree_in_any_order(catalog: Any, seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        call(chance.randrange(40), "", chance.choice([0, 5, 10, 10, 15]), chance.choice("aab"))
        for _ in range(chance.randrange(2, 6) if seed % 3 else chance.randrange(20, 60))
    ]
    if not seed % 3:  # but for one of them, in order
        rows.sort(key=lambda row: row["time"])
        rows.insert(chance.randrange(len(rows)), rows.pop(chance.randrange(len(rows))))
    rate(catalog, rows)
