"""Pricing: what the usage charges of one plan make of one record.

In each component the matching charge of highest priority prices the record, and components add up. `across: split`
prices the blocks by the charge that matches in the band that each begins in; version, zone and connect fee are those
of the start.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from fractions import Fraction
from functools import cache, partial

from partita.catalog.charge import Charge, ChargeModel, Dynamic, Flat, Graduated, Lookup, Package, Percentage, Unit

from .charge import blocks, dynamic, flat, graduated, percentage
from .clock import END, cycle_of
from .conditions import Circumstances, holds, parts_of
from .counters import Counters, Key, key_of
from .figures import amount_of, carried_by, duration_of, quantity_of, shown_quantity
from .numbers import allocate_stored
from .priced import (
    Drawn,
    Priced,
    checked,
    connect_fee,
    free_ladder_in,
    ladder,
    ladder_in,
    line_of,
    no_matching_charge,
    numbered,
    rounded,
    telescoped,
    total,
)
from .records import Record
from .rejects import Reject, collect, raise_first
from .subscriptions import Held
from .terms import Terms, version_at

ONE_MICROSECOND = dt.timedelta(microseconds=1)


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
        return list(numbered(found))

    def _priced(self, component: str, drawn: Drawn, counters: Counters) -> list[Priced]:
        self._check(component, drawn)
        if isinstance(drawn.model, (Unit, Graduated, Package)):
            return self._by_quantity(component, drawn, counters)
        if isinstance(drawn.model, Percentage):
            return [self._by_amount(drawn, drawn.model, counters)]
        exact = (
            flat.cost(drawn.model, drawn.numbers)
            if isinstance(drawn.model, Flat)
            else self._carried(drawn, drawn.model)
        )
        billed = (
            quantity_of(self.record, drawn) if isinstance(drawn.model, Dynamic) and drawn.model.price_column else None
        )
        return [line_of(drawn, shown_quantity(self.record), billed, rounded(drawn.charge, exact), exact)]

    def _check(self, component: str, drawn: Drawn) -> None:
        """Raise the lowest of what is wrong with the record's numbers, with those that the charge looks up, and with
        the bands that the record runs through."""
        rejects: list[Reject] = []
        for part in parts_of(drawn.model):
            if isinstance(part, Lookup):
                collect(rejects, drawn.numbers, part)
        if isinstance(drawn.model, (Unit, Graduated, Package)):
            collect(rejects, self._walk, component, drawn)
        elif isinstance(drawn.model, Percentage):
            collect(rejects, amount_of, self.record, drawn)
        elif isinstance(drawn.model, Dynamic):
            if drawn.model.price_column:
                collect(rejects, quantity_of, self.record, drawn)
            collect(rejects, carried_by, self.record, drawn, drawn.model)
        raise_first(rejects)

    # Charges on a quantity -------------------------------------------------------------------------------------

    def _by_quantity(self, component: str, drawn: Drawn, counters: Counters) -> list[Priced]:
        quantity = quantity_of(self.record, drawn)
        sign = -1 if quantity < 0 else 1
        pieces = self._pieces(drawn, abs(quantity))
        drawn_in = self._by_band(component, drawn)
        parts = blocks.measure([blocks.Piece(end, partial(ladder_in, drawn_in, band)) for band, end in pieces])
        if not parts or pieces[0][1] == 0:  # a quantity of 0, or none of it where the record starts
            ladder(drawn)
            parts.insert(0, blocks.Measured(0, Fraction(0), Fraction(0), Fraction(0)))
        lines = []
        for part in parts:
            fee = sign * connect_fee(drawn, quantity) if part is parts[0] else Fraction(0)
            lines.append(self._measured_line(drawn_in(pieces[part.piece][0]), part, sign, fee, counters))
        return lines

    def _walk(self, component: str, drawn: Drawn) -> None:
        """Go through the blocks whatever they cost: each must have a charge in the band it begins in."""
        pieces = self._pieces(drawn, abs(quantity_of(self.record, drawn)))
        if len(pieces) > 1:
            drawn_in = self._by_band(component, drawn)
            blocks.measure([blocks.Piece(end, partial(free_ladder_in, drawn_in, band)) for band, end in pieces])

    def _by_band(self, component: str, start: Drawn) -> Callable[[str | None], Drawn]:
        """The charge of the component in each band, looked for once."""
        return cache(lambda band: self._drawn_in(band, component, start))

    def _pieces(self, start: Drawn, quantity: Fraction) -> list[tuple[str | None, Fraction]]:
        """The band segments of the record: the band of each, and where in the quantity it ends."""
        if start.charge.across == "start" or quantity == 0:
            return [(start.band, quantity)]
        seconds = duration_of(self.record, start)
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
        quantity_of(self.record, drawn)  # that of a later band may refuse what the charge of the start allows
        if isinstance(drawn.model, Unit):
            exact = fee + sign * part.value
            return line_of(drawn, quantity, billed, rounded(drawn.charge, exact), exact)
        assert isinstance(drawn.model, (Graduated, Package))
        key = self._counter_key(drawn, drawn.model)
        before = counters.get(key).quantity if key else Fraction(0)
        after = checked(before + billed, drawn)
        paid = self._paid_at_close(drawn, drawn.model) if before == 0 and after > 0 else Fraction(0)
        totals = total(drawn, before) + paid, total(drawn, after)
        amount, exact = telescoped(drawn, fee, *totals), fee + totals[1] - totals[0]
        if key is None:
            return line_of(drawn, quantity, billed, amount, exact)
        late = counters.is_out_of_order(key, self.record.time)
        counters.put(key, after, checked(counters.get(key).amount + amount, drawn), self.record.time)
        return line_of(drawn, quantity, billed, amount, exact, before, after, late)

    def _paid_at_close(self, drawn: Drawn, model: Graduated | Package) -> Fraction:
        """The first tier's fee, where the period of the counter is closed: a counter still at 0 was charged it then."""
        if self.closed is None or not isinstance(model, Graduated) or model.scope == "record" or model.reset == "never":
            return Fraction(0)
        period = cycle_of(self.record.time, self.held.account.zone)
        if model.reset == "cycle":
            period = self.held.cycle_of(self.record.time)
        closes_with = self.held.cycle_of(period.end_instant - ONE_MICROSECOND).name
        return graduated.at_zero_fee(model, drawn.numbers) if closes_with <= self.closed else Fraction(0)

    # Charges on an amount --------------------------------------------------------------------------------------

    def _by_amount(self, drawn: Drawn, model: Percentage, counters: Counters) -> Priced:
        amount = amount_of(self.record, drawn)
        remembers = any(isinstance(m, Percentage) and percentage.has_free_part(m) for _, m in drawn.charge.dated)
        key = self._counter_key(drawn, model) if remembers else None
        so_far = counters.get(key) if key else None
        records, amounts = (so_far.quantity, so_far.amount) if so_far else (Fraction(0), Fraction(0))
        exact, amounts_after = percentage.cost(model, drawn.numbers, amount, records, amounts)
        late = key is not None and counters.is_out_of_order(key, self.record.time)
        if key is not None:
            counters.put(key, records + 1, checked(amounts_after, drawn), self.record.time)
        return line_of(drawn, shown_quantity(self.record), None, rounded(drawn.charge, exact), exact, out_of_order=late)

    def _carried(self, drawn: Drawn, model: Dynamic) -> Fraction:
        quantity = quantity_of(self.record, drawn) if model.price_column else Fraction(1)
        return dynamic.cost(model, drawn.numbers, carried_by(self.record, drawn, model), quantity)

    def _counter_key(self, drawn: Drawn, model: Graduated | Package | Percentage) -> Key | None:
        """The counter of a cumulative charge; none where each record stands for itself."""
        if model.scope == "record":
            return None
        return key_of(drawn.counted_as, model.scope, model.reset, self.held, self.record.time)
