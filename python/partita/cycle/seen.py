"""Duplicates: records whose identity was rated before, or that come twice (semantics §8).

The fingerprints of all identities are compared, within the run and with those that earlier runs committed. What repeats
is rare and looked at closely: it is rated beside the run, without effect, so that a record which could not be rated
anyway is that reject and no duplicate. What is left is an original (the smallest in the order of rating, or a committed
one), a duplicate (its content is the same), or in conflict. Only what was rated counts as seen, so that a corrected
reject can be sent again.

Beside the run counters stand at zero, so what they have against a record is not believed: it counts as one that can be
rated, lest it is rated twice. If the original is rejected in its place after all, `judged` looks once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from partita import _core
from partita.ingest.layout import common
from partita.store.sql import interruptible, parquet, quoted

from .fingerprint import FINGERPRINT, IDS, texts
from .gather import ROW, Gathered, Source
from .plan import Plan
from .verbs import Verbs

VERDICTS: Final = pa.schema(
    {
        "usage_file": pa.string(),
        "usage_row": pa.int64(),
        "source": pa.string(),
        "id": pa.string(),
        "code": pa.int32(),
        "name": pa.string(),
        "field": pa.string(),
        "value": pa.string(),
    }
)
"""Rejects of records that were rated before, or are rated elsewhere in the run."""
_DUPLICATE, _CONFLICT = 501, 502
_OF_COUNTERS: Final = pa.array([308, 405], pa.int32())
"""Codes that a record may have because of where its counter stands: overflow, over_shared."""
_AT_ONCE: Final = 500_000


class Seen:
    """The duplicates of a run. `marks` are those of its identities that come more than once, `committed` the Parquet
    files of the ids of earlier runs."""

    def __init__(
        self, plan: Plan, verbs: Verbs, gathered: Gathered, marks: pa.Array, committed: Sequence[Path]
    ) -> None:
        self._plan = plan
        self._verbs = verbs
        self._gathered = gathered
        self._marks = marks
        self._committed = committed

    def verdicts(self, folder: Path) -> pa.Table:
        """A reject for every record that is not to be rated because of another; `folder` is for what does not fit
        into memory."""
        before = self._seen_before(folder) if self._committed else IDS.empty_table()
        found = [*self._against(before), *self._among(before)]
        return pa.concat_tables([VERDICTS.empty_table(), *found]).sort_by(
            [("usage_file", "ascending"), ("usage_row", "ascending")]
        )

    def _seen_before(self, folder: Path) -> pa.Table:
        """Identities of this run that are committed, and the content that they have there."""
        sql = (
            f"SELECT identity, content FROM {parquet(self._committed)} "
            "WHERE identity IN (SELECT identity FROM ids) ORDER BY identity"
        )
        with (
            interruptible("the ids of this run and of earlier ones cannot be compared"),
            duckdb.connect() as connection,
        ):
            connection.execute("SET enable_progress_bar_print = false")
            connection.execute(f"SET memory_limit = '1GB'; SET temp_directory = {quoted(folder.as_posix())}")
            connection.register("ids", self._gathered.ids())
            table = connection.sql(sql).to_arrow_table()
        return table.cast(IDS).combine_chunks()

    # Committed ----------------------------------------------------------------------------------------------------

    def _against(self, before: pa.Table) -> Iterator[pa.Table]:
        """Verdicts on records whose identity is committed, partition by partition."""
        if before.num_rows == 0:
            return
        for partition in range(self._plan.partitions):
            hits = [_with(source, _values(before, "identity")) for source in self._gathered.sources(partition)]
            hits = [source for source in hits if source.table.num_rows]
            rejects = self._verbs.rate(hits, None, self._plan.closed).rejects if hits else None
            for source in hits:
                assert rejects is not None
                yield self._compared(ratable(source, _believed(rejects)), before)

    def _compared(self, source: Source, before: pa.Table) -> pa.Table:
        there = _values(before, "content").take(
            pc.index_in(source.ids["identity"], value_set=_values(before, "identity"))
        )
        same = pc.equal(source.ids["content"], there)
        return _verdicts(source, same)

    # Within the run -----------------------------------------------------------------------------------------------

    def _among(self, before: pa.Table) -> Iterator[pa.Table]:
        """Verdicts on records of one identity within the run, by the marks that come twice: the engine says which is
        the original. That the identities of a mark differ does no harm, and the committed ones have been looked at."""
        committed = _values(before, "identity")
        for start in range(0, len(self._marks), _AT_ONCE):
            found = self._collected(self._marks.slice(start, _AT_ONCE))
            sources = [_without(source, committed) for source in found] if len(committed) else found
            rejects = self._verbs.rate(sources, None, self._plan.closed, check_duplicates=True, beside=True).rejects
            yield rejects.filter(pc.greater_equal(rejects["code"], _DUPLICATE)).cast(VERDICTS)
            without_ids = [s for s in sources if s.file.usage.mapping.id == "none"]
            yield from _later_ones([ratable(source, _believed(rejects)) for source in without_ids])

    def _collected(self, marks: pa.Array) -> list[Source]:
        """All records of some marks, file by file, from whichever partition, in the order of their rows."""
        parts: dict[str, list[Source]] = {}
        for partition in range(self._plan.partitions):
            for source in self._gathered.sources(partition):
                hits = marked(source, marks)
                if hits.table.num_rows:
                    parts.setdefault(source.file.name, []).append(hits)
        return [_merged(parts[file.name]) for file in self._plan.files if file.name in parts]


def _values(table: pa.Table, column: str) -> pa.Array:
    return table[column].combine_chunks()


def _with(source: Source, identities: pa.Array) -> Source:
    return source.where(pc.is_in(source.ids["identity"], value_set=identities))


def _without(source: Source, identities: pa.Array) -> Source:
    return source.where(pc.invert(pc.is_in(source.ids["identity"], value_set=identities)))


def marked(source: Source, marks: pa.Array) -> Source:
    """The records of a source whose identity has one of some marks."""
    mask = pa.table(_core.marked(source.ids.select(["identity"]), pa.table({"mark": marks})))
    return source.where(mask["marked"])


def _believed(rejects: pa.Table) -> pa.Table:
    """What is certain of rejects of records that were rated beside the run."""
    return rejects.filter(pc.invert(pc.is_in(rejects["code"], value_set=_OF_COUNTERS)))


def _merged(parts: Sequence[Source]) -> Source:
    table = pa.concat_tables([common(part.table) for part in parts])
    order = pc.sort_indices(table[ROW])
    ids = pa.concat_tables([part.ids for part in parts])
    return Source(parts[0].file, table.take(order), ids.take(order))


def ratable(source: Source, rejects: pa.Table) -> Source:
    """The records of a source that are not among the rejects."""
    own = rejects.filter(pc.equal(rejects["usage_file"].cast(pa.string()), source.file.name))
    return source.where(pc.invert(pc.is_in(source.rows, value_set=_values(own, "usage_row"))))


def _later_ones(sources: Iterable[Source]) -> Iterator[pa.Table]:
    """Verdicts on records without ids: of rows of equal files, all but those of the first."""
    met = pa.array([], FINGERPRINT)
    for source in sources:
        again = source.where(pc.is_in(source.ids["identity"], value_set=met))
        yield _verdicts(again, pa.chunked_array([pa.repeat(pa.scalar(True), again.table.num_rows)]))
        met = pa.concat_arrays([met, *source.ids["identity"].chunks])


def _verdicts(source: Source, same: pa.ChunkedArray) -> pa.Table:
    """Rejects of records, duplicates where they are the same as the original and else conflicts."""
    mapping, count = source.file.usage.mapping, source.table.num_rows
    has_ids = mapping.id != "none"
    ids = texts(source.table, mapping.id) if has_ids else pa.nulls(count, pa.string())
    columns = {
        "usage_file": pa.repeat(pa.scalar(source.file.name), count),
        "usage_row": source.rows,
        "source": pc.fill_null(texts(source.table, mapping.source), ""),
        "id": ids,
        "code": pc.if_else(same, _DUPLICATE, _CONFLICT).cast(pa.int32()),
        "name": pc.if_else(same, "duplicate", "conflict"),
        "field": pa.repeat(pa.scalar(mapping.id if has_ids else None, pa.string()), count),
        "value": ids,
    }
    return pa.table(columns, schema=VERDICTS)
