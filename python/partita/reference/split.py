"""split: rated lines to the shares of the flows that can be computed line by line.

An agreement's flows are taken in an order in which each comes after its base. A share is on its base as stored, and
is itself stored to 12 decimals. Flows on the record itself (`plan`, `per_event`, `per_unit`) are borne by the first
of its lines that the agreement applies to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from partita.catalog.agreement import Flow
from partita.catalog.charge import Lookup

from .agreements import (
    InForce,
    Roles,
    applies,
    in_force,
    in_order,
    measured_flows,
    needs,
    period_flows,
    read_at_close,
)
from .basis import remainder, split
from .clock import within
from .conditions import holds
from .counters import Counters
from .lines import Line, Share
from .numbers import LIMIT, round_to, shortest, stored
from .record_flows import RecordFlows
from .records import Record
from .rejects import Reject, raise_first
from .terms import Terms


def split_lines(
    terms: Terms,
    lines: Sequence[Line],
    record: Record | None,
    counters: Counters,
    watch: Callable[[LineShares], None] | None = None,
) -> list[Share]:
    """The shares of all lines of one record (or of one fee), by agreement.

    `watch` is shown how each agreement shares each line. Raises the reject of lowest code: a record is charged and
    shared whole, or not at all.
    """
    shares: list[Share] = []
    rejects: list[Reject] = []
    for name, agreement in terms.catalog.agreements.items():
        concerned = [line for line in lines if applies(agreement, line)]
        borne = False
        for line in concerned:
            try:
                stands = _standing(terms, name, line)
                if stands is not None:
                    sharing = LineShares(terms, stands, line, record, lines if not borne else (), counters)
                    borne = True
                    shares.extend(sharing.compute())
                    if watch is not None:
                        watch(sharing)
            except Reject as reject:
                rejects.append(reject)
    raise_first(rejects)
    return shares


def _standing(terms: Terms, name: str, line: Line) -> InForce | None:
    """The agreement as it stands at the line's time; checks its terms on territory and currency."""
    agreement = terms.catalog.agreements[name]
    stands = in_force(name, agreement, line.time)
    if stands is None:
        if agreement.require:
            raise Reject("no_agreement", name, None)
        return None
    territory = line.around["territory"]
    if stands.terms.territory and not _lies_in(territory, stands.terms.territory):
        raise Reject("outside_territory", name, territory)
    if agreement.currency is not None and agreement.currency != line.currency:
        raise Reject("currency_mismatch", name, line.currency)
    return stands


def _lies_in(territory: str | None, listed: Sequence[str]) -> bool:
    """Whether a territory is one of those listed, or a part of one: SE-AB lies in SE."""
    return territory is not None and (territory in listed or territory.partition("-")[0] in listed)


