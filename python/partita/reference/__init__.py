"""The reference: the five verbs of Partita once more, one record at a time, in exact fractions.

It is the specification that can be read, and what `verify` and `explain` recompute a run with. It reads the typed
catalog, shares no code with the engine, and is written to be checked by eye rather than to be fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from partita.catalog.catalog import Catalog

from .bill import bill
from .close import Close, period_flows
from .documents import Document
from .lines import Rated, Row
from .positions import notices, positions
from .post import post
from .rate import Rating
from .records import Batch
from .settle import Settlement, settle
from .terms import Terms

__all__ = ["Batch", "Books", "Document", "Rated", "Reference", "Settlement"]

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Books:
    """All that a period's close writes: the tables as lists of dicts. `carried` goes into the next period."""

    documents: list[Row]
    document_lines: list[Row]
    entries: list[Row]
    positions: list[Row]
    notices: list[Row]
    carried: list[Row]


class Reference:
    """A catalog, with the accounts, subscriptions and table rows handed over beside it, ready to rate.

    Accounts and subscriptions are rows as in the tables of those names; `tables` maps the name of a look-up table, or
    of a zone that is a file, to its rows.

    >>> catalog = Catalog.model_validate({
    ...     "parties": {"shop": {}}, "accounts": {"a": {"owner": "c", "currency": "EUR"}},
    ...     "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "basic"}},
    ...     "usage": {"all": {"time_zone": "UTC"}},
    ...     "plans": {"basic": {"seller": "shop", "currency": "EUR", "charges": {"any": {"flat": "0.50"}}}},
    ... })
    >>> rated = Reference(catalog).rate([{"time": "2026-10-01T08:00:00", "key": "k", "service": "sms"}])
    >>> rated.lines[0]["amount"]
    Decimal('0.500000000000')
    """

    def __init__(
        self,
        catalog: Catalog,
        accounts: Iterable[Mapping[str, Any]] | None = None,
        subscriptions: Iterable[Mapping[str, Any]] | None = None,
        tables: Mapping[str, Rows] | None = None,
    ) -> None:
        self.terms = Terms(catalog, accounts, subscriptions, tables)

    def among(self, accounts: Iterable[Mapping[str, Any]], subscriptions: Iterable[Mapping[str, Any]]) -> Reference:
        """The same for some of the accounts and subscriptions, given as rows."""
        some = copy(self)
        some.terms = self.terms.among(accounts, subscriptions)
        return some

    def rate(
        self,
        records: Rows | Sequence[Batch],
        mapping: str | None = None,
        counters: Iterable[Mapping[str, Any]] = (),
        file: str = "",
        check_duplicates: bool = False,
        closed: str | None = None,
    ) -> Rated:
        """Rate rows of one mapping, or `Batch`es of several at once (an owner's counters span mappings).

        `counters` are rows as an earlier call returned them. `closed` names the last cycle closed: records of it or
        of earlier ones are late.
        """
        batches = [part for part in records if isinstance(part, Batch)]
        rows = [part for part in records if not isinstance(part, Batch)]
        if rows:
            batches.append(Batch(mapping, file, rows))
        return Rating(self.terms, counters, check_duplicates, closed).rate(batches)

    def close(self, period: str, so_far: Sequence[Rated], counters: Iterable[Mapping[str, Any]] | None = None) -> Rated:
        """The fees of a period, the fees of tiers never entered, and the flows on the whole period.

        `so_far` is all that was rated, in this period or before, and what earlier closes returned: what was billed
        in advance is known from it. `counters` default to those of `so_far`, the latest of each.
        """
        return Close(self.terms, period, so_far, counters).close()

    def fees(self, period: str, so_far: Sequence[Rated], counters: Iterable[Mapping[str, Any]] | None = None) -> Rated:
        """The fees of a period, with their shares, and the fees of tiers never entered: `close` without the flows on
        the whole period, which need all accounts."""
        return Close(self.terms, period, so_far, counters).fees()

    def period_flows(self, period: str, shares: Rows) -> Rated:
        """The shares of the flows on a whole period, from all its shares, with those only measured; or from sums of
        them."""
        result = Rated()
        period_flows(self.terms, period, shares, result)
        return result

    def bill(self, period: str, lines: Rows) -> list[Document]:
        """The bills of a period from its lines."""
        return bill(self.terms, period, lines)

    def settle(self, period: str, shares: Rows, carried: Rows = ()) -> Settlement:
        """The statements of a period from its shares, and what the period before carried forward."""
        return settle(self.terms, period, shares, carried)

    def post(self, documents: Sequence[Document]) -> list[Row]:
        """The entries of documents in both parties' books."""
        return post(self.terms, documents)

    def documents(self, period: str, rated: Sequence[Rated], carried: Rows = ()) -> Books:
        """Bills, statements, entries, positions and notices of a period from all that was rated and closed."""
        settlement = self.settle(period, [share for part in rated for share in part.shares], carried)
        documents = [*self.bill(period, [line for part in rated for line in part.lines]), *settlement.documents]
        return Books(
            [document.as_row() for document in documents],
            [row for document in documents for row in document.line_rows()],
            self.post(documents),
            positions(documents),
            notices(self.terms, documents),
            settlement.carried,
        )
