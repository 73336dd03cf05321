"""Who pays whom in flows on a whole period, where there is no line to ask: by role, or as in the flows beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from partita.catalog.agreement import Binding, FromSubscription
from partita.catalog.catalog import Plan
from partita.errors import CatalogError

from .agreements import InForce, binding_on, is_fixed
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
    """The roles of one agreement in one period. `rows` are its shares."""

    def __init__(self, terms: Terms, stands: InForce, rows: Rows) -> None:
        self.terms = terms
        self.stands = stands
        self.currencies = sorted({row["currency"] for row in rows})

    def group_for(self, name: str, other: str, group: Group, party: str, each: bool) -> Group:
        """The group of a flow that a group of another counts in. Roles that are known without usage are taken; else one
        that both flows have is played by the same party; else the payer is `party`, and the payee that of the other."""
        roles, flows = self.stands.agreement.roles, self.stands.flows
        paying, paid = (binding_on(roles, flows, name, side) for side in ("payer", "payee"))
        payer = self._player(paying, other, group) or party
        payee = self._player(paid, other, group) or (payer if paid == paying else group.payee)
        return Group(payer, payee, group.subscription if each else None, group.currency)

    def _player(self, binding: Binding | None, other: str, group: Group) -> str | None:
        """Who plays a role in the group of a flow."""
        if is_fixed(binding):
            return str(binding)
        held = None if group.subscription is None else self.terms.directory.subscriptions.get(group.subscription)
        if held is not None and (binding == "account_owner" or isinstance(binding, FromSubscription)):
            return self._of_subscription(binding, held)
        for side, party in (("payee", group.payee), ("payer", group.payer)):
            if binding_on(self.stands.agreement.roles, self.stands.flows, other, side) == binding:
                return party
        return None

    def binding(self, role: str | None) -> Binding | None:
        return None if role is None else self.stands.agreement.roles.get(role, role)

    def is_fixed(self, role: str | None) -> bool:
        """Whether a role is one party, whoever buys what."""
        return is_fixed(self.binding(role))

    def fixed(self, role: str | None, name: str) -> str:
        binding = self.binding(role)
        if is_fixed(binding):
            return str(binding)
        raise CatalogError(f"agreements.{self.stands.id}.flows.{name}: {role} is not one party")

    def party(self, role: str | None, name: str, held: Held) -> str:
        """The party of a role for a subscription."""
        binding = self.binding(role)
        if binding == "account_owner" or isinstance(binding, FromSubscription):
            return self._of_subscription(binding, held)
        return self.fixed(role, name)

    def _of_subscription(self, binding: Binding, held: Held) -> str:
        if not isinstance(binding, FromSubscription):
            return held.account.owner
        party = held.terms.sold_by if binding.subscription == "sold_by" else held.terms.introduced_by
        if party is None:
            raise CatalogError(f"subscriptions.{held.id}: no {binding.subscription}, which {self.stands.id} pays")
        return party

    def currency(self, payer: str) -> str:
        """The agreement's currency; else the one its shares are in; else the one that all plans it applies to
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
