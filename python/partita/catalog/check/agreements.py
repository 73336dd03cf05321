"""Agreements: whom their roles bind, what their flows refer to, and that the flows form no circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from partita.catalog.agreement import TRUE_UP, Agreement, CheckedTerms, Flow, FromColumn
from partita.catalog.document import Path
from partita.catalog.refusal import unknown

from . import numbers
from .plans import names_in
from .scene import Found, Range, Scene, instant, span, time_zone, zone_info

_KNOWN = ("plan", "account", "subscription", "currency")
"""Names that a line has besides the columns of its record."""


@dataclass(frozen=True)
class Graph:
    """The flows and terms of an agreement during one range of time."""

    path: Path
    flows: Mapping[str, Flow]
    terms: CheckedTerms
    valid: Range


def graphs(key: str, agreement: Agreement) -> list[Graph]:
    """An agreement's graphs: its own flows until its first version, then each version until the next."""
    zone = zone_info(agreement.zone)
    start, end = span(agreement.valid.valid_from, agreement.valid.valid_until, zone)
    begins = [instant(version.valid_from, zone) for version in agreement.versions]
    ends = [*begins[1:], end]
    path = ("agreements", key)
    found = [Graph(path, agreement.flows, agreement.terms, (start, begins[0] if begins else end))]
    for index, version in enumerate(agreement.versions):
        valid = (max(start, begins[index]), min(end, ends[index]))
        found.append(Graph((*path, "versions", index), version.flows, version.terms, valid))
    return found if agreement.flows or not agreement.versions else found[1:]


def problems(scene: Scene) -> Iterator[Found]:
    """What is wrong with agreements."""
    for key, agreement in scene.catalog.agreements.items():
        path = ("agreements", key)
        yield from _parties(scene, agreement, path)
        yield from _scope(scene, agreement, path)
        yield from _times(agreement, path)
        if not agreement.flows and not agreement.versions:
            yield path, "has no flows; a flow is {payer: ..., payee: ..., of: ..., percent: ...}"
        for graph in graphs(key, agreement):
            for name, flow in graph.flows.items():
                yield from _flow(scene, agreement, graph, flow, (*graph.path, "flows", name))
            yield from _circle(graph)


def _parties(scene: Scene, agreement: Agreement, path: Path) -> Iterator[Found]:
    for role, binding in agreement.roles.items():
        if isinstance(binding, FromColumn) and binding.column in _KNOWN:
            yield (
                (*path, "roles", role, "column"),
                f"{binding.column!r} is what conditions call the line's own; name the column of the record otherwise",
            )
        if isinstance(binding, str) and binding != "account_owner" and not scene.has("parties", binding):
            message = unknown("party", binding, ["account_owner", *scene.names("parties")])
            yield (*path, "roles", role), f"{message}; or {{column: ...}}, or {{subscription: sold_by}}"
    if agreement.if_unshared != "reject":
        yield from scene.refer("parties", "party", agreement.if_unshared, (*path, "if_unshared"))


def _scope(scene: Scene, agreement: Agreement, path: Path) -> Iterator[Found]:
    applies = agreement.applies_to
    for index, plan in enumerate(applies.plans):
        yield from scene.refer("plans", "plan", plan, (*path, "applies_to", "plans", index))
    if applies.charges:
        yield from _charges(scene, agreement, path)
    yield from names_in(scene, applies.when, (*path, "applies_to", "when"))
    if agreement.currency is not None:
        yield from scene.currency(agreement.currency, (*path, "currency"))
    yield from time_zone(agreement.zone, (*path, "zone"))


def _charges(scene: Scene, agreement: Agreement, path: Path) -> Iterator[Found]:
    """That the charges that an agreement applies to are charges of its plans, as far as these are known."""
    applies, plans = agreement.applies_to, scene.catalog.plans
    chosen = [key for key in applies.plans or scene.names("plans") if key in plans and key not in scene.torn]
    if len(chosen) < len(applies.plans or scene.names("plans")):
        return
    charges = dict.fromkeys(name for key in chosen for name in plans[key].charges)
    for index, name in enumerate(applies.charges):
        if name not in charges:
            where = f"plan {' or '.join(applies.plans)}" if applies.plans else "any plan"
            yield (*path, "applies_to", "charges", index), unknown(f"charge of {where}", name, charges)


