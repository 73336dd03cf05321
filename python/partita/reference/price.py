"""Pricing: what the usage charges of one plan make of one record.

In each component the matching charge of highest priority prices the record, and components add up. `across: split`
prices the blocks by the charge that matches in the band that each begins in; version, zone and connect fee are those
of the start.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial

from partita.catalog.charge import Charge, ChargeModel, Dynamic, Flat, Graduated, Lookup, Package, Percentage, Unit

from .charge import Numbers, blocks, dynamic, flat, graduated, package, percentage, unit
from .clock import END, cycle_of
from .conditions import Circumstances, holds, parts_of
from .counters import Counters, Key, key_of
from .numbers import LIMIT, allocate_stored, round_to, shortest, stored
from .records import Record
from .rejects import Reject, raise_first
from .subscriptions import Held
from .terms import Terms, version_at

ONE_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Priced:
    """One line to be: a charge on a record, or on a band segment of it. All numbers are as stored."""

    charge: str
    version: int
    band: str | None
    segment: int
    quantity: Fraction | None
    billed: Fraction | None
    amount: Fraction
    before: Fraction | None = None
    after: Fraction | None = None
    out_of_order: bool = False
    exact: Fraction | None = None


@dataclass(frozen=True)
class Drawn:
    """A charge that applies to the record, or to a segment of it, with what its numbers are read by. `path` names it
    in rejects, `counted_as` in counters."""

    path: str
    counted_as: str
    name: str
    charge: Charge
    version: int
    model: ChargeModel
    band: str | None
    numbers: Numbers


class PlanOnRecord:
    """One plan as it meets one record of one subscription. `prefix` names the flow whose plan it is, if any; `closed`
    the last cycle that is closed for good."""

    def __init__(
        self,
        terms: Terms,
        plan_id: str,
        record: Record,
        held: Held,
        around: Circumstances,
        prefix: str = "",
        closed: str | None = None,
    ) -> None:
        self.terms = terms
        self.plan_id = plan_id
        self.plan = terms.catalog.plans[plan_id]
        self.record = record
        self.held = held
        self.bands = terms.bands(self.plan, held.account.zone)
        self.around = around.but(plan=plan_id, currency=self.plan.currency)
        self.prefix = prefix
        self.closed = closed
        self.start_band = self.bands.band_at(record.time) if self.bands else None

    def chosen(self, band: str | None) -> dict[str, Drawn]:
        """The charge of each component that prices usage in this band."""
        around = self.around.but(band=band)
        best: dict[str, Drawn] = {}
        for name, charge in self.plan.charges.items():
            version = version_at(charge, self.record.time, self.held.account.zone) if charge.usage else None
            if version is None or not holds(charge.when, around):
                continue
            rival = best.get(charge.component)
            if rival is None or charge.priority > rival.charge.priority:
                best[charge.component] = self._drawn(name, charge, version, band, around)
        return best

    def _drawn(
        self, name: str, charge: Charge, version: tuple[int, ChargeModel], band: str | None, around: Circumstances
    ) -> Drawn:
        path = f"{self.plan_id}/{name}"
        tables = self.terms.tables

        def numbers(number: object) -> Fraction:
            return tables.number(number, around, "no_price", path)  # type: ignore[arg-type]

        return Drawn(path, f"{self.prefix}{path}", name, charge, version[0], version[1], band, numbers)

    def price(self, counters: Counters) -> list[Priced]:
        """The lines of the record: charges in the plan's order, each one's segments in the order of time.

        Raises the reject of lowest code of all its charges.
        """
        found: list[Priced] = []
        rejects: list[Reject] = []
        order = list(self.plan.charges)
        chosen = sorted(self.chosen(self.start_band).items(), key=lambda entry: order.index(entry[1].name))
        for component, drawn in chosen:
            try:
                found.extend(self._priced(component, drawn, counters))
            except Reject as reject:
                rejects.append(reject)
        raise_first(rejects)
        found.sort(key=lambda line: order.index(line.charge))
        return list(_numbered(found))

    def _priced(self, component: str, drawn: Drawn, counters: Counters) -> list[Priced]:
        self._check_numbers(drawn)
        if isinstance(drawn.model, (Unit, Graduated, Package)):
            return self._by_quantity(component, drawn, counters)
        if isinstance(drawn.model, Percentage):
            return [self._by_amount(drawn, drawn.model, counters)]
        exact = (
            flat.cost(drawn.model, drawn.numbers)
            if isinstance(drawn.model, Flat)
            else self._carried(drawn, drawn.model)
        )
        billed = self._quantity(drawn) if isinstance(drawn.model, Dynamic) and drawn.model.price_column else None
        return [_line(drawn, self._plain_quantity(), billed, _rounded(drawn.charge, exact), exact)]

    def _check_numbers(self, drawn: Drawn) -> None:
        """Raise the lowest of what is wrong with the record's numbers and with those that the charge looks up."""
        rejects: list[Reject] = []
        for part in parts_of(drawn.model):
            if isinstance(part, Lookup):
                _collect(rejects, drawn.numbers, part)
        if isinstance(drawn.model, (Unit, Graduated, Package)):
            _collect(rejects, self._quantity_in_pieces, drawn)
        elif isinstance(drawn.model, Percentage):
            _collect(rejects, self._amount, drawn, self.record.mapping.amount)
        elif isinstance(drawn.model, Dynamic):
            if drawn.model.price_column:
                _collect(rejects, self._quantity, drawn)
            _collect(rejects, self._carried_figure, drawn, drawn.model)
        raise_first(rejects)

    # Charges on a quantity -------------------------------------------------------------------------------------

    def _by_quantity(self, component: str, drawn: Drawn, counters: Counters) -> list[Priced]:
        quantity = self._quantity(drawn)
        sign = -1 if quantity < 0 else 1
        pieces = self._pieces(drawn, abs(quantity))
        drawn_in = cache(lambda band: self._drawn_in(band, component, drawn))
        parts = blocks.measure([blocks.Piece(end, partial(_ladder_in, drawn_in, band)) for band, end in pieces])
        if not parts:  # a quantity of 0
            _ladder(drawn)
            parts = [blocks.Measured(0, Fraction(0), Fraction(0), Fraction(0))]
        lines = []
        for part in parts:
            fee = sign * _connect_fee(drawn, quantity) if part is parts[0] else Fraction(0)
            lines.append(self._measured_line(drawn_in(pieces[part.piece][0]), part, sign, fee, counters))
        return lines

    def _quantity_in_pieces(self, drawn: Drawn) -> None:
        self._pieces(drawn, abs(self._quantity(drawn)))

    def _pieces(self, start: Drawn, quantity: Fraction) -> list[tuple[str | None, Fraction]]:
        """The band segments of the record: the band of each, and where in the quantity it ends."""
        if start.charge.across == "start" or quantity == 0:
            return [(start.band, quantity)]
        seconds = self._duration(start)
        if self.bands and seconds > (END - self.record.time) // dt.timedelta(seconds=1):
            raise Reject("outside_calendar", self.record.mapping.time, self.record.shown_time())
        spans = self.bands.segments(self.record.time, seconds) if self.bands else [(None, Fraction(0))]
        if len(spans) == 1:
            return [(start.band, quantity)]
        shares = allocate_stored(quantity, [length for _, length in spans])
        pieces, end = [], Fraction(0)
        for (band, _), share in zip(spans, shares, strict=True):
            end += share
            pieces.append((band, end))
        return pieces

    def _drawn_in(self, band: str | None, component: str, start: Drawn) -> Drawn:
        """The charge of the component in a band where a block begins; a reject if none there prices parts."""
        drawn = start if band == start.band else self.chosen(band).get(component)
        if drawn is None or not isinstance(drawn.model, (Unit, Graduated, Package)):
            raise no_matching_charge(self.record)
        return drawn

    def _measured_line(
        self, drawn: Drawn, part: blocks.Measured, sign: int, fee: Fraction, counters: Counters
    ) -> Priced:
        quantity, billed = sign * part.quantity, sign * part.billed
        if sign < 0 and drawn.charge.negative == "reject":
            raise Reject("negative_quantity", drawn.path, shortest(self._brought()))
        if isinstance(drawn.model, Unit):
            exact = fee + sign * part.value
            return _line(drawn, quantity, billed, _rounded(drawn.charge, exact), exact)
        assert isinstance(drawn.model, (Graduated, Package))
        key = self._counter_key(drawn, drawn.model)
        before = counters.get(key).quantity if key else Fraction(0)
        after = _checked(before + billed, drawn)
        paid = self._paid_at_close(drawn, drawn.model) if before == 0 and after > 0 else Fraction(0)
        totals = _total(drawn, before) + paid, _total(drawn, after)
        amount, exact = _telescoped(drawn, fee, *totals), fee + totals[1] - totals[0]
        if key is None:
            return _line(drawn, quantity, billed, amount, exact)
        late = counters.is_out_of_order(key, self.record.time)
        counters.put(key, after, _checked(counters.get(key).amount + amount, drawn), self.record.time)
        return _line(drawn, quantity, billed, amount, exact, before, after, late)

    def _paid_at_close(self, drawn: Drawn, model: Graduated | Package) -> Fraction:
        """The first tier's fee, where the period of the counter is closed: a counter still at 0 was charged it then."""
        if self.closed is None or not isinstance(model, Graduated) or model.scope == "record" or model.reset == "never":
            return Fraction(0)
        period = cycle_of(self.record.time, self.held.account.zone)
        if model.reset == "cycle":
            period = self.held.cycle_of(self.record.time)
        closes_with = self.held.cycle_of(period.end_instant - ONE_MICROSECOND).name
        return graduated.at_zero_fee(model, drawn.numbers) if closes_with <= self.closed else Fraction(0)

    def _quantity(self, drawn: Drawn) -> Fraction:
        quantity = self.record.number(self.record.mapping.quantity)
        if quantity is None:
            raise Reject("null_quantity", drawn.path, None)
        if quantity < 0 and drawn.charge.negative == "reject":
            raise Reject("negative_quantity", drawn.path, shortest(quantity))
        return _checked(quantity, drawn)

    def _brought(self) -> Fraction:
        return self.record.number(self.record.mapping.quantity) or Fraction(0)

    def _plain_quantity(self) -> Fraction | None:
        """The quantity as the line of a charge that does not read it shows it: null where it cannot be read."""
        try:
            quantity = self.record.number(self.record.mapping.quantity)
        except Reject:
            return None
        return None if quantity is None or abs(quantity) >= LIMIT else quantity

    def _duration(self, drawn: Drawn) -> Fraction:
        seconds = self.record.number(self.record.mapping.duration)
        if seconds is None:
            raise Reject("null_duration", drawn.path, None)
        if seconds < 0:
            raise Reject("negative_duration", drawn.path, shortest(seconds))
        return _checked(seconds, drawn)

    # Charges on an amount --------------------------------------------------------------------------------------

    def _by_amount(self, drawn: Drawn, model: Percentage, counters: Counters) -> Priced:
        amount = self._amount(drawn, self.record.mapping.amount)
        remembers = any(isinstance(m, Percentage) and percentage.has_free_part(m) for _, m in drawn.charge.dated)
        key = self._counter_key(drawn, model) if remembers else None
        so_far = counters.get(key) if key else None
        records, amounts = (so_far.quantity, so_far.amount) if so_far else (Fraction(0), Fraction(0))
        exact, amounts_after = percentage.cost(model, drawn.numbers, amount, records, amounts)
        late = key is not None and counters.is_out_of_order(key, self.record.time)
        if key is not None:
            counters.put(key, records + 1, _checked(amounts_after, drawn), self.record.time)
        return _line(drawn, self._plain_quantity(), None, _rounded(drawn.charge, exact), exact, out_of_order=late)

    def _carried(self, drawn: Drawn, model: Dynamic) -> Fraction:
        quantity = self._quantity(drawn) if model.price_column else Fraction(1)
        return dynamic.cost(model, drawn.numbers, self._carried_figure(drawn, model), quantity)

    def _carried_figure(self, drawn: Drawn, model: Dynamic) -> Fraction:
        """The amount or unit price that the record carries."""
        name = model.amount_column or model.price_column
        assert name is not None
        return self._amount(drawn, self.record.mapping.attributes.get(name, name))

    def _amount(self, drawn: Drawn, column: str | None) -> Fraction:
        amount = self.record.number(column)
        if amount is None:
            raise Reject("null_amount", drawn.path, None)
        if amount < 0 and drawn.charge.negative == "reject":
            raise Reject("negative_amount", drawn.path, shortest(amount))
        return _checked(amount, drawn)

    def _counter_key(self, drawn: Drawn, model: Graduated | Package | Percentage) -> Key | None:
        """The counter of a cumulative charge; none where each record stands for itself."""
        if model.scope == "record":
            return None
        return key_of(drawn.counted_as, model.scope, model.reset, self.held, self.record.time)


