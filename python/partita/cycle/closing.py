"""The close of a period: fees, then bill, settle and post, from sums.

What usage came to is known by its sums, those of this run and those of all open runs before. Here the fees join them,
and out of all come documents, entries, positions and notices: one folder `close`, which the commit takes over.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from partita.errors import InternalError
from partita.store.schema import TABLES, conform, empty

from .folder import write_folder, write_table
from .part import facts
from .seen import VERDICTS
from .verbs import Verbs, merged

NAME = "close"
BOOKS = ("documents", "document_lines", "entries", "positions", "carried", "notices")


def close_period(
    folder: Path,
    period: str,
    verbs: Verbs,
    line_sums: Sequence[pa.Table],
    share_sums: Sequence[pa.Table],
    counters: pa.Table,
    billed: pa.Table,
    carried: pa.Table,
) -> dict[str, Any]:
    """Close a period into a folder; the manifest comes back. `line_sums` and `share_sums` are those of usage."""
    fees = verbs.fees(period, counters, billed)
    own = {"line_sums": fees.line_sums, "share_sums": fees.share_sums}
    lines = merged(_billed_in(period, [*line_sums, fees.line_sums]), "line_sums")
    shares = merged(_billed_in(period, [*share_sums, fees.share_sums]), "share_sums")
    books = verbs.documents(period, lines, shares, carried)
    tables = {
        **own,
        "lines": fees.lines,
        "shares": pa.concat_tables([fees.shares, books.shares], promote_options="default"),
        "rejects": fees.rejects.cast(VERDICTS),
        **{name: _with_period(name, getattr(books, name), period) for name in BOOKS},
    }
    check_laws(tables)
    return write_folder(folder, lambda draft: _fill(draft, tables))


def check_laws(tables: dict[str, pa.Table]) -> None:
    """Lines sum to their document, entries balance in each book and currency, positions sum to zero. Raises
    `InternalError` otherwise: these hold whatever comes in."""
    with duckdb.connect() as connection:
        for name in ("documents", "document_lines", "entries", "positions"):
            connection.register(name, tables[name])
        for law, sql in _LAWS.items():
            broken = connection.execute(f"{sql} LIMIT 1").fetchone()
            if broken is not None:
                raise InternalError(f"{law}: {', '.join(map(str, broken))}")


_LAWS = {
    "the lines of a document do not sum to it": "SELECT document_id, d.net, coalesce(sum(l.net), 0) FROM documents d "
    "LEFT JOIN document_lines l USING (document_id) GROUP BY ALL HAVING d.net != coalesce(sum(l.net), 0)",
    "the entries of a book do not balance": "SELECT book, currency, sum(debit), sum(credit) FROM entries "
    "GROUP BY book, currency HAVING sum(debit) != sum(credit)",
    "the positions of a netting set do not sum to zero": 'SELECT "set", currency, sum(net) FROM positions '
    'GROUP BY "set", currency HAVING sum(net) != 0',
}


def _billed_in(period: str, sums: Sequence[pa.Table]) -> list[pa.Table]:
    return [table.filter(pc.equal(table["period"], period)).cast(sums[-1].schema) for table in sums]


def _with_period(name: str, table: pa.Table, period: str) -> pa.Table:
    """A table of the close with the period that it is of, where it does not say so itself."""
    if "period" in TABLES[name].names and "period" not in table.column_names:
        table = table.append_column("period", pa.repeat(pa.scalar(period), table.num_rows))
    return conform(table, empty(name).schema).drop_columns(["run_id"])


def _fill(draft: Path, tables: dict[str, pa.Table]) -> dict[str, Any]:
    for name, table in tables.items():
        write_table(draft, name, table)
    return facts(tables)
