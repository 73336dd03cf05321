"""Agreements: which lines one applies to, what is in force when, and which party plays a role (models.md §1-3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from partita.catalog.agreement import Agreement, Binding, CheckedTerms, Flow, FromColumn, FromSubscription
from partita.errors import CatalogError

from .clock import moment, within
from .conditions import holds
from .lines import Line
from .rejects import Reject
from .terms import Terms

PERIOD_KINDS = ("recurring", "greater_of", "standalone")
"""Flows that are computed at the close of the period, on its sums."""

Stands = tuple[dt.date | dt.datetime | None, Mapping[str, Flow], CheckedTerms]
"""From when (None: since ever), and with which flows and terms, an agreement stands."""


@dataclass(frozen=True)
class InForce:
    """An agreement as it stands at one moment: the number of its version, with flows and terms."""

    id: str
    agreement: Agreement
    version: int
    flows: Mapping[str, Flow]
    terms: CheckedTerms


def standing(agreement: Agreement) -> list[Stands]:
    """What an agreement is, in order of time: its own flows until its first version, then each version. The number of
    a version is its place here."""
    own: list[Stands] = [(None, agreement.flows, agreement.terms)]
    later: list[Stands] = [(version.valid_from, version.flows, version.terms) for version in agreement.versions]
    return own + later if agreement.flows or not later else later


def in_force(name: str, agreement: Agreement, instant: dt.datetime) -> InForce | None:
    """What stands at an instant; None outside its validity or before all it has. Dates are in its zone."""
    valid = agreement.valid
    if not within(instant, valid.valid_from, valid.valid_until, agreement.zone):
        return None
    stands = enumerate(standing(agreement))
    begun = [(n, part) for n, part in stands if part[0] is None or moment(part[0], agreement.zone) <= instant]
    if not begun:
        return None
    number, (_, flows, terms) = begun[-1]
    return InForce(name, agreement, number, flows, terms)


def applies(agreement: Agreement, line: Line) -> bool:
    """Whether an agreement shares a line, as far as its plan, charge, service and condition go."""
    to = agreement.applies_to
    charge = f"{line.plan}/{line.charge}"
    return (
        (not to.plans or line.plan in to.plans)
        and (not to.charges or line.charge in to.charges or charge in to.charges)
        and (not to.services or line.around["service"] in to.services)
        and holds(to.when, line.around)
    )


def compared(flow: Flow) -> tuple[str, ...]:
    """The flows that a `greater_of` chooses from."""
    return tuple(part for part in flow.greater_of.of if isinstance(part, str)) if flow.greater_of else ()


def needs(flow: Flow) -> tuple[str, ...]:
    """The flows that a flow is computed from."""
    return (*flow.of, *flow.minus, *(flow.remainder or ()), *compared(flow))


def in_order(flows: Mapping[str, Flow]) -> list[str]:
    """The names of the flows, each after those it is computed from."""
    done: list[str] = []
    while len(done) < len(flows):
        ready = [name for name in flows if name not in done and all(need in done for need in needs(flows[name]))]
        if not ready:
            raise CatalogError(f"flows in a circle, or of unknown flows: {[n for n in flows if n not in done]}")
        done.append(ready[0])
    return done


def period_flows(flows: Mapping[str, Flow]) -> set[str]:
    """The flows that need the whole period: those of `PERIOD_KINDS`, and those computed from them."""
    found: set[str] = set()
    for name in in_order(flows):
        if flows[name].kind in PERIOD_KINDS or any(need in found for need in needs(flows[name])):
            found.add(name)
    return found


def measured_flows(flows: Mapping[str, Flow]) -> set[str]:
    """The flows of which nobody is paid a share: the sale itself, which the customer's bill carries, those that say so,
    and those that a `greater_of` chooses from."""
    chosen_from = {name for flow in flows.values() for name in compared(flow)}
    return chosen_from | {name for name, flow in flows.items() if is_sale(flow) or not flow.payable}


def read_at_close(agreement: Agreement) -> set[str]:
    """The flows that any version's flows of the period are computed from, or that tell who plays their roles: what was
    shared under one version is there when another closes the month."""
    graphs = [agreement.flows, *(version.flows for version in agreement.versions)]
    read = {need for flows in graphs for name in period_flows(flows) for need in needs(flows[name])}
    asked = {binding for flows in graphs for flow in flows.values() for binding in asked_of_shares(agreement, flow)}
    players = {
        name
        for flows in graphs
        for name in flows.keys() - period_flows(flows)
        if not asked.isdisjoint(binding_on(agreement.roles, flows, name, side) for side in ("payer", "payee"))
    }
    return read | players


def asked_of_shares(agreement: Agreement, flow: Flow) -> list[Binding]:
    """The bindings of a fee per party whose players are seen in the shares of the period: all but fixed parties."""
    if flow.recurring is None or flow.recurring.per != "party":
        return []
    bindings = [agreement.roles.get(role, role) for role in (flow.payer, flow.payee) if role is not None]
    return [binding for binding in bindings if not is_fixed(binding)]


def is_fixed(binding: Binding | None) -> bool:
    """Whether a binding is one party, whoever buys what."""
    return isinstance(binding, str) and binding != "account_owner"


def binding_on(roles: Mapping[str, Binding], flows: Mapping[str, Flow], name: str, side: str) -> Binding | None:
    """What the role on a side of a flow is bound to, as written or as it follows from its base (`Roles`); None for the
    seller of lines."""
    flow = flows[name]
    role = flow.payer if side == "payer" else flow.payee or next(iter(flow.split or ()), None)
    if role is not None:
        return roles.get(role, role)
    if side == "payee":
        return None if is_sale(flow) else binding_on(roles, flows, name, "payer")
    if flow.of:
        return binding_on(roles, flows, flow.of[0], "payee")
    return "account_owner" if is_sale(flow) else None


def is_sale(flow: Flow) -> bool:
    """Whether a flow is the sale itself: the lines as they are."""
    return flow.kind == "whole" and not flow.of


def plays_owner(roles: Mapping[str, Binding], flows: Mapping[str, Flow], name: str, side: str) -> bool:
    """Whether the account owner may be on a side of a flow as such, and not only because it is a party named there."""
    if side == "payee" and flows[name].split:
        return any(roles.get(role, role) == "account_owner" for role in flows[name].split or ())
    return binding_on(roles, flows, name, side) == "account_owner"


class Roles:
    """Who plays the roles of an agreement for one line."""

    def __init__(self, terms: Terms, stands: InForce, line: Line) -> None:
        self.terms = terms
        self.stands = stands
        self.line = line

    def payer(self, name: str, asking: str | None = None) -> str:
        """The payer of a flow: as written, or the payee of its base (of lines: the seller; of the sale itself: the
        account owner). If nobody plays that role, the flow that asks is to blame."""
        flow, asking = self.stands.flows[name], asking or name
        if flow.payer is not None:
            return self.party(flow.payer, asking)
        if flow.of:
            return self.payee(flow.of[0], asking)
        return self.line.held.account.owner if is_sale(flow) else self.line.seller

    def payee(self, name: str, asking: str | None = None) -> str:
        """The payee of a flow: as written, or the first of a split, or the payer (of the sale itself: the seller)."""
        flow, asking = self.stands.flows[name], asking or name
        if flow.payee is not None:
            return self.party(flow.payee, asking)
        if flow.split:
            return self.party(next(iter(flow.split)), asking)
        return self.line.seller if is_sale(flow) else self.payer(name, asking)

    def party(self, role: str, flow: str) -> str:
        """The party that plays a role, or that is named in its place; an unknown one is a reject, or goes to the
        suspense party of `if_unshared`."""
        agreement = self.stands.agreement
        binding = agreement.roles.get(role, role)
        if binding == "account_owner":
            return self.line.held.account.owner
        party = binding if isinstance(binding, str) else self._from(binding)
        if party is not None and party in self.terms.directory.parties:
            return party
        if agreement.if_unshared != "reject":
            return agreement.if_unshared
        raise Reject("unknown_party", f"{self.stands.id}/{flow}", party)

    def _from(self, binding: FromColumn | FromSubscription) -> str | None:
        if isinstance(binding, FromColumn):
            return self.line.around[binding.column]
        held = self.line.held.terms
        return held.sold_by if binding.subscription == "sold_by" else held.introduced_by
