"""Records of one identity within a call, where it is for a counter to say whether each could be rated: of a charge that
is free between two tiers, what a partner is owed for a free call is more than there is to share (405).

Amounts and codes by hand; and the reference, which rates one record after the other, on many made-up calls.
"""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from partita import Engine, load
from partita.reference import Batch, Reference

from .test_differential import Row, assert_equal, of_engine, of_reference

TIERS = [{"up_to": "10", "price": "1"}, {"up_to": "20", "price": "0"}, {"price": "2"}]
CATALOG: dict[str, Any] = {
    "parties": {"shop": {}, "maker": {}},
    "accounts": {name: {"owner": name, "currency": "EUR"} for name in ("shop", "maker", "a", "b")},
    "subscriptions": {
        **{name: {"account": name, "keys": [name], "plans": "start"} for name in ("a", "b")},
        "plain": {"account": "b", "keys": ["plain"], "plans": "plain"},
    },
    "usage": {"calls": {"source": "switch", "id": "id", "quantity": "quantity"}},
    "plans": {
        "start": {
            "seller": "shop",
            "currency": "EUR",
            "charges": {"calls": {"graduated": {"scope": "account", "tiers": TIERS}}},
        },
        "plain": {"seller": "shop", "currency": "EUR", "charges": {"calls": {"unit": {"price": "1"}}}},
    },
    "agreements": {
        "deal": {
            "roles": {"C": "account_owner", "D": "shop", "M": "maker"},
            "applies_to": {"plans": ["start", "plain"]},
            "flows": {
                "retail": {"payer": "C", "payee": "D", "base": "lines"},
                "fee": {"payer": "D", "payee": "M", "per_event": "0.50"},
                "rest": {"payee": "D", "of": "retail", "remainder": ["fee"]},
            },
        }
    },
}


def call(minute: int, record_id: str, quantity: int, key: str = "a") -> Row:
    time = f"2026-10-05T10:{minute:02}:00Z"
    return {"time": time, "id": record_id, "key": key, "service": "voice", "quantity": str(quantity), "switch": "s"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load(CATALOG))


def rate(engine: Engine, rows: list[Row], counters: pa.Table | None = None) -> dict[str, list[Row]]:
    """By the engine, which agrees with the reference to the last row."""
    source = [("calls", "calls.csv", "", pa.Table.from_pylist(rows))]
    rated = of_engine(engine._core.rate(source, counters, check_duplicates=True))
    batch = Batch("calls", "calls.csv", rows, "")
    opening = [] if counters is None else counters.to_pylist()
    assert_equal(rated, of_reference(Reference(load(CATALOG)).rate([batch], None, opening, check_duplicates=True)))
    return rated


def outcomes(rated: dict[str, list[Row]]) -> dict[int, Any]:
    """By row: the amount, or the code of the reject."""
    lines = {line["usage_row"]: f"{line['amount'].normalize():f}" for line in rated["lines"]}
    return lines | {reject["usage_row"]: reject["code"] for reject in rated["rejects"]}


def test_one_that_could_not_be_rated_where_it_stands_is_no_duplicate(engine: Engine) -> None:
    rows = [call(1, "x", 5), call(2, "y", 5), call(3, "x", 5)]
    assert outcomes(rate(engine, rows)) == {0: "5", 1: "5", 2: 405}


def test_one_that_can_be_rated_where_it_stands_is_an_original(engine: Engine) -> None:
    """From 20 units on a call costs 2 again; from none on, one of no units would cost nothing, and be over-shared."""
    opening = pa.table(engine.rate([call(1, "w", 25)]).counters)
    rows = [call(2, "x", 1), call(2, "x", 1), call(4, "x", 0)]
    assert outcomes(rate(engine, rows, opening)) == {0: "2", 1: 501, 2: 405}


def test_a_duplicate_moves_no_counter_in_whatever_order_it_comes(engine: Engine) -> None:
    rows = [call(9, "x", 4), call(3, "x", 4), call(5, "y", 8), call(7, "z", 1)]
    assert outcomes(rate(engine, rows)) == {1: "4", 2: "6", 3: 405, 0: 405}
    assert rate(engine, rows)["counters"][0]["quantity"] == 12


def test_the_next_of_an_identity_is_the_original_where_the_first_is_rejected(engine: Engine) -> None:
    rows = [call(1, "w", 10), call(2, "x", 5), call(3, "x", 20), call(4, "x", 3, "plain"), call(5, "x", 3, "plain")]
    assert outcomes(rate(engine, rows)) == {0: "10", 1: 405, 2: "20", 3: 502, 4: 502}


def test_what_one_record_is_may_depend_on_what_another_turns_out_to_be(engine: Engine) -> None:
    """`x` at 3 is free, and rejected, so that the `x` of account b is an original; that brings its counter to the free
    tier, where `y` of 5 is rejected, though it had been rated without it; and so the `y` at 6 is an original."""
    rows = [
        call(1, "w", 10),
        call(3, "x", 2),
        call(4, "x", 10, "b"),
        call(5, "y", 5, "b"),
        call(6, "y", 4, "plain"),
    ]
    assert outcomes(rate(engine, rows)) == {0: "10", 1: 405, 2: "10", 3: 405, 4: "4"}


def test_one_that_seemed_to_be_rejected_is_rated_where_another_moves_its_counter(engine: Engine) -> None:
    """As long as the `x` of account b is taken for a duplicate, the `y` of 5 is free; with it, it costs 2 a unit."""
    rows = [
        call(1, "w", 10),
        call(2, "v", 10, "b"),
        call(3, "x", 2),
        call(4, "x", 11, "b"),
        call(5, "y", 5, "b"),
        call(6, "y", 4, "plain"),
    ]
    assert outcomes(rate(engine, rows)) == {0: "10", 1: "10", 2: 405, 3: "2", 4: "10", 5: 502}


@pytest.mark.parametrize("seed", range(150))
def test_engine_and_reference_agree_on_what_repeats(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        call(chance.randrange(12), chance.choice("stuvwxyz"), chance.choice([0, 1, 4, 5, 10]), chance.choice("aabb"))
        for _ in range(chance.randrange(2, 30))
    ]
    rows = [{**row, "key": "plain"} if chance.random() < 0.1 else row for row in rows]
    opening = engine.rate([call(0, "o", chance.choice([3, 10, 25]))]).counters if seed % 3 == 0 else None
    rate(engine, rows, opening)


@pytest.mark.parametrize("across", [False, True], ids=["within accounts", "across accounts"])
def test_many_records_are_judged_alike_by_all_threads(engine: Engine, across: bool) -> None:
    """Enough of them for several partitions of accounts, which an identity may be in one or several of."""
    chance = random.Random(across)
    keys = ["a", "b", "plain"]
    numbers = [chance.randrange(900) for _ in range(2_500)]
    rows = [
        call(chance.randrange(60), str(n), chance.choice([0, 1, 25]), chance.choice(keys) if across else keys[n % 3])
        for n in numbers
    ]
    rated = rate(engine, rows)
    assert {reject["code"] for reject in rated["rejects"]} == {405, 501, 502}


def test_an_identity_of_thousands_takes_no_longer_than_as_many_identities(engine: Engine) -> None:
    """A switch that gives all its records one id, none of which can be rated."""
    rows = [call(n % 60, "0", 0) for n in range(3_000)]
    assert {reject["code"] for reject in rate(engine, rows)["rejects"]} == {405}
