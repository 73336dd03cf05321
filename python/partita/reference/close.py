"""close: what a period owes besides its usage: fees, the fees of tiers never entered, and flows on whole periods.

For each account the cycle of the period's name is closed. Fees become rated lines, and go through split as usage does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from .clock import cycle_named
from .counters import Counters, Key
from .fees import Billed, Fee
from .lines import Line, Rated, reject_row
from .numbers import to_fraction
from .period_flows import PeriodFlows, standing_in
from .rejects import Reject
from .split import split_lines
from .subscriptions import Held
from .terms import Terms

Rows = Sequence[Mapping[str, Any]]


class Close:
    """The close of one period, after what was rated and closed so far."""

    def __init__(
        self,
        terms: Terms,
        period: str,
        so_far: Sequence[Rated],
        counters: Iterable[Mapping[str, Any]] | None,
    ) -> None:
        self.terms = terms
        self.period = period
        self.so_far = so_far
        rows = [row for rated in so_far for row in rated.counters] if counters is None else counters
        self.counters = Counters(rows)
        self.done: set[Key] = set()
        self.billed = _billed(so_far)
        self.result = Rated()

    def close(self) -> Rated:
        self.fees()
        self._period_flows()
        return self.result

    def fees(self) -> Rated:
        """Only the fees, with their shares: all that some accounts alone can be asked for."""
        for held in self.terms.directory.subscriptions.values():
            self._close_subscription(held)
        return self.result

    def _close_subscription(self, held: Held) -> None:
        for plan_id in dict.fromkeys(holding.plan for holding in held.terms.plans):
            for name in self.terms.catalog.plans[plan_id].charges:
                fee = Fee(self.terms, self.period, held, plan_id, name, self.billed)
                try:
                    lines = fee.lines(self.counters, self.done)
                except Reject as reject:
                    self.result.rejects.append(reject_row(reject, None, None, "subscription", held.id))
                    continue
                for line in lines:
                    self._share(line)

    def _share(self, line: Line) -> None:
        """A fee that may not be charged is a reject: fees due = lines + rejects."""
        try:
            shares = split_lines(self.terms, [line], None, self.counters)
        except Reject as reject:
            self.result.rejects.append(reject_row(reject, None, None, "subscription", line.held.id))
            return
        self.result.lines.append(line.as_row())
        self.result.add_shares(shares)

    def _period_flows(self) -> None:
        known = [*self.so_far, self.result]
        shares = [row for rated in known for row in (*rated.shares, *rated.measured)]
        period_flows(self.terms, self.period, shares, self.result)


def period_flows(terms: Terms, period: str, shares: Rows, result: Rated) -> None:
    """Add the shares of the flows on a whole period, from its shares (or sums of them), to a result."""
    shares = [row for row in shares if row["period"] == period]
    for name, agreement in terms.catalog.agreements.items():
        month = cycle_named(period, agreement.zone)
        stands = standing_in(name, agreement, month)
        if stands is not None:
            flows = PeriodFlows(terms, stands, month, shares)
            result.add_shares(flows.shares())
            result.rejects.extend(reject_row(r, None, None, "agreement", name) for r in flows.rejects)


def _billed(so_far: Sequence[Rated]) -> Billed:
    """What the fees of earlier closes came to, by subscription, plan, charge and cycle covered."""
    billed: dict[tuple[str, str, str, str], Fraction] = {}
    for rated in so_far:
        for row in rated.lines:
            if row["kind"] in ("recurring", "one_time"):
                key = (row["subscription"], row["plan"], row["charge"], row["service_period"])
                billed[key] = billed.get(key, Fraction(0)) + to_fraction(row["amount"])
    return billed
