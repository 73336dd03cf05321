"""rate: usage records to rated lines, with their shares; rejects; new counters.

Records are rated one by one in the order of semantics §8, whichever order they come in; the output is in the order of
the input. A record is atomic: all its charges and all its flows succeed, or it is one reject.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from partita.catalog.catalog import Catalog
from partita.catalog.party import Holding
from partita.catalog.usage import IMPLICIT, Usage
from partita.errors import CatalogError

from .clock import after
from .conditions import Circumstances
from .counters import Counters
from .identity import is_same, rating_order, usage_line_id
from .lines import LATE, OUT_OF_ORDER, Line, Rated, Row, Share, reject_row
from .numbers import shortest
from .price import PlanOnRecord
from .priced import Priced, no_matching_charge
from .records import Batch, Record, check_columns, is_wanted, read, source_of
from .rejects import Reject, raise_first
from .split import split_lines
from .subscriptions import Held
from .terms import Terms

UNREAD = "\0"
"""The zone of a destination that cannot be read: no zone has this name."""


@dataclass
class _Outcome:
    """What became of one row of the input."""

    lines: list[Line] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    reject: Row | None = None


class Rating:
    """One call of `rate`: all its batches, over counters as they stood before.

    `closed` names the last cycle that is closed for good: a record of that cycle or an earlier one is late, and its
    lines are billed in the cycle after it.
    """

    def __init__(
        self, terms: Terms, counters: Iterable[Mapping[str, Any]], check_duplicates: bool, closed: str | None
    ) -> None:
        self.terms = terms
        self.counters = Counters(counters)
        self.check_duplicates = check_duplicates
        self.closed = closed
        self.outcomes: dict[int, _Outcome] = {}
        self.seen: dict[tuple[str, str], Record] = {}
        self.rows = self.skipped = 0

    def rate(self, batches: Sequence[Batch]) -> Rated:
        records: list[Record] = []
        for batch in batches:
            records.extend(self._read(batch))
        for record in sorted(records, key=rating_order):
            self.outcomes[record.place] = self._outcome(record)
        return self._result()

    def _read(self, batch: Batch) -> Iterable[Record]:
        mapping = mapping_of(self.terms.catalog, batch)
        check_columns(mapping, batch.records)
        numbers = range(len(batch.records)) if batch.rows is None else batch.rows
        for at, row in zip(numbers, batch.records, strict=True):
            place = self.rows
            self.rows += 1
            if not is_wanted(mapping, row):
                self.skipped += 1
                continue
            try:
                yield read(mapping, batch, row, self.terms.attributes, at, place)
            except Reject as reject:
                source, identity = source_of(mapping, row)
                self.outcomes[place] = _Outcome(reject=reject_row(reject, batch.file, at, source, identity))

    def _outcome(self, record: Record) -> _Outcome:
        try:
            held, met = self._guided(record)
            lines = self._lines(record, held, met)
            shares = self._split(lines, record, held, met)
            self._check_identity(record)
        except Reject as reject:
            self.counters.discard()
            if reject.name == "overflow":
                reject = Reject(reject.name, reject.field, _brought(record))
            return _Outcome(reject=reject_row(reject, record.file, record.row, record.source, record.id))
        self.counters.keep()
        return _Outcome(lines, shares)

    def _check_identity(self, record: Record) -> None:
        """The first of an identity that is rated is the original; every other is a duplicate, or in conflict."""
        if not self.check_duplicates or record.id is None:
            return
        original = self.seen.setdefault((record.source or "", record.id), record)
        if original is not record:
            name = "duplicate" if is_same(original, record) else "conflict"
            raise Reject(name, record.mapping.id, record.id)

    # Guiding: key to subscription to plan -----------------------------------------------------------------------

    def _lines(self, record: Record, held: Held, met: PlanOnRecord) -> list[Line]:
        seller = self.terms.seller(met.plan, held) or ""
        return [self._line(record, held, met, seller, one) for one in met.price(self.counters)]

    def _split(self, lines: Sequence[Line], record: Record, held: Held, met: PlanOnRecord) -> list[Share]:
        """The shares of the lines, which their seller, a party, has sold; the lowest of what keeps them from it."""
        rejects = []
        seller = self.terms.seller(met.plan, held)
        if seller not in self.terms.directory.parties:
            rejects.append(Reject("unknown_party", met.plan_id, seller))
        shares: list[Share] = []
        try:
            shares = split_lines(self.terms, lines, record, self.counters)
        except Reject as reject:
            rejects.append(reject)
        raise_first(rejects)
        return shares

    def _guided(self, record: Record) -> tuple[Held, PlanOnRecord]:
        """The first subscription of the key, by priority, whose plan has a matching charge.

        A destination that cannot be read is in no zone, not even in none. It is the reason of the reject where no
        reason of a lower code is found in spite of it.
        """
        unread = self._unread_destination(record)
        for held, holding in self._in_force(record):
            met = PlanOnRecord(self.terms, holding.plan, record, held, self._around(record, held), closed=self.closed)
            if met.chosen(met.start_band):
                if met.plan.currency != held.account.currency:
                    raise Reject("currency_mismatch", met.plan_id, met.plan.currency)
                if unread is not None:
                    raise unread
                return held, met
        raise unread or no_matching_charge(record)

    def _unread_destination(self, record: Record) -> Reject | None:
        try:
            self._zone_of(record)
        except Reject as reject:
            return reject
        return None

    def _zone_of(self, record: Record) -> str | None:
        destination = record.mapping.destination
        return self.terms.zones.zone_of(record.text(destination), destination or "destination")

    def _in_force(self, record: Record) -> list[tuple[Held, Holding]]:
        subscriptions = self.terms.directory.by_key.get(record.key)
        if subscriptions is None:
            raise Reject("unknown_key", record.mapping.key, record.key)
        holdings = [(held, held.holding_at(record.time)) for held in subscriptions]
        in_force = [(held, holding) for held, holding in holdings if holding is not None]
        if not in_force:
            raise Reject("no_plan", record.mapping.key, record.key)
        return in_force

    def _around(self, record: Record, held: Held) -> Circumstances:
        mapping = record.mapping
        zone = UNREAD if self._unread_destination(record) else self._zone_of(record)
        territory = record.text(mapping.territory)
        known = {
            "service": record.text(mapping.service),
            "zone": zone,
            "account": held.account_id,
            "subscription": held.id,
            "territory": held.account.territory if territory is None else territory,
        }
        return Circumstances(known, record.attribute)

    def _line(self, record: Record, held: Held, met: PlanOnRecord, seller: str, priced: Priced) -> Line:
        path = f"{met.plan_id}/{priced.charge}"
        service_period = held.cycle_of(record.time).name
        late = self.closed is not None and service_period <= self.closed
        return Line(
            line_id=usage_line_id(record, path, priced.segment),
            kind="usage",
            held=held,
            plan=met.plan_id,
            charge=priced.charge,
            version=priced.version,
            amount=priced.amount,
            currency=met.plan.currency,
            seller=seller,
            time=record.time,
            around=met.around.but(band=priced.band),
            period=after(self.closed) if late and self.closed is not None else service_period,
            service_period=service_period,
            file=record.file,
            row=record.row,
            quantity=priced.quantity,
            billed=priced.billed,
            before=priced.before,
            after=priced.after,
            flags=(LATE if late else 0) | (OUT_OF_ORDER if priced.out_of_order else 0),
            exact=priced.exact,
        )

    def _result(self) -> Rated:
        result = Rated(counters=self.counters.rows(), skipped=self.skipped)
        for _, outcome in sorted(self.outcomes.items()):
            result.lines.extend(line.as_row() for line in outcome.lines)
            result.add_shares(outcome.shares)
            if outcome.reject is not None:
                result.rejects.append(outcome.reject)
        rated = sum(bool(outcome.lines) for outcome in self.outcomes.values())
        assert self.rows == rated + len(result.rejects) + self.skipped, "inputs = rated + rejects"
        return result


def mapping_of(catalog: Catalog, batch: Batch) -> Usage:
    """The usage mapping of a batch; without a name the only one there is. Where a catalog has none, every column is
    called what it is, and one that is not there is none."""
    name = batch.mapping
    if not catalog.usage and name in (None, *IMPLICIT):
        columns = {name for row in batch.records for name in row}
        return Usage.model_validate({role: role for role in ("id", "quantity", "amount") if role in columns})
    if name is not None:
        if name not in catalog.usage:
            raise CatalogError(f"no usage mapping {name!r}")
        return catalog.usage[name]
    if len(catalog.usage) > 1:
        raise CatalogError(f"say which usage mapping: {', '.join(catalog.usage)}")
    return next(iter(catalog.usage.values()))


def _brought(record: Record) -> str | None:
    """The number that a record brought: its quantity, or else its amount."""
    for column in (record.mapping.quantity, record.mapping.amount):
        with suppress(Reject):
            number = record.number(column)
            if number is not None:
                return shortest(number)
    return None
