"""A session: counters held between calls, for a service that rates each event as it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from partita import _core
from partita.rated import Keep, Rated, Shares, accounted, cause, is_itemised, shares_wanted

if TYPE_CHECKING:
    from partita.engine import Engine


class Session:
    """An engine with the counters of the calls so far; `Engine.session` begins one.

    Calls price in the order in which they come; those of several threads follow one after the other. What a call costs
    does not depend on how many counters are held.

    >>> import partita
    >>> tiers = {"graduated": {"tiers": [{"up_to": "10", "price": "1"}, {"price": "0.5"}]}}
    >>> engine = partita.Engine(partita.load({
    ...     "parties": {"nordtel": {}},
    ...     "accounts": {"a-1": {"owner": "c-1", "currency": "EUR"}},
    ...     "subscriptions": {"s-1": {"account": "a-1", "keys": ["46701"], "plans": "start"}},
    ...     "plans": {"start": {"seller": "nordtel", "currency": "EUR", "charges": {"data": tiers}}},
    ... }))
    >>> session, megabytes = engine.session(), {"time": "2026-10-05T10:00:00Z", "key": "46701", "quantity": 8}
    >>> [session.rate([megabytes]).lines["amount"][0].as_py() for _ in range(2)]
    [Decimal('8.000000000000'), Decimal('5.000000000000')]
    >>> session.counters["quantity"].to_pylist()
    [Decimal('16.000000000000')]
    """

    def __init__(self, engine: Engine, counters: Any = None) -> None:
        self._engine = engine
        self._core = _core.Session(engine._core, counters)

    @property
    def engine(self) -> Engine:
        """The engine that the next call runs on."""
        return self._engine

    @property
    def counters(self) -> pa.Table:
        """All counters that the session holds, by charge, owner and start of period: what `Engine.rate` and
        `Engine.session` take as `counters`."""
        return pa.table(self._core.counters())

    def rate(
        self,
        usage: Any,
        mapping: str | None = None,
        keep: Keep = "narrow",
        check_duplicates: bool = False,
        shares: Shares = True,
        file: str = "",
    ) -> Rated:
        """Rates usage as `Engine.rate` does, from where the session's counters stand, and moves them.

        The `counters` of the result are those that the call moved. A record older than the latest that its counter has
        seen is rated and flagged out_of_order. A call that raises moves nothing: `UsageSchemaError` for usage that as
        a whole does not fit its mapping.
        """
        itemised = is_itemised(keep)
        kept, sums = shares_wanted(shares)
        sources = [self._engine._source(mapping, file, usage, "")]
        try:
            core = self._core.rate(sources, itemised, check_duplicates, kept, sums)
        except Exception as error:
            raise cause(error, sources) from None
        return accounted(core)

    def move_to(self, engine: Engine) -> None:
        """Goes on with another engine, such as one `with_tables`; calls that run already finish on the one before.

        Counters are found again by the names of their charge and owner and the start of their period. Raises
        `UsageSchemaError` if the new engine has no such charge or owner; the session then stays as it was.
        """
        self._core.move_to(engine._core)
        self._engine = engine
