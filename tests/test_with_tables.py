"""Upserts: an engine with rows changed is the engine that is compiled from the merged rows."""

from __future__ import annotations

import datetime as dt
import pickle
import random
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import partita
from partita import CatalogError, Engine

from .changing import CATALOG, Subscribers, made, outcome, usage

SEEDS = range(12)
ACCOUNT = {"account": "a1", "owner": "c1", "currency": "EUR", "zone": "Europe/Stockholm"}
OTHER = {**ACCOUNT, "account": "a2", "owner": "c2", "zone": "UTC"}
TIERED = {"subscription": "s1", "account": "a1", "plan": "tiered", "key": "461", "sold_by": "agent"}
SMS = {"subscription": "s2", "account": "a2", "plan": "local", "key": "462", "from": dt.date(2026, 10, 1)}
RECORD = {"id": "1", "time": "2026-10-05T10:00:00Z", "key": "461", "service": "data", "quantity": 30}


def compiled(accounts: Any = (ACCOUNT, OTHER), subscriptions: Any = (TIERED, SMS)) -> Engine:
    return Engine(partita.load(CATALOG), accounts=list(accounts), subscriptions=list(subscriptions))


def rejected(engine: Engine, record: dict[str, Any] = RECORD) -> list[str]:
    return engine.rate([record]).rejects["name"].to_pylist()


def messages(refused: pytest.ExceptionInfo[CatalogError]) -> list[str]:
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize("seed", SEEDS)
def test_step_by_step_is_all_at_once(seed: int) -> None:
    chance = random.Random(seed)
    state = Subscribers(chance).with_rows([Subscribers(chance).account("a0")], [])
    state = state.with_rows([], state.history("s0", "a0"))
    engine, accepted = state.compiled(), 0
    for _ in range(12):
        accounts = state.some_accounts(4)
        subscriptions = state.some_subscriptions(5, accounts)
        records = usage(chance)
        before = outcome(engine, records)
        after = state.with_rows(accounts, subscriptions)
        new, fresh = made(engine.with_tables, accounts or None, subscriptions or None), made(after.compiled)
        assert (new is None) == (fresh is None)
        assert outcome(engine, records) == before
        if new is None:
            continue
        assert outcome(new, records) == outcome(fresh, records)
        assert {name: table.to_pylist() for name, table in new.beside.items()} == {
            name: table.select(new.beside[name].column_names).to_pylist() for name, table in fresh.beside.items()
        }
        engine, state, accepted = new, after, accepted + 1
    assert accepted > 3
    assert outcome(pickle.loads(pickle.dumps(engine)), records) == outcome(engine, records)


def test_many_small_changes_come_to_one_large_one() -> None:
    engine = compiled()
    accounts = [{**ACCOUNT, "account": f"a{n % 200}", "cycle_day": 1 + n % 28} for n in range(1, 500)]
    histories = [
        {**TIERED, "subscription": f"s{n % 150}", "account": f"a{n % 200}", "key": f"k{n}"} for n in range(1, 500)
    ]
    stepwise = engine
    for account, history in zip(accounts, histories, strict=True):
        stepwise = stepwise.with_tables([account], [history])
    last = [{row[id_]: row for row in rows} for rows, id_ in ((accounts, "account"), (histories, "subscription"))]
    at_once = engine.with_tables(*(list(rows.values()) for rows in last))
    records = [{**RECORD, "key": f"k{n}", "id": str(n)} for n in range(1, 500)]
    assert outcome(stepwise, records) == outcome(at_once, records)
    for name in ("accounts", "subscriptions"):
        assert stepwise.beside[name].to_pylist() == at_once.beside[name].to_pylist()
    assert sum(map(len, stepwise._origin.accounts.levels)) < 40


def test_rows_come_in_any_form() -> None:
    account, history = {**ACCOUNT, "account": "a3"}, {**TIERED, "subscription": "s3", "account": "a3", "key": "463"}
    forms: list[Any] = [
        lambda row: [row],
        lambda row: pa.Table.from_pylist([row]),
        lambda row: pl.DataFrame([row]),
        lambda row: pa.table({name: pa.array([value]).dictionary_encode() for name, value in row.items()}),
    ]
    for form in forms:
        engine = compiled().with_tables(accounts=form(account), subscriptions=form(history))
        assert engine.rate([{**RECORD, "key": "463"}]).lines["account"].to_pylist() == ["a3"]
        assert engine.beside["accounts"]["account"].to_pylist() == ["held-0", "held-1", "held-2", "a1", "a2", "a3"]
        assert engine.beside["subscriptions"]["keys"].to_pylist() == [["461"], ["462"], ["463"]]


