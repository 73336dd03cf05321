"""The engine: a catalog compiled once, which then rates as often as it is asked.

Here is no arithmetic. A catalog is lowered to a document and tables, the core compiles them, usage goes in as Arrow and
what comes of it comes back as Arrow. An engine never changes, so threads may share it, and a pickled one is the same
again elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from partita import _core
from partita.catalog.catalog import Catalog
from partita.catalog.lower import lower
from partita.catalog.lower.usage import columns_of, mappings
from partita.errors import InternalError, UsageSchemaError
from partita.source import Batches, arrow_source

Keep = Literal["narrow", "itemised"]


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
        return pa.table(self.core.lines)

    @cached_property
    def shares(self) -> pa.Table:
        """Shares of the lines by agreement and flow; empty when they were not asked for."""
        return pa.table(self.core.shares)

    @cached_property
    def rejects(self) -> pa.Table:
        """Records that could not be rated, each with its code and reason."""
        return pa.table(self.core.rejects)

    @cached_property
    def counters(self) -> pa.Table:
        """Counters as they stand after the last record: the `counters` of the next call."""
        return pa.table(self.core.counters)

    def __repr__(self) -> str:
        counts = f"rows={self.rows}, skipped={self.skipped}, lines={len(self.core.lines)}"
        return f"Rated({counts}, shares={len(self.core.shares)}, rejects={len(self.core.rejects)})"


class Engine:
    """A catalog, its accounts and subscriptions, compiled. Immutable, shared by threads, picklable.

    `accounts`, `subscriptions` and `tables` (look-up tables by name) are Arrow objects or lists of dicts; the first two
    join those written in the catalog, and win over those of the same id. Raises `CatalogError`.

    >>> from partita.catalog import load
    >>> catalog = load({
    ...     "parties": {"nordtel": {}},
    ...     "accounts": {"a-1": {"owner": "c-1", "currency": "EUR"}},
    ...     "subscriptions": {"s-1": {"account": "a-1", "keys": ["46701"], "plans": "start"}},
    ...     "plans": {"start": {"seller": "nordtel", "currency": "EUR", "charges": {"sms": {"flat": "0.50"}}}},
    ... })
    >>> rated = Engine(catalog).rate([{"time": "2026-10-05T10:00:00Z", "key": "46701", "service": "sms"}])
    >>> rated.lines["amount"].to_pylist()
    [Decimal('0.500000000000')]
    """

    def __init__(
        self, catalog: Catalog, accounts: Any = None, subscriptions: Any = None, tables: Mapping[str, Any] | None = None
    ) -> None:
        lowered = lower(catalog, accounts, subscriptions, tables)
        usage = mappings(catalog.usage)
        in_memory = [name for name, mapping in usage.items() if not mapping.files or len(usage) == 1]
        beside = {"accounts": lowered.accounts, "subscriptions": lowered.subscriptions, "prefixes": lowered.prefixes}
        self._compile(lowered.terms_json, beside, dict(lowered.tables), in_memory)

    def _compile(
        self, terms: str, beside: dict[str, pa.Table], tables: dict[str, pa.Table], in_memory: list[str]
    ) -> None:
        self._terms, self._beside, self._tables, self._in_memory = terms, beside, tables, in_memory
        self._only = in_memory[0] if len(in_memory) == 1 else None
        self._core = _core.Engine(terms, **beside, tables=tables)

    @property
    def terms(self) -> str:
        """The terms document (JSON) that was compiled: half of what identifies a run."""
        return self._terms

    @property
    def beside(self) -> Mapping[str, pa.Table]:
        """The tables `accounts`, `subscriptions` and `prefixes` that were compiled with the terms."""
        return MappingProxyType(self._beside)

    @property
    def lookups(self) -> Mapping[str, pa.Table]:
        """The look-up tables that were compiled with the terms, by name."""
        return MappingProxyType(self._tables)

    def rate(
        self,
        usage: Any,
        mapping: str | None = None,
        counters: Any = None,
        keep: Keep = "narrow",
        check_duplicates: bool = False,
        shares: bool = True,
        file: str = "",
    ) -> Rated:
        """Usage records to rated lines, shares, rejects and counters.

        `usage` is a table or stream that speaks Arrow (pyarrow, polars, pandas, DuckDB), an iterable of record batches,
        or a list of dicts without floats; a stream is consumed. `mapping` names the usage mapping that says what its
        columns are; a catalog with one needs no name. `counters` are those of an earlier call. `keep="itemised"` adds
        ids, times, keys and attributes to the lines. `file` names the source in lines and rejects.

        Raises `UsageSchemaError` for usage that as a whole does not fit the mapping; a wrong record is a reject.
        """
        return self._rate(((mapping, file, usage, ""),), counters, keep, check_duplicates, shares)

    def rate_sources(
        self,
        sources: Iterable[Source | tuple[str | None, str, Any]],
        counters: Any = None,
        keep: Keep = "narrow",
        check_duplicates: bool = False,
        shares: bool = True,
    ) -> Rated:
        """Several sources of usage in one call of `rate`: each a `Source`, or (mapping, file, usage).

        Records are rated in the order of their times, whichever source they come from.
        """
        return self._rate([Source(*source) for source in sources], counters, keep, check_duplicates, shares)

    def _rate(
        self,
        sources: Iterable[tuple[str | None, str, Any, str]],
        counters: Any,
        keep: Keep,
        check_duplicates: bool,
        shares: bool,
    ) -> Rated:
        if keep not in ("narrow", "itemised"):
            raise ValueError(f"keep is narrow or itemised, not {keep!r}")
        named = [self._source(*source) for source in sources]
        try:
            core = self._core.rate(named, counters, keep == "itemised", check_duplicates, shares)
        except Exception as error:
            raise _cause(error, named) from None
        return _accounted(core)

    def _source(self, mapping: str | None, file: str, usage: Any, content: str) -> tuple[str, str, str, Any]:
        mapping = mapping or self._only or self._choice()
        empty = isinstance(usage, (list, tuple)) and not usage
        return mapping, file, content, self._nothing(mapping) if empty else arrow_source(usage)

    def _nothing(self, mapping: str) -> pa.Table:
        """No records, in the columns that a mapping names."""
        usage = next((terms for terms in json.loads(self._terms)["usage"] if terms["id"] == mapping), None)
        return pa.table({name: pa.nulls(0) for name in columns_of(usage)} if usage else {})

    def _choice(self) -> str:
        names = [usage["id"] for usage in json.loads(self._terms)["usage"]]
        raise UsageSchemaError(f"several usage mappings could read this table; name one: {', '.join(names)}")

    def __getstate__(self) -> dict[str, Any]:
        """The terms, and the tables as Arrow IPC."""
        return {
            "terms": self._terms,
            "beside": {name: _to_ipc(table) for name, table in self._beside.items()},
            "tables": {name: _to_ipc(table) for name, table in self._tables.items()},
            "in_memory": self._in_memory,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        beside, tables = (
            {name: pa.ipc.open_stream(data).read_all() for name, data in state[part].items()}
            for part in ("beside", "tables")
        )
        self._compile(state["terms"], beside, tables, state["in_memory"])


def _cause(error: Exception, sources: Sequence[tuple[str, str, str, Any]]) -> Exception:
    """What really happened: the failure of a stream's own code, or that an object is no table after all."""
    failures = (usage.failure for *_, usage in sources if isinstance(usage, Batches) and usage.failure is not None)
    own = next(failures, None)
    if own is not None:
        return own
    return UsageSchemaError(f"usage cannot be read: {error}") if type(error) in (Exception, ValueError) else error


def _accounted(core: _core.Rated) -> Rated:
    """The result, if every row is accounted for (design §8)."""
    rows, skipped, rejected = core.rows, core.skipped, len(core.rejects)
    if rows != skipped + rejected + core.rated:
        raise InternalError(f"{rows} rows, but {skipped} skipped + {rejected} rejected + {core.rated} rated")
    return Rated(core, rows, skipped)


def _to_ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
