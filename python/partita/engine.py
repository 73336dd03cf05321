"""The engine: a catalog compiled once, which then rates as often as it is asked.

Here is no arithmetic. A catalog is lowered to a document and tables, the core compiles them, usage goes in as Arrow and
what comes of it comes back as Arrow. An engine never changes, so threads may share it, and a pickled one is the same
again elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from partita import _core
from partita.catalog.catalog import Catalog
from partita.catalog.lower import lower
from partita.catalog.lower.usage import columns_of
from partita.catalog.usage import mappings
from partita.errors import UsageSchemaError
from partita.given import origin
from partita.rated import Keep, Named, Rated, Shares, Source, accounted, cause, is_itemised, shares_wanted
from partita.source import arrow_source
from partita.upserts import Origin, upserted

if TYPE_CHECKING:
    from partita.session import Session

__all__ = ["Engine", "Keep", "Rated", "Source"]


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
        if not isinstance(catalog, Catalog):
            raise TypeError(
                f"an engine is made of a catalog, which partita.load reads, not of a {type(catalog).__name__}"
            )
        lowered = lower(catalog, accounts, subscriptions, tables)
        usage = mappings(catalog.usage)
        in_memory = [name for name, mapping in usage.items() if not mapping.files or len(usage) == 1]
        self._begin(Origin.of(catalog, lowered, in_memory))

    def _begin(self, origin: Origin, core: _core.Engine | None = None) -> None:
        self._origin = origin
        self._only = origin.mappings[0] if len(origin.mappings) == 1 else None
        self._core = core or _core.Engine(origin.terms.document, **origin.beside, tables=origin.lookups)

    @property
    def terms(self) -> str:
        """The terms document (JSON) that was compiled: half of what identifies a run."""
        return self._origin.terms.document

    @property
    def beside(self) -> Mapping[str, pa.Table]:
        """The tables `accounts`, `subscriptions` and `prefixes` beside the terms, with all that came later."""
        return MappingProxyType(dict(self._origin.beside))

    @property
    def lookups(self) -> Mapping[str, pa.Table]:
        """The look-up tables that were compiled with the terms, by name."""
        return MappingProxyType(dict(self._origin.lookups))

    def with_tables(
        self, accounts: Any = None, subscriptions: Any = None, tables: Mapping[str, Any] | None = None
    ) -> Engine:
        """A new engine with rows upserted; it shares the compiled terms with this one, which stays as it is.

        `accounts` and `subscriptions` have the columns that `Engine` takes. A row replaces the account of its id; the
        rows of a subscription replace all rows and keys that it had; new ids are added. That takes milliseconds for a
        thousand rows, however many there are already; only a time zone or currency that no account had compiles the
        terms again, and instants where all had dates compile everything. Dates of subscriptions follow an account into
        another time zone as long as no subscription begins or ends at an instant; after that they stay the instants
        that they were. Each of `tables` replaces the look-up table of its name, which compiles the terms again.

        Raises `CatalogError` for rows that do not fit what is there, with the path of each.

        >>> from partita.catalog import load
        >>> engine = Engine(load({
        ...     "parties": {"nordtel": {}},
        ...     "plans": {"start": {"seller": "nordtel", "currency": "EUR", "charges": {"sms": {"flat": "0.50"}}}},
        ... }))
        >>> account = {"account": "a-1", "owner": "c-1", "currency": "EUR"}
        >>> subscription = {"subscription": "s-1", "account": "a-1", "plan": "start", "key": "46701"}
        >>> later = engine.with_tables([account], [subscription])
        >>> sms = [{"time": "2026-10-05T10:00:00Z", "key": "46701", "service": "sms"}]
        >>> [one.rate(sms).lines.num_rows for one in (engine, later)]
        [0, 1]
        """
        engine = Engine.__new__(Engine)
        engine._begin(*upserted(self._origin, self._core, accounts, subscriptions, tables))
        return engine

    def session(self, counters: Any = None) -> Session:
        """A session: it holds counters between calls, and begins with these (as an earlier call gave them out).

        Raises `UsageSchemaError` for counters of charges or owners that the engine does not have.
        """
        from partita.session import Session

        return Session(self, counters)

    def rate(
        self,
        usage: Any,
        mapping: str | None = None,
        counters: Any = None,
        keep: Keep = "narrow",
        check_duplicates: bool = False,
        shares: Shares = True,
        file: str = "",
    ) -> Rated:
        """Usage records to rated lines, shares, rejects and counters.

        `usage` is a table or stream that speaks Arrow (pyarrow, polars, pandas, DuckDB), an iterable of record batches,
        or a list of dicts without floats; a stream is consumed. `mapping` names the usage mapping that says what its
        columns are; a catalog with one needs no name. `counters` are those of an earlier call. `keep="itemised"` adds
        ids, times, keys and attributes to the lines. `check_duplicates` rejects all records of an identity (source, id)
        but the first, by their times, that can be rated. `shares="sums"` adds shares up (`Rated.share_sums`) and keeps
        no row for each; False leaves them out. `file` names the source in lines and rejects.

        Raises `UsageSchemaError` for usage that as a whole does not fit the mapping; a wrong record is a reject.
        """
        return self._rate(((mapping, file, usage, ""),), counters, keep, check_duplicates, shares)

    def rate_sources(
        self,
        sources: Iterable[Source | tuple[str | None, str, Any]],
        counters: Any = None,
        keep: Keep = "narrow",
        check_duplicates: bool = False,
        shares: Shares = True,
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
        shares: Shares,
    ) -> Rated:
        itemised = is_itemised(keep)
        kept, sums = shares_wanted(shares)
        named = [self._source(*source) for source in sources]
        try:
            core = self._core.rate(named, origin(counters), itemised, check_duplicates, kept, share_sums=sums)
        except Exception as error:
            raise cause(error, named) from None
        return accounted(core)

    def _source(self, mapping: str | None, file: str, usage: Any, content: str) -> Named:
        mapping = mapping or self._only or self._choice()
        empty = isinstance(usage, (list, tuple)) and not usage
        return mapping, file, content, self._nothing(mapping) if empty else arrow_source(usage)

    def _nothing(self, mapping: str) -> pa.Table:
        """No records, in the columns that a mapping names."""
        usage = next((terms for terms in self._origin.terms.parsed["usage"] if terms["id"] == mapping), None)
        return pa.table({name: pa.nulls(0) for name in columns_of(usage)} if usage else {})

    def _choice(self) -> str:
        names = [usage["id"] for usage in self._origin.terms.parsed["usage"]]
        raise UsageSchemaError(f"several usage mappings could read this table; name one: {', '.join(names)}")

    def __getstate__(self) -> dict[str, Any]:
        return self._origin.state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._begin(Origin.from_state(state))
