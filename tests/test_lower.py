"""Lowering: what a person writes, and the plain terms that the engine is to get, fragment by fragment."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from partita.catalog import load
from partita.catalog.catalog import Catalog
from partita.catalog.charge import MODELS
from partita.catalog.lower import lower
from partita.catalog.lower.usage import strptime

from .lowering import BASE, ROLES, SALE, compiled, terms

CATALOGS = Path(__file__).parent / "catalogs"


@pytest.mark.parametrize("name", ["nordtel", "models.yaml"])
def test_example_catalogs_compile(name: str) -> None:
    compiled(lower(load(CATALOGS / name)))


def test_every_section_of_the_document_is_there() -> None:
    assert sorted(terms()) == [
        "agreements",
        "billing",
        "calendars",
        "currencies",
        "parties",
        "plans",
        "rules",
        "tables",
        "time_zones",
        "usage",
        "zones",
    ]


# Charges

CHARGES: dict[str, tuple[Any, Any]] = {
    "flat": ({"flat": "0.50"}, {"flat": {"fee": "0.50"}}),
    "unit without steps": (
        {"unit": {"connect_fee": "0.49", "price": "0.90", "per": 60, "minimum": 60, "increment": 1}},
        {
            "unit": {
                "connect_fee": "0.49",
                "connect_at_zero": False,
                "steps": [{"up_to": None, "price": "0.90", "per": "60", "minimum": "60", "increment": "1"}],
            }
        },
    ),
    "unit with steps": (
        {"unit": {"connect_at_zero": True, "steps": [{"up_to": 60, "price": 1, "increment": 60}, {"price": "0.5"}]}},
        {
            "unit": {
                "connect_fee": "0",
                "connect_at_zero": True,
                "steps": [
                    {"up_to": "60", "price": "1", "per": "1", "minimum": "0", "increment": "60"},
                    {"up_to": None, "price": "0.5", "per": "1", "minimum": "0", "increment": None},
                ],
            }
        },
    ),
    "graduated": (
        {"graduated": {"tiers": [{"up_to": 10, "price": 5, "flat": 2}, {"price": 3}], "at_zero": "skip"}},
        {
            "graduated": {
                "tiers": [{"up_to": "10", "price": "5", "flat": "2"}, {"up_to": None, "price": "3", "flat": "0"}],
                "per": "1",
                "connect_fee": "0",
                "connect_at_zero": False,
                "minimum": "0",
                "increment": None,
                "scope": "subscription",
                "reset": "cycle",
                "charge_at_zero": False,
            }
        },
    ),
    "package": (
        {"package": {"size": 10, "price": 100, "free": 10, "scope": "account", "reset": "month"}},
        {"package": {"size": "10", "price": "100", "free": "10", "scope": "account", "reset": "month"}},
    ),
    "percentage": (
        {"percentage": {"rate": "2.99%", "min": "1.75", "free_records": 3}},
        {
            "percentage": {
                "rate": "0.0299",
                "fixed": "0",
                "min": "1.75",
                "max": None,
                "free_records": 3,
                "free_amount": "0",
                "scope": "subscription",
                "reset": "cycle",
            }
        },
    ),
    "dynamic amount": (
        {"dynamic": {"amount_column": "price"}},
        {"dynamic": {"column": "price", "times_quantity": False, "factor": "1"}},
    ),
    "dynamic price": (
        {"dynamic": {"price_column": "cpm", "factor": "0.001"}},
        {"dynamic": {"column": "cpm", "times_quantity": True, "factor": "0.001"}},
    ),
}


def charge(written: Mapping[str, Any], **more: Any) -> Any:
    plan = {"seller": "shop", "currency": "EUR", "charges": {"c": written}}
    return terms({"plans": {"basic": plan}, **more})["plans"][0]["charges"][0]


@pytest.mark.parametrize("case", CHARGES)
def test_charge_model(case: str) -> None:
    written, expected = CHARGES[case]
    assert charge(written)["versions"] == [{"from": None, "model": expected}]


def test_every_charge_model_is_lowered() -> None:
    assert {next(iter(expected)) for _, expected in CHARGES.values()} == set(MODELS)


def test_charge() -> None:
    written = {
        "when": {"service": "voice", "attributes": {"kind": ["a", "b"], "size": {"above": 10, "null": False}}},
        "component": "extra",
        "priority": 5,
        "across": "split",
        "round": {"decimals": 2},
        "negative": "allow",
        "tax_category": "reduced",
        "flat": "1",
    }
    found = charge(written)
    assert {key: found[key] for key in found if key != "versions"} == {
        "id": "c",
        "kind": "usage",
        "when": {
            "service": {"in": ["voice"]},
            "zone": None,
            "band": None,
            "attributes": {"kind": {"in": ["a", "b"]}, "size": {"above": "10", "null": False}},
        },
        "component": "extra",
        "priority": 5,
        "advance": False,
        "prorate": True,
        "across_split": True,
        "round": {"decimals": 2, "mode": "half_up"},
        "allow_negative": True,
        "tax_category": "reduced",
    }


@pytest.mark.parametrize(
    ("written", "kind", "advance", "prorate"),
    [
        ({"every": "month", "flat": "1"}, "recurring", False, True),
        ({"every": "month", "timing": "advance", "prorate": "none", "flat": "1"}, "recurring", True, False),
        ({"once": "activation", "flat": "1"}, "one_time", False, True),
    ],
)
def test_periodic_charge(written: Mapping[str, Any], kind: str, advance: bool, prorate: bool) -> None:
    found = charge(written)
    assert (found["kind"], found["advance"], found["prorate"]) == (kind, advance, prorate)


def test_versions_of_a_charge() -> None:
    versions = [{"from": "1970-01-11", "flat": 1}, {"from": "1970-02-01T01:00:00+01:00", "flat": 2}]
    assert charge({"versions": versions})["versions"] == [
        {"from": {"date": 10}, "model": {"flat": {"fee": "1"}}},
        {"from": {"instant": 31 * 86_400_000_000}, "model": {"flat": {"fee": "2"}}},
    ]


def test_look_up_in_the_order_of_the_table() -> None:
    tables = {"prices": {"by": ["country", "kind"], "columns": {"fee": "number"}, "rows": []}}
    look_up = {"table": "prices", "by": ["kind", "country"], "column": "fee"}
    found = charge({"flat": look_up}, tables=tables)
    lowered_look_up = {
        "table": "prices",
        "by": ["country", "kind"],
        "order": [1, 0],
        "column": "fee",
        "otherwise": None,
    }
    assert found["versions"][0]["model"] == {"flat": {"fee": lowered_look_up}}
    found = charge({"flat": {**look_up, "else": "5%"}}, tables=tables)
    assert found["versions"][0]["model"]["flat"]["fee"]["otherwise"] == "0.05"


def test_seller_of_a_plan() -> None:
    plan = {"seller": {"subscription": "sold_by"}, "currency": "EUR", "charges": {"c": {"flat": 1}}}
    found = terms({"plans": {"own": BASE["plans"]["basic"], "resold": plan}})["plans"]
    assert [(plan["id"], plan["seller"]) for plan in found] == [("own", "shop"), ("resold", None)]


# Usage mappings


def test_usage_mapping() -> None:
    csv = {"time": "%d.%m.%Y %H:%M", "zone": "Europe/Stockholm"}
    calls = {
        "files": "x.csv",
        "csv": csv,
        "where": {"state": "ok"},
        "source": "switch",
        "id": "call",
        "time": "at",
        "dst": "reject",
        "key": "a",
        "service": {"constant": "voice"},
        "quantity": {"constant": "1"},
        "amount": "price",
        "duration": "seconds",
        "destination": "b",
        "territory": "land",
        "attributes": {"state": "status"},
        "decimals": {"price": 4},
    }
    assert terms({"usage": {"calls": calls}})["usage"] == [
        {
            "id": "calls",
            "where": [["status", {"in": ["ok"]}]],
            "source": {"column": "switch"},
            "record_id": "call",
            "time": "at",
            "time_format": "%d.%m.%Y %H:%M",
            "time_zone": "Europe/Stockholm",
            "refuse_ambiguous_time": True,
            "key": "a",
            "service": {"constant": "voice"},
            "quantity": {"constant": "1"},
            "amount": "price",
            "duration": "seconds",
            "destination": "b",
            "territory": "land",
            "attributes": {"state": "status"},
            "decimals": {"price": 4},
            "optional": [],
        }
    ]


def test_usage_mappings_keep_their_order_and_defaults() -> None:
    found = terms(
        {"usage": {"sms": {}, "calls": {"time_zone": "Asia/Tokyo", "time_format": "%H", "csv": {"zone": "UTC"}}}}
    )
    assert [usage["id"] for usage in found["usage"]] == ["sms", "calls"]
    sms, calls = found["usage"]
    assert (sms["record_id"], sms["source"], sms["quantity"]) == (None, {"constant": ""}, None)
    assert (sms["time"], sms["key"], sms["service"], sms["optional"]) == (
        "time",
        "key",
        {"column": "service"},
        ["service"],
    )
    assert (calls["time_zone"], calls["time_format"]) == ("Asia/Tokyo", "%H")


def test_a_catalog_without_mappings_has_one() -> None:
    (usage,) = terms()["usage"]
    assert (usage["id"], usage["time"], usage["key"], usage["record_id"]) == ("default", "time", "key", "id")
    assert (usage["quantity"], usage["amount"]) == ({"column": "quantity"}, "amount")
    assert usage["optional"] == ["service", "quantity", "amount", "id"]


@pytest.mark.parametrize(
    ("python", "engine"),
    [("%d.%m.%y", "%d.%m.%y"), ("%S.%f", "%S%.f"), ("%S,%f", "%S,%6f"), ("%%.%f", "%%%.f"), ("%%f", "%%f")],
)
def test_time_patterns(python: str, engine: str) -> None:
    assert strptime(python) == engine


# Time


def test_time_zones_in_use() -> None:
    more = {
        "accounts": {"a": {"owner": "c", "currency": "EUR", "zone": "Asia/Kolkata"}},
        "usage": {"u": {"csv": {"zone": "Asia/Tokyo"}}},
        "calendars": {"tariff": {"zone": "Europe/Paris", "bands": {"all": "rest"}}},
        "agreements": {"deal": {"roles": ROLES, "zone": "Europe/Oslo", "flows": {"sale": SALE}}},
    }
    found = terms(more)["time_zones"]
    assert [zone["name"] for zone in found] == ["Asia/Kolkata", "Asia/Tokyo", "Europe/Oslo", "Europe/Paris", "UTC"]
    assert found[0]["transitions"] == [[0, 19_800]]
    assert found[4]["transitions"] == [[0, 0]]


def test_calendar_in_its_own_zone_or_the_accounts() -> None:
    bands = {"night": {"from": "22:00", "to": "06:00"}, "day": "rest"}
    more = {
        "accounts": {
            name: {"owner": name, "currency": "EUR", "zone": zone}
            for name, zone in (("a", "Asia/Kolkata"), ("b", "Europe/Stockholm"), ("c", "Asia/Kolkata"))
        },
        "calendars": {"own": {"zone": "Asia/Tokyo", "bands": bands}, "theirs": {"bands": bands}},
    }
    own, theirs = terms(more)["calendars"]
    assert (own["zone"], theirs["zone"]) == ("Asia/Tokyo", None)
    night = {"days": list(range(8)), "from": 22 * 60, "to": 6 * 60}
    assert own["bands"] == theirs["bands"] == [{"id": "night", "hours": [night]}, {"id": "day", "hours": None}]


def test_holidays_of_a_country_and_of_a_calendar() -> None:
    more = {"calendars": {"x": {"holidays": "SE", "holiday_dates": ["1970-02-03"], "bands": {"all": "rest"}}}}
    holidays = terms(more)["calendars"][0]["holidays"]
    days = {dt.date(1970, 1, 1) + dt.timedelta(days=day) for day in holidays}
    assert {dt.date(1970, 2, 3), dt.date(2026, 1, 6), dt.date(2099, 12, 25)} <= days
    assert holidays == sorted(holidays)


def test_currencies_in_use() -> None:
    more = {
        "accounts": {"a": {"owner": "c", "currency": "JPY"}},
        "agreements": {"deal": {"roles": ROLES, "currency": "KWD", "flows": {"sale": SALE}}},
        "billing": {"digits": {"EUR": 6}, "zero_documents": "skip"},
    }
    found = terms(more)
    assert found["currencies"] == {"EUR": 6, "JPY": 0, "KWD": 3}
    assert found["billing"] == {"skip_zero_documents": True}


def test_ten_thousand_charges_lower_at_once() -> None:
    """Not a benchmark: it only keeps the time from growing with the square of the charges."""
    when = [{"service": f"s-{number}", "attributes": {"kind": ["a", "b"]}} for number in range(10_000)]
    charges = {f"c-{n}": {"when": part, "unit": {"price": "0.5", "per": 60}} for n, part in enumerate(when)}
    plan = {"seller": "shop", "currency": "EUR", "charges": charges}
    catalog = Catalog.model_validate({**BASE, "plans": {"basic": plan}})
    start = time.process_time()
    lower(catalog)
    assert time.process_time() - start < 5
