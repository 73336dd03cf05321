"""What comes of a call of `rate`, and what goes into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from partita import _core
from partita.errors import InternalError, UsageSchemaError
from partita.given import returnable, table
from partita.source import Batches

Keep = Literal["narrow", "itemised"]
Shares = bool | Literal["sums"]
"""Whether shares are kept: a row for each (True), only what they add up to, or neither."""
Named = tuple[str, str, str, Any]
"""Usage as the core takes it: mapping, file, hash of the file's content, an object that speaks Arrow."""


class Source(NamedTuple):
    """Usage, and what is known of it: the usage mapping that reads it (None: the only one), the name of its file, and
    the hash of the file's content, which stands for the ids of records that have none."""

    mapping: str | None
    file: str
    usage: Any
    content: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Rated:
    """What became of usage. Tables are made when they are first asked for, without copying.

    `rows` were read and `skipped` of them left out by the mapping's `where`; every other is rated or rejected.
    """

    core: _core.Rated
    rows: int
    skipped: int

    @cached_property
    def lines(self) -> pa.Table:
        """Rated lines, in the order of the input."""
        return table(self.core.lines)

    @cached_property
    def shares(self) -> pa.Table:
        """Shares of the lines by agreement and flow; empty when they were not asked for."""
        return table(self.core.shares)

    @cached_property
    def share_sums(self) -> pa.Table:
        """What the shares add up to, by period, agreement, flow and parties; empty unless sums were asked for."""
        return table(self.core.share_sums)

    @cached_property
    def rejects(self) -> pa.Table:
        """Records that could not be rated, each with its code and reason."""
        return table(self.core.rejects)

    @cached_property
    def counters(self) -> pa.Table:
        """Counters as they stand after the last record: the `counters` of the next call."""
        return returnable(self.core.counters)

    def __repr__(self) -> str:
        counts = f"rows={self.rows}, skipped={self.skipped}, lines={len(self.core.lines)}"
        return f"Rated({counts}, shares={len(self.core.shares)}, rejects={len(self.core.rejects)})"


def is_itemised(keep: Keep) -> bool:
    """Whether lines carry their records along. Raises `ValueError` for what `keep` cannot be."""
    if keep not in ("narrow", "itemised"):
        raise ValueError(f"keep is narrow or itemised, not {keep!r}")
    return keep == "itemised"


def shares_wanted(shares: Shares) -> tuple[bool, bool]:
    """Whether shares are kept, and whether they are added up. Raises `ValueError` for what `shares` cannot be."""
    if shares not in (True, False, "sums"):
        raise ValueError(f"shares is True, False or 'sums', not {shares!r}")
    return (False, True) if shares == "sums" else (bool(shares), False)


def accounted(core: _core.Rated) -> Rated:
    """The result, if every row is accounted for (design §8)."""
    rows, skipped, rejected = core.rows, core.skipped, core.rejected
    if rows != skipped + rejected + core.rated:
        raise InternalError(f"{rows} rows, but {skipped} skipped + {rejected} rejected + {core.rated} rated")
    return Rated(core, rows, skipped)


def cause(error: Exception, sources: Sequence[Named]) -> BaseException:
    """What really happened: the failure of a stream's own code, what a signal's handler raised, or that an object is no
    table after all."""
    failures = (usage.failure for *_, usage in sources if isinstance(usage, Batches) and usage.failure is not None)
    own = next(failures, None)
    if own is not None:
        return own
    if error.__traceback__ is not None and error.__traceback__.tb_next is not None:
        return error  # raised by Python code that ran meanwhile, not by the core
    return UsageSchemaError(f"usage cannot be read: {error}") if type(error) in (Exception, ValueError) else error
