"""The implementations of the five verbs that the vectors run on, behind one small adapter.

Each takes a typed catalog and plain rows, and returns plain rows. `sections` lists what an implementation is held to:
a vector runs on it for those of its expected sections that are listed here, and for no other; one that closes a period
needs `close` among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from partita.catalog.catalog import Catalog
from partita.engine import Engine
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
    """The engine. Its sections are those that it can be held to so far."""

    name = "engine"
    sections: tuple[str, ...] = RATED

    def rate(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool) -> Outcome:
        rated = Engine(catalog).rate(list(rows), check_duplicates=check_duplicates)
        tables = (rated.lines, rated.shares, rated.rejects, rated.counters)
        return Outcome(*(table.to_pylist() for table in tables), rated.skipped)

    def close(self, catalog: Catalog, rows: Sequence[Row], check_duplicates: bool, period: str) -> Outcome:
        raise NotImplementedError


IMPLEMENTATIONS: tuple[Implementation, ...] = (ReferenceImplementation(), EngineImplementation())
