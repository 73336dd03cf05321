"""What an engine was made from: half of what identifies a run, and all that its pickle holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import pyarrow as pa

from partita.catalog.catalog import Catalog
from partita.catalog.lower import Lowered

from .log import Log
from .merge import dates_as_instants, merged
from .terms import Terms

MOMENTS: Final = ("from", "until", "billed_until")


@dataclass(frozen=True, eq=False)
class Origin:
    """Terms and the tables beside them, as they were first and as they came later."""

    terms: Terms
    first: Mapping[str, pa.Table]
    """The tables `accounts`, `subscriptions` and `prefixes` that were compiled with the terms."""
    lookups: Mapping[str, pa.Table]
    mappings: tuple[str, ...]
    """The usage mappings that read usage in memory."""
    accounts: Log = field(default=Log("account"))
    subscriptions: Log = field(default=Log("subscription"))
    moments: Mapping[str, pa.DataType] = field(default_factory=dict)
    """By column of moments: whether those that came later are dates or instants."""

    @classmethod
    def of(cls, catalog: Catalog, lowered: Lowered, mappings: Iterable[str]) -> Origin:
        """What a catalog was lowered to."""
        first = {"accounts": lowered.accounts, "subscriptions": lowered.subscriptions, "prefixes": lowered.prefixes}
        return cls(Terms.of(lowered.terms_json, catalog), first, dict(lowered.tables), tuple(mappings))

    @cached_property
    def beside(self) -> Mapping[str, pa.Table]:
        """The tables `accounts`, `subscriptions` and `prefixes` with all that came later."""
        later = {"accounts": self.accounts, "subscriptions": self.subscriptions}
        return {**self.first, **{name: merged(self.first[name], log) for name, log in later.items()}}

    def kind_of(self, moment: str) -> pa.DataType | None:
        """Whether the subscriptions have dates or instants; None as long as all are null."""
        column = self.first["subscriptions"][moment]
        return self.moments.get(moment) or (column.type if column.null_count < len(column) else None)

    def as_instants(self, moments: list[str]) -> Origin:
        """The same with dates of these columns as instants."""
        subscriptions = dates_as_instants(self.beside["subscriptions"], self.beside["accounts"], moments)
        first = {**self.beside, "subscriptions": subscriptions}
        kinds = {name: kind for name, kind in self.moments.items() if name not in moments}
        return Origin(self.terms, first, self.lookups, self.mappings, moments=kinds)

    def state(self) -> dict[str, Any]:
        """What a pickle holds: the terms, and the merged tables as Arrow IPC."""
        return {
            "terms": (self.terms.document, self.terms.digits),
            "first": {name: _to_ipc(table) for name, table in self.beside.items()},
            "lookups": {name: _to_ipc(table) for name, table in self.lookups.items()},
            "mappings": self.mappings,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Origin:
        """The origin of such a state."""
        first, lookups = (
            {name: pa.ipc.open_stream(data).read_all() for name, data in state[part].items()}
            for part in ("first", "lookups")
        )
        return cls(Terms(*state["terms"]), first, lookups, state["mappings"])


def _to_ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