def _times(agreement: Agreement, path: Path) -> Iterator[Found]:
    zone = zone_info(agreement.zone)
    valid = agreement.valid
    start, end = span(valid.valid_from, valid.valid_until, zone)
    if start >= end:
        yield (*path, "valid", "until"), f"{valid.valid_until} is not after from ({valid.valid_from})"
    before = None
    for index, version in enumerate(agreement.versions):
        moment = instant(version.valid_from, zone)
        if before is not None and moment <= before:
            message = f"{version.valid_from} is not after the version before it; versions must rise"
            yield (*path, "versions", index, "from"), message
        before = moment


def _flow(scene: Scene, agreement: Agreement, graph: Graph, flow: Flow, path: Path) -> Iterator[Found]:
    players = [((side,), getattr(flow, side)) for side in ("payer", "payee")]
    for part, name in [*players, *((("split", name), name) for name in flow.split or ())]:
        if name is not None and name not in agreement.roles and not scene.has("parties", name):
            message = unknown("role or party", name, [*agreement.roles, *scene.names("parties")])
            yield (*path, *part), f"{message}; bind it under roles"
    if flow.split is not None and flow.payee is not None:
        yield (
            (*path, "payee"),
            f"a split is paid to the parties that it names: {', '.join(flow.split)}; leave payee out",
        )
    yield from _bases(graph, flow, path)
    yield from numbers.lookups(scene, flow, path)
    if flow.per_unit is not None:
        yield from numbers.model(flow.per_unit, (*path, "per_unit"))
    for kind, given in (("split", flow.split), ("standalone", flow.standalone)):
        if given is not None:
            yield from numbers.weights(given, (*path, kind))
    if flow.plan is not None:
        yield from scene.refer("plans", "plan", flow.plan, (*path, "plan"))
    if flow.cost_plus is not None:
        yield from scene.refer("plans", "plan", flow.cost_plus.plan, (*path, "cost_plus", "plan"))
    yield from names_in(scene, flow.when, (*path, "when"))
    start, end = span(flow.valid.valid_from, flow.valid.valid_until, zone_info(agreement.zone))
    if start >= end:
        yield (*path, "valid", "until"), f"{flow.valid.valid_until} is not after from ({flow.valid.valid_from})"
    if str(path[-1]).endswith(TRUE_UP):
        yield path, f"ends in {TRUE_UP}, as the line of what a guarantee adds to its flow; choose another name"


def _bases(graph: Graph, flow: Flow, path: Path) -> Iterator[Found]:
    """That a flow's bases are flows of its agreement, and that it has bases of one sort."""
    if flow.base is not None and flow.of:
        yield (*path, "base"), "a flow has either base: lines or of: other flows"
    if flow.minus and not flow.of:
        yield (*path, "minus"), "is taken from the flows in of, and there are none"
    for part, name in named(flow):
        if name not in graph.flows:
            yield (*path, *part), unknown("flow", name, graph.flows)
        elif graph.flows[name].standalone is not None:
            yield (*path, *part), f"{name} says how revenue is divided by component, and moves nothing to compute with"


def named(flow: Flow) -> Iterator[tuple[Path, str]]:
    """The flows that a flow is computed from, each with the part of it that names them."""
    for part in ("of", "minus", "remainder"):
        names = getattr(flow, part) or ()
        for index, name in enumerate(names):
            yield (part, index), name
    for index, item in enumerate(flow.greater_of.of if flow.greater_of else ()):
        if isinstance(item, str):
            yield ("greater_of", "of", index), item


def _circle(graph: Graph) -> Iterator[Found]:
    """A flow that is computed from itself, by whatever way round."""
    done: set[str] = set()
    for name in graph.flows:
        circle = _from(name, graph.flows, [], done)
        if circle:
            yield (*graph.path, "flows", circle[0]), f"is computed from itself: {' → '.join(circle)}"


def _from(name: str, flows: Mapping[str, Flow], way: list[str], done: set[str]) -> list[str] | None:
    if name in way:
        return [*way[way.index(name) :], name]
    if name in done or name not in flows:
        return None
    for _, other in named(flows[name]):
        circle = _from(other, flows, [*way, name], done)
        if circle:
            done.update(circle)
            return circle
    done.add(name)
    return None
