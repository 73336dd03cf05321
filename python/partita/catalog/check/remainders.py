"""Remainders that leave nothing out and nothing over (models.md §2: the shares of a base with a `remainder` sum to it).

What is left of a base is the base less every flow that its payer pays of it: a `remainder` names all of these and no
others, and a base is left over once. Otherwise a payer pays more than it has, or less.
"""

from __future__ import annotations

from collections.abc import Iterator

from partita.catalog.agreement import Binding, FromColumn, FromSubscription

from .agreements import Graph, graphs
from .scene import Found, Scene
from .shared import Shared, in_words, shared_in


def problems(scene: Scene) -> Iterator[Found]:
    """Remainders that cannot sum to their base with the flows beside them."""
    for key, agreement in scene.catalog.agreements.items():
        for graph in graphs(key, agreement):
            shared = shared_in(scene, agreement, graph.flows)
            for name, flow in graph.flows.items():
                if flow.remainder is not None and flow.payable:
                    yield from _remainder(shared, graph, name)


def _remainder(shared: Shared, graph: Graph, name: str) -> Iterator[Found]:
    path = (*graph.path, "flows", name, "remainder")
    base, shares, rivals = in_words(shared.base(name)), shared.shares(name), shared.rivals(name)
    needed = [other for other in shares if other not in rivals]
    allowed = f"a remainder names what its payer pays of its base: {', '.join(needed) or 'nothing here'}"
    for index, other in enumerate(graph.flows[name].remainder or ()):
        wrong = stranger(shared, other, name) if other in graph.flows else None
        if wrong is not None:
            yield (*path, index), f"{other!r} {wrong}; {allowed}"
    before = [other for other in graph.flows if other in rivals][:1]
    if before and list(graph.flows).index(before[0]) < list(graph.flows).index(name):
        yield path, f"what is left of {base} is {before[0]!r} already; a base has one remainder of each payer"
    left_out = [other for other in needed if other not in shared.named(name)]
    if left_out:
        names = " and ".join(map(repr, left_out))
        yield path, f"leaves out {names}, so that more than {base} would be shared; {allowed}"


def stranger(shared: Shared, other: str, name: str) -> str | None:
    """Why a flow has no place in a remainder; None for one that has."""
    roots = shared.roots(other, name)
    if roots and not roots <= shared.base(name):
        return f"is a part of {in_words(roots)}, not of {in_words(shared.base(name))}"
    payers = (shared.payer(other), shared.payer(name))
    if shared.pays(other) and None not in payers and payers[0] != payers[1]:
        return f"is paid by {_who(payers[0])}, not by {_who(payers[1])}"
    return None


def _who(binding: Binding | None) -> str:
    if isinstance(binding, FromColumn):
        return f"whom column {binding.column} names"
    return f"the subscription's {binding.subscription}" if isinstance(binding, FromSubscription) else str(binding)