def _collect(rejects: list[Reject], function: Callable[..., object], *arguments: object) -> None:
    """Call a function for the reject that it may raise."""
    try:
        function(*arguments)
    except Reject as reject:
        rejects.append(reject)


def no_matching_charge(record: Record) -> Reject:
    service = record.mapping.service
    return Reject("no_matching_charge", service if isinstance(service, str) else "service", record.text(service))


def _ladder_in(drawn_in: Callable[[str | None], Drawn], band: str | None) -> list[blocks.Rung]:
    return _ladder(drawn_in(band))


def _ladder(drawn: Drawn) -> list[blocks.Rung]:
    if isinstance(drawn.model, Unit):
        return unit.ladder(drawn.model, drawn.numbers)
    if isinstance(drawn.model, Graduated):
        return graduated.ladder(drawn.model, drawn.numbers)
    assert isinstance(drawn.model, Package)
    return package.ladder(drawn.model, drawn.numbers)


def _connect_fee(drawn: Drawn, quantity: Fraction) -> Fraction:
    if isinstance(drawn.model, Unit):
        return unit.connect_fee(drawn.model, drawn.numbers, quantity)
    if isinstance(drawn.model, Graduated):
        return graduated.connect_fee(drawn.model, drawn.numbers, quantity)
    return Fraction(0)


