"""Period flows: those that need the whole period (`recurring`, `greater_of`, `standalone`), and those on top of them.

They are computed on the sums of the period, by payer, payee and currency; and by subscription as long as everything
they are computed from is. Their shares belong to no line. One that cannot be computed is a reject with the source
`agreement`, and so are those on top of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from partita.catalog.agreement import TRUE_UP, Agreement, Extreme, Flow
from partita.catalog.charge import Lookup
from partita.errors import CatalogError

from .agreements import InForce, in_force, in_order, measured_flows, needs, period_flows, standing
from .basis import greater_of, remainder, split
from .clock import Cycle, moment
from .conditions import Circumstances
from .lines import Share
from .numbers import round_to, shortest, stored
from .period_parties import Group, PeriodRoles, Rows, Sums, add
from .period_recurring import RecurringFees
from .rejects import Reject
from .terms import Terms


def standing_in(name: str, agreement: Agreement, month: Cycle) -> InForce | None:
    """The agreement as it stands at the start of a month, or else when it first comes into force in it."""
    moments = [agreement.valid.valid_from, *(version.valid_from for version in agreement.versions)]
    begins = [moment(begin, agreement.zone) for begin in moments if begin is not None]
    instants = [month.start_instant, *sorted(b for b in begins if month.start_instant < b < month.end_instant)]
    standing = (in_force(name, agreement, instant) for instant in instants)
    return next((stands for stands in standing if stands is not None), None)


class PeriodFlows:
    """The period flows of one agreement in one calendar month, from the month's shares."""

    def __init__(self, terms: Terms, stands: InForce, month: Cycle, shares: Rows) -> None:
        self.terms = terms
        self.stands = stands
        self.month = month
        self.own_shares = [row for row in shares if row["agreement"] == stands.id]
        self.roles = PeriodRoles(terms, stands, self.own_shares)
        self.fees = RecurringFees(terms, stands, month, self.own_shares, self.roles)
        self.sums: dict[str, Sums] = {}
        self.true_ups: dict[tuple[str, Group], Fraction] = {}
        self.rejects: list[Reject] = []

    def shares(self) -> list[Share]:
        """One share a flow and group, in the order of the agreement's flows, then of the groups. What a guarantee adds
        to what was measured is a share of its own."""
        for_period = period_flows(self.stands.flows)
        for name in in_order(self.stands.flows) if for_period else ():
            flow = self.stands.flows[name]
            if not all(need in self.sums for need in needs(flow)):
                continue  # of a flow that was rejected
            try:
                self.sums[name] = self._computed(name, flow) if name in for_period else self._of_lines(name)
            except Reject as reject:
                self.rejects.append(reject)
        names = [name for name in self.stands.flows if name in for_period and name in self.sums]
        return [
            self._share(name, group, amount, suffix)
            for name in names
            for group in sorted(self.sums[name], key=Group.bytewise)
            for amount, suffix in self._parts(name, group)
        ]

    def _parts(self, name: str, group: Group) -> list[tuple[Fraction, str]]:
        added = self.true_ups.get((name, group), Fraction(0))
        parts = [(self.sums[name][group] - added, ""), (added, TRUE_UP)]
        return [part for part in parts if part[0] != 0] or parts[:1]

    def _share(self, name: str, group: Group, amount: Fraction, suffix: str) -> Share:
        return Share(
            None,
            self.month.name,
            group.subscription,
            self.stands.id,
            self.stands.version,
            name + suffix,
            group.payer,
            group.payee,
            amount,
            group.currency,
            name not in measured_flows(self.stands.flows),
        )

    # Sums of what was computed line by line ---------------------------------------------------------------------

    def _of_lines(self, name: str) -> Sums:
        sums: Sums = {}
        for row in self.own_shares:
            if row["flow"] == name:
                add(sums, Group(row["payer"], row["payee"], row["subscription"], row["currency"]), row["amount"])
        return sums

    def _unpaid(self, name: str) -> Sums:
        """A flow without what an earlier version had paid by itself: that is not paid once more."""
        if name in period_flows(self.stands.flows):
            return self.sums[name]
        versions = standing(self.stands.agreement)
        sums: Sums = {}
        for row in self.own_shares:
            if row["flow"] == name and name in measured_flows(versions[row["version"]][1]):
                add(sums, Group(row["payer"], row["payee"], row["subscription"], row["currency"]), row["amount"])
        return sums

    # Flows on the period ----------------------------------------------------------------------------------------

    def _computed(self, name: str, flow: Flow) -> Sums:
        if self.fees.part(flow, "none") == 0:
            return {}  # not in force at any time of the month
        if flow.recurring is not None:
            exact = self.fees.sums(name, flow, flow.recurring)
        elif flow.greater_of is not None:
            exact = self._greater_of(name, flow, flow.greater_of)
        elif flow.split is not None:
            return self._divided(name, flow, flow.split)
        elif flow.standalone is not None:
            return {}  # moves no money: `post` splits the seller's revenue entry
        elif flow.remainder is not None:
            return self._remainder(name, flow)
        elif flow.kind in ("percent", "whole"):
            exact = self._on_base(name, flow)
        else:
            raise CatalogError(f"agreements.{self.stands.id}.flows.{name}: {flow.kind} cannot be on a period flow")
        return {group: _rounded(flow, amount) for group, amount in exact.items()}

    def _greater_of(self, name: str, flow: Flow, extreme: Extreme) -> Sums:
        """By group of what it chooses from. Where an amount is among that, a group whose parties do not depend on
        usage is there even if nothing was sold: a guarantee is due all the same. What amounts and fees add to the
        flows on usage is a true-up (models.md §2)."""
        each = extreme.per == "subscription"
        measured: list[Sums] = []
        fees: list[Sums] = []
        for part in extreme.of:
            if isinstance(part, str):
                sums: Sums = {}
                for group, amount in self._unpaid(part).items():
                    add(sums, self.roles.group_for(name, part, group, group.payer, each), amount)
                (fees if self.stands.flows[part].recurring is not None else measured).append(sums)
        amounts = [Fraction(part) for part in extreme.of if not isinstance(part, str)]
        groups = dict.fromkeys(group for sums in (*measured, *fees) for group in sums)
        if amounts:
            groups.update(dict.fromkeys(self._guaranteed(name, flow, each)))
        chosen = greater_of.greatest(list(groups), [*measured, *fees], amounts)
        if measured and (fees or amounts):
            for group, amount in greater_of.greatest(list(groups), measured, []).items():
                self.true_ups[name, group] = _rounded(flow, chosen[group]) - _rounded(flow, amount)
        return chosen

    def _guaranteed(self, name: str, flow: Flow, each: bool) -> list[Group]:
        payer, payee = flow.payer, flow.payee or flow.payer
        if each:
            held = self.fees.subscribers(flow)
            parties = [(self.roles.party(payer, name, h), self.roles.party(payee, name, h), h.id) for h in held]
            return [Group(a, b, subscription, self.roles.currency(a)) for a, b, subscription in parties]
        if not all(self.roles.is_fixed(role) for role in (payer, payee)):
            return []
        first = self.roles.fixed(payer, name)
        return [Group(first, self.roles.fixed(payee, name), None, self.roles.currency(first))]

    def _on_base(self, name: str, flow: Flow) -> Sums:
        base, _ = self._base(name, flow)
        rate = Fraction(1) if flow.percent is None else self._number(name, flow.percent)
        return {group: rate * amount for group, amount in base.items()}

    def _remainder(self, name: str, flow: Flow) -> Sums:
        """What is left. Whether too much was shared is judged on the period as a whole: one subscription's guarantee
        may exceed what that subscription paid."""
        base, named = self._base(name, flow)
        rest: Sums = {}
        for group in {**base, **named}:
            add(rest, group, remainder.left(base.get(group, Fraction(0)), [named.get(group, Fraction(0))]))
        for parties in sorted({group._replace(subscription=None) for group in rest}, key=Group.bytewise):
            whole = _over_all(base, parties)
            left = _over_all(rest, parties)
            if remainder.is_over_shared(whole, left) and self.stands.agreement.over_shared == "reject":
                raise Reject("over_shared", f"{self.stands.id}/{name}", shortest(left))
        return rest

    def _base(self, name: str, flow: Flow) -> tuple[Sums, Sums]:
        """The base of a flow by its own groups, less `minus`; and the sums of the flows that a remainder names."""
        every = [*flow.of, *(flow.remainder or ()), *flow.minus]
        each = all(group.subscription is not None for other in every for group in self.sums[other])
        base: Sums = {}
        named: Sums = {}
        for other in flow.of:
            for group, amount in self.sums[other].items():
                add(base, self.roles.group_for(name, other, group, group.payee, each), amount)
        for into, sign, others in ((named, 1, flow.remainder or ()), (base, -1, flow.minus)):
            for other in others:
                for group, amount in self.sums[other].items():
                    add(into, self.roles.group_for(name, other, group, group.payer, each), sign * amount)
        return base, named

    def _divided(self, name: str, flow: Flow, weights: Mapping[str, Decimal | Lookup]) -> Sums:
        """A split of a period's sum by weights."""
        numbers = [self._number(name, weight) for weight in weights.values()]
        sums: Sums = {}
        for group, amount in self._base(name, flow)[0].items():
            parts = split.divided(amount, numbers)
            if parts is None:
                raise Reject("no_share", f"{self.stands.id}/{name}", None)
            for role, part in zip(weights, parts, strict=True):
                add(sums, group._replace(payee=self.roles.fixed(role, name)), part)
        return sums

    def _number(self, name: str, number: Decimal | Lookup) -> Fraction:
        return self.terms.tables.number(number, Circumstances(), "no_share", f"{self.stands.id}/{name}")


def _over_all(sums: Sums, parties: Group) -> Fraction:
    """The sum over all subscriptions."""
    own = [amount for group, amount in sums.items() if group._replace(subscription=None) == parties]
    return sum(own, Fraction(0))


def _rounded(flow: Flow, exact: Fraction) -> Fraction:
    return stored(exact) if flow.round is None else round_to(exact, flow.round.decimals, flow.round.mode)
