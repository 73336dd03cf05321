"""Fees: what one charge of one plan of a subscription owes at the close of a period, besides usage (semantics §4).

A recurring fee covers days of the account's calendar. What is billed for a cycle is what is due for it less what
earlier closes billed for it, so a later end of a subscription gives a negative line, and never more than was billed
comes back. In advance, a close bills the next cycle too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction

from partita.catalog.charge import Charge, ChargeModel, Flat, Graduated
from partita.catalog.party import Holding

from .charge import Numbers, flat, graduated
from .clock import FIRST, Cycle, cycle_named, cycle_of, local_date, moment
from .conditions import Circumstances, holds
from .counters import Counters, Key, key_of
from .identity import fee_line_id
from .lines import Line
from .numbers import round_integer, round_to, stored
from .rejects import Reject
from .subscriptions import Held
from .terms import Terms, version_at

Billed = Mapping[tuple[str, str, str, str], Fraction]
"""(subscription, plan, charge, name of the cycle covered) → the amount that earlier closes billed."""


class Fee:
    """One charge of one plan of one subscription, at the close of one period."""

    def __init__(self, terms: Terms, period: str, held: Held, plan_id: str, name: str, billed: Billed) -> None:
        self.terms = terms
        self.held = held
        self.plan_id = plan_id
        self.plan = terms.catalog.plans[plan_id]
        self.name = name
        self.charge: Charge = self.plan.charges[name]
        self.path = f"{plan_id}/{name}"
        self.billed = billed
        self.zone = held.account.zone
        self.cycle = held.cycle_named(period)
        self.holdings = [holding for holding in held.terms.plans if holding.plan == plan_id]
        known = {
            "plan": plan_id,
            "account": held.account_id,
            "subscription": held.id,
            "territory": held.account.territory,
            "currency": self.plan.currency,
        }
        self.around = Circumstances(known)

    def lines(self, counters: Counters, done: set[Key]) -> list[Line]:
        """What is to be billed now, in the order of the cycles covered; `done` are the counters dealt with."""
        if self.charge.usage:
            found = [self._at_zero(counters, done)]
        elif not holds(self.charge.when, self.around):
            return []
        elif self.charge.once:
            found = [self._one_time()]
        else:
            found = [self._recurring(cycle) for cycle in self._cycles()]
        return [line for line in found if line is not None]

    # Recurring --------------------------------------------------------------------------------------------------

    def _cycles(self) -> list[Cycle]:
        """The cycles to bring up to date: this one, in advance the next, and any that something was billed for."""
        cycles = {self.cycle.name: self.cycle}
        if self.charge.timing == "advance":
            cycles[self.cycle.next().name] = self.cycle.next()
        for subscription, plan, charge, name in self.billed:
            if (subscription, plan, charge) == (self.held.id, self.plan_id, self.name):
                cycles.setdefault(name, self.held.cycle_named(name))
        return [cycles[name] for name in sorted(cycles)]

    def _recurring(self, cycle: Cycle) -> Line | None:
        start = self._start_in(cycle)
        version = version_at(self.charge, start, self.zone)
        if version is None:
            return None
        fee = self._fee(version[1])
        due, migrated = self._part(cycle), self._part(cycle, self.held.terms.billed_until)
        billed = self.billed.get((self.held.id, self.plan_id, self.name, cycle.name))
        amount = self._stored(fee * due) - self._stored(fee * migrated) - (billed or Fraction(0))
        if amount == 0 and (billed is not None or due == migrated):
            return None
        fraction = due - migrated - _billed_part(billed, fee, cycle)
        return self._line("recurring", cycle, version[0], amount, start, fraction, fee * fraction)

    def _part(self, cycle: Cycle, before: dt.date | dt.datetime | None = dt.date.max) -> Fraction:
        """The part of a cycle's fee that its days with this plan owe; only those before a moment, or none for None.

        By day: calendar days, start inclusive, end exclusive. With `prorate: none` any time at all owes the whole.
        """
        if before is None:
            return Fraction(0)
        spans = [self._span(holding, cycle, before) for holding in self.holdings]
        if self.charge.prorate == "none":
            return Fraction(int(any(start < end for start, end in spans)))
        days = sum(max((local_date(end, self.zone) - local_date(start, self.zone)).days, 0) for start, end in spans)
        return Fraction(days, cycle.days)

    def _span(self, holding: Holding, cycle: Cycle, before: dt.date | dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """From when until when a holding and a cycle coincide; backwards where they do not."""
        ends = [cycle.end_instant]
        ends.extend(moment(end, self.zone) for end in (holding.valid_until, before) if end not in (None, dt.date.max))
        return max(cycle.start_instant, self._start_of(holding)), min(ends)

    def _start_of(self, holding: Holding) -> dt.datetime:
        return FIRST if holding.valid_from is None else moment(holding.valid_from, self.zone)

    def _start_in(self, cycle: Cycle) -> dt.datetime:
        """The start of the time in a cycle that a fee covers."""
        spans = [self._span(holding, cycle, dt.date.max) for holding in self.holdings]
        return min((start for start, end in spans if start < end), default=cycle.start_instant)

    # One-time, and tiers never entered --------------------------------------------------------------------------

    def _one_time(self) -> Line | None:
        """Once a subscription and plan: at the close of the cycle in which it is first held."""
        start = min(self._start_of(holding) for holding in self.holdings)
        until = self.held.terms.billed_until
        if not self.cycle.start_instant <= start < self.cycle.end_instant:
            return None
        if until is not None and start < moment(until, self.zone):
            return None
        version = version_at(self.charge, start, self.zone)
        if version is None or any(key[:3] == (self.held.id, self.plan_id, self.name) for key in self.billed):
            return None
        fee = self._fee(version[1])
        return self._line("one_time", self.cycle, version[0], self._stored(fee), start, Fraction(1), fee)

    def _at_zero(self, counters: Counters, done: set[Key]) -> Line | None:
        """The first tier's fee of a counter that the plan's being held opened, and that is still 0 as it closes.

        A counter that never resets does not close, so it owes nothing until it is used.
        """
        closing = self._closing()
        start = self._start_in(closing)
        version = version_at(self.charge, start, self.zone)
        model = None if version is None else version[1]
        if version is None or not isinstance(model, Graduated) or not self._is_held_in(closing):
            return None
        if model.scope == "record" or model.reset == "never":
            return None
        key = key_of(self.path, model.scope, model.reset, self.held, closing.start_instant)
        if key in done or counters.get(key).quantity != 0:
            return None
        done.add(key)
        fee = graduated.at_zero_fee(model, self._numbers())
        amount = self._stored(fee)
        return None if amount == 0 else self._line("period", self.cycle, version[0], amount, start, Fraction(1), fee)

    def _closing(self) -> Cycle:
        """The period of the counter that closes with the cycle: the cycle itself; or, of counters by the month, the
        calendar month whose last day lies in it. The month after goes on and may still be used."""
        first = self.charge.dated[0][1]  # all versions have one reset
        if not isinstance(first, Graduated) or first.reset == "cycle":
            return self.cycle
        month = cycle_named(self.cycle.name, self.zone)
        return month if month.end <= self.cycle.end else cycle_of(self.cycle.start_instant, self.zone)

    def _is_held_in(self, cycle: Cycle) -> bool:
        spans = [self._span(holding, cycle, dt.date.max) for holding in self.holdings]
        return any(start < end for start, end in spans)

    # Figures ----------------------------------------------------------------------------------------------------

    def _numbers(self) -> Numbers:
        return lambda number: self.terms.tables.number(number, self.around, "no_price", self.path)

    def _fee(self, model: ChargeModel) -> Fraction:
        assert isinstance(model, Flat), f"{self.path}: a recurring or one-time charge is flat"
        return flat.cost(model, self._numbers())

    def _stored(self, exact: Fraction) -> Fraction:
        rounding = self.charge.round
        return stored(exact) if rounding is None else round_to(exact, rounding.decimals, rounding.mode)

    def _line(
        self,
        kind: str,
        cycle: Cycle,
        version: int,
        amount: Fraction,
        start: dt.datetime,
        fraction: Fraction,
        exact: Fraction,
    ) -> Line:
        if self.plan.currency != self.held.account.currency:
            raise Reject("currency_mismatch", self.plan_id, self.plan.currency)
        seller = self.terms.seller(self.plan, self.held)
        if seller not in self.terms.directory.parties:
            raise Reject("unknown_party", self.plan_id, seller)
        period = self.cycle.name
        stamp = period if cycle.name == period else f"{period}/{cycle.name}"
        return Line(
            line_id=fee_line_id(self.held.id, self.path, stamp),
            kind=kind,
            held=self.held,
            plan=self.plan_id,
            charge=self.name,
            version=version,
            amount=amount,
            currency=self.plan.currency,
            seller=seller,
            time=start,
            around=self.around,
            period=period,
            service_period=cycle.name,
            fraction=fraction,
            exact=exact,
        )


def _billed_part(billed: Fraction | None, fee: Fraction, cycle: Cycle) -> Fraction:
    """The part of a cycle that an amount billed was for: whole days, whatever it was rounded to."""
    if billed is None or fee == 0:
        return Fraction(0)
    return Fraction(round_integer(billed / fee * cycle.days, "half_up"), cycle.days)
