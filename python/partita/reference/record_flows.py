"""Flows on the record itself (`plan`, `per_event`, `per_unit`), or on the time that a fee covers.

They are borne by the first of its lines that an agreement applies to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from partita.catalog.agreement import Flow, PerUnit
from partita.catalog.charge import Charge, Lookup

from .agreements import InForce, applies
from .charge import blocks, flat, unit
from .conditions import holds
from .counters import Counters
from .lines import Line
from .numbers import LIMIT, round_to, shortest, stored
from .price import PlanOnRecord
from .records import Record
from .rejects import Reject
from .terms import Terms, version_at


@dataclass(frozen=True)
class RecordFlows:
    """The flows of an agreement on one record. `siblings` are all its lines where this one bears them; none where
    another does."""

    terms: Terms
    stands: InForce
    line: Line
    record: Record | None
    siblings: Sequence[Line]
    counters: Counters

    def on_record(self, name: str, flow: Flow) -> Fraction | None:
        if not self.siblings or self.record is None:
            return None
        if flow.per_event is not None:
            return flat.cost(flow.per_event, lambda number: self.number(name, number))
        assert flow.per_unit is not None
        return self._per_unit(name, flow.per_unit)

    def _per_unit(self, name: str, terms: PerUnit) -> Fraction:
        quantity = self._quantity(name, terms)
        ladder = unit.ladder(terms, lambda number: self.number(name, number))
        parts = blocks.measure([blocks.Piece(abs(quantity), lambda: ladder)])
        if abs(sum((part.billed for part in parts), Fraction(0))) >= LIMIT:
            raise Reject("overflow", self.path(name), shortest(quantity))
        fee = unit.connect_fee(terms, lambda number: self.number(name, number), quantity)
        cost = fee + sum((part.value for part in parts), Fraction(0))
        return -cost if quantity < 0 else cost

    def _quantity(self, name: str, terms: PerUnit) -> Fraction:
        """The record's quantity; or what its lines billed, of those that the agreement applies to."""
        assert self.record is not None
        if terms.of == "quantity":
            quantity = self.record.number(self.record.mapping.quantity)
        else:
            mine = [line for line in self.siblings if applies(self.stands.agreement, line)]
            billed = [line.billed for line in mine if line.billed is not None]
            quantity = sum(billed, Fraction(0)) if billed else None
        if quantity is None:
            raise Reject("null_quantity", self.path(name), None)
        if abs(quantity) >= LIMIT:
            raise Reject("overflow", self.path(name), shortest(quantity))
        return quantity

    def plan(self, name: str, plan_id: str) -> Fraction | None:
        """What a whole plan makes of the record; or of the time a fee covers, by its own fees."""
        plan = self.terms.catalog.plans[plan_id]
        of_usage = self.line.kind not in ("recurring", "one_time")
        if of_usage and not any(charge.usage for charge in plan.charges.values()):
            return None
        if plan.currency != self.line.currency:
            raise Reject("currency_mismatch", self.path(name), plan.currency)
        if not of_usage:
            return self._plan_fees(plan_id)
        if not self.siblings or self.record is None:
            return None
        prefix = f"{self.path(name)}/"
        met = PlanOnRecord(self.terms, plan_id, self.record, self.line.held, self.line.around, prefix)
        priced = met.price(self.counters)
        if not priced:
            raise Reject("no_matching_charge", self.path(name), None)
        return sum((line.amount for line in priced), Fraction(0))

    def _plan_fees(self, plan_id: str) -> Fraction | None:
        """The fees of a plan of the same kind as the line, over the same time, in the same proportion."""
        charges = self.terms.catalog.plans[plan_id].charges
        fees = [self._fee(plan_id, name, charge) for name, charge in charges.items()]
        present = [fee for fee in fees if fee is not None]
        return sum(present, Fraction(0)) if present else None

    def _fee(self, plan_id: str, name: str, charge: Charge) -> Fraction | None:
        kind = "recurring" if charge.every else "one_time" if charge.once else "usage"
        around = self.line.around.but(plan=plan_id)
        version = version_at(charge, self.line.time, self.line.held.account.zone)
        if kind != self.line.kind or version is None or not holds(charge.when, around):
            return None
        path = f"{plan_id}/{name}"
        fee = flat.cost(version[1], lambda n: self.terms.tables.number(n, around, "no_price", path))  # type: ignore[arg-type]
        exact = fee * self.line.fraction
        return stored(exact) if charge.round is None else round_to(exact, charge.round.decimals, charge.round.mode)

    def path(self, name: str) -> str:
        """A flow as rejects name it."""
        return f"{self.stands.id}/{name}"

    def number(self, name: str, number: Decimal | Lookup) -> Fraction:
        """A number of a flow, looked up by what is known of the line where it says so."""
        return self.terms.tables.number(number, self.line.around, "no_share", self.path(name))
