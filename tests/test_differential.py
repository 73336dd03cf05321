"""Engine and reference on the same made-up catalogs and usage: all tables are equal, and no order or cut matters."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import partita
from partita import Engine
from partita.errors import CatalogError
from partita.reference import Batch, Rated, Reference

from . import generated

Row = Mapping[str, Any]
Tables = dict[str, list[Row]]
TABLES = ("lines", "shares", "rejects", "counters")
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None, "print_blob": True}
# The default suite plays the same cases every time; the deep one looks for new ones.
QUICK = settings(max_examples=60, derandomize=True, **QUIET)  # type: ignore[arg-type]
DEEP = settings(max_examples=5_000, **QUIET)  # type: ignore[arg-type]


def of_engine(rated: Any) -> Tables:
    return {name: pa.table(getattr(rated, name)).to_pylist() for name in TABLES}


def of_reference(rated: Rated) -> Tables:
    return {name: list(getattr(rated, name)) for name in TABLES}


def assert_equal(engine: Tables, reference: Tables) -> None:
    """Table by table, rejects first: they say why lines are missing."""
    assert [reject(row) for row in engine["rejects"]] == [reject(row) for row in reference["rejects"]]
    assert engine["lines"] == reference["lines"]
    assert engine["shares"] == reference["shares"]
    assert sorted(engine["counters"], key=counter) == reference["counters"]


def reject(row: Row) -> Row:
    """A reject as it is compared: what overflows is known to the reference only."""
    return {**row, "value": None} if row["name"] == "overflow" else row


def counter(row: Row) -> tuple[Any, ...]:
    return row["charge"], row["owner"], row["period_start"]


def graphs(agreement: Row) -> list[Any]:
    return [part["flows"].values() for part in (agreement, *agreement.get("versions", ()))]


def loaded(document: Row) -> Any:
    """The catalog, if it is one: the generator avoids most of what the loader refuses, but not all."""
    try:
        return partita.load(document)
    except CatalogError:
        assume(False)


# Engine and reference -------------------------------------------------------------------------------------------------


def check_agreement(document: Row, rows: Sequence[Row], check_duplicates: bool, cut: int, closed: str | None) -> None:
    """Two calls, the second going on from the first one's counters."""
    catalog = loaded(document)
    engine, reference = Engine(catalog), Reference(catalog)
    counters: pa.Table | None = None
    theirs: list[Row] = []
    for part in (rows[:cut], rows[cut:]):
        if part:
            source = [("events", "calls.csv", "c0ffee", pa.Table.from_pylist(list(part)))]
            made = engine._core.rate(source, counters, check_duplicates=check_duplicates, closed=closed)
            batch = Batch("events", "calls.csv", part, "c0ffee")
            wanted = reference.rate([batch], None, theirs, check_duplicates=check_duplicates, closed=closed)
            assert_equal(of_engine(made), of_reference(wanted))
            counters, theirs = pa.table(made.counters), wanted.counters


arguments = {
    "document": generated.catalogs(),
    "rows": generated.records(),
    "check_duplicates": st.booleans(),
    "cut": st.integers(0, 10),
    "closed": st.sampled_from([None, "2026-09", "2026-10"]),
}


@QUICK
@given(**arguments)
def test_engine_and_reference_agree(**case: Any) -> None:
    check_agreement(**case)


@pytest.mark.deep
@DEEP
@given(**{**arguments, "rows": generated.records(40)})
def test_engine_and_reference_agree_deeply(**case: Any) -> None:
    check_agreement(**case)


# Invariances of the engine --------------------------------------------------------------------------------------------


def anywhere(tables: Tables) -> dict[str, list[Any]]:
    """All that came out, in an order of its own, less where in the input it came from."""
    plain = {
        name: [{key: value for key, value in row.items() if key not in ("usage_file", "usage_row")} for row in rows]
        for name, rows in tables.items()
    }
    return {name: sorted(map(repr, rows)) for name, rows in plain.items()}