def test_layouts_of_the_first_tables_are_kept() -> None:
    accounts = pa.Table.from_pylist([ACCOUNT, OTHER])
    accounts = accounts.set_column(0, "account", accounts["account"].dictionary_encode())
    accounts = accounts.set_column(1, "owner", accounts["owner"].cast(pa.large_string()))
    engine = Engine(partita.load({**CATALOG, "accounts": {}}), accounts, [TIERED, SMS])
    later = engine.with_tables([{**ACCOUNT, "owner": "label"}, {**ACCOUNT, "account": "a9"}])
    merged = later.beside["accounts"]
    assert merged.schema.types[:2] == accounts.schema.types[:2]
    assert merged["owner"].to_pylist() == ["label", "c2", "c1"]


def test_a_changed_account_takes_its_subscriptions_along() -> None:
    engine = compiled()
    assert rejected(engine.with_tables([{**ACCOUNT, "currency": "SEK"}])) == ["currency_mismatch"]
    assert rejected(engine) == []
    # A date is midnight in the account's zone: in New York the plan begins four hours later.
    record = {**RECORD, "key": "462", "time": "2026-10-01T01:00:00Z"}
    krona = engine.with_tables([{**OTHER, "currency": "SEK"}])
    assert rejected(krona, record) == []
    assert rejected(krona.with_tables([{**OTHER, "currency": "SEK", "zone": "America/New_York"}]), record) == [
        "no_plan"
    ]
    cycles = [
        one.rate([RECORD]).lines["period"][0].as_py()
        for one in (engine, engine.with_tables([{**ACCOUNT, "cycle_day": 3}]))
    ]
    assert cycles == ["2026-10", "2026-11"]


def test_a_key_moves_and_is_lost() -> None:
    engine = compiled()
    moved = engine.with_tables(subscriptions=[{**TIERED, "key": "999"}])
    assert (rejected(moved), rejected(moved, {**RECORD, "key": "999"})) == (["unknown_key"], [])
    given = moved.with_tables(subscriptions=[{**TIERED, "subscription": "s9", "account": "a2"}])
    assert given.rate([RECORD]).lines["subscription"].to_pylist() == ["s9"]


def test_new_zones_and_currencies_compile_the_terms_again() -> None:
    engine = compiled()
    far = {**ACCOUNT, "account": "a3", "zone": "Asia/Tokyo", "currency": "JPY"}
    banded = {**TIERED, "subscription": "s3", "plan": "banded", "account": "a1"}
    later = engine.with_tables([far, {**ACCOUNT, "zone": "Asia/Tokyo"}], [banded, {**TIERED, "key": "0"}])
    # 19:30 in Tokyo, not 12:30 in Stockholm.
    line = later.rate([{**RECORD, "time": "2026-10-05T10:30:00Z"}]).lines.to_pylist()[0]
    assert line["band"] == "off_peak"
    assert "Asia/Tokyo" not in engine.terms
    assert '"JPY":0' in later.terms
    fresh = Engine(partita.load(CATALOG), later.beside["accounts"], later.beside["subscriptions"])
    records = usage(random.Random(1))
    assert outcome(later, records) == outcome(fresh, records)


def test_a_currency_without_a_minor_unit_has_the_digits_that_the_catalog_states() -> None:
    gold = {**ACCOUNT, "account": "a3", "currency": "XAU"}
    with pytest.raises(CatalogError, match=r"accounts\[0\].currency: 'XAU' has no minor unit in ISO 4217; state its"):
        compiled().with_tables([gold])
    with pytest.raises(CatalogError, match=r"accounts.currency: 'XAU' has no minor unit in ISO 4217; state its"):
        compiled(accounts=[gold])
    catalog = partita.load({**CATALOG, "billing": {"digits": {"XAU": 4}}})
    first = Engine(catalog, accounts=[ACCOUNT, OTHER, gold], subscriptions=[TIERED, SMS])
    then = Engine(catalog, accounts=[ACCOUNT, OTHER], subscriptions=[TIERED, SMS]).with_tables([gold])
    assert '"XAU":4' in first.terms
    assert '"XAU":4' in then.terms


def test_look_up_tables_are_replaced() -> None:
    engine = compiled(accounts=[ACCOUNT, {**OTHER, "currency": "SEK", "territory": "SE"}])
    record = {**RECORD, "key": "462"}
    later = engine.with_tables(tables={"prices": [{"territory": "SE", "price": "0.75"}]})
    amounts = [str(one.rate([record]).lines["amount"][0].as_py().normalize()) for one in (engine, later)]
    assert amounts == ["0.5", "0.75"]
    assert later.lookups["prices"]["price"][0].as_py() == later.rate([record]).lines["amount"][0].as_py()
    again = pickle.loads(pickle.dumps(later.with_tables([ACCOUNT])))
    assert outcome(again, [record]) == outcome(later, [record])
    with pytest.raises(CatalogError, match="prices"):
        engine.with_tables(tables={"price": []})


