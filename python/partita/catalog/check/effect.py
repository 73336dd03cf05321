"""Parts of charges and flows that would do nothing: who writes one expects it to do something."""

from __future__ import annotations

from collections.abc import Iterator

from partita.catalog.agreement import Flow, is_sale
from partita.catalog.charge import Charge, When
from partita.catalog.document import Path

from .agreements import graphs
from .period import on_the_period
from .plans import OF_FEES
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
                if name in of_period:
                    yield from _condition(flow, path)


def _condition(flow: Flow, path: Path) -> Iterator[Found]:
    """A flow of the whole period has no record to test; a fee by subscription knows what fees of plans know."""
    if flow.recurring is None or flow.recurring.per != "subscription":
        if flow.when != When():
            yield (*path, "when"), "has no effect on a flow of the whole period, which has no record to test"
        return
    asked = [(part,) for part in ("service", "zone", "band") if getattr(flow.when, part) is not None]
    for part in (*asked, *(("attributes", name) for name in flow.when.attributes if name not in OF_FEES)):
        yield (
            (*path, "when", *part),
            f"a fee by subscription has no usage record to have {part[-1]!r}; it knows {', '.join(OF_FEES)}",
        )


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
