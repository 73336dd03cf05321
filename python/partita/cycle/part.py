"""One partition: rated, split and summed, and written to its folder.

A folder `part-0003` holds lines, shares, rejects, counters, sums and ids as Parquet, and in its manifest the control
totals of each file. It is made whole or not at all, so that a run killed anywhere resumes from the partitions that are
there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.errors import InternalError

from .fingerprint import IDS
from .folder import write_folder, write_table
from .gather import Source
from .judged import Rate, judged
from .plan import Plan
from .rejected import records_of
from .seen import VERDICTS
from .verbs import Verbs
from .written import as_written, commas_of


@dataclass(frozen=True)
class Part:
    """A partition, rated: its tables, and the control totals of each file in it."""

    tables: dict[str, pa.Table]
    totals: list[dict[str, Any]]


def rate_part(
    sources: Sequence[Source], verdicts: pa.Table, marks: pa.Array, verbs: Verbs, counters: pa.Table, plan: Plan
) -> Part:
    """Rate a partition. `verdicts` say which records are not rated because they are duplicates, and `marks` are those
    of identities that come more than once; what there is of other partitions does not matter."""
    kept, refused, rated = judged(sources, verdicts, marks, _rating(verbs, counters, plan))
    commas = commas_of(verbs.catalog, ((source.file.name, source.file.usage.mapping) for source in sources))
    rejects = pa.concat_tables([as_written(rated.rejects.cast(VERDICTS), commas), *refused])
    tables = {
        "rejects": rejects.sort_by([("usage_file", "ascending"), ("usage_row", "ascending")]),
        "counters": rated.counters,
        "line_sums": rated.line_sums,
        "share_sums": rated.share_sums,
        "ids": _ids(kept, rated.rejects),
        **records_of(sources, rejects, plan),
        **({"lines": rated.lines} if plan.keep != "none" else {}),
        **({"shares": rated.shares} if plan.shares == "lines" else {}),
    }
    return Part(tables, _totals(sources, rated.totals, rejects))


def write_part(folder: Path, part: Part, check: Callable[[], None]) -> dict[str, Any]:
    """Write a partition to its folder, unless `check` raises in the end; the manifest comes back."""

    def fill(draft: Path) -> dict[str, Any]:
        for name, table in part.tables.items():
            write_table(draft, name, table)
        check()
        return {**facts(part.tables), "totals": part.totals}

    return write_folder(folder, fill)


def facts(tables: dict[str, pa.Table]) -> dict[str, Any]:
    """What a manifest says of tables: their rows, and the periods that their sums are billed in."""
    rows = {name: table.num_rows for name, table in tables.items()}
    return {"rows": rows, "periods": periods_of(tables["line_sums"], tables["share_sums"])}


def periods_of(*sums: pa.Table) -> list[str]:
    """The periods that sums are billed in."""
    return sorted({period for table in sums for period in table["period"].unique().to_pylist()})


def _rating(verbs: Verbs, counters: pa.Table, plan: Plan) -> Rate:
    """How some sources of a partition are rated, and whether they are searched for duplicates."""
    return lambda sources, check_duplicates: verbs.rate(
        sources, counters, plan.closed, plan.keep, check_duplicates, shares=plan.shares == "lines"
    )


def _totals(
    sources: Sequence[Source], rated: Sequence[tuple[int, int, int, int]], rejects: pa.Table
) -> list[dict[str, Any]]:
    """The control totals of each file in this partition: every row is rated, rejected or left out by `where`; and
    whether the file has ids. Raises `InternalError` when rows are lost."""
    rejected = _counts(rejects["usage_file"])
    found = []
    for source, (_, skipped, records, _) in zip(sources, rated, strict=True):
        name, rows = source.file.name, source.table.num_rows
        entry = {"rows": rows, "skipped": skipped, "rated": records, "rejected": rejected.get(name, 0)}
        if rows != skipped + records + entry["rejected"]:
            raise InternalError(f"{name}: {rows} rows, but {entry}")
        column = source.file.usage.mapping.id
        has_ids = column != "none" and column in source.table.column_names
        found.append({"file": name, **entry, "has_ids": has_ids})
    return found


def _counts(names: pa.ChunkedArray) -> dict[str, int]:
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(names).to_pylist()}


def _ids(sources: Sequence[Source], rejects: pa.Table) -> pa.Table:
    """Identity and content of all records that were rated."""
    found = []
    for source in sources:
        own = rejects.filter(pc.equal(rejects["usage_file"].cast(pa.string()), source.file.name))
        if own.num_rows == 0 and source.ids["identity"].null_count == 0:
            found.append(source.ids)
            continue
        refused = own["usage_row"].combine_chunks()
        rated = pc.and_(pc.is_valid(source.ids["identity"]), pc.invert(pc.is_in(source.rows, value_set=refused)))
        found.append(source.ids.filter(rated))
    return pa.concat_tables([IDS.empty_table(), *found])
