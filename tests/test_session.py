"""Sessions: counters held between calls price as one call does, and as counters handed over by hand."""

from __future__ import annotations

import gc
import itertools
import pickle
import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import partita
from partita import Engine, UsageSchemaError, given

from . import threads
from .changing import Subscribers, usage

COUNTED = ("charge", "owner", "period_start", "quantity", "amount", "watermark")


@pytest.fixture(scope="module")
def engine() -> Engine:
    chance = random.Random(5)
    state = Subscribers(chance)
    state = state.with_rows([state.account(f"a{n}") | {"currency": "EUR"} for n in range(6)], [])
    rows = [row | {"priority": n} for n in range(9) for row in state.history(f"s{n}", f"a{n % 6}")]
    return state.with_rows([], rows).compiled()


def in_order(records: int, seed: int = 1) -> list[dict[str, Any]]:
    rows = sorted(usage(random.Random(seed), records), key=lambda row: (row["time"], row["id"]))
    return [{**row, "id": f"{number:04}"} for number, row in enumerate(rows)]


def lines(tables: list[pa.Table]) -> list[dict[str, Any]]:
    return [{**line, "usage_row": 0} for table in tables for line in table.to_pylist()]


def pieces(rows: list[dict[str, Any]], seed: int) -> list[list[dict[str, Any]]]:
    chance, cuts = random.Random(seed), [0]
    while cuts[-1] < len(rows):
        cuts.append(cuts[-1] + chance.choice([1, 1, 2, 7]))
    return [rows[a:b] for a, b in itertools.pairwise(cuts)]


@pytest.mark.parametrize("seed", range(4))
def test_many_calls_are_one_call(engine: Engine, seed: int) -> None:
    rows = in_order(150, seed)
    whole, session, by_hand = engine.rate(rows), engine.session(), None
    found = []
    for piece in pieces(rows, seed):
        rated, moved = session.rate(piece), engine.rate(piece, counters=by_hand)
        assert rated.lines.to_pylist() == moved.lines.to_pylist()
        assert rated.shares.to_pylist() == moved.shares.to_pylist()
        assert rated.rejects.to_pylist() == moved.rejects.to_pylist()
        assert rated.counters.to_pylist() == moved.counters.to_pylist()
        by_hand = latest(by_hand, moved.counters)
        found.append(rated.lines)
    assert lines(found) == lines([whole.lines])
    assert session.counters.to_pylist() == whole.counters.to_pylist() == by_hand.to_pylist()
    assert whole.counters.num_rows > 3


@pytest.mark.parametrize("seed", range(2))
def test_counters_come_back_as_they_are_or_by_their_names(engine: Engine, seed: int) -> None:
    other = pickle.loads(pickle.dumps(engine))
    first, second = in_order(40, seed)[:20], in_order(40, seed)[20:]
    moved = engine.rate(first).counters
    copy = pa.Table.from_pylist(moved.to_pylist(), schema=moved.schema)
    expected = engine.rate(second, counters=copy)
    for rater, counters in ((engine, moved), (other, moved), (engine.with_tables(), moved), (engine, moved.slice(0))):
        rated = rater.rate(second, counters=counters)
        assert rated.lines.to_pylist() == expected.lines.to_pylist()
        assert rated.counters.to_pylist() == expected.counters.to_pylist()
    assert expected.counters.num_rows > 1


def test_what_is_known_of_a_table_ends_with_it(engine: Engine) -> None:
    kept = engine.rate(in_order(20)).counters
    known = len(given._ORIGINS)
    other = engine.rate(in_order(20)).counters
    assert (given.origin(kept) is kept, len(given._ORIGINS)) == (False, known + 1)
    del other
    gc.collect()
    assert len(given._ORIGINS) == known


def latest(before: pa.Table | None, moved: pa.Table) -> Any:
    """Counters with those that were moved in their place."""
    rows = {
        tuple(row[name] for name in COUNTED[:3]): row for table in (before, moved) if table for row in table.to_pylist()
    }
    # By charge as the engine has them, which is how one call gives them out.
    order = {"tiered/data": 0, "banded/rest": 1}
    ranked = sorted(rows.values(), key=lambda row: (order[row["charge"]], row["owner"], row["period_start"]))
    return pa.Table.from_pylist(ranked, schema=moved.schema)


def test_a_session_begins_and_ends_with_counters(engine: Engine) -> None:
    rows = in_order(80)
    first = engine.rate(rows[:40])
    session = engine.session(first.counters)
    assert session.counters.to_pylist() == first.counters.to_pylist()
    assert (
        session.rate(rows[40:]).lines.to_pylist() == engine.rate(rows[40:], counters=first.counters).lines.to_pylist()
    )
    assert engine.rate(rows, counters=None).counters.to_pylist() == session.counters.to_pylist()


def test_a_record_out_of_order_is_flagged(engine: Engine) -> None:
    rows = [row for row in in_order(150) if engine.rate([row]).counters.num_rows]
    newest = next(row for row in reversed(rows) if row["key"] == rows[0]["key"])
    session = engine.session()
    flags = [session.rate([row]).lines["flags"].to_pylist() for row in (newest, rows[0])]
    by_hand = engine.rate([rows[0]], counters=engine.rate([newest]).counters)
    assert flags == [[0], by_hand.lines["flags"].to_pylist()]


