"""The implementations of the five verbs that the vectors run on, behind one small adapter.

Each takes a typed catalog and plain rows, and returns plain rows. `sections` lists what an implementation is held to:
a vector runs on it for those of its expected sections that are listed here, and for no other; one that closes a period
needs `close` among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from partita import _core
from partita.catalog.catalog import Catalog
from partita.engine import Engine
from partita.ingest import batches, choose
from partita.reference import Reference

Row = Mapping[str, Any]

RATED = ("lines", "total", "shares", "rejects", "counters", "skipped")
CLOSED = ("documents", "document_lines", "entries", "positions", "notices")
SECTIONS = (*RATED, *CLOSED)
"""All sections that a vector may expect."""


@dataclass
class Outcome:
    """What one vector came to, as lists of dicts; `skipped` is a count."""

    lines: list[Row] = field(default_factory=list)
    shares: list[Row] = field(default_factory=list)
    rejects: list[Row] = field(default_factory=list)
    counters: list[Row] = field(default_factory=list)
    skipped: int = 0
    documents: list[Row] = field(default_factory=list)
    document_lines: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    positions: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)


class Implementation(Protocol):
    """`rate` takes rows of the catalog's one usage mapping; `close` does so too, and closes the period."""

    name: str
    sections: tuple[str, ...]

    def rate(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool) -> Outcome: ...

    def close(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool, period: str) -> Outcome: ...


class ReferenceImplementation:
    """The pure-Python reference."""

    name = "reference"
    sections = (*SECTIONS, "close")

    def rate(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool) -> Outcome:
        rated = Reference(catalog).rate(rows, check_duplicates=check_duplicates)
        return Outcome(rated.lines, rated.shares, rated.rejects, rated.counters, rated.skipped)

    def close(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool, period: str) -> Outcome:
        reference = Reference(catalog)
        rated = reference.rate(rows, check_duplicates=check_duplicates)
        closed = reference.close(period, [rated])
        books = reference.documents(period, [rated, closed])
        return Outcome(
            rated.lines + closed.lines,
            rated.shares + closed.shares,
            rated.rejects + closed.rejects,
            rated.counters,
            rated.skipped,
            books.documents,
            books.document_lines,
            books.entries,
            books.positions,
            books.notices,
        )


class EngineImplementation:
    """The engine, by its five verbs."""

    name = "engine"
    sections: tuple[str, ...] = (*SECTIONS, "close")

    def rate(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool) -> Outcome:
        rated = Engine(catalog).rate(list(rows), check_duplicates=check_duplicates)
        tables = (rated.lines, rated.shares, rated.rejects, rated.counters)
        return Outcome(*(table.to_pylist() for table in tables), rated.skipped)

    def close(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool, period: str) -> Outcome:
        core = Engine(catalog)._core
        mapping, usage = choose(catalog.usage)
        given = [(mapping, "", "", batches(list(rows), usage))] if rows else []
        rated = core.rate(given, check_duplicates=check_duplicates, line_sums=True, share_sums=True)
        fees = core.fees(period, rated.counters)
        line_sums = _core.merge_line_sums(together(rated.line_sums, fees.line_sums))
        share_sums = _core.merge_share_sums(together(rated.share_sums, fees.share_sums))
        bills, settled = core.bill(line_sums, period), core.settle(share_sums, period)
        documents, lines = together(bills.documents, settled.documents), together(bills.lines, settled.lines)
        posted = core.post(documents, lines)
        return Outcome(
            together(rated.lines, fees.lines).to_pylist(),
            together(rated.shares, fees.shares, settled.shares).to_pylist(),
            together(rated.rejects, fees.rejects, settled.rejects).to_pylist(),
            pa.table(rated.counters).to_pylist(),
            rated.skipped,
            documents.to_pylist(),
            lines.to_pylist(),
            *(pa.table(table).to_pylist() for table in (posted.entries, posted.positions, posted.notices)),
        )


def together(*tables: Any) -> pa.Table:
    return pa.concat_tables(pa.table(table) for table in tables).unify_dictionaries()


IMPLEMENTATIONS: tuple[Implementation, ...] = (ReferenceImplementation(), EngineImplementation())
