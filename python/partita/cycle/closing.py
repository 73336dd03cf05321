"""The close of a period: fees, then bill, settle and post, from sums.

What usage came to is known by its sums, those of this run and those of all open runs before. Here the fees join them,
and out of all come documents, entries, positions and notices. What lies beside the book goes into a folder `close`;
what goes into the book is made on the way there, the entries of some documents at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from partita.store.schema import TABLES, conform, constant, empty, with_made

from .folder import finished, write_folder, write_table
from .gather import ahead
from .part import facts
from .seen import VERDICTS
from .verbs import Books, Fees, Verbs

NAME = "close"
BOOKS = ("documents", "document_lines", "entries", "positions", "carried", "notices")
BILLED = ("subscription", "plan", "charge", "service_period", "amount")
_AT_ONCE: Final = 8_192
"""Documents whose entries are in memory at once."""


@dataclass(frozen=True)
class Closing:
    """A period that is closed but not yet in the book."""

    period: str
    verbs: Verbs
    fees: Fees
    books: Books

    def beside(self) -> dict[str, pa.Table]:
        """The tables that lie beside the book: fees, their sums, shares of flows on the whole period, and what of both
        could not be computed."""
        return {
            "line_sums": self.fees.line_sums,
            "share_sums": self.fees.share_sums,
            "lines": self.fees.lines,
            "shares": pa.concat_tables([self.fees.shares, self.books.shares], promote_options="default"),
            "rejects": pa.concat_tables([self.fees.rejects.cast(VERDICTS), self.books.rejects.cast(VERDICTS)]),
        }

    def tables(self) -> Iterator[tuple[str, pa.Table]]:
        """The tables of the book, one after the other, each whole or in parts as they are made. Raises `InternalError`
        when lines do not sum to their document, the entries of a book do not balance, or positions do not sum to 0."""
        found = chain(self._whole(), (("entries", part) for part in ahead(self._entries())))
        yield from ((name, _with_period(name, table, self.period)) for name, table in found)

    def _whole(self) -> Iterator[tuple[str, pa.Table]]:
        lines, books = self.fees.lines, self.books
        fees = pc.is_in(lines["kind"].cast(pa.string()), value_set=pa.array(["recurring", "one_time"]))
        yield "billed", lines.filter(fees).select(BILLED)
        positions, notices = self.verbs.positions(books.documents)
        yield from {"positions": positions, "notices": notices, "carried": books.carried}.items()
        yield from {"documents": books.documents, "document_lines": books.lines}.items()

    def _entries(self) -> Iterator[pa.Table]:
        """The entries of some documents at a time: all of them would be too many to hold."""
        for documents, lines in in_lots(self.books.documents, self.books.lines, _AT_ONCE):
            yield self.verbs.entries(documents, lines)


def close_period(
    period: str,
    verbs: Verbs,
    fees: Fees,
    line_sums: Sequence[pa.Table],
    share_sums: Sequence[pa.Table],
    carried: pa.Table,
) -> Closing:
    """Close a period, of which the fees are known. `line_sums` and `share_sums` are those of usage; what they hold of
    other periods does not count."""
    lines, shares = _with_fees(line_sums, fees.line_sums), _with_fees(share_sums, fees.share_sums)
    return Closing(period, verbs, fees, verbs.documents(period, lines, shares, carried))


def write_closing(folder: Path, closing: Closing, with_books: bool) -> dict[str, Any]:
    """Write what lies beside the book into a folder, unless an earlier attempt has; the manifest comes back.
    `with_books` puts the tables of the book there too."""
    found = None if with_books else finished(folder)
    return found or write_folder(folder, lambda draft: _fill(draft, closing, with_books))


def in_lots(documents: pa.Table, lines: pa.Table, at_once: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Documents with their lines, some at a time. The lines of a document follow each other, in the documents' order;
    should one have none, all come at once."""
    codes = pa.chunked_array([part.indices for part in lines["document_id"].chunks], pa.int32()).combine_chunks()
    ends = pc.run_end_encode(codes).run_ends
    if len(ends) != documents.num_rows:
        yield documents, lines
        return
    start = 0
    for first in range(0, documents.num_rows, at_once):
        lot = documents.slice(first, at_once)
        end = ends[first + lot.num_rows - 1].as_py()
        yield lot, lines.slice(start, end - start)
        start = end


def _with_fees(sums: Sequence[pa.Table], of_fees: pa.Table) -> pa.Table:
    return pa.concat_tables([*(table.cast(of_fees.schema) for table in sums), of_fees])


def _with_period(name: str, table: pa.Table, period: str) -> pa.Table:
    """A table of the close with the period that it is of, where it does not say so itself."""
    if "period" in TABLES[name].names and "period" not in table.column_names:
        table = table.append_column("period", constant(period, table.num_rows))
    return table


def _fill(draft: Path, closing: Closing, with_books: bool) -> dict[str, Any]:
    tables = closing.beside()
    for name, table in tables.items():
        write_table(draft, name, table)
    if with_books:
        parts: dict[str, list[pa.Table]] = {name: [empty(name).drop_columns(["run_id"])] for name in BOOKS}
        for name, table in closing.tables():
            if name in parts:
                parts[name].append(conform(with_made(name, table), parts[name][0].schema))
        for name, found in parts.items():
            write_table(draft, name, pa.concat_tables(found))
    return facts(tables)
