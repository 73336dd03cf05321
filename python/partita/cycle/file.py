"""A usage file as it is when a run begins, and whether it is still that when it has been read.

A run is known by the content of its files. An upload that is still being written, or a file that is replaced meanwhile,
must not be billed under the hash of what it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from partita.errors import UsageSchemaError
from partita.ingest import UsageFile, content_hash

_TICK_NS: Final = 2_000_000_000
"""File systems may give two changes within this time one and the same time stamp."""
State = tuple[int, int, int]
"""Size, time of the last change, and number of a file."""


@dataclass(frozen=True)
class File:
    """A usage file of a run, and the hash of its content. `state` is what it was before it was hashed; none when it had
    changed so shortly before that a further change need not show."""

    usage: UsageFile
    hash: str
    state: State | None = None

    @classmethod
    def of(cls, usage: UsageFile, is_given_up: Callable[[], bool] = lambda: False) -> Self:
        """A file as it is. Raises `UsageSchemaError` when it cannot be read, `CancelledError` when it is given up."""
        try:
            state = _state(usage)
            settled = state[1] < time.time_ns() - _TICK_NS
            return cls(usage, content_hash(usage.path, is_given_up), state if settled else None)
        except OSError as error:
            raise UsageSchemaError(f"{usage.name}: cannot be read: {error.strerror or error}") from error

    @property
    def name(self) -> str:
        return self.usage.name

    def check(self) -> None:
        """Raises `UsageSchemaError` unless the file is still what it was; it is read again only if it may not be."""
        try:
            if self.state is not None and _state(self.usage) == self.state:
                return
            same = content_hash(self.usage.path) == self.hash
        except OSError:
            same = False
        if not same:
            raise UsageSchemaError(
                f"{self.name}: changed while it was read, and nothing of it is billed; start again once it is complete"
            )


def _state(usage: UsageFile) -> State:
    found = usage.path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino
