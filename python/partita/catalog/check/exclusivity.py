"""Exclusive agreements: no second one for the same lines, in the same territory, at the same time.

Two agreements are about the same lines when some charge of some plan could make a line that both apply to. A second
agreement of another model (a broker beside an exclusive distributor) is no rival, unless it claims exclusivity too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from partita.catalog.agreement import Agreement, CheckedTerms
from partita.catalog.charge import Charge, Test, When

from .agreements import Graph, graphs
from .condition import Condition, condition, together
from .scene import Found, Scene, meet


def problems(scene: Scene) -> Iterator[Found]:
    """Agreements that take what another has exclusively."""
    sides = [_Side(key, agreement, graphs(key, agreement)) for key, agreement in scene.catalog.agreements.items()]
    exclusive = [any(graph.terms.exclusive for graph in side.graphs) for side in sides]
    for position, side in enumerate(sides):
        for before in range(position):
            if exclusive[position] or exclusive[before]:
                yield from _rival(scene, side, sides[before])


class _Side(NamedTuple):
    key: str
    agreement: Agreement
    graphs: list[Graph]


def _rival(scene: Scene, mine: _Side, theirs: _Side) -> Iterator[Found]:
    (key, agreement, _), (other_key, other, _) = mine, theirs
    for graph in mine.graphs:
        for against in theirs.graphs:
            if not _rivals(agreement, graph, other, against):
                continue
            line = _common_line(scene, agreement, other)
            if line is not None:
                exclusive = other_key if against.terms.exclusive else key
                yield (
                    graph.path,
                    f"applies to the same lines as agreement {other_key!r} (plan {line[0]}, charge {line[1]}) in the "
                    f"same territory and time, and {exclusive!r} is exclusive; set applies_to, territory or "
                    "valid apart",
                )
                return


def _rivals(one: Agreement, graph: Graph, other: Agreement, against: Graph) -> bool:
    claims = (graph.terms.exclusive, against.terms.exclusive)
    if not any(claims) or (one.model != other.model and not all(claims)):
        return False
    return meet(graph.valid, against.valid) and _territories_meet(graph.terms, against.terms)


def _territories_meet(one: CheckedTerms, other: CheckedTerms) -> bool:
    """A country holds its parts; no territory is everywhere."""
    if not one.territory or not other.territory:
        return True
    return any(a == b or a.startswith(f"{b}-") or b.startswith(f"{a}-") for a in one.territory for b in other.territory)


def _common_line(scene: Scene, one: Agreement, other: Agreement) -> tuple[str, str] | None:
    """A plan and charge whose lines both agreements can apply to."""
    plans = one.applies_to.plans or other.applies_to.plans or tuple(scene.catalog.plans)
    for plan_key in plans:
        if plan_key not in (other.applies_to.plans or plans) or plan_key not in scene.catalog.plans:
            continue
        for name, charge in scene.catalog.plans[plan_key].charges.items():
            here, there = _lines(one, name, charge), _lines(other, name, charge)
            if here is not None and there is not None and together(here, there) is not None:
                return plan_key, name
    return None


def _lines(agreement: Agreement, name: str, charge: Charge) -> Condition | None:
    """When an agreement applies to a line of a charge; None for never."""
    applies = agreement.applies_to
    if applies.charges and name not in applies.charges:
        return None
    parts = [condition(charge.when), condition(applies.when)]
    if applies.services:
        if not charge.usage:
            return None
        parts.append(condition(When(service=Test.model_validate(list(applies.services)))))
    holds: Condition | None = {}
    for part in parts:
        holds = None if holds is None or part is None else together(holds, part)
    return holds
