"""Rows that are rated a column at a time: many chunks, several waves and partitions, held to the reference and to the
same rows rated one by one."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from partita import Engine, load
from partita.reference import Batch, Reference

from .test_differential import Row, Tables, anywhere, assert_equal, of_engine, of_reference, output_of

ACCOUNTS, RECORDS, BATCH = 61, 4_000, 90
TIERS = [{"up_to": "600", "price": "0.07", "flat": "1"}, {"up_to": "6000", "price": "0.013"}, {"price": "0.001"}]
BLOCKS = {"connect_fee": "0.05", "per": "60", "minimum": "60", "increment": "7"}
CATALOG: dict[str, Any] = {
    "parties": {"shop": {}, "maker": {}, "agent": {}},
    "accounts": {
        f"a{n}": {
            "owner": f"c{n}",
            "currency": "EUR",
            "zone": ["UTC", "Europe/Stockholm"][n % 2],
            "cycle_day": str(1 + n % 28),
        }
        for n in range(ACCOUNTS)
    },
    "subscriptions": {
        f"s{n}": {"account": f"a{n // 2}", "keys": [f"k{n}"], "plans": ["tiered", "simple"][n % 2]}
        for n in range(2 * ACCOUNTS)
    },
    "usage": {"calls": {"id": "none", "quantity": "quantity", "destination": "to"}},
    "zones": {"near": {"prefixes": ["46", "4670"]}, "far": {"prefixes": ["4"]}},
    "calendars": {"hours": {"bands": {"peak": {"days": "mon-fri", "from": "08:00", "to": "19:00"}, "rest": "rest"}}},
    "plans": {
        "tiered": {
            "seller": "shop",
            "currency": "EUR",
            "calendar": "hours",
            "charges": {
                "near": {"when": {"zone": "near"}, "graduated": {"scope": "account", "tiers": TIERS, **BLOCKS}},
                "peak": {
                    "when": {"zone": "far", "band": "peak"},
                    "round": {"decimals": 2, "mode": "half_up"},
                    "graduated": {"scope": "subscription", "reset": "month", "tiers": TIERS},
                },
                "quiet": {"when": {"zone": "far", "band": "rest"}, "unit": {"price": "0.0001", "per": "3"}},
            },
        },
        "simple": {
            "seller": "shop",
            "currency": "EUR",
            "charges": {
                "call": {
                    "versions": [
                        {"from": "2026-01-01", "unit": {"price": "0.11", **BLOCKS}},
                        {"from": "2026-10-12", "unit": {"price": "0.09", **BLOCKS}},
                    ]
                }
            },
        },
    },
    "agreements": {
        "deal": {
            "roles": {"B": "maker", "A": "agent", "C": "account_owner"},
            "applies_to": {"services": ["voice"]},
            "valid": {"from": "2026-09-24", "until": "2026-10-14"},
            "flows": {
                "label": {"payer": "shop", "payee": "B", "percent": "33.3333%"},
                "agent": {"payer": "shop", "payee": "A", "percent": "45%", "round": {"decimals": 2, "mode": "up"}},
                "back": {"payer": "shop", "payee": "C", "percent": "1%"},
                "rest": {"payee": "shop", "remainder": ["label", "agent", "back"]},
            },
        }
    },
}
"""An agent's share is rounded up, so that of a tiny line more than all is shared: a reject that only a price tells. The
agreement begins and ends on days with calls."""


def calls(seed: int = 5) -> list[Row]:
    """In order of time, often several at one; some of unknown keys, some to no number."""
    chance = random.Random(seed)
    seconds = sorted(1_789_900_000 + 600 * chance.randrange(4_000) for _ in range(RECORDS))
    return [
        {
            "time": pa.scalar(second, pa.timestamp("s", "UTC")).as_py().isoformat(),
            "key": f"k{chance.randrange(2 * ACCOUNTS + 2)}",
            "service": chance.choice(["voice", "voice", "data"]),
            "quantity": str(chance.choice([0, 1, 59, 60, 61, chance.randrange(2_000)])),
            "to": chance.choice(["46701", "4680", "47", "99", "4-7"] if chance.random() < 0.1 else ["46701", "47"]),
        }
        for second in seconds
    ]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load(CATALOG))


def batches(rows: list[Row]) -> pa.Table:
    """Usage in many small batches: each is a chunk, and eight are a wave."""
    table = pa.Table.from_pylist(rows)
    quantity = table["quantity"].cast(pa.decimal128(38, 12)) if "quantity" in table.column_names else None
    table = table.set_column(table.column_names.index("quantity"), "quantity", quantity)
    return pa.Table.from_batches(table.to_batches(max_chunksize=BATCH))


def by_reference(rows: list[Row], counters: Sequence[Row] = ()) -> Any:
    return Reference(load(CATALOG)).rate([Batch("calls", "", rows, "")], None, counters)


def test_lines_shares_rejects_and_counters_are_those_of_the_reference(engine: Engine) -> None:
    rows = calls()
    expected = of_reference(by_reference(rows))
    assert {reject["name"] for reject in expected["rejects"]} >= {"unknown_key", "bad_destination", "over_shared"}
    assert len(expected["shares"]) > RECORDS
    assert_equal(of_engine(engine.rate(batches(rows))), expected)


def test_rows_that_have_most_in_common_are_told_apart() -> None:
    """Few keys, and all rows in one chunk: what is remembered of a row is found again for most of the others, in every
    zone, band, service, version and agreement."""
    given = deepcopy(CATALOG)
    given["zones"]["home"] = {"prefixes": ["479"]}
    charges = given["plans"]["simple"]["charges"]
    charges["home"] = {"when": {"zone": "home", "service": "voice"}, "priority": 1, "unit": {"price": "0.01"}}
    chance = random.Random(11)
    # No row that counts is one to be looked at closely: with it, all would leave their lane.
    given["agreements"]["deal"]["flows"] = {
        "label": {"payer": "shop", "payee": "B", "percent": "33.3333%"},
        "rest": {"payee": "shop", "remainder": ["label"]},
    }
    in_force = [row for row in calls() if "2026-09-24T12" < row["time"] < "2026-10-13T12"]
    rows = [{**row, "key": f"k{chance.randrange(8)}"} for row in in_force]
    for row in rows:
        row["to"] = chance.choice(["46701", "4680", "47", "4791"])
        row["service"] = chance.choice(["voice"] * 9 + ["fax", "telex"])
    # Of two that are the same in everything, either may be the first.
    rows = list({tuple(row.values()): row for row in rows}.values())
    catalog = load(given)
    expected = of_reference(Reference(catalog).rate([Batch("calls", "", rows, "")], None, ()))
    engine = Engine(catalog)
    assert_equal(of_engine(engine.rate(batches(rows).combine_chunks())), expected)
    shuffled = random.Random(3).sample(list(enumerate(rows)), len(rows))
    moved = numbered([row for _, row in shuffled], [number for number, _ in shuffled]).combine_chunks()
    assert anywhere(gathered(engine, moved)) == anywhere(gathered(engine, numbered(rows)))


def test_any_number_of_threads_counts_alike() -> None:
    """One counts while others route; of many, several count, each its own accounts."""
    outputs = {output_of(BY_THREADS, threads) for threads in ("1", "2", "5")}
    assert len(outputs) == 1
    assert int(outputs.pop().split()[0]) > 0


BY_THREADS = """
from tests.test_lanes import CATALOG, Engine, batches, calls, counting, load
from tests.threads import digest

