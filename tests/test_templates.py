"""The templates of the partnership models: what an agreement becomes, and the file that `partita new` begins with."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import partita
from partita.catalog import Catalog, load
from partita.catalog.agreement import Agreement, Flow
from partita.catalog.document import compose
from partita.catalog.templates import models, template, write_template
from partita.errors import CatalogError

MODELS = Path(__file__).parent / "catalogs" / "models.yaml"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load(MODELS)


def drawn(agreement: Agreement) -> list[str]:
    """Each flow as `name: payer → payee, kind of bases`; a measured one in brackets."""
    found = []
    for name, flow in agreement.flows.items():
        bases = " + ".join(flow.of) or flow.base or "-"
        text = f"{name}: {flow.payer or '?'} → {flow.payee or '?'}, {flow.kind} of {bases}"
        found.append(text if flow.payable else f"[{text}]")
    return found


def test_every_template_has_an_example(catalog: Catalog) -> None:
    assert models() == ["A.1", "A.3", "A.4", "A.5", "A.8", "A.12", "A.13", "A.14"]
    assert {agreement.model for agreement in catalog.agreements.values()} == set(models())


@pytest.mark.parametrize("model", models())
def test_a_template_is_complete(model: str) -> None:
    """Prose for the whole, each role and each flow; an example for each blank, and no blank without a name."""
    spec = template(model)
    assert spec["model"] == model
    assert len(spec["prose"]) > 100
    assert set(spec["about"]) == set(spec["flows"])
    assert set(spec["blanks"]) == {name for name, flow in spec["flows"].items() if "required" in flow.values()}
    assert set(spec.get("optional", ())) <= set(spec["flows"])
    for name, flow in spec["flows"].items():
        assert {flow[side] for side in ("payer", "payee") if side in flow} <= set(spec["roles"])
        example, _ = compose(spec["blanks"].get(name, {}).get("example", ""), name)
        Flow.model_validate({key: example if value == "required" else value for key, value in flow.items()})
    assert all(role["is"] for role in spec["roles"].values())


EXPECTED = {
    "intermediary": [
        "sale: B → M, whole of lines",
        "wholesale: M → A, per_unit of sale",
        "margin: ? → M, remainder of sale",
    ],
    "general": [
        "sale: X → M, whole of lines",
        "wholesale: M → B, percent of sale",
        "margin: ? → M, remainder of sale",
    ],
    "percent": [
        "retail: C → D, whole of lines",
        "wholesale: D → B, percent of retail",
        "margin: ? → D, remainder of retail",
    ],
    "wholesale-plan": [
        "retail: C → D, whole of lines",
        "wholesale: D → B, plan of retail",
        "margin: ? → D, remainder of retail",
    ],
    "retail-minus": [
        "retail: C → D, whole of lines",
        "wholesale: D → B, retail_minus of retail",
        "margin: ? → D, remainder of retail",
    ],
    "cost-plus": [
        "retail: C → D, whole of lines",
        "wholesale: D → B, cost_plus of retail",
        "margin: ? → D, remainder of retail",
    ],
    "guarantee": [
        "retail: C → D, whole of lines",
        "[wholesale-percent: D → B, percent of retail]",
        "[wholesale-recurring: D → B, recurring of retail]",
        "wholesale: D → B, greater_of of retail",
        "margin: ? → D, remainder of retail",
    ],
    "guarantee-each": [
        "retail: C → D, whole of lines",
        "[wholesale-percent: D → B, percent of retail]",
        "wholesale: D → B, greater_of of retail",
        "margin: ? → D, remainder of retail",
    ],
    "enabler": [
        "usage: B → E, whole of lines",
        "proceeds: E → A, percent of usage",
        "commission: A → E, percent of proceeds",
        "fee: A → E, recurring of -",
    ],
    "integrator": [
        "sale: C → G, whole of lines",
        "components: ? → G, standalone of sale",
        "wholesale-B1: G → B1, plan of sale",
        "wholesale-B2: G → B2, plan of sale",
        "margin: ? → G, remainder of sale",
    ],
    "advertiser": [
        "campaign: V → B, whole of lines",
        "publisher: B → P, percent of campaign",
        "margin: ? → B, remainder of campaign",
    ],
    "bank": [
        "payment: C2 → N, whole of lines",
        "proceeds: N → C1, percent of payment",
        "fee: C1 → N, percent of proceeds",
    ],
    "provider": ["sale: C → B, whole of lines", "resource: B → P, recurring of -"],
}


@pytest.mark.parametrize("key", EXPECTED)
def test_flows(key: str, catalog: Catalog) -> None:
    assert drawn(catalog.agreements[key]) == EXPECTED[key]
    assert set(EXPECTED) == set(catalog.agreements)


def test_what_the_template_says_stands(catalog: Catalog) -> None:
    agreements = catalog.agreements
    assert agreements["percent"].roles == {"B": "supplier", "D": "reseller", "C": "account_owner"}
    assert (agreements["enabler"].documents, agreements["enabler"].negative) == ("consolidated", "bill")
    assert (agreements["percent"].documents, agreements["percent"].negative) == ("each", "bill")
    assert agreements["bank"].flows["proceeds"].recognition == "net"
    assert agreements["enabler"].flows["proceeds"].percent == Decimal(1)


def test_short_greater_of(catalog: Catalog) -> None:
    """70 % and the fee become measured flows; an amount stays an amount."""
    flows = catalog.agreements["guarantee"].flows
    assert flows["wholesale"].greater_of is not None
    assert flows["wholesale"].greater_of.of == ("wholesale-percent", "wholesale-recurring")
    assert flows["wholesale"].greater_of.per == "period"
    assert flows["wholesale-recurring"].recurring is not None
    assert flows["wholesale-recurring"].recurring.per == "subscription"
    each = catalog.agreements["guarantee-each"].flows["wholesale"].greater_of
    assert each is not None
    assert (each.of, each.per) == (("wholesale-percent", Decimal("60.00")), "subscription")


def test_remainder_names_every_copy_of_a_repeated_flow(catalog: Catalog) -> None:
    assert catalog.agreements["integrator"].flows["margin"].remainder == ("wholesale-B1", "wholesale-B2")


def deal(text: str, parties: str = "{a: {}, b: {}, c: {}}") -> Agreement:
    """The agreement of a catalog that holds it alone."""
    data, found = compose(f"parties: {parties}\nagreements:\n  deal: {text}", "catalog.yaml")
    assert not found
    return load(data).agreements["deal"]


def test_an_agreement_may_add_drop_and_change_flows() -> None:
    agreement = deal(
        "{model: A.4, roles: {B: a, D: b, K: c}, documents: consolidated, flows: {wholesale: {percent: 60%, payee: K,"
        " recognition: net}, margin: null, extra: {payer: D, payee: B, of: retail, percent: 1%}}}"
    )
    assert drawn(agreement) == [
        "retail: C → D, whole of lines",
        "wholesale: D → K, percent of retail",
        "extra: D → B, percent of retail",
    ]
    assert agreement.flows["wholesale"].recognition == "net"
    assert agreement.documents == "consolidated"


def test_optional_flows_are_absent_until_taken_up() -> None:
    assert drawn(deal("{model: A.12, roles: {B: a}}")) == ["campaign: V → B, whole of lines"]
    with pytest.raises(CatalogError, match=r"deal.roles.E: model A.12 needs to know who plays E: the exchange"):
        deal("{model: A.12, roles: {B: a}, flows: {exchange: {percent: 10%}}}")


def test_versions_are_laid_over_the_template_each() -> None:
    agreement = deal(
        "{model: A.4, roles: {B: a, D: b}, versions: [{from: 2026-01-01, flows: {wholesale: {percent: 70%}}},"
        " {from: 2027-01-01, flows: {wholesale: {per_event: 65.00}}}]}"
    )
    assert agreement.flows == {}
    assert [list(version.flows) for version in agreement.versions] == [["retail", "wholesale", "margin"]] * 2
    assert [version.flows["wholesale"].kind for version in agreement.versions] == ["percent", "per_event"]


def test_a_template_over_no_positions() -> None:
    """An agreement of a Python mapping has no lines, and the same flows."""
    flows = {"wholesale": {"percent": Decimal("0.7")}}
    deal = {"model": "A.4", "roles": {"B": "a", "D": "b"}, "flows": flows}
    catalog = load({"parties": {"a": {}, "b": {}}, "agreements": {"deal": deal}})
    assert catalog.agreements["deal"].flows["wholesale"].percent == Decimal("0.7")
    with pytest.raises(CatalogError) as caught:
        load({"agreements": {"deal": {"model": "A.4"}}})
    assert {problem.where for problem in caught.value.problems} == {None}


@pytest.mark.parametrize("model", models())
def test_new_file_asks_for_what_is_open_and_loads_when_filled(model: str, tmp_path: Path) -> None:
    text = write_template(model)
    assert text.startswith(f"# {template(model)['name']}, model {model}.")
    assert max(map(len, text.splitlines())) <= 120
    file = tmp_path / "new.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(CatalogError) as caught:
        load(file)
    lines = [int(problem.where.rpartition(":")[2]) for problem in caught.value.problems if problem.where]
    written = [number for number, line in enumerate(text.splitlines(), 1) if "required" in line and "#" not in line[:8]]
    assert lines == written

    filled = filled_in(text, model)
    file.write_text(filled, "utf-8")
    assert list(load(file).agreements) == ["my-agreement"]


def filled_in(text: str, model: str) -> str:
    """The file of a model with its blanks filled from the examples of the template, and a plan to apply to."""
    spec = template(model)
    for name, blank in spec["blanks"].items():
        text = re.sub(rf"({name}: {{\w+: )required", lambda match, to=blank["example"]: match[1] + to, text)
    for role, part in spec["roles"].items():
        text = text.replace(f"      {role}: required", f"      {role}: {part.get('example', 'n')}")
    text = text.replace("plans: [required]", "plans: [p]").replace("[required]", "[x]")
    return text + (
        "parties: {n: {}}\nplans:\n  p: {seller: n, currency: EUR, charges: {x: {when: {service: x}, flat: 1}}}\n"
        "  supplier-wholesale: {seller: n, currency: EUR, charges: {}}\n"
    )


def test_what_a_supplier_owes_is_billed_unless_it_is_carried(tmp_path: Path) -> None:
    """Models A.5 without reconciliation: A3 earned 9.60 less 10.00, and owes 0.40."""
    calls = [("b1", "a1", 100), ("b2", "a1", 30), ("b1", "a2", 50), ("b2", "a3", 20)]
    usage = tmp_path / "usage.csv"
    rows = [f"{n},2026-10-05T10:00:00Z,{b},voice,{q},{a}" for n, (b, a, q) in enumerate(calls)]
    usage.write_text("\n".join(["id,time,key,service,quantity,supplier", *rows]), "utf-8")
    enabler: dict[str, Any] = {
        "model": "A.5",
        "roles": {"E": "e", "A": {"column": "supplier"}},
        "applies_to": {"services": ["voice"]},
        "flows": {"commission": {"percent": "4%"}, "fee": {"recurring": {"fee": "10.00", "per": "party"}}},
    }
    charges = {"minutes": {"unit": {"price": "0.50"}}, "member": {"every": "month", "flat": "15.00"}}
    found = {}
    for name, more in {"billed": {}, "carried": {"negative": "carry"}}.items():
        catalog = load(
            {
                "parties": {party: {} for party in ("e", "a1", "a2", "a3")},
                "accounts": {b: {"owner": b, "currency": "EUR"} for b in ("b1", "b2")},
                "subscriptions": {
                    b: {"account": b, "keys": [b], "plans": [{"plan": "basic", "from": "2026-10-01"}]}
                    for b in ("b1", "b2")
                },
                "usage": {"all": {"quantity": "quantity", "id": "id"}},
                "plans": {"basic": {"seller": "e", "currency": "EUR", "charges": charges}},
                "agreements": {"centre": {**enabler, **more}},
            }
        )
        run = partita.run(catalog, [usage], "2026-10", f"duckdb:///{tmp_path}/{name}.duckdb")
        found[name] = sorted((row["payer"], row["payee"], f"{row['net']:.2f}") for row in run.documents.to_pylist())
    both = [("b1", "e", "90.00"), ("b2", "e", "40.00"), ("e", "a1", "52.40"), ("e", "a2", "14.00")]
    assert found == {"billed": [("a3", "e", "0.40"), *both], "carried": [*both, ("e", "a3", "0.00")]}
