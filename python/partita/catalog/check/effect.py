"""Parts of flows that would do nothing: who writes one expects it to do something."""

from __future__ import annotations

from collections.abc import Iterator

from partita.catalog.agreement import Flow, is_sale
from partita.catalog.document import Path

from .agreements import graphs
from .scene import Found, Scene

_OF_NO_BASE = ("plan", "cost_plus", "per_event", "per_unit", "recurring", "greater_of")
"""Kinds whose amount does not come from the amount of a base."""


def problems(scene: Scene) -> Iterator[Found]:
    """What is written of flows that have no use for it."""
    for key, agreement in scene.catalog.agreements.items():
        for graph in graphs(key, agreement):
            for name, flow in graph.flows.items():
                yield from _flow(flow, (*graph.path, "flows", name))


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