def test_a_call_that_fails_moves_nothing(engine: Engine) -> None:
    rows = in_order(80)
    session = engine.session()
    session.rate(rows[:40])
    before = session.counters
    with pytest.raises(UsageSchemaError):
        session.rate([{"time": "2026-10-05T10:00:00Z"}])
    with pytest.raises(UsageSchemaError):
        session.rate(rows, mapping="none")
    with pytest.raises(ValueError, match="keep"):
        session.rate(rows, keep="all")  # type: ignore[arg-type]

    def broken() -> Any:
        yield pa.RecordBatch.from_pylist(rows[40:])
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        session.rate(broken())
    assert session.counters == before
    assert session.rate(rows[40:]).lines.num_rows > 0


def test_unknown_counters_are_refused(engine: Engine) -> None:
    counters = engine.rate(in_order(20)).counters
    owners = pa.array(["nobody"] * counters.num_rows)
    with pytest.raises(UsageSchemaError, match="nobody"):
        engine.session(counters.set_column(1, counters.schema.field("owner"), owners))


def test_a_session_moves_to_another_engine(engine: Engine) -> None:
    rows = in_order(150)
    session = engine.session()
    session.rate(rows[:75])
    before = session.counters
    owner = {"account": "a-new", "owner": "c", "currency": "EUR"}
    history = {"subscription": "s-new", "account": "a-new", "plan": "tiered", "key": "new", "sold_by": "agent"}
    for target in (engine.with_tables([owner], [history]), _compiled_again(engine)):
        session.move_to(target)
        assert session.engine is target
        assert session.counters.to_pylist() == before.to_pylist()
    assert session.rate(rows[75:]).lines.to_pylist() == engine.rate(rows[75:], counters=before).lines.to_pylist()


def test_a_session_goes_on_where_cycles_change(engine: Engine) -> None:
    """By name and start of period, as a counter handed over by hand."""
    rows = in_order(120)
    session = engine.session()
    session.rate(rows[:60])
    before = session.counters
    accounts = engine.beside["accounts"].to_pylist()
    changed = engine.with_tables([row | {"cycle_day": 9, "zone": "UTC"} for row in accounts[4:]])
    session.move_to(changed)
    assert session.counters.to_pylist() == changed.session(before).counters.to_pylist()
    assert session.rate(rows[60:]).lines.to_pylist() == changed.rate(rows[60:], counters=before).lines.to_pylist()


def test_an_engine_without_an_owner_is_refused(engine: Engine) -> None:
    owner = {"account": "a-new", "owner": "c", "currency": "EUR"}
    history = {"subscription": "s-new", "account": "a-new", "plan": "tiered", "key": "new", "sold_by": "agent"}
    later = engine.with_tables([owner], [history])
    session = later.session()
    session.rate([{"id": "1", "time": "2026-10-05T10:00:00Z", "key": "new", "service": "data", "quantity": 3}])
    with pytest.raises(UsageSchemaError, match="a-new"):
        session.move_to(engine)
    assert session.engine is later
    assert session.counters["owner"].to_pylist() == ["a-new"]


def _compiled_again(engine: Engine) -> Engine:
    """The same engine, compiled again: its codes are its own."""
    copy: Engine = pickle.loads(pickle.dumps(engine))
    return copy


def test_threads_follow_one_after_the_other() -> None:
    """Each thread rates its own accounts, some of them through a Python stream; the sums are those of one call."""
    engine = Engine(partita.load(threads.CATALOG))
    rows = threads.usage().slice(0, 4_000).sort_by([("time", "ascending"), ("id", "ascending")])
    whole = engine.rate(rows)
    session = engine.session()
    parts = [rows.slice(start, 25) for start in range(0, rows.num_rows, 25)]

    def one(numbered: tuple[int, pa.Table]) -> int:
        number, part = numbered
        given = (batch for batch in part.to_batches()) if number % 2 else part
        return session.rate(given).lines.num_rows

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, enumerate(parts), timeout=120)) == whole.lines.num_rows
    found, expected = (
        {(row["charge"], row["owner"]): row["quantity"] for row in table.to_pylist()}
        for table in (session.counters, whole.counters)
    )
    assert found == expected
    assert sum(found.values()) > Decimal(0)


def test_threads_see_each_counter_once() -> None:
    """However calls of threads follow, the tiers of one account are each gone through once."""
    engine = Engine(partita.load(threads.CATALOG))
    row = {"id": "1", "time": "2026-10-05T10:00:00Z", "key": "k0", "quantity": 7}
    session = engine.session()
    with ThreadPoolExecutor(8) as pool:
        rated = list(pool.map(lambda n: session.rate([{**row, "id": str(n)}]), range(200), timeout=120))
    total = sum(line for one in rated for line in one.lines["amount"].to_pylist())
    assert total == sum(engine.rate([{**row, "id": str(n)} for n in range(200)]).lines["amount"].to_pylist())
