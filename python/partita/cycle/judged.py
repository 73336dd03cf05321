"""Whether verdicts on what repeats hold where it is rated.

They are made beside the run, of each record by itself (`seen`). But whether a record can be rated may depend on where
its counter stands, and that on all records before it: an original may be rejected after all. That is seen when a
partition has been rated, and then its records are judged by the engine once more, in their order. Verdicts by what
another partition or an earlier run has stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from partita.errors import InternalError

from .fingerprint import FINGERPRINT
from .gather import ROW, Source
from .seen import marked, ratable
from .verbs import Rated

Rate = Callable[[Sequence[Source], bool], Rated]
"""Rates sources, and searches them for duplicates or not."""


@dataclass(frozen=True)
class Parted:
    """The rows of a source in a partition, of which some are refused by verdicts."""

    source: Source
    refused: pa.ChunkedArray | None
    verdicts: pa.Table

    @classmethod
    def of(cls, source: Source, verdicts: pa.Table) -> Parted:
        """By the verdicts of a whole run."""
        own = verdicts.filter(pc.equal(verdicts["usage_file"], source.file.name))
        if own.num_rows == 0:
            return cls(source, None, own)
        refused = pc.is_in(source.rows, value_set=own["usage_row"].combine_chunks())
        here = source.rows.filter(refused).combine_chunks()
        return cls(source, refused, own.filter(pc.is_in(own["usage_row"], value_set=here)))

    @property
    def kept(self) -> Source:
        return self.source if self.refused is None else self.source.where(pc.invert(self.refused))

    def but(self, identities: pa.Array) -> Parted:
        """Without the verdicts on some identities, of which the engine has another record to judge them by."""
        if self.refused is None or self.source.file.usage.mapping.id == "none":
            return self
        others = self.source.where(pc.invert(pc.is_in(self.source.ids["identity"], value_set=identities)))
        rows = others.rows.combine_chunks()
        return Parted.of(self.source, self.verdicts.filter(pc.is_in(self.verdicts["usage_row"], value_set=rows)))


def judged(
    sources: Sequence[Source], verdicts: pa.Table, marks: pa.Array, rate: Rate
) -> tuple[list[Source], list[pa.Table], Rated]:
    """What of a partition was rated, the verdicts on the rest, and what came of it."""
    parted = [Parted.of(source, verdicts) for source in sources]
    kept = [part.kept for part in parted]
    rated = rate(kept, False)
    if len(marks):
        repeated = _repeated(kept, marks)
        if not _hold(parted, repeated, rated.rejects):
            here = _identities(repeated)
            parted = [part.but(here) for part in parted]
            kept = [part.kept for part in parted]
            rated = rate(kept, True)
            repeated = _repeated(kept, marks)
        _check_once(repeated, rated.rejects)
    return kept, [part.verdicts for part in parted], rated


def _repeated(sources: Sequence[Source], marks: pa.Array) -> list[Source]:
    """The records of some sources that have others of their identity, with nothing but their rows and identities."""
    bare = (Source(source.file, source.table.select([ROW]), source.ids) for source in sources)
    return [marked(source, marks) for source in bare]


def _hold(parted: Sequence[Parted], repeated: Sequence[Source], rejects: pa.Table) -> bool:
    """Whether each identity of which records are refused has one that is rated, if it has any here."""
    found = _identities(repeated)
    rated = _identities([ratable(source, rejects) for source in repeated])
    lost = found.filter(pc.invert(pc.is_in(found, value_set=rated)))
    refused = (part.source.ids["identity"].filter(part.refused) for part in parted if part.refused is not None)
    return not any(pc.any(pc.is_in(identities, value_set=lost)).as_py() for identities in refused)


def _check_once(repeated: Sequence[Source], rejects: pa.Table) -> None:
    """Raises `InternalError` if two records of one identity are rated."""
    rated = _identities([ratable(source, rejects) for source in repeated])
    if len(rated.unique()) < len(rated):
        raise InternalError(f"{len(rated) - len(rated.unique())} records are rated once more than they should")


def _identities(sources: Sequence[Source]) -> pa.Array:
    found = [pc.drop_null(chunk) for source in sources for chunk in source.ids["identity"].chunks]
    return pa.concat_arrays([pa.array([], FINGERPRINT), *found])
