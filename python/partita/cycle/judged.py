"""Whether verdicts on what repeats hold where it is rated.

They are made beside the run, of each record by itself (`seen`). But whether a record can be rated may depend on where
its counter stands, and that on all records before it: the original may be rejected after all, or one that seemed to be
no record may be one. That is seen when a partition has been rated, and then its records are judged by the engine once
more, in their order. Verdicts by what another partition or an earlier run has stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from .fingerprint import FINGERPRINT
from .gather import Source
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
    if len(marks) and not _hold(parted, kept, marks, rated.rejects):
        here = _identities([marked(source, marks) for source in kept])
        parted = [part.but(here) for part in parted]
        kept = [part.kept for part in parted]
        rated = rate(kept, True)
    return kept, [part.verdicts for part in parted], rated


def _hold(parted: Sequence[Parted], kept: Sequence[Source], marks: pa.Array, rejects: pa.Table) -> bool:
    """Whether of each identity no more than one record is rated, and one is if others are refused for it."""
    repeated = [marked(source, marks) for source in kept]
    all_, rated = _identities(repeated), _identities([ratable(source, rejects) for source in repeated])
    lost = all_.filter(pc.invert(pc.is_in(all_, value_set=rated)))
    refused = _identities([part.source.where(part.refused) for part in parted if part.refused is not None])
    return len(rated.unique()) == len(rated) and not pc.any(pc.is_in(refused, value_set=lost)).as_py()


def _identities(sources: Sequence[Source]) -> pa.Array:
    found = [pc.drop_null(chunk) for source in sources for chunk in source.ids["identity"].chunks]
    return pa.concat_arrays([pa.array([], FINGERPRINT), *found])
