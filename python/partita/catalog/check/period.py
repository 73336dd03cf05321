"""Flows of the whole period: there is no record to ask who pays whom, or by what a number is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from partita.catalog.agreement import Agreement, Binding, Flow, FromColumn, is_sale, payee_of, payer_of
from partita.catalog.charge import Lookup, Number
from partita.catalog.document import Path

from .agreements import graphs, named
from .scene import Found, Scene

_KINDS = ("recurring", "greater_of", "standalone")


def problems(scene: Scene) -> Iterator[Found]:
    """What flows of the period lack."""
    for key, agreement in scene.catalog.agreements.items():
        every = graphs(key, agreement)
        played = [binding for graph in every for binding in _played(agreement, graph.flows)]
        for graph in every:
            of_period = on_the_period(graph.flows)
            divided = [name for name, flow in graph.flows.items() if flow.standalone is not None]
            for name in divided[1:]:
                yield (*graph.path, "flows", name), f"divides revenue by component, as {divided[0]!r} does; leave one"
            for name, flow in graph.flows.items():
                path = (*graph.path, "flows", name)
                yield from _numbers(flow, path)
                if flow.recurring is not None:
                    yield from _recurring(agreement, flow, path, played)
                if flow.remainder is not None and not flow.of:
                    yield from _left_of_lines(flow, path, of_period)


def on_the_period(flows: Mapping[str, Flow]) -> set[str]:
    """The flows that are computed when a period is closed: by their kind, or because a base of theirs is."""
    found = {name for name, flow in flows.items() if flow.kind in _KINDS}
    waiting = list(found)
    while waiting:
        base = waiting.pop()
        more = {name for name, flow in flows.items() if any(other == base for _, other in named(flow))} - found
        found |= more
        waiting.extend(more)
    return found


def _played(agreement: Agreement, flows: Mapping[str, Flow]) -> Iterator[Binding]:
    """What the roles are bound to that play in flows on lines."""
    of_period = on_the_period(flows)
    for flow in (flow for name, flow in flows.items() if name not in of_period):
        payer = payer_of(flows, flow) or ("account_owner" if is_sale(flow) else None)
        for role in (payer, payee_of(flows, flow)):
            if role is not None:
                yield agreement.roles.get(role, role)


def _numbers(flow: Flow, path: Path) -> Iterator[Found]:
    """A number of a flow of the whole period has no record by whose attributes it could be looked up."""
    given: dict[Path, Number] = {("standalone", name): price for name, price in (flow.standalone or {}).items()}
    if flow.recurring is not None:
        given[("recurring",)] = flow.recurring.fee
    for part, number in given.items():
        if isinstance(number, Lookup):
            message = "is looked up by a record's attributes, but belongs to a period; write the amount itself"
            yield (*path, *part), message


def _recurring(agreement: Agreement, flow: Flow, path: Path, played: list[Binding]) -> Iterator[Found]:
    """A fee needs to know its two parties without looking at a record."""
    assert flow.recurring is not None
    per = flow.recurring.per
    for side in ("payer", "payee"):
        role = getattr(flow, side)
        if role is None:
            yield (*path, "recurring"), f"is on no flow that would say who is the {side}; give it"
            continue
        binding = agreement.roles.get(role, role)
        is_one = isinstance(binding, str) and binding != "account_owner"
        if per == "agreement" and not is_one:
            yield (
                (*path, "recurring"),
                f"is due once per agreement, but the {side} {role!r} is not one party; give per: party, or "
                "per: subscription",
            )
        elif per == "subscription" and isinstance(binding, FromColumn):
            yield (
                (*path, "recurring"),
                f"is due per subscription, but the {side} {role!r} is named by the column {binding.column!r} of usage "
                "records; give per: party",
            )
        elif per == "party" and not is_one and binding not in played:
            yield (
                (*path, side),
                f"nobody is known to play {role!r}, which is in no flow on lines; give one with that role, such as "
                "base: lines",
            )


def _left_of_lines(flow: Flow, path: Path, of_period: set[str]) -> Iterator[Found]:
    for index, name in enumerate(flow.remainder or ()):
        if name in of_period:
            yield (
                (*path, "remainder", index),
                f"{name!r} is computed on the whole period, so what it leaves is left of a flow; name that in of, such "
                "as a flow with base: lines",
            )