def check_invariance(document: Row, rows: list[Row], seed: int) -> None:
    engine = Engine(loaded({**document, "usage": with_ids(document)}))
    table = pa.Table.from_pylist(rows)
    straight = engine.rate(table, check_duplicates=True, file="a")
    expected = of_engine(straight)
    chance = random.Random(seed)
    cuts = sorted(chance.sample(range(len(rows) + 1), min(2, len(rows))))
    pieces = [table.slice(start, end - start) for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    batches = [batch for piece in pieces for batch in (piece.to_batches() or [empty(piece)])]
    stream = pa.RecordBatchReader.from_batches(table.schema, batches)
    assert of_engine(engine.rate(stream, check_duplicates=True, file="a")) == expected
    # Each record a batch of its own: rated in several waves, and ties stand on both sides of their borders.
    singly = pa.Table.from_batches([batch for row in range(len(rows)) for batch in table.slice(row, 1).to_batches()])
    assert of_engine(engine.rate(singly, check_duplicates=True, file="a")) == expected
    sources = [("events", str(number), piece) for number, piece in enumerate(pieces)]
    assert anywhere(of_engine(engine.rate_sources(sources, check_duplicates=True))) == anywhere(expected)
    shuffled = table.take(chance.sample(range(len(rows)), len(rows)))
    assert anywhere(of_engine(engine.rate(shuffled, check_duplicates=True))) == anywhere(expected)
    for kind, plain in LAYOUTS:
        fit = [row for row in rows if all(re.fullmatch(plain, row[name] or "0") for name in NUMBERS)]
        text = pa.Table.from_pylist(fit, schema=table.schema)
        numbers = pa.table(
            {name: text[name].cast(kind) if name in NUMBERS else text[name] for name in text.schema.names}
        )
        assert of_engine(engine.rate(numbers)) == of_engine(engine.rate(text))


NUMBERS = ("quantity", "seconds", "amount", "price")
LAYOUTS = ((pa.int64(), r"-?\d{1,17}"), (pa.decimal128(38, 12), r"-?\d{1,20}(\.\d{1,12})?"))
"""Types of numbers, and the texts that are fine numbers of them."""


def empty(piece: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=piece.schema)


def with_ids(document: Row) -> Row:
    """Where records have no ids, file and row are who they are."""
    return {"events": {**document["usage"]["events"], "id": "id"}}


@settings(QUICK, max_examples=30)
@given(document=generated.catalogs(), rows=generated.records(30), seed=st.integers(0, 2**32))
def test_order_and_cut_change_nothing(document: Row, rows: list[Row], seed: int) -> None:
    check_invariance(document, rows, seed)


@pytest.mark.deep
@DEEP
@given(document=generated.catalogs(), rows=generated.records(100), seed=st.integers(0, 2**32))
def test_order_and_cut_change_nothing_deeply(document: Row, rows: list[Row], seed: int) -> None:
    check_invariance(document, rows, seed)


THREADS = """
from partita import Engine, load
from tests.threads import CATALOG, digest, usage

print(digest(Engine(load(CATALOG)).rate(usage(), check_duplicates=True)))
"""


def test_any_number_of_threads_gives_the_same_bytes() -> None:
    outputs = {output_of(THREADS, threads) for threads in ("1", "2", "5")}
    assert len(outputs) == 1
    assert int(outputs.pop().split()[0]) > 0


FORKED = """
import os
from partita import Engine, load
from tests.threads import CATALOG, digest, usage

engine, records = Engine(load(CATALOG)), usage()
expected = digest(engine.rate(records, check_duplicates=True))
child = os.fork()
if child == 0:
    grandchild = os.fork()
    same = digest(engine.rate(records, check_duplicates=True)) == expected
    if grandchild:
        same = same and os.waitpid(grandchild, 0)[1] == 0
    os._exit(0 if same else 1)
print(os.waitpid(child, 0)[1])
"""


def test_a_forked_process_has_threads_of_its_own() -> None:
    """A worker that is forked after its parent has rated rates too, and so does one that it forks."""
    assert output_of(FORKED, "2") == "0\n"


def output_of(script: str, threads: str) -> str:
    """What a script prints when the core has so many threads."""
    environment = {**os.environ, "RAYON_NUM_THREADS": threads}
    command = [sys.executable, "-c", script]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout
