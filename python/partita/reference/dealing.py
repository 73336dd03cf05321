"""Dealing sets: flows whose exact sum is rounded once and dealt to their payees (semantics §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from partita.catalog.agreement import Agreement, Flow

from .agreements import is_sale, measured_flows, standing
from .numbers import round_integer


def flows_of(agreement: Agreement, version: int) -> Mapping[str, Flow]:
    """The flows of a version of an agreement."""
    return standing(agreement)[version][1]


def dealing_sets(flows: Mapping[str, Flow]) -> dict[str, str]:
    """The flows that belong to a dealing set → the flow that the set is named for: each split by itself; each
    remainder with the flows it names and those on its base."""
    found = {name: name for name, flow in flows.items() if flow.split is not None}
    for name, flow in flows.items():
        if flow.remainder is not None:
            found[name] = name
            for other, rival in flows.items():
                beside = _base(flows, rival) == _base(flows, flow) and rival.kind in (
                    "percent",
                    "retail_minus",
                    "split",
                )
                if other in flow.remainder or beside:
                    found[other] = name
    return {name: of for name, of in found.items() if name not in measured_flows(flows)}


def _base(flows: Mapping[str, Flow], flow: Flow) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a flow is on; sales stand for the lines they are."""
    of = tuple("lines" if name in flows and is_sale(flows[name]) else name for name in flow.of) or ("lines",)
    return of, flow.minus


def deal(exact: Sequence[Fraction]) -> list[int]:
    """The exact sums of the parts of a dealing set, in units, dealt so that they come to their sum rounded half up.

    By largest remainder over the exact sums: each is cut to whole units, and the units left go to the largest parts
    cut off, ties by order. A negative whole mirrors the positive one; for a whole of 0 the first part that is not 0
    decides.

    >>> deal([Fraction("3333.3335"), Fraction("3333.3335"), Fraction("3333.3330")])
    [3334, 3333, 3333]
    """
    whole = sum(exact, Fraction(0))
    if next((part for part in (whole, *exact) if part != 0), Fraction(0)) < 0:
        return [-part for part in deal([-part for part in exact])]
    units = [floor(part) for part in exact]
    left = round_integer(whole, "half_up") - sum(units)
    by_rest = sorted(range(len(exact)), key=lambda place: units[place] - exact[place])
    for place in by_rest[:left]:
        units[place] += 1
    return units
