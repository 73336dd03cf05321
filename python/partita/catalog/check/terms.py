"""Terms that are checked, not only stored (models.md §3), and percentages that share out more than there is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from partita.catalog.agreement import Agreement, AppliesTo
from partita.catalog.catalog import Plan
from partita.catalog.charge import Charge
from partita.catalog.document import Path

from .agreements import Graph, graphs
from .condition import Condition, condition, together
from .scene import Found, Range, Scene, meet, span, zone_info
from .shared import Shared, shared_in

_STEPS = 20_000
"""Combinations of conditions tried for one base before it is let be; the engine then finds what is over-shared."""


def problems(scene: Scene) -> Iterator[Found]:
    """What is wrong with the terms of agreements."""
    for key, agreement in scene.catalog.agreements.items():
        yield from _model(scene, agreement, ("agreements", key))
        for graph in graphs(key, agreement):
            yield from _imposed(scene, agreement, graph)
            if agreement.over_shared == "reject":
                yield from _over_shared(agreement, graph, shared_in(scene, agreement, graph.flows))


def _model(scene: Scene, agreement: Agreement, path: Path) -> Iterator[Found]:
    """What one model asks of its roles."""
    if agreement.model == "A.5":
        yield from _several_suppliers(agreement, path)
    elif agreement.model == "A.7" and not _one_party(agreement, "B"):
        yield (*path, "roles", "B"), "a franchise has one franchisor: bind B to one party"
    elif agreement.model == "A.8":
        yield from _sold_by_integrator(scene, agreement, path)


def _one_party(agreement: Agreement, role: str) -> bool:
    binding = agreement.roles.get(role)
    return isinstance(binding, str) and binding != "account_owner"


def _several_suppliers(agreement: Agreement, path: Path) -> Iterator[Found]:
    suppliers = {str(binding) for role, binding in agreement.roles.items() if role[:1] == "A" and role[1:].isdigit()}
    if _one_party(agreement, "A") and len(suppliers) < 2:
        yield (
            (*path, "roles", "A"),
            f"an enabler serves at least two suppliers, and {agreement.roles['A']!r} is one; bind A to the column "
            "that names the supplier: {column: ...}",
        )


def _sold_by_integrator(scene: Scene, agreement: Agreement, path: Path) -> Iterator[Found]:
    """What an integrator passes on, it must sell: the services of the agreement are services of its plans."""
    seller = agreement.roles.get("G")
    plans = [plan for plan in scene.catalog.plans.values() if plan.seller == seller]
    tests = [charge.when.service for plan in plans for charge in plan.charges.values() if charge.usage]
    if not plans or any(test is None or test.equals is None for test in tests):
        return
    sold = {name for test in tests if test is not None for name in test.equals or ()}
    for index, service in enumerate(agreement.applies_to.services):
        if service not in sold:
            message = (
                f"{service!r} is not sold by {seller}, the integrator; it sells {', '.join(sorted(sold)) or 'none'}"
            )
            yield (*path, "applies_to", "services", index), message


def _imposed(scene: Scene, agreement: Agreement, graph: Graph) -> Iterator[Found]:
    """An imposed retail price is the price of each plan while the agreement is in force: the flat or unit price of the
    charges named, or else of the recurring ones, or of those of the services named where a plan has none of these."""
    price = graph.terms.imposed_price
    if price is None:
        return
    applies = agreement.applies_to
    for key, plan in scene.catalog.plans.items():
        if applies.plans and key not in applies.plans:
            continue
        for name, charge in _imposed_on(key, plan, applies).items():
            for at, found, valid in _prices(charge, ("plans", key, "charges", name), zone_info(agreement.zone)):
                if found != price and meet(valid, graph.valid):
                    yield (
                        (*graph.path, "terms", "imposed_price"),
                        f"{price} is imposed, but charge {name!r} of plan {key!r} costs {found} "
                        f"({'.'.join(map(str, at))})",
                    )


def _imposed_on(key: str, plan: Plan, applies: AppliesTo) -> dict[str, Charge]:
    charges = {name: charge for name, charge in plan.charges.items() if charge.once is None}
    if applies.charges:
        return {n: charge for n, charge in charges.items() if not {n, f"{key}/{n}"}.isdisjoint(applies.charges)}
    recurring = {name: charge for name, charge in charges.items() if charge.every is not None}
    return recurring or {n: charge for n, charge in charges.items() if _is_of(charge, applies.services)}


def _is_of(charge: Charge, services: tuple[str, ...]) -> bool:
    """Whether a charge is for some of these services and no others."""
    asked = charge.when.service.equals if charge.when.service is not None else None
    return asked is not None and set(asked) <= set(services)


def _prices(charge: Charge, path: Path, zone: ZoneInfo | None) -> Iterator[tuple[Path, Decimal, Range]]:
    """The prices that are written of a charge, with where, and the time that each is in force."""
    models: list[tuple[Path, Any, Range]] = [(path, charge, span(None, None, zone))]
    begins = [*(version.valid_from for version in charge.versions), None]
    for index, version in enumerate(charge.versions):
        models.append(((*path, "versions", index), version, span(begins[index], begins[index + 1], zone)))
    for at, model, valid in models:
        if model.flat is not None and isinstance(model.flat.fee, Decimal):
            yield (*at, "flat"), model.flat.fee, valid
        if model.unit is not None and isinstance(model.unit.price, Decimal) and model.unit.per == 1:
            yield (*at, "unit", "price"), model.unit.price, valid


def _over_shared(agreement: Agreement, graph: Graph, shared: Shared) -> Iterator[Found]:
    """Constant parts that one payer pays of one base may not pass 100 % where they can hold together."""
    zone = zone_info(agreement.zone)
    groups: dict[tuple[object, ...], list[tuple[str, Decimal, Condition, Range]]] = {}
    for name, flow in graph.flows.items():
        holds = condition(flow.when)
        part = _part(shared, name)
        if part > 0 and flow.payable and holds is not None:
            valid = span(flow.valid.valid_from, flow.valid.valid_until, zone)
            payer = shared.payer(name)
            by = payer if payer is None or isinstance(payer, str) else repr(payer)
            groups.setdefault((by, shared.base(name), flow.minus), []).append((name, part, holds, valid))
    for shares in groups.values():
        most = _together_above_one(shares)
        if most:
            total = sum((share for name, share, *_ in shares if name in most), Decimal(0)) * 100
            last = graph.flows[most[-1]]
            yield (
                (*graph.path, "flows", most[-1], last.kind),
                f"{' and '.join(most)} together are {total.normalize():f} % of {' and '.join(last.of) or 'the lines'}, "
                "more than 100 %; lower them, exclude one by its when, or say over_shared: allow",
            )


def _part(shared: Shared, name: str) -> Decimal:
    """The constant part of its base that a flow takes; 0 where it is not known, or nobody pays it."""
    flow = shared.flows[name]
    if isinstance(flow.percent, Decimal):
        return flow.percent
    if isinstance(flow.retail_minus, Decimal):
        return 1 - flow.retail_minus
    whole = flow.kind in ("whole", "split") and shared.pays(name)
    return Decimal(1) if whole else Decimal(0)


def _together_above_one(shares: list[tuple[str, Decimal, Condition, Range]]) -> list[str]:
    """The names of some shares that can hold together and pass 1; none if there are none."""
    steps = 0

    def search(at: int, total: Decimal, holds: Condition, valid: Range, names: list[str]) -> list[str]:
        nonlocal steps
        steps += 1
        if total > 1:
            return names
        if at == len(shares) or steps > _STEPS or total + sum((share for _, share, *_ in shares[at:]), Decimal(0)) <= 1:
            return []
        name, share, condition_, range_ = shares[at]
        both = together(holds, condition_)
        if both is not None and meet(valid, range_):
            joined = (max(valid[0], range_[0]), min(valid[1], range_[1]))
            found = search(at + 1, total + share, both, joined, [*names, name])
            if found:
                return found
        return search(at + 1, total, holds, valid, names)

    return search(0, Decimal(0), {}, span(None, None, None), [])