def _total(drawn: Drawn, quantity: Fraction) -> Fraction:
    if isinstance(drawn.model, Graduated):
        return graduated.total(drawn.model, drawn.numbers, quantity)
    assert isinstance(drawn.model, Package)
    return package.total(drawn.model, drawn.numbers, quantity)


def _telescoped(drawn: Drawn, fee: Fraction, before: Fraction, after: Fraction) -> Fraction:
    """The line of a cumulative charge: without `round` the difference of the stored totals, so lines telescope
    exactly; with it, the exact difference, rounded."""
    if drawn.charge.round is not None:
        return _rounded(drawn.charge, fee + after - before)
    return fee + stored(after) - stored(before)


def _rounded(charge: Charge, exact: Fraction) -> Fraction:
    """A line's amount as stored: by the charge's `round`, or to 12 decimals half to even."""
    return stored(exact) if charge.round is None else round_to(exact, charge.round.decimals, charge.round.mode)


def _checked(value: Fraction, drawn: Drawn) -> Fraction:
    """A figure that is to be stored must have at most 38 digits."""
    if abs(value) >= LIMIT:
        raise Reject("overflow", drawn.path, shortest(stored(value)))
    return value


def _line(
    drawn: Drawn,
    quantity: Fraction | None,
    billed: Fraction | None,
    amount: Fraction,
    exact: Fraction,
    before: Fraction | None = None,
    after: Fraction | None = None,
    out_of_order: bool = False,
) -> Priced:
    for figure in (amount, billed):
        if figure is not None:
            _checked(figure, drawn)
    name, version, band = drawn.name, drawn.version, drawn.band
    return Priced(name, version, band, 0, quantity, billed, amount, before, after, out_of_order, exact)


def _numbered(lines: list[Priced]) -> Iterator[Priced]:
    """The lines with the segments of each charge counted from 0."""
    seen: dict[str, int] = {}
    for line in lines:
        number = seen.get(line.charge, 0)
        seen[line.charge] = number + 1
        yield Priced(**{**line.__dict__, "segment": number})