def test_instants_and_dates_meet() -> None:
    noon = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)
    engine = compiled(accounts=[ACCOUNT, {**OTHER, "currency": "SEK"}])
    later = engine.with_tables(subscriptions=[{**TIERED, "from": noon}])
    times = ("2026-10-05T11:59:59Z", "2026-10-05T12:00:00Z")
    assert [rejected(later, {**RECORD, "time": time}) for time in times] == [["no_plan"], []]
    # The other subscription's date is an instant now, and a date that comes later becomes one too.
    assert later.beside["subscriptions"]["from"].to_pylist()[1] == dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    last = later.with_tables(subscriptions=[{**TIERED, "from": dt.date(2026, 10, 6)}])
    times = ("2026-10-05T21:59:59Z", "2026-10-05T22:00:00Z")
    assert [rejected(last, {**RECORD, "time": time}) for time in times] == [["no_plan"], []]


REFUSED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("unknown account", {"subscriptions": [SMS, {**TIERED, "account": "a7"}]}, ['subscriptions[1]: no account "a7"']),
    (
        "all at once",
        {"accounts": [ACCOUNT, ACCOUNT], "subscriptions": [{**TIERED, "plan": "none"}, {**SMS, "account": "no"}]},
        [
            'accounts[1]: account "a1" is there twice',
            'subscriptions[0]: no plan "none"',
            'subscriptions[1]: no account "no"',
        ],
    ),
    (
        "two plans",
        {"subscriptions": [SMS, {**TIERED, "plan": "banded"}, TIERED]},
        ['subscriptions[2]: subscription "s1" has two plans at one time'],
    ),
    (
        "two accounts",
        {
            "subscriptions": [
                {**TIERED, "until": dt.date(2026, 10, 2)},
                {**TIERED, "account": "a2", "from": dt.date(2026, 10, 2)},
            ]
        },
        ['subscriptions[1]: subscription "s1" has rows of two accounts'],
    ),
    (
        "equal priority",
        {"subscriptions": [SMS, {**TIERED, "subscription": "s3"}]},
        ['subscriptions[1]: key "461" leads to "s1" and "s3" at one time with equal priority'],
    ),
    (
        "backward",
        {"subscriptions": [{**TIERED, "from": dt.date(2026, 10, 2), "until": dt.date(2026, 10, 1)}]},
        ['subscriptions[0]: subscription "s1" ends before it begins'],
    ),
    (
        "values",
        {"accounts": [{**ACCOUNT, "currency": "EURO"}, {**OTHER, "zone": "Mars", "cycle_day": 29}]},
        [
            "accounts[0].currency: 'EURO' is not a currency of ISO 4217, such as EUR or SEK",
            "accounts[1].zone: 'Mars' is not a time zone",
            "accounts[1].cycle_day: 29 must be 1 to 28",
        ],
    ),
    (
        "columns",
        {"accounts": [{"account": "a1", "owner": "c1", "curency": "EUR"}]},
        ["accounts: unknown column 'curency'; did you mean 'currency'?"],
    ),
]


@pytest.mark.parametrize(("rows", "expected"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_refused_upsert_says_why_and_changes_nothing(rows: dict[str, Any], expected: list[str]) -> None:
    engine = compiled()
    records = usage(random.Random(0))
    before = outcome(engine, records)
    with pytest.raises(CatalogError) as refused:
        engine.with_tables(**rows)
    assert messages(refused) == expected
    assert outcome(engine, records) == before
    assert engine.beside["accounts"].num_rows == 5


def test_an_account_that_moves_can_make_keys_clash() -> None:
    """The one plan ends and the other begins with the same date, in the zones of two accounts."""
    day = dt.date(2026, 10, 5)
    ends, begins = {**TIERED, "until": day}, {**TIERED, "subscription": "s3", "account": "a2", "from": day}
    engine = compiled(accounts=[ACCOUNT, {**OTHER, "zone": "UTC"}], subscriptions=[ends, begins])
    with pytest.raises(CatalogError) as refused:
        engine.with_tables([{**ACCOUNT, "zone": "America/New_York"}])
    assert messages(refused) == ['subscriptions: key "461" leads to "s1" and "s3" at one time with equal priority']


def test_nothing_is_no_change() -> None:
    engine = compiled()
    same = engine.with_tables()
    assert (same.terms, same.beside["accounts"]) == (engine.terms, engine.beside["accounts"])
    assert (
        rejected(
            engine.with_tables(
                accounts=pa.table(
                    {
                        "account": pa.array([], pa.string()),
                        "owner": pa.array([], pa.string()),
                        "currency": pa.array([], pa.string()),
                    }
                )
            )
        )
        == []
    )