class LineShares:
    """One agreement on one line. `siblings` are all lines of the record where this one bears the record's own flows;
    none where another line does."""

    def __init__(
        self,
        terms: Terms,
        stands: InForce,
        line: Line,
        record: Record | None,
        siblings: Sequence[Line],
        counters: Counters,
    ) -> None:
        self.terms = terms
        self.stands = stands
        self.line = line
        self.own = RecordFlows(terms, stands, line, record, siblings, counters)
        self.roles = Roles(terms, stands, line)
        self.measured = measured_flows(stands.flows)
        self.unread = self.measured - read_at_close(stands.agreement)
        self.values: dict[str, Fraction] = {}
        self.present: set[str] = set()
        self.bases: dict[str, Fraction] = {}
        self.rates: dict[str, Fraction] = {}
        self.exact: dict[str, Fraction] = {}
        self.shares: dict[str, list[Share]] = {}

    def compute(self) -> list[Share]:
        """The shares, in the order of the agreement's flows."""
        rejects: list[Reject] = []
        for_period = period_flows(self.stands.flows)
        for name in in_order(self.stands.flows):
            flow = self.stands.flows[name]
            if name in for_period or not all(need in self.values for need in needs(flow)):
                continue  # computed at close; or of a flow that was rejected
            try:
                self.shares[name] = self._flow(name, flow) if self._is_present(flow) else []
                if self.shares[name] or name in self.values:
                    self.present.add(name)
                self.values.setdefault(name, sum((share.amount for share in self.shares[name]), Fraction(0)))
            except Reject as reject:
                rejects.append(reject)
        raise_first(rejects)
        return [share for name in self.stands.flows for share in self.shares.get(name, ())]

    def _is_present(self, flow: Flow) -> bool:
        """Whether a flow concerns this line: by its condition and validity, and if any of its bases does."""
        valid = flow.valid
        zone = self.stands.agreement.zone
        if flow.of and self.present.isdisjoint(flow.of):
            return False
        return holds(flow.when, self.line.around) and within(self.line.time, valid.valid_from, valid.valid_until, zone)

    def _flow(self, name: str, flow: Flow) -> list[Share]:
        if flow.split is not None:
            return self._split(name, flow.split)
        amount = self._amount(name, flow)
        if amount is None:
            return []
        if name in self.unread:
            self.values[name] = amount
            return []
        return [self._share(name, self.roles.payer(name), self.roles.payee(name), amount)]

    def _share(self, name: str, payer: str, payee: str, amount: Fraction) -> Share:
        if abs(amount) >= LIMIT:
            raise Reject("overflow", self.own.path(name), shortest(amount))
        line, stands = self.line, self.stands
        return Share(
            line.line_id,
            line.period,
            line.held.id,
            stands.id,
            stands.version,
            name,
            payer,
            payee,
            amount,
            line.currency,
            name not in self.measured,
        )

    def _rate(self, name: str, number: Decimal | Lookup) -> Fraction:
        self.rates[name] = self.own.number(name, number)
        return self.rates[name]

    def _base(self, name: str) -> Fraction:
        """The line, or other flows, less those in `minus`."""
        flow = self.stands.flows[name]
        whole = sum((self.values[of] for of in flow.of), Fraction(0)) if flow.of else self.line.amount
        self.bases[name] = whole - sum((self.values[less] for less in flow.minus), Fraction(0))
        return self.bases[name]

    def _amount(self, name: str, flow: Flow) -> Fraction | None:
        """The amount of a flow that is one arrow, as stored; None where it does not concern this line."""
        if flow.kind == "remainder":
            return self._remainder(name, flow)
        exact = self._exact(name, flow)
        if exact is None:
            return None
        self.exact[name] = exact
        return stored(exact) if flow.round is None else round_to(exact, flow.round.decimals, flow.round.mode)

    def _exact(self, name: str, flow: Flow) -> Fraction | None:
        if flow.percent is not None:
            return self._rate(name, flow.percent) * self._base(name)
        if flow.retail_minus is not None:
            return (1 - self._rate(name, flow.retail_minus)) * self._base(name)
        if flow.plan is not None:
            return self.own.plan(name, flow.plan)
        if flow.cost_plus is not None:
            cost = self.own.plan(name, flow.cost_plus.plan)
            if cost is None:
                return None
            self.bases[name] = cost
            return (1 + self._rate(name, flow.cost_plus.rate)) * cost
        if flow.per_event is not None or flow.per_unit is not None:
            return self.own.on_record(name, flow)
        return self._base(name)

    def _split(self, name: str, weights: dict[str, Decimal | Lookup]) -> list[Share]:
        base = self._base(name)
        parts = split.divided(base, [self.own.number(name, weight) for weight in weights.values()])
        if parts is None:
            raise Reject("no_share", self.own.path(name), None)
        if name in self.unread:
            self.values[name] = base
            return []
        payer = self.roles.payer(name)
        return [
            self._share(name, payer, self.roles.party(role, name), part)
            for role, part in zip(weights, parts, strict=True)
        ]

    def _remainder(self, name: str, flow: Flow) -> Fraction:
        base = self._base(name)
        rest = remainder.left(base, (self.values[named] for named in flow.remainder or ()))
        if remainder.is_over_shared(base, rest) and self.stands.agreement.over_shared == "reject":
            raise Reject("over_shared", self.own.path(name), shortest(rest))
        return rest