engine, rows, all_count = Engine(load(CATALOG)), calls(), counting()
opened = engine.rate(batches(rows[:1_000])).counters
given = ((rows, None), (rows[::-1], None), (rows[1_000:], opened), (all_count, None), (all_count[::-1], None))
print(*(digest(engine.rate(batches(part), counters=counters)) for part, counters in given))
"""
"""Rows in order and in no order, with counters opened before and without; some count one by one, or all in lanes."""


LAYOUTS = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))


def written(key: str) -> str:
    """A key as operators write them: telephone numbers with a plus and without, short and long texts."""
    number = int(key[1:])
    forms = (key, f"46700{number:06}", f"+46700{number:06}", f"SIM-{number:07}", f"{number:020}")
    return (*forms, f"a-key-of-many-characters-{key}")[number % 6]


def test_keys_of_any_length_and_layout() -> None:
    rows = [{**row, "key": written(row["key"])} for row in calls()[:3_000]]
    given = deepcopy(CATALOG)
    for subscription in given["subscriptions"].values():
        subscription["keys"] = [written(key) for key in subscription["keys"]]
    catalog, table = load(given), batches(rows)
    engine, expected = Engine(catalog), of_reference(Reference(catalog).rate([Batch("calls", "", rows, "")], None, ()))
    place = table.column_names.index("key")
    for layout in LAYOUTS:
        usage = table.set_column(place, "key", table["key"].cast(layout))
        assert_equal(of_engine(engine.rate(usage)), expected)


ALIKE = ("{:08}", "46700{:06}", "{:015}", "+46700{:06}", "{:016}", "SIM-{:07}")


@pytest.mark.parametrize("sign", ["x", ""], ids=["another sign", "alike"])
@pytest.mark.parametrize("form", ALIKE)
def test_keys_of_one_length(form: str, sign: str) -> None:
    """Keys of digits are looked for a block at a time; one among them may have another sign in it."""

    def written(key: str) -> str:
        text = form.format(int(key[1:]))
        return f"{text[:3]}{sign}{text[4:]}" if sign and text.endswith("7") else text

    rows = [{**row, "key": written(row["key"])} for row in calls()[:800]]
    given = deepcopy(CATALOG)
    for subscription in given["subscriptions"].values():
        subscription["keys"] = [written(key) for key in subscription["keys"]]
    catalog = load(given)
    expected = of_reference(Reference(catalog).rate([Batch("calls", "", rows, "")], None, ()))
    assert len(expected["lines"]) > 600
    assert_equal(of_engine(Engine(catalog).rate(batches(rows))), expected)


def test_records_of_one_instant_that_are_far_apart_are_put_in_order() -> None:
    """What comes before what is told by their content, although the chunk of the first is out of reach by then."""
    same = {"time": "2026-10-01T10:00:00Z", "service": "voice", "to": "46701"}
    rows = [{**same, "key": f"k{2 + 2 * (n % (ACCOUNTS - 1))}", "quantity": str(n)} for n in range(RECORDS)]
    rows[10], rows[3_000] = ({**same, "key": "k0", "quantity": quantity} for quantity in ("500", "1"))
    lines = Engine(load(CATALOG)).rate(batches(rows)).lines.select(["billed_quantity", "counter_before"]).to_pylist()
    assert lines[3_000] == {"billed_quantity": 60, "counter_before": 0}
    assert lines[10] == {"billed_quantity": 501, "counter_before": 60}


def test_services_that_the_catalog_does_not_name_are_told_apart() -> None:
    """Long stretches of one service each, over many waves: what was made for one is not taken for another."""
    given = deepcopy(CATALOG)
    given["agreements"] = {}
    stretch, names = 10 * 4_096, ("fax", "voice", "telex", "voice", "pager", "fax")
    times = pa.array([1_790_000_000] * stretch * len(names)).cast(pa.timestamp("s", "UTC"))
    services = pa.chunked_array([pa.repeat(name, stretch) for name in names])
    same = {"key": "k1", "quantity": pa.scalar(1), "to": "9"}
    columns = {name: pa.repeat(value, len(times)) for name, value in same.items()}
    lines = Engine(load(given)).rate(pa.table({"time": times, "service": services, **columns})).lines
    assert lines["service"].cast(pa.string()).equals(services)


@pytest.mark.parametrize(("tiers", "times", "table"), [(TIERS, 10**6, "counters"), (TIERS[-1:], 10**9, "lines")])
def test_amounts_past_64_bits_are_exact(tiers: list[Row], times: int, table: str) -> None:
    """An amount past 9.2 million, as in small currencies, does not fit 64 bits at 12 decimals."""
    given = deepcopy(CATALOG)
    for charge in ("near", "peak"):
        dear = [{**tier, "price": str(Decimal(tier["price"]) * times)} for tier in tiers]
        given["plans"]["tiered"]["charges"][charge]["graduated"]["tiers"] = dear
    rows, catalog = [row for row in calls() if row["to"] != "4-7"], load(given)
    engine, half = Engine(catalog), RECORDS // 2
    first = engine.rate(batches(rows[:half]))
    theirs = Reference(catalog).rate([Batch("calls", "", rows[:half], "")], None, ())
    assert max(row["amount"] for row in getattr(theirs, table)) > 2**63 / Decimal(10) ** 12
    assert_equal(of_engine(first), of_reference(theirs))
    second = engine.rate(batches(rows[half:]), counters=first.counters)
    assert_equal(
        of_engine(second),
        of_reference(Reference(catalog).rate([Batch("calls", "", rows[half:], "")], None, theirs.counters)),
    )


OF_SHARES = ("period", "agreement", "version", "flow", "payer", "payee", "currency")


def added_up(shares: Sequence[Row]) -> dict[tuple[Any, ...], Decimal]:
    sums: dict[tuple[Any, ...], Decimal] = {}
    for share in shares:
        key = tuple(share[name] for name in OF_SHARES)
        sums[key] = sums.get(key, Decimal()) + share["amount"]
    return sums


@pytest.mark.parametrize("broken", [[], [{"key": "k9", "service": "voice", "quantity": "0.5", "to": "46701"}]])
def test_sums_of_shares_are_those_of_the_reference(engine: Engine, broken: list[Row]) -> None:
    rows = calls()
    # A part of a unit: it is rated by itself, and with it all that count.
    rows += [{**row, "time": rows[-1]["time"]} for row in broken]
    rated, session = engine.rate(batches(rows), shares="sums"), engine.session().rate(batches(rows), shares="sums")
    expected = by_reference(rows)
    assert (rated.shares.num_rows, rated.share_sums.to_pylist()) == (0, session.share_sums.to_pylist())
    assert added_up(rated.share_sums.to_pylist()) == added_up(expected.shares)
    keys = rated.share_sums.drop_columns("amount").to_pylist()
    assert len({tuple(key.values()) for key in keys}) == len(keys) > 4 * len(OF_SHARES)


HALVES = {
    "exact": {"label": "30%", "agent": "20%"},
    "of what is left": {"label": "50%", "agent": {"percent": "12.5%", "of": "retail", "minus": ["label"]}},
    "rounded at cents": {"label": {"percent": "30%", "round": {"decimals": 2}}, "agent": "20%"},
    "rounded where stored": {"label": "33.3333333333%", "agent": "20%"},
    "to the account's owner": {"label": "30%", "agent": {"percent": "20%", "payee": "C"}},
    "all to the account's owner": {"label": "0%", "agent": {"percent": "100%", "payee": "C"}},
}
"""What label and agent get of a line. Lines of some charges are whole cents and others have twelve decimals, so that
the same percents round the shares of some lines and not those of others."""


@pytest.mark.parametrize("halves", HALVES.values(), ids=HALVES)
def test_sums_of_shares_are_of_each_line_wherever_they_round(halves: Row) -> None:
    given = deepcopy(CATALOG)
    given["plans"]["tiered"]["charges"]["near"]["round"] = {"decimals": 2, "mode": "half_even"}
    to = {"label": {"payee": "B"}, "agent": {"payee": "A"}}
    terms = {name: half if isinstance(half, dict) else {"percent": half} for name, half in halves.items()}
    parts = {name: {"payer": "shop", "of": "retail", **to[name], **half} for name, half in terms.items()}
    given["agreements"]["deal"]["flows"] = {
        "retail": {"payer": "C", "payee": "shop", "base": "lines"},
        **parts,
        "rest": {"payee": "shop", "of": "retail", "remainder": ["label", "agent"]},
    }
    rows, catalog = [row for row in calls() if row["to"] != "4-7"], load(given)
    found = Engine(catalog).rate(batches(rows), shares="sums")
    expected = Reference(catalog).rate([Batch("calls", "", rows, "")], None, ())
    assert added_up(found.share_sums.to_pylist()) == added_up(expected.shares)
    assert {share["flow"] for share in expected.shares} == {"label", "agent", "rest"}


def test_shares_are_kept_added_up_or_left_out(engine: Engine) -> None:
    rows = calls()[2_000:2_100]
    kept, left_out = engine.rate(batches(rows), shares=1), engine.rate(batches(rows), shares=False)
    assert kept.shares.num_rows > 0 == kept.share_sums.num_rows
    assert left_out.shares.num_rows == left_out.share_sums.num_rows == 0
    for rater in (engine, engine.session()):
        with pytest.raises(ValueError, match="shares is True, False or 'sums', not 'lines'"):
            rater.rate(batches(rows), shares="lines")  # type: ignore[arg-type]


def test_itemised_lines_are_the_narrow_ones_with_what_was_read(engine: Engine) -> None:
    rows = calls()
    narrow = engine.rate(batches(rows)).lines
    itemised = engine.rate(batches(rows), keep="itemised").lines
    assert itemised.select(narrow.column_names).to_pylist() == narrow.to_pylist()
    for line in itemised.to_pylist():
        row = rows[line["usage_row"]]
        assert (line["time"].isoformat(), line["key"], line["id"]) == (row["time"], row["key"], None)


def test_records_in_another_order_are_rated_as_in_order(engine: Engine) -> None:
    rows = calls()
    straight = anywhere(gathered(engine, numbered(rows)))
    shuffled = random.Random(3).sample(list(enumerate(rows)), RECORDS)
    moved = numbered([row for _, row in shuffled], [number for number, _ in shuffled])
    assert anywhere(gathered(engine, moved)) == straight


def numbered(rows: list[Row], numbers: list[int] | None = None) -> pa.Table:
    """Usage whose rows say where they stand in their file: their identity, for they have no ids."""
    table = batches(rows)
    return table.append_column("partita:row", pa.array(numbers or range(len(rows)), pa.int64()))


def gathered(engine: Engine, usage: pa.Table) -> Tables:
    """What comes of usage as a run rates it, which has said itself where rows stand."""
    return of_engine(engine._core.rate([("calls", "", "", usage)], gathered=True))


def counting() -> list[Row]:
    """Calls that count one and all, in lanes: near ones, and far ones at peak, as long as the agreement lasts. Of some
    the price is so low that they are over-shared, and leave their lane when they have counted."""
    found = []
    for n, row in enumerate(calls()):
        time = dt.datetime.fromisoformat(row["time"])
        time -= dt.timedelta(days=max(0, time.isoweekday() - 5))  # to Friday
        time = time.replace(hour=9 + time.hour // 4)
        key, to = f"k{2 * (n * n % ACCOUNTS)}", ["46701", "47"][n % 2]
        found.append({**row, "time": time.isoformat(), "key": key, "service": "voice", "to": to})
    found = [row for row in found if "2026-09-25" <= row["time"] < "2026-10-13"]
    assert len(found) > 2_200  # enough for several partitions
    return sorted(found, key=lambda row: row["time"])


@pytest.mark.parametrize("seed", [None, 3], ids=["in order", "in no order"])
def test_rows_that_all_count_are_those_of_the_reference(engine: Engine, seed: int | None) -> None:
    rows = counting()
    if seed is not None:
        random.Random(seed).shuffle(rows)
    first, theirs = engine.rate(batches(rows)), by_reference(rows)
    assert_equal(of_engine(first), of_reference(theirs))
    assert all(line["counter_after"] is not None for line in theirs.lines)
    assert {reject["name"] for reject in theirs.rejects} == {"over_shared"}
    rest = rows[100:]
    expected = of_reference(by_reference(rest, theirs.counters))
    assert any(line["flags"] for line in expected["lines"])
    assert_equal(of_engine(engine.rate(batches(rest), counters=first.counters)), expected)


def test_one_record_of_a_broken_quantity_makes_no_difference_to_the_others(engine: Engine) -> None:
    rows = calls()
    # Of a key whose counters no other record moves; it has to be rated by itself, and with it all that count.
    alone = {"time": rows[-1]["time"], "key": "k0", "service": "data", "quantity": "0.5", "to": "46701"}
    others = [row for row in rows if row["key"] not in ("k0", "k1")]
    by_column, by_row = (
        engine.rate(batches(others)),
        engine.rate(batches([*others, alone])),
    )
    for name in ("lines", "shares", "rejects"):
        table = getattr(by_row, name).to_pylist()
        assert [row for row in table if row.get("subscription") != "s0"] == getattr(by_column, name).to_pylist(), name


def test_counters_go_on_from_call_to_call(engine: Engine) -> None:
    rows = calls()
    half = RECORDS // 2
    first, theirs = engine.rate(batches(rows[:half])), by_reference(rows[:half])
    # The second call begins with records older than those that moved the counters.
    rest = rows[half - 200 :]
    second = engine.rate(batches(rest), counters=first.counters)
    expected = of_reference(by_reference(rest, theirs.counters))
    assert any(line["flags"] for line in expected["lines"])
    assert_equal(of_engine(second), expected)
