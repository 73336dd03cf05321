"""The reference over several calls and closes, and its laws; single calls are in the vectors."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from partita.catalog.catalog import Catalog
from partita.errors import UsageSchemaError
from partita.reference import Batch, Rated, Reference

MARCH = "2026-03-{:02}T12:00:00Z"


def catalog(charges: dict[str, Any], **parts: Any) -> Catalog:
    """One customer of one plan, from 1 January 2026."""
    whole: dict[str, Any] = {
        "parties": {"shop": {}, "partner": {}, "other": {}},
        "accounts": {"acc": {"owner": "customer", "currency": "EUR", "zone": "Europe/Stockholm"}},
        "subscriptions": {"sub": {"account": "acc", "keys": ["k"], "plans": [{"plan": "basic", "from": "2026-01-01"}]}},
        "usage": {"events": {"id": "id", "quantity": "quantity"}},
        "plans": {"basic": {"seller": "shop", "currency": "EUR", "charges": charges}},
    }
    return Catalog.model_validate({**whole, **parts})


def record(number: int, day: int, quantity: object = "1", **more: object) -> dict[str, object]:
    return {"id": str(number), "time": MARCH.format(day), "key": "k", "service": "s", "quantity": quantity, **more}


TIERS = {"c": {"graduated": {"tiers": [{"up_to": "10", "price": "1"}, {"price": "0.5"}]}}}


def amounts(rated: Rated) -> list[Decimal]:
    return [line["amount"] for line in rated.lines]


def test_successive_calls_price_in_call_order_and_flag_what_is_out_of_order() -> None:
    reference = Reference(catalog(TIERS))
    first = reference.rate([record(1, 10, "8")])
    second = reference.rate([record(2, 5, "4"), record(3, 10, "1")], counters=first.counters)
    assert amounts(second) == [Decimal(3), Decimal("0.5")]  # 2 × 1 + 2 × 0.5, then 0.5
    assert [line["flags"] for line in second.lines] == [2, 0]
    assert second.counters[0]["quantity"] == 13


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_rows_and_any_cut_into_files_give_the_same_lines(seed: int) -> None:
    rows = [record(number, number % 7 + 1, f"{number}.25") for number in range(30)]
    reference = Reference(catalog(TIERS))
    straight = {line["line_id"]: line["amount"] for line in reference.rate(rows).lines}
    shuffled = random.Random(seed).sample(rows, len(rows))
    batches = [Batch("events", "a", shuffled[:11]), Batch("events", "b", shuffled[11:])]
    rated = reference.rate(batches)
    assert {line["line_id"]: line["amount"] for line in rated.lines} == straight
    assert [(line["usage_file"], line["usage_row"]) for line in rated.lines][10:12] == [("a", 10), ("b", 0)]


def test_records_of_a_closed_cycle_are_late() -> None:
    rated = Reference(catalog(TIERS)).rate(
        [record(1, 10), record(2, 31, time="2026-04-02T00:00:00Z")], closed="2026-03"
    )
    assert [(x["period"], x["service_period"], x["flags"]) for x in rated.lines] == [
        ("2026-04", "2026-03", 1),
        ("2026-04", "2026-04", 0),
    ]


ADVANCE = {"fee": {"every": "month", "timing": "advance", "flat": "31.00"}}


def held(until: str | None) -> dict[str, Any]:
    plan = {"plan": "basic", "from": "2026-10-10"} | ({"until": until} if until else {})
    return {"subscriptions": {"sub": {"account": "acc", "plans": [plan]}}}


@pytest.mark.parametrize(
    ("until", "november"),
    [
        (None, [("2026-12", "31")]),  # November was billed in October
        ("2026-11-16", [("2026-11", "-15.5")]),  # 15 of 30 days come back, and December is not due
        ("2026-12-11", [("2026-12", "10")]),  # 10 of the 31 days of December
        ("2026-10-20", [("2026-10", "-12"), ("2026-11", "-31")]),  # 10 of 31 days of October stay
    ],
)
def test_an_end_that_becomes_known_after_the_fee_was_billed(until: str | None, november: list[tuple[str, str]]) -> None:
    october = Reference(catalog(ADVANCE, **held(None))).close("2026-10", [])
    assert [line["amount"] for line in october.lines] == [Decimal(22), Decimal(31)]
    later = Reference(catalog(ADVANCE, **held(until))).close("2026-11", [october])
    assert [(line["service_period"], line["amount"]) for line in later.lines] == [(p, Decimal(a)) for p, a in november]
    assert all(line["period"] == "2026-11" for line in later.lines)
    ids = [line["line_id"] for line in october.lines + later.lines]
    assert len(set(ids)) == len(ids)


def test_a_fee_that_comes_back_takes_its_wholesale_fee_along() -> None:
    parts = {
        "plans": {
            "basic": {"seller": "shop", "currency": "EUR", "charges": ADVANCE},
            "cost": {
                "seller": "partner",
                "currency": "EUR",
                "charges": {"fee": {"every": "month", "flat": "15.00"}},
            },
        },
        "agreements": {
            "supply": {
                "roles": {},
                "applies_to": {"plans": ["basic"]},
                "flows": {"cost": {"payer": "shop", "payee": "partner", "plan": "cost"}},
            }
        },
    }
    october = Reference(catalog({}, **parts, **held(None))).close("2026-10", [])
    later = Reference(catalog({}, **parts, **held("2026-11-16"))).close("2026-11", [october])
    assert [share["amount"] for share in later.shares] == [Decimal("-7.5")]


def test_what_is_carried_forward_is_on_the_next_statement() -> None:
    terms = {
        "agreements": {
            "deal": {
                "roles": {"P": "partner"},
                "documents": "consolidated",
                "negative": "carry",
                "currency": "EUR",
                "flows": {
                    "share": {"payer": "shop", "payee": "P", "percent": "50%"},
                    "fee": {"payer": "P", "payee": "shop", "recurring": {"fee": "10.00"}},
                },
            }
        }
    }
    reference = Reference(catalog({"c": {"unit": {"price": "1"}}}, **terms))
    march = reference.rate([record(1, 10, "12")])
    first = reference.documents("2026-03", [march, reference.close("2026-03", [march])])
    assert [row["net"] for row in first.documents] == [12, 0]  # 6.00 − 10.00 = −4.00, carried
    assert first.carried == [
        {
            "agreement": "deal",
            "payer_account": "shop",
            "payee_account": "partner",
            "currency": "EUR",
            "amount": Decimal(-4),
        }
    ]
    april = reference.rate([record(2, 10, "40", time="2026-04-10T00:00:00Z")])
    second = reference.documents("2026-04", [april, reference.close("2026-04", [april])], first.carried)
    assert [row["net"] for row in second.documents] == [40, 6]  # 20.00 − 10.00 − 4.00
    assert not second.carried
    books = {"shop", "partner", "customer"}
    for entries in (first.entries, second.entries):
        for book in books:
            own = [row for row in entries if row["book"] == book]
            assert sum(row["debit"] for row in own) == sum(row["credit"] for row in own)


def test_a_guarantee_is_due_even_if_nothing_was_sold() -> None:
    flows = {
        "share": {"payer": "shop", "payee": "partner", "percent": "70%"},
        "paid": {"payer": "shop", "payee": "partner", "greater_of": {"of": ["share", "500.00"]}},
    }
    # Without a currency of its own the agreement is in that of the plans that it applies to.
    for currency in ({"currency": "EUR"}, {}):
        reference = Reference(catalog(TIERS, agreements={"deal": {"roles": {}, **currency, "flows": flows}}))
        (share,) = reference.close("2026-03", []).shares
        assert (share["flow"], share["amount"], share["currency"]) == ("paid/true_up", Decimal(500), "EUR")


@pytest.mark.parametrize("seed", range(20))
def test_shares_sum_to_their_base_and_documents_to_their_lines(seed: int) -> None:
    chance = random.Random(seed)
    percent = f"{chance.randrange(0, 9_999_999)}e-7"
    flows = {
        "first": {"payee": "partner", "percent": format(Decimal(percent), "f")},
        "rest": {"payer": "shop", "payee": "other", "remainder": ["first"]},
        "parts": {"payer": "other", "of": "rest", "split": {"partner": "1", "shop": "2", "other": "4"}},
    }
    reference = Reference(
        catalog({"c": {"unit": {"price": "0.07", "per": "3"}}}, agreements={"d": {"roles": {}, "flows": flows}})
    )
    rows = [record(n, chance.randrange(1, 28), f"{chance.randrange(0, 10**9)}e-6") for n in range(20)]
    rows = [{**row, "quantity": Decimal(str(row["quantity"]))} for row in rows]
    rated = reference.rate(rows)
    by_line: dict[bytes, dict[str, Fraction]] = {}
    for share in rated.shares:
        flows_of_line = by_line.setdefault(share["line_id"], {})
        flows_of_line[share["flow"]] = flows_of_line.get(share["flow"], Fraction(0)) + Fraction(share["amount"])
    for line in rated.lines:
        own = by_line[line["line_id"]]
        assert own["first"] + own["rest"] == Fraction(line["amount"])
        assert own["parts"] == own["rest"]
    books = reference.documents("2026-03", [rated])
    for document in books.documents:
        lines = [row["net"] for row in books.document_lines if row["document_id"] == document["document_id"]]
        assert sum(lines) == document["net"]
    paid = [row["net"] for row in books.documents if row["payer"] == "shop"]
    assert sum(paid) == books.documents[0]["net"]  # dealt: what is shared whole is paid whole


@pytest.mark.parametrize(
    "row",
    [
        record(1, 10, 1.5),  # a binary float
        {"id": "1", "time": MARCH.format(10), "key": "k", "service": "s"},  # no quantity column
        record(1, 10, time=20260310),
    ],
)
def test_a_table_that_does_not_fit_its_mapping_is_refused(row: dict[str, object]) -> None:
    with pytest.raises(UsageSchemaError):
        Reference(catalog(TIERS)).rate([row])


def test_accounts_and_subscriptions_as_rows() -> None:
    whole = catalog(TIERS, accounts={}, subscriptions={})
    accounts = [{"account": "a", "owner": "c", "currency": "EUR", "zone": "UTC", "cycle_day": 15, "group": None}]
    subscriptions = [
        {"subscription": "s", "account": "a", "key": key, "plan": "basic", "from": None, "until": None}
        for key in ("k", "l")
    ]
    rated = Reference(whole, accounts, subscriptions).rate([record(1, 10, "8"), record(2, 11, "4", key="l")])
    assert [(line["period"], line["amount"]) for line in rated.lines] == [("2026-03", 8), ("2026-03", 3)]


@pytest.mark.parametrize(
    ("more", "field"),
    [({"key": "k" * 4097}, "key"), ({"id": "é" * 2049}, "id"), ({"label": "x" * 4097}, "label")],
)
def test_texts_over_4096_bytes_are_rejects(more: dict[str, str], field: str) -> None:
    charges = {"c": {"when": {"attributes": {"label": {"null": "true"}}}, "flat": "1"}}
    rated = Reference(catalog(charges)).rate([{**record(1, 10), **more}])
    assert [(row["code"], row["field"]) for row in rated.rejects] == [(106, field)]
