"""Agreements: flows of every kind, on lines and on whole periods."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from partita.catalog.agreement import Agreement
from partita.catalog.bound import bound
from partita.catalog.check.remainders import stranger
from partita.catalog.check.shared import Shared
from partita.catalog.greater_of import expand

from .charges import blocks
from .values import Draw, amounts, conditions, numbers, positive, rates, roundings

ROLES: dict[str, Any] = {
    "C": "account_owner",
    "D": "shop",
    "B": "maker",
    "P": {"column": "partner"},
    "S": {"subscription": "sold_by"},
    "I": {"subscription": "introduced_by"},
}
_PAYEES = ("other",)
"""Parties that flows name beside roles."""
_ON_BASES = ("percent", "retail_minus", "split", "standalone", "remainder", "whole")
_VALID = st.sampled_from([{}, {"from": "2026-10-03"}, {"until": "2026-10-05"}])
_DEALT = ("split", "standalone", "remainder")
"""Kinds whose parts sum to their base: nothing of them is rounded."""


@st.composite
def flows(draw: Draw, graph: dict[str, Any]) -> dict[str, Any]:
    """A flow on lines or on earlier flows, of any kind that is computed line by line."""
    earlier = _bases(graph)
    kinds = ["percent", "percent", "retail_minus", "split", "standalone", "per_event", "per_unit", "plan", "cost_plus"]
    kind = draw(st.sampled_from([*kinds, "remainder", "whole"] if earlier else kinds))
    flow: dict[str, Any] = {} if kind == "split" else {"payee": draw(st.sampled_from([*ROLES, "other"]))}
    if draw(st.booleans()):
        flow["payer"] = draw(st.sampled_from([*ROLES, "other"]))
    if kind in _ON_BASES and earlier:
        base = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2, min_size=kind == "whole"))
        flow |= {"of": base} if base else {}
        left = [name for name in earlier if name not in base]
        if base and left and draw(st.integers(0, 3)) == 0:
            flow["minus"] = [draw(st.sampled_from(left))]
    if kind == "standalone":  # who is paid by components is no payee beside them
        flow["payee"] = "D"
    flow |= draw(_terms(kind, earlier))
    if kind == "remainder":
        flow |= _beside(graph, flow)
    optional = {"when": conditions(), "payable": st.just(False), "valid": _VALID, "recognition": st.just("net")}
    if kind not in _DEALT:
        optional["round"] = roundings()
    return flow | draw(st.fixed_dictionaries({}, optional=optional))


def _bases(graph: dict[str, Any]) -> list[str]:
    """The flows that others can be on: not those that only divide revenue by component."""
    return [name for name, flow in graph.items() if not {"device", "talk"}.intersection(flow.get("standalone", ()))]


def _beside(graph: dict[str, Any], flow: dict[str, Any]) -> dict[str, Any]:
    """The payer and base of the first flow that a remainder names, if it is no sale."""
    other = graph[flow["remainder"][0]]
    return {} if "base" in other else {part: other[part] for part in ("payer", "of") if part in other}


@st.composite
def _terms(draw: Draw, kind: str, earlier: list[str]) -> dict[str, Any]:
    if kind in ("percent", "retail_minus"):
        return {kind: draw(numbers(rates, "share"))}
    if kind == "split":
        return {"split": {party: draw(numbers(positive)) for party in ("B", "other", "P")[: draw(st.integers(1, 3))]}}
    if kind == "standalone":
        components = draw(st.sampled_from([("B", "other"), ("other", "P", "D"), ("device", "talk"), ("B", "talk")]))
        return {"standalone": {component: draw(positive) for component in components}}
    if kind == "per_event":
        return {"per_event": draw(numbers())}
    if kind == "per_unit":
        of = draw(st.sampled_from(["quantity", "billed_quantity"]))
        return {"per_unit": {"price": draw(numbers()), "per": draw(positive), "of": of, **draw(blocks())}}
    if kind == "plan":
        return {"plan": "cost"}
    if kind == "cost_plus":
        return {"cost_plus": {"rate": draw(numbers(rates, "share")), "plan": "cost"}}
    if kind == "remainder":
        return {"remainder": draw(st.lists(st.sampled_from(earlier), unique=True, min_size=1, max_size=2))}
    return {}


@st.composite
def agreements(draw: Draw, of_period: bool) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "over_shared": st.just("allow"),
        "if_unshared": st.just("suspense"),
        "require": st.booleans(),
        "currency": st.just("EUR"),
        "zone": st.just("Europe/Stockholm"),
        "terms": st.sampled_from([{}, {"territory": ["SE"]}, {"territory": ["SE-AB", "NO"]}]),
        "valid": st.sampled_from([{}, {"from": "2026-10-03"}, {"from": "2026-10-01", "until": "2026-10-05"}]),
        "applies_to": st.fixed_dictionaries(
            {},
            optional={
                "plans": st.just(["basic"]),
                "charges": st.sampled_from([["c0"], ["any", "c0"]]),
                "services": st.just(["voice"]),
                "when": conditions(),
            },
        ),
    }
    own = draw(st.fixed_dictionaries({}, optional=optional))
    own["flows"] = draw(_graph(of_period))
    if draw(st.integers(0, 3)) == 0:
        own["versions"] = [{"from": "2026-10-04", "flows": draw(_graph(of_period))}]
    # A role that no flow names asks nothing of a record; whether its column is part of what makes two records equal is
    # then a matter of taste.
    graphs = str([own["flows"], own.get("versions")])
    own["roles"] = {role: binding for role, binding in ROLES.items() if f"'{role}'" in graphs}
    if of_period:
        kinds = st.fixed_dictionaries({}, optional={"documents": st.just("consolidated"), "negative": st.just("carry")})
        own |= draw(kinds)
    return own


@st.composite
def _graph(draw: Draw, of_period: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        more = st.fixed_dictionaries({}, optional={"when": conditions(), "valid": _VALID})
        parties = draw(st.sampled_from([{"payer": "C", "payee": "D"}, {"payer": "C", "payee": "S"}, {}]))
        found["sale"] = {**parties, "base": "lines", **draw(more)}
    for place in range(draw(st.integers(1, 3))):
        found[f"f{place}"] = draw(flows(found))
    for place in range(draw(st.integers(0, 2)) if of_period else 0):
        found[f"p{place}"] = draw(period_flows(found))
    whole = with_whole_remainders(found)
    # A flow may be written before those that it is computed from.
    return {name: whole[name] for name in draw(st.permutations(list(whole)))}


def with_whole_remainders(flows: dict[str, Any]) -> dict[str, Any]:
    """The flows with remainders that name all that their payer pays of their base; where nothing is, or another
    remainder is left of it, a percentage takes their place."""
    whole = dict(flows)
    for name in [name for name, flow in flows.items() if "remainder" in flow]:
        agreement = bound(Agreement.model_validate({"roles": ROLES, "flows": expand(whole)}), _PAYEES)
        shared = Shared(agreement, agreement.flows, "shop")
        fit = [other for other in whole[name]["remainder"] if stranger(shared, other, name) is None]
        named = [] if shared.rivals(name) else list(dict.fromkeys([*fit, *shared.shares(name)]))
        rest = {key: value for key, value in whole[name].items() if key != "remainder"}
        whole[name] = rest | ({"remainder": named} if named else {"percent": "10%"})
    return whole


@st.composite
def period_flows(draw: Draw, graph: dict[str, Any]) -> dict[str, Any]:
    """A flow on the whole period, between parties that are known without usage, or that shares name."""
    earlier = _bases(graph)
    fixed = st.sampled_from(["D", "B", "other"])
    flow: dict[str, Any] = {"payer": draw(fixed), "payee": draw(fixed)}
    kinds = ["recurring", "recurring", "greater_of", "percent", "remainder", "split"] if earlier else ["recurring"]
    kind = draw(st.sampled_from(kinds))
    if kind == "recurring":
        per = draw(st.sampled_from(["agreement", "agreement", "subscription", "party"]))
        others = {"agreement": [], "subscription": ["C", "S", "I"], "party": ["C", "S", "I", "P"]}[per]
        if others:
            flow[draw(st.sampled_from(["payer", "payee"]))] = draw(st.sampled_from(others))
        if per == "subscription":
            asked = [{}, {"when": {"attributes": {"plan": "basic"}}}, {"when": {"attributes": {"territory": "SE"}}}]
            flow |= draw(st.sampled_from(asked))
        prorate = draw(st.sampled_from([{}, {"prorate": "none"}]))
        return flow | {"recurring": {"fee": draw(amounts), "per": per, **prorate}}
    if kind == "greater_of":
        of = draw(st.lists(st.sampled_from(earlier), unique=True, min_size=1, max_size=2))
        least = draw(st.lists(amounts, min_size=2 - min(len(of), 2), max_size=1))
        per = draw(st.sampled_from(["period", "subscription"]))
        return flow | {"greater_of": {"of": [*of, *least], "per": per}}
    flow["of"] = [draw(st.sampled_from(earlier))]
    if kind == "remainder":
        flow["remainder"] = [draw(st.sampled_from(earlier))]
        return flow | _beside(graph, flow)
    left = [name for name in earlier if name not in flow["of"]]
    if left and draw(st.integers(0, 2)) == 0:
        flow["minus"] = [draw(st.sampled_from(left))]
    if draw(st.integers(0, 2)) == 0:
        del flow["payer"]
    if kind == "split":
        del flow["payee"]
        return flow | {"split": {party: draw(positive) for party in ("B", "other")}}
    return flow | {"percent": draw(rates)}
