"""The five verbs, as a run calls them.

A run works on partitions of files, on a book's opening state and on sums; the engine on Arrow tables. Here one is told
in the words of the other, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from partita import _core, engine
from partita.catalog.catalog import Catalog
from partita.errors import UsageSchemaError

from .file import File
from .gather import Laid, Source
from .owners import Owners


@dataclass(frozen=True)
class Rated:
    """What became of some sources; `totals` counts rows, skipped, rated and rejected of each."""

    lines: pa.Table
    shares: pa.Table
    rejects: pa.Table
    counters: pa.Table
    line_sums: pa.Table
    share_sums: pa.Table
    totals: Sequence[tuple[int, int, int, int]]


@dataclass(frozen=True)
class Fees:
    """What a period owes besides its usage: lines of fees, their shares, and fees not charged."""

    lines: pa.Table
    shares: pa.Table
    rejects: pa.Table
    line_sums: pa.Table
    share_sums: pa.Table


@dataclass(frozen=True)
class Books:
    """What a period is billed and settled by. `shares` are those of flows on whole periods, and `rejects` are such
    flows that could not be computed."""

    documents: pa.Table
    lines: pa.Table
    carried: pa.Table
    shares: pa.Table
    rejects: pa.Table


class Verbs:
    """The engine of a catalog and its tables."""

    def __init__(self, catalog: Catalog, accounts: Any, subscriptions: Any, tables: Mapping[str, Any] | None) -> None:
        self.catalog = catalog
        self.engine = engine.Engine(catalog, accounts, subscriptions, tables)
        self.rules: str = json.loads(self.engine.terms)["rules"]

    def gather(self, file: File, table: pa.Table, first: int, plain: Sequence[str], owners: Owners) -> Laid:
        """Rows of a file in the order of their partitions, the first of them with this number in the file."""
        mapping, partitions = file.usage.mapping_name, owners.partitions
        try:
            laid = self.engine._core.gather(mapping, file.hash, table, first, owners.table, partitions, list(plain))
        except UsageSchemaError as error:
            raise UsageSchemaError(f"{file.name}: {error}") from None
        return Laid(_batch(laid.rows), laid.counts, _batch(laid.marks)["mark"], laid.mark_counts)

    def rate(
        self,
        sources: Sequence[Source],
        counters: pa.Table | None,
        closed: str,
        keep: str = "narrow",
        check_duplicates: bool = False,
        shares: bool = False,
        beside: bool = False,
    ) -> Rated:
        """Rate sources from the counters on; cycles up to `closed` are closed. Of records that are rated `beside` a
        run, without those around them, one that only its counters reject is seen like one that is rated."""
        given = [(s.file.usage.mapping_name, s.file.name, s.file.hash, s.identified) for s in sources]
        rated = self.engine._core.rate(
            given,
            counters,
            itemised=keep == "itemised",
            check_duplicates=check_duplicates,
            shares=shares,
            lines=keep != "none",
            line_sums=True,
            share_sums=True,
            closed=closed,
            gathered=True,
            beside=beside,
        )
        return Rated(
            lines=_compact(rated.lines),
            shares=_compact(rated.shares),
            rejects=pa.table(rated.rejects),
            counters=pa.table(rated.counters),
            line_sums=_compact(rated.line_sums),
            share_sums=_compact(rated.share_sums),
            totals=rated.totals,
        )

    def fees(self, period: str, counters: pa.Table, billed: pa.Table) -> Fees:
        """Recurring and one-time charges of a period, and their shares."""
        covered = billed.rename_columns({"service_period": "period"})
        fees = self.engine._core.fees(period, counters, covered)
        return Fees(*map(pa.table, (fees.lines, fees.shares, fees.rejects, fees.line_sums, fees.share_sums)))

    def documents(self, period: str, line_sums: pa.Table, share_sums: pa.Table, carried: pa.Table) -> Books:
        """bill and settle: from sums, which need not be merged, to documents."""
        core = self.engine._core
        with ThreadPoolExecutor(1) as pool:
            billing = pool.submit(core.bill, line_sums, period)
            settled = core.settle(share_sums, period, carried)
            bills = billing.result()
        documents = _joined(bills.documents, settled.documents)
        lines = _joined(bills.lines, settled.lines)
        return Books(documents, lines, *map(pa.table, (settled.carried, settled.shares, settled.rejects)))

    def entries(self, documents: pa.Table, lines: pa.Table) -> pa.Table:
        """post: from documents with all their lines to entries."""
        return pa.table(self.engine._core.entries(documents, lines))

    def positions(self, documents: pa.Table) -> tuple[pa.Table, pa.Table]:
        """post: from all documents to positions and notices."""
        posted = self.engine._core.positions(documents)
        return pa.table(posted.positions), pa.table(posted.notices)


def _compact(table: Any) -> pa.Table:
    """A table of few accounts without the names of all others, which would be written with it."""
    return pa.table(_core.compacted(table))


def _batch(table: Any) -> pa.RecordBatch:
    """A table of one batch as that."""
    return pa.RecordBatchReader.from_stream(table).read_next_batch()


def _joined(*tables: Any) -> pa.Table:
    return pa.concat_tables(map(pa.table, tables)).unify_dictionaries()
