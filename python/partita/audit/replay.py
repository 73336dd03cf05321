"""One record, or one fee, rated again among all of its owner's, with everything the reference knew on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from partita.catalog.charge import ChargeModel, Lookup
from partita.catalog.scalars import Model
from partita.reference import Batch, Rated
from partita.reference.close import Close
from partita.reference.conditions import Circumstances, holds
from partita.reference.counters import Counters
from partita.reference.lines import Line
from partita.reference.price import PlanOnRecord
from partita.reference.rate import Rating, _Outcome
from partita.reference.records import Record
from partita.reference.split import LineShares, split_lines
from partita.reference.subscriptions import Held
from partita.reference.terms import Terms, version_at


@dataclass
class Traced:
    """A line with what led to it. `met` is the plan on the record (none for fees), `shared` what each agreement made
    of each line of the record."""

    line: Line | None = None
    record: Record | None = None
    held: list[tuple[Held, bool]] = field(default_factory=list)
    met: PlanOnRecord | None = None
    lines: Sequence[Line] = ()
    shared: list[LineShares] = field(default_factory=list)
    reject: dict[str, Any] | None = None


class Replay(Rating):
    """A call of `rate` that looks closely at one record."""

    def __init__(self, terms: Terms, counters: Sequence[dict[str, Any]], closed: str, place: tuple[str, int]) -> None:
        super().__init__(terms, counters, check_duplicates=False, closed=closed)
        self.place = place
        self.traced = Traced()

    def trace(self, batches: Sequence[Batch]) -> Traced:
        """Rate all, and come back with the record."""
        rejects = [row for row in self.rate(batches).rejects if (row["usage_file"], row["usage_row"]) == self.place]
        self.traced.reject = rejects[0] if rejects else None
        return self.traced

    def _outcome(self, record: Record) -> _Outcome:
        if (record.file, record.row) == self.place:
            self.traced.record = record
            self._look_at(record)
        return super()._outcome(record)

    def _look_at(self, record: Record) -> None:
        """Take the record's steps one by one, on counters of its own."""
        counters, self.counters = self.counters, _copied(self.counters)
        try:
            for held, holding in self._in_force(record):
                met = PlanOnRecord(
                    self.terms, holding.plan, record, held, self._around(record, held), closed=self.closed
                )
                self.traced.met = met
                self.traced.held.append((held, bool(met.chosen(met.start_band))))
                if self.traced.held[-1][1]:
                    break
            self.traced.lines = self._lines(record, *self._guided(record))
            split_lines(self.terms, self.traced.lines, record, self.counters, self.traced.shared.append)
        except Exception as reject:
            if not hasattr(reject, "code"):
                raise
        finally:
            self.counters = counters


class CloseReplay(Close):
    """A close that looks closely at one fee."""

    def __init__(self, terms: Terms, period: str, so_far: Sequence[Rated], counters: Sequence[dict[str, Any]]) -> None:
        super().__init__(terms, period, so_far, counters)
        self.traced: dict[bytes, Traced] = {}

    def _share(self, line: Line) -> None:
        traced = Traced(line, lines=(line,), held=[(line.held, True)])
        split_lines(self.terms, [line], None, _copied(self.counters), traced.shared.append)
        self.traced[line.line_id] = traced
        super()._share(line)


def _copied(counters: Counters) -> Counters:
    copy = Counters()
    copy.standing = dict(counters.standing)
    return copy


def candidates(met: PlanOnRecord, band: str | None) -> list[dict[str, Any]]:
    """Every usage charge of a plan: whether it matches the record, and whether it is the one of its component."""
    chosen = {drawn.name for drawn in met.chosen(band).values()}
    around = met.around.but(band=band)
    found = []
    for name, charge in met.plan.charges.items():
        if charge.usage:
            version = version_at(charge, met.record.time, met.held.account.zone)
            facts = {"component": charge.component, "priority": charge.priority}
            matches = version is not None and holds(charge.when, around)
            found.append({"charge": name, **facts, "matches": matches, "chosen": name in chosen})
    return found


def numbers_of(terms: Terms, model: ChargeModel, around: Circumstances, path: str) -> dict[str, Any]:
    """The terms of a charge model; each number that is looked up, with what was found."""
    given: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    found = {where: terms.tables.number(lookup, around, "no_price", path) for where, lookup in _lookups(model, ())}
    return {**given, **({"looked_up": found} if found else {})}


def _lookups(part: Any, where: tuple[str, ...]) -> list[tuple[str, Lookup]]:
    if isinstance(part, Lookup):
        return [(".".join(where), part)]
    if isinstance(part, Model):
        return [entry for name in type(part).model_fields for entry in _lookups(getattr(part, name), (*where, name))]
    if isinstance(part, tuple):
        return [entry for place, item in enumerate(part) for entry in _lookups(item, (*where, str(place)))]
    return []
