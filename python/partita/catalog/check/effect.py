"""Parts of charges and flows that would do nothing: who writes one expects it to do something."""

from __future__ import annotations

from collections.abc import Iterator

from partita.catalog.agreement import Flow, is_sale
from partita.catalog.charge import Charge, When
from partita.catalog.document import Path

from .agreements import graphs
from .period import on_the_period
from .scene import Found, Scene

_OF_NO_BASE = ("plan", "cost_plus", "per_event", "per_unit", "recurring", "greater_of")
"""Kinds whose amount does not come from the amount of a base."""


def problems(scene: Scene) -> Iterator[Found]:
    """What is written of charges and flows that have no use for it."""
    for key, plan in scene.catalog.plans.items():
        for name, charge in plan.charges.items():
            yield from _charge(charge, plan.calendar, ("plans", key, "charges", name))
    for key, agreement in scene.catalog.agreements.items():
        for graph in graphs(key, agreement):
            of_period = on_the_period(graph.flows)
            for name, flow in graph.flows.items():
                path = (*graph.path, "flows", name)
                yield from _flow(flow, path)
                if name in of_period and flow.when != When():
                    yield (*path, "when"), "has no effect on a flow of the whole period, which has no record to test"


def _charge(charge: Charge, calendar: str | None, path: Path) -> Iterator[Found]:
    if not charge.usage:
        return
    for part, is_of_fees in (("timing", charge.timing == "advance"), ("prorate", charge.prorate == "none")):
        if is_of_fees:
            message = (
                "has no effect on a usage charge; give every: month for a fee of each month, once for one of one time"
            )
            yield (*path, part), message
    if charge.across == "split" and calendar is None:
        yield (*path, "across"), "has no effect without bands; give the plan a calendar (calendar: ...)"


def _flow(flow: Flow, path: Path) -> Iterator[Found]:
    if flow.round is not None and is_sale(flow):
        yield (*path, "round"), "has no effect on a sale, which is the lines as they are; give round to their charges"
    elif flow.round is not None and flow.kind in ("split", "remainder", "standalone"):
        yield (*path, "round"), f"has no effect on a {flow.kind}, whose parts sum to the base as it is; leave it out"
    if flow.minus and flow.of and flow.kind in _OF_NO_BASE:
        yield (
            (*path, "minus"),
            f"has no effect on {flow.kind}, which takes nothing from the amount of its base; leave it out",
        )
