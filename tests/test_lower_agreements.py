"""Lowering of agreements: flows in order, with everybody who pays and is paid named, between instants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from partita.catalog.agreement import KINDS
from partita.errors import CatalogError

from .lowering import BASE, ROLES, SALE, micros, terms


def agreement(**parts: Any) -> Any:
    plans = {**BASE["plans"], "cost": BASE["plans"]["basic"]}
    return terms({"plans": plans, "agreements": {"deal": {"roles": ROLES, **parts}}})["agreements"][0]


def flows(**written: Any) -> list[Any]:
    found: list[Any] = agreement(flows=written)["versions"][0]["flows"]
    return found


BASES: dict[str, tuple[Any, Any]] = {
    "percent": ({"percent": "70%"}, {"percent": {"rate": "0.70", "complement": False}}),
    "retail_minus": ({"retail_minus": "25%"}, {"percent": {"rate": "0.25", "complement": True}}),
    "plan": ({"plan": "cost"}, {"plan": {"plan": "cost", "factor": "1", "plus_one": False}}),
    "cost_plus": (
        {"cost_plus": {"rate": "20%", "plan": "cost"}},
        {"plan": {"plan": "cost", "factor": "0.20", "plus_one": True}},
    ),
    "per_event": ({"per_event": "0.01"}, {"per_event": {"fee": "0.01"}}),
    "per_unit": (
        {"per_unit": {"price": "0.02", "of": "billed_quantity"}},
        {
            "per_unit": {
                "unit": {
                    "connect_fee": "0",
                    "connect_at_zero": False,
                    "steps": [{"up_to": None, "price": "0.02", "per": "1", "minimum": "0", "increment": None}],
                },
                "billed": True,
            }
        },
    ),
    "whole": ({}, "whole"),
    "remainder": ({"remainder": ["first"]}, {"remainder": [1]}),
    "split": (
        {"split": {"B": 2, "label": 1, "P": "0.5", "S": 1}},
        {
            "split": [
                [{"party": "maker"}, "2"],
                [{"party": "label"}, "1"],
                [{"column": "partner"}, "0.5"],
                ["sold_by", "1"],
            ]
        },
    ),
    "greater_of": (
        {"greater_of": {"of": ["first", "60.00"], "per": "subscription"}},
        {"greater_of": {"flows": [1], "amounts": ["60.00"], "per_subscription": True}},
    ),
    "recurring": (
        {"recurring": {"fee": 300, "per": "party", "prorate": "none"}},
        {"recurring": {"fee": "300", "per": "party", "prorate": False}},
    ),
    "standalone": ({"standalone": {"x": 20, "y": 30}}, {"standalone": [["x", "20"], ["y", "30"]]}),
}


@pytest.mark.parametrize("kind", BASES)
def test_basis(kind: str) -> None:
    written, expected = BASES[kind]
    found = flows(sale=SALE, first={"of": "sale", "payee": "B", "percent": "1%"}, flow={"of": "sale", **written})
    assert found[2]["basis"] == expected


def test_every_kind_of_flow_is_lowered() -> None:
    assert set(BASES) == {*KINDS, "whole"}


def test_a_flow_comes_after_those_it_is_computed_from() -> None:
    found = flows(
        margin={"payee": "D", "of": "sale", "remainder": ["wholesale", "fee"]},
        fee={"payer": "B", "payee": "D", "of": ["wholesale"], "minus": ["tax"], "percent": "4%"},
        wholesale={"payee": "B", "of": "sale", "percent": "70%"},
        tax={"payee": "label", "of": "wholesale", "percent": "1%"},
        sale=SALE,
    )
    assert [flow["id"] for flow in found] == ["sale", "wholesale", "tax", "fee", "margin"]
    assert [(flow["of"], flow["minus"]) for flow in found] == [([], []), ([0], []), ([1], []), ([1], [2]), ([0], [])]
    assert found[4]["basis"] == {"remainder": [1, 3]}


@pytest.mark.parametrize(
    ("flow", "payer", "payee"),
    [
        ({"payer": "P", "payee": "S", "of": "sale", "percent": "1%"}, {"column": "partner"}, "sold_by"),
        ({"payee": "label", "of": "sale", "percent": "1%"}, {"party": "shop"}, {"party": "label"}),
        ({"of": "sale", "percent": "1%"}, {"party": "shop"}, {"party": "shop"}),
        ({"payee": "B", "base": "lines", "percent": "1%"}, "seller", {"party": "maker"}),
        ({"payer": "C", "base": "lines"}, "account_owner", "seller"),
        ({"base": "lines"}, "account_owner", "seller"),
        ({"of": "sale", "split": {"P": 1, "B": 1}}, {"party": "shop"}, {"column": "partner"}),
    ],
)
def test_who_pays_whom(flow: Mapping[str, Any], payer: Any, payee: Any) -> None:
    found = flows(sale=SALE, flow=flow)[-1]
    assert (found["payer"], found["payee"]) == (payer, payee)


def test_what_a_greater_of_chooses_from_is_measured() -> None:
    found = flows(
        sale=SALE,
        share={"payee": "B", "of": "sale", "percent": "70%"},
        known={"payee": "B", "of": "sale", "percent": "1%", "payable": False, "recognition": "net"},
        wholesale={"payee": "B", "of": "sale", "greater_of": ["share", "60.00"]},
    )
    assert [flow["payable"] for flow in found] == [True, False, False, True]
    assert [flow["net"] for flow in found] == [False, False, True, False]


def test_agreement() -> None:
    found = agreement(
        applies_to={"plans": "basic", "charges": ["fee"], "services": ["voice"]},
        currency="EUR",
        zone="Europe/Stockholm",
        terms={"territory": ["SE", "FI"]},
        valid={"from": "2026-01-01", "until": "2026-07-01T00:00:00Z"},
        documents="consolidated",
        negative="carry",
        require=True,
        over_shared="allow",
        if_unshared="label",
        flows={"sale": {**SALE, "valid": {"from": "2026-03-30"}, "when": {"zone": {"null": True}}}},
    )
    sale = found["versions"][0].pop("flows")[0]
    assert found == {
        "id": "deal",
        "plans": ["basic"],
        "charges": ["fee"],
        "services": ["voice"],
        "when": {"service": None, "zone": None, "band": None, "attributes": {}},
        "currency": "EUR",
        "zone": "Europe/Stockholm",
        "require": True,
        "allow_over_shared": True,
        "suspense": "label",
        "consolidated": True,
        "carry_negative": True,
        "notice_when": None,
        "versions": [
            {
                "from": micros("2026-01-01T00:00+01:00"),
                "until": micros("2026-07-01T00:00+00:00"),
                "territory": ["SE", "FI"],
            }
        ],
    }
    assert (sale["from"], sale["until"]) == (micros("2026-03-30T00:00+02:00"), None)
    assert sale["when"]["zone"] == {"null": True}


def spans(**parts: Any) -> list[tuple[Any, Any]]:
    return [(version["from"], version["until"]) for version in agreement(**parts)["versions"]]


def test_versions_of_an_agreement_lie_within_its_validity() -> None:
    versions = [{"from": "2026-02-01", "flows": {"sale": SALE}}, {"from": "2026-05-01", "flows": {"sale": SALE}}]
    valid = {"from": "2026-01-01", "until": "2026-12-01"}
    january, february, may, december = (micros(f"2026-{month}-01T00:00+00:00") for month in ("01", "02", "05", "12"))
    assert spans(versions=versions, valid=valid) == [(february, may), (may, december)]
    assert spans(versions=versions) == [(february, may), (may, None)]
    own = {"flows": {"sale": SALE}, "versions": versions}
    assert spans(**own, valid=valid) == [(january, february), (february, may), (may, december)]
    assert spans(**own) == [(None, february), (february, may), (may, None)]


def test_a_period_has_no_record_to_look_up_by() -> None:
    fee = {"table": "fees", "by": ["partner"], "column": "fee"}
    written = {"roles": ROLES, "flows": {"fee": {"payer": "D", "payee": "B", "recurring": {"fee": fee}}}}
    tables = {"fees": {"by": ["partner"], "columns": {"fee": "number"}, "rows": []}}
    with pytest.raises(CatalogError, match=r"agreements\.deal\.flows\.fee\.recurring: is looked up by a record's"):
        terms({"agreements": {"deal": written}, "tables": tables})
