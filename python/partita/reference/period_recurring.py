"""Recurring fees of agreements: for the agreement, for each party of a role, or for each subscription under it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from partita.catalog.agreement import Binding, Flow, Recurring
from partita.catalog.charge import Lookup

from .agreements import InForce, binding_on, is_fixed, standing
from .basis import recurring
from .charge import flat
from .clock import Cycle, moment
from .conditions import Circumstances, holds
from .period_parties import Group, PeriodRoles, Rows, Sums, add
from .subscriptions import Held
from .terms import Terms


class RecurringFees:
    """The recurring flows of one agreement in one calendar month."""

    def __init__(self, terms: Terms, stands: InForce, month: Cycle, shares: Rows, roles: PeriodRoles) -> None:
        self.terms = terms
        self.stands = stands
        self.month = month
        self.shares = shares
        self.roles = roles

    def sums(self, name: str, flow: Flow, fee: Recurring) -> Sums:
        """The fees due, by group, unrounded."""
        if fee.per == "subscription":
            return self._per_subscription(name, flow, fee)
        if fee.per == "party":
            return self._per_party(name, flow, fee)
        amount = self._fee(name, fee, Circumstances()) * self.part(flow, fee.prorate)
        payer = self.roles.fixed(flow.payer, name)
        payee = self.roles.fixed(flow.payee or flow.payer, name)
        return {Group(payer, payee, None, self.roles.currency(payer)): amount}

    def part(self, flow: Flow, prorate: str) -> Fraction:
        """The part of the month in which agreement and flow are in force."""
        return recurring.part_of(self.month, self._validity(flow), prorate)

    def subscriber_part(self, held: Held, flow: Flow, prorate: str) -> Fraction:
        """The part of the month in which, besides, a subscription holds a plan that the agreement applies to, under the
        flow's condition."""
        plans = self.stands.agreement.applies_to.plans
        zone = held.account.zone
        spans = [
            (_instant(row.valid_from, zone), _instant(row.valid_until, zone))
            for row in held.terms.plans
            if (not plans or row.plan in plans) and holds(flow.when, self._around(held, row.plan))
        ]
        parts = [recurring.part_of(self.month, [*self._validity(flow), span], prorate) for span in spans]
        return min(sum(parts, Fraction(0)), Fraction(1))

    def subscribers(self, flow: Flow) -> list[Held]:
        """The subscriptions under the agreement at any instant of the month."""
        every = self.terms.directory.subscriptions.values()
        return [held for held in every if self.subscriber_part(held, flow, "none") > 0]

    def _around(self, held: Held, plan: str) -> Circumstances:
        """What is known of a subscription without usage."""
        known: dict[str, str | None] = {"plan": plan, "account": held.account_id, "subscription": held.id}
        return Circumstances(
            {**known, "territory": held.account.territory, "currency": self.terms.catalog.plans[plan].currency}
        )

    def _validity(self, flow: Flow) -> list[recurring.Span]:
        zone = self.stands.agreement.zone
        both = (self.stands.agreement.valid, flow.valid)
        return [(_instant(valid.valid_from, zone), _instant(valid.valid_until, zone)) for valid in both]

    def _per_subscription(self, name: str, flow: Flow, fee: Recurring) -> Sums:
        sums: Sums = {}
        for held in self.subscribers(flow):
            around = Circumstances({"subscription": held.id, "account": held.account_id})
            payer = self.roles.party(flow.payer, name, held)
            payee = self.roles.party(flow.payee or flow.payer, name, held)
            amount = self._fee(name, fee, around) * self.subscriber_part(held, flow, fee.prorate)
            add(sums, Group(payer, payee, held.id, self.roles.currency(payer)), amount)
        return sums

    def _per_party(self, name: str, flow: Flow, fee: Recurring) -> Sums:
        """A fee for each pair of parties that play the flow's roles."""
        amount = self._fee(name, fee, Circumstances()) * self.part(flow, fee.prorate)
        return {Group(payer, payee, None, self.roles.currency(payer)): amount for payer, payee in self._pairs(flow)}

    def _pairs(self, flow: Flow) -> set[tuple[str, str]]:
        """Who plays a flow's roles: one party, whoever buys what; or those whom a share of the period names in the same
        role, of whichever version that share is."""
        bindings = [self.roles.binding(flow.payer), self.roles.binding(flow.payee)]
        if all(is_fixed(binding) for binding in bindings):
            return {(str(bindings[0]), str(bindings[1]))}
        pairs = set()
        for row in self.shares:
            payer, payee = (str(one) if is_fixed(one) else self._player(one, row) for one in bindings)
            if payer is not None and payee is not None:
                pairs.add((payer, payee))
        return pairs

    def _player(self, binding: Binding | None, row: Mapping[str, Any]) -> str | None:
        """The party that has a role on either side of a share."""
        agreement = self.stands.agreement
        flows = standing(agreement)[row["version"]][1]
        for side in ("payer", "payee"):
            if binding_on(agreement.roles, flows, row["flow"], side) == binding:
                return str(row[side])
        return None

    def _fee(self, name: str, fee: Recurring, around: Circumstances) -> Fraction:
        field = f"{self.stands.id}/{name}"

        def numbers(number: Decimal | Lookup) -> Fraction:
            return self.terms.tables.number(number, around, "no_share", field)

        return flat.cost(fee, numbers)


def _instant(value: dt.date | dt.datetime | None, zone: str) -> dt.datetime | None:
    return None if value is None else moment(value, zone)
