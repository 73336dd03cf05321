"""Who pays which flows of an agreement out of what.

A flow is paid of what it is computed `of`, whatever it takes off with `minus`; sales stand for the lines that they are.
A flow on one that moves no money (measured, or kept by who would pay it) is paid of what that one is on. Flows on the
record itself (a wholesale plan, a price per event), fees and amounts are paid of nothing unless they say `of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from partita.catalog.agreement import Agreement, Binding, Flow, FromSubscription, is_sale, payee_of, payer_of
from partita.catalog.catalog import SoldBy

from .condition import condition, together
from .scene import Scene, meet, span, zone_info

LINES = "lines"
_OF_LINES = ("percent", "retail_minus", "split", "remainder", "standalone", "whole")
"""Kinds that are on the lines where they name no base."""


def shared_in(scene: Scene, agreement: Agreement, flows: Mapping[str, Flow]) -> Shared:
    """The flows of an agreement; their seller is known where all plans that it applies to have the same."""
    plans = [scene.catalog.plans.get(key) for key in agreement.applies_to.plans or scene.names("plans")]
    sellers = [plan.seller if plan is not None else None for plan in plans]
    one = sellers[0] if sellers and all(seller == sellers[0] for seller in sellers) else None
    seller = FromSubscription(subscription="sold_by") if isinstance(one, SoldBy) else one
    return Shared(agreement, flows, seller)


def in_words(base: frozenset[str]) -> str:
    """A base as its flows are named."""
    return " and ".join("the lines" if name == LINES else name for name in sorted(base))


class Shared:
    """The flows of an agreement, and the shares of each of its remainders. `seller` pays where no payer is written;
    None is not known."""

    def __init__(self, agreement: Agreement, flows: Mapping[str, Flow], seller: Binding | None) -> None:
        self.agreement, self.flows, self.seller = agreement, flows, seller

    def shares(self, rest: str) -> list[str]:
        """The flows that the payer of a remainder pays of its base, and that can be due together with it."""
        return [
            name
            for name in self.flows
            if name != rest
            and self.pays(name)
            and self.payer(name) == self.payer(rest)
            and self.is_on(name, rest)
            and self._meet(name, rest)
        ]

    def rivals(self, rest: str) -> list[str]:
        """The other remainders of the same payer and base that can be due together with one."""
        alike = (n for n, flow in self.flows.items() if flow.remainder is not None and n not in {rest, *self._measured})
        return [
            name
            for name in alike
            if self.base(name) == self.base(rest) and self.payer(name) == self.payer(rest) and self._meet(name, rest)
        ]

    def pays(self, name: str) -> bool:
        """Whether a flow moves money from one party to another."""
        flow = self.flows[name]
        if name in self._measured or is_sale(flow) or flow.standalone is not None:
            return False
        return flow.split is not None or self.payer(name) != self._party(payee_of(self.flows, flow))

    def payer(self, name: str) -> Binding | None:
        """Who pays a flow, as far as it is known without a record."""
        return self._party(payer_of(self.flows, self.flows[name]))

    def base(self, name: str) -> frozenset[str]:
        """What a flow is paid of, as it says itself."""
        flow = self.flows[name]
        names = flow.of or _chosen_from(flow)
        found = {LINES if other in self.flows and is_sale(self.flows[other]) else other for other in names}
        return frozenset(found or ({LINES} if flow.base or flow.kind in _OF_LINES else ()))

    def is_on(self, name: str, rest: str) -> bool:
        """Whether a flow is paid of the base of a remainder, and of nothing else."""
        roots = self.roots(name, rest)
        return bool(roots) and roots <= self.base(rest)

    def roots(self, name: str, rest: str, seen: frozenset[str] = frozenset()) -> frozenset[str]:
        """What a flow is paid of, past flows that move no money; those that the remainder names stand for what is on
        them."""
        ends = {LINES, rest, *self.base(rest), *self.named(rest)}
        found: set[str] = set()
        for other in self.base(name) - seen:
            past = other not in ends and other in self.flows and not self.pays(other)
            found |= self.roots(other, rest, seen | {name}) if past else {other}
        return frozenset(found)

    def named(self, rest: str) -> frozenset[str]:
        """The flows that a remainder takes off its base."""
        return frozenset((*(self.flows[rest].remainder or ()), *self.flows[rest].minus))

    @cached_property
    def _measured(self) -> frozenset[str]:
        chosen = (part for flow in self.flows.values() for part in _chosen_from(flow))
        return frozenset(chosen) | {name for name, flow in self.flows.items() if not flow.payable}

    def _party(self, role: str | None) -> Binding | None:
        return self.seller if role is None else self.agreement.roles.get(role, role)

    def _meet(self, name: str, other: str) -> bool:
        """Whether two flows can be due at one time for one line."""
        one, two = self.flows[name], self.flows[other]
        held, also = condition(one.when), condition(two.when)
        zone = zone_info(self.agreement.zone)
        spans = [span(flow.valid.valid_from, flow.valid.valid_until, zone) for flow in (one, two)]
        return held is not None and also is not None and together(held, also) is not None and meet(*spans)


def _chosen_from(flow: Flow) -> tuple[str, ...]:
    """The flows that a `greater_of` chooses from."""
    return tuple(part for part in (flow.greater_of.of if flow.greater_of else ()) if isinstance(part, str))
