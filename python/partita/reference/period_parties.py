"""Who pays whom in flows on a whole period, where there is no line to ask: by role, or as in the flows beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from partita.catalog.agreement import Binding, Flow, FromColumn, FromSubscription
from partita.catalog.catalog import Plan
from partita.errors import CatalogError

from .agreements import InForce
from .numbers import to_fraction
from .subscriptions import Held
from .terms import Terms

Rows = Sequence[Mapping[str, Any]]


class Group(NamedTuple):
    """Who pays whom, for which subscription (none: for all of them), in which currency."""

    payer: str
    payee: str
    subscription: str | None
    currency: str

    def bytewise(self) -> tuple[bytes, ...]:
        return tuple((part or "").encode() for part in self)


Sums = dict[Group, Fraction]


def add(sums: Sums, group: Group, amount: Any) -> None:
    sums[group] = sums.get(group, Fraction(0)) + to_fraction(amount)


class PeriodRoles:
    """The roles of one agreement in one period. `rows` are its shares and sales."""

    def __init__(self, terms: Terms, stands: InForce, rows: Rows) -> None:
        self.terms = terms
        self.stands = stands
        self.currencies = sorted({row["currency"] for row in rows})

    def group_for(self, name: str, flow: Flow, group: Group, party: str, each: bool) -> Group:
        """The group of a flow that a group of its base counts in. A role that is written and known without usage is
        taken; without one the payer is `party`, and the payee the payer; of a `greater_of`, those of the group."""
        held = None if group.subscription is None else self.terms.directory.subscriptions.get(group.subscription)
        payer, payee = (group.payer, group.payee) if flow.greater_of is not None else (party, None)
        if flow.payer is not None:
            payer = self._party_or(flow.payer, name, held, payer)
        if flow.payee is not None:
            payee = self._party_or(flow.payee, name, held, party if payee is None else payee)
        return Group(payer, payee or payer, group.subscription if each else None, group.currency)

    def _party_or(self, role: str, name: str, held: Held | None, otherwise: str) -> str:
        if self.is_fixed(role):
            return self.fixed(role, name)
        if held is None or isinstance(self.binding(role), FromColumn):
            return otherwise
        return self.party(role, name, held)

    def binding(self, role: str | None) -> Binding | None:
        return None if role is None else self.stands.agreement.roles.get(role, role)

    def is_fixed(self, role: str | None) -> bool:
        """Whether a role is one party, whoever buys what."""
        binding = self.binding(role)
        return isinstance(binding, str) and binding != "account_owner"

    def fixed(self, role: str | None, name: str) -> str:
        binding = self.binding(role)
        if isinstance(binding, str) and binding != "account_owner":
            return binding
        raise CatalogError(f"agreements.{self.stands.id}.flows.{name}: {role} is not one party")

    def party(self, role: str | None, name: str, held: Held) -> str:
        """The party of a role for a subscription."""
        binding = self.binding(role)
        if binding == "account_owner":
            return held.account.owner
        if not isinstance(binding, FromSubscription):
            return self.fixed(role, name)
        party = held.terms.sold_by if binding.subscription == "sold_by" else held.terms.introduced_by
        if party is None:
            raise CatalogError(f"subscriptions.{held.id}: no {binding.subscription}, which {self.stands.id} pays")
        return party

    def currency(self, payer: str) -> str:
        """The agreement's currency; else the one its shares and sales are in; else the one that all plans it applies to
        are in; else that of the payer's account."""
        if self.stands.agreement.currency is not None:
            return self.stands.agreement.currency
        if len(self.currencies) == 1:
            return str(self.currencies[0])
        plans = {plan.currency for name, plan in self.terms.catalog.plans.items() if self._applies(name, plan)}
        if len(plans) == 1:
            return plans.pop()
        currency = self.terms.directory.currency_of(payer)
        if currency is None:
            raise CatalogError(f"agreements.{self.stands.id}.currency: say which")
        return currency

    def _applies(self, name: str, plan: Plan) -> bool:
        """Whether lines of some charge of a plan can be shared."""
        to = self.stands.agreement.applies_to
        charges = {alias for charge in plan.charges for alias in (charge, f"{name}/{charge}")}
        return (not to.plans or name in to.plans) and bool(charges if not to.charges else charges & {*to.charges})
