"""The compiled core. Objects speak Arrow by the PyCapsule interface: any library can read what comes back."""

from collections.abc import Mapping, Sequence
from typing import Any, final

__version__: str

def currency_digits(code: str) -> int | None:
    """Minor-unit digits of an ISO 4217 currency; None when it has none or is not listed."""

def reject_codes() -> list[tuple[int, str]]:
    """Every reject code: number and name, by precedence."""

def merge_line_sums(sums: Any) -> Table:
    """Line sums of several partitions as one table. Raises `MoneyError`."""

def merge_share_sums(sums: Any) -> Table:
    """Share sums of several partitions as one table. Raises `MoneyError`."""

@final
class Table:
    """Batches of one schema."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
    @property
    def standard(self) -> int | None:
        """The number of its schema, where that is one of those that every call gives out."""

    def arrays(self) -> list[object]:
        """Each batch as a capsule with an `ArrowArray`, without its schema."""

    def __len__(self) -> int: ...

@final
class Rated:
    """What became of usage; `rows` = `skipped` + `rated` + rows of `rejects`."""

    @property
    def lines(self) -> Table: ...
    @property
    def shares(self) -> Table: ...
    @property
    def rejects(self) -> Table: ...
    @property
    def counters(self) -> Table: ...
    @property
    def line_sums(self) -> Table: ...
    @property
    def share_sums(self) -> Table: ...
    @property
    def totals(self) -> list[tuple[int, int, int, int]]:
        """Rows, skipped, rated and rejected of each source."""

    @property
    def rows(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def rated(self) -> int: ...
    @property
    def rejected(self) -> int: ...

@final
class Engine:
    """Terms and subscribers, compiled; immutable and shared by threads."""

    def __new__(
        cls,
        terms: str,
        accounts: Any = None,
        subscriptions: Any = None,
        prefixes: Any = None,
        tables: Mapping[str, Any] | None = None,
    ) -> Engine:
        """Compiles a terms document (JSON) and the tables beside it. Raises `CatalogError`."""

    def with_rows(self, accounts: Any = None, subscriptions: Any = None) -> Engine:
        """An engine with rows upserted, at a cost of the rows. Raises `CatalogError`."""

    def with_terms(self, terms: str, prefixes: Any = None, tables: Mapping[str, Any] | None = None) -> Engine:
        """An engine with other terms and what they look up, for the same subscribers. Raises `CatalogError`."""

    def zones(self, accounts: Sequence[str]) -> list[str | None]:
        """The time zones of accounts; None of one that is not known."""

    def gather(self, mapping: str, content: str, usage: Any, partitions: Any, count: int) -> Table:
        """Identity, content and partition of each record, before it is rated. `partitions` has those of the accounts,
        in their order, as the int32 column `partition`; `count` is how many partitions there are."""

    def rate(
        self,
        sources: Sequence[tuple[str, str, str, Any]],
        counters: Any = None,
        itemised: bool = False,
        check_duplicates: bool = False,
        shares: bool = True,
        lines: bool = True,
        sums: bool = False,
        closed: str | None = None,
    ) -> Rated:
        """Rates sources of (mapping, file, hash of its content, usage) as one stream, from counters on.

        `lines`, `shares` and `sums` say which tables to make; `closed` is the last period that is closed. Raises
        `UsageSchemaError` for usage that as a whole does not fit its mapping.
        """

    def fees(self, period: str, counters: Any = None, billed: Any = None) -> Fees:
        """The fees due at the close of a period, after these counters and what was billed before."""

    def bill(self, line_sums: Any, period: str) -> Documents:
        """The bills of a period."""

    def settle(self, share_sums: Any, line_sums: Any, period: str, carried: Any = None) -> Settled:
        """The statements of a period, with what the period before carried forward."""

    def post(self, documents: Any, lines: Any) -> Posted:
        """The entries of documents and their lines, the positions of their parties, and notices."""

    def positions(self, documents: Any) -> Posted:
        """The positions and notices of documents, without entries."""

@final
class Session:
    """Counters held between calls. Calls of several threads follow one after the other."""

    def __new__(cls, engine: Engine, counters: Any = None) -> Session: ...
    def rate(
        self,
        sources: Sequence[tuple[str, str, str, Any]],
        itemised: bool = False,
        check_duplicates: bool = False,
        shares: bool = True,
    ) -> Rated:
        """Rates as `Engine.rate` does, from the counters held on, and moves them if it succeeds."""

    def counters(self) -> Table:
        """All counters held."""

    def move_to(self, engine: Engine) -> None:
        """Goes on with another engine. Raises `UsageSchemaError` if that lacks a charge or owner of a counter."""

@final
class Fees:
    """What a close made of fees."""

    @property
    def lines(self) -> Table: ...
    @property
    def shares(self) -> Table: ...
    @property
    def rejects(self) -> Table: ...
    @property
    def line_sums(self) -> Table: ...
    @property
    def share_sums(self) -> Table: ...

@final
class Documents:
    """Bills or statements, and their lines."""

    @property
    def documents(self) -> Table: ...
    @property
    def lines(self) -> Table: ...

@final
class Settled:
    """Statements and their lines, what they carry forward, and the shares of flows on the whole period."""

    @property
    def documents(self) -> Table: ...
    @property
    def lines(self) -> Table: ...
    @property
    def carried(self) -> Table: ...
    @property
    def shares(self) -> Table: ...

@final
class Posted:
    """What documents come to in the books."""

    @property
    def entries(self) -> Table: ...
    @property
    def positions(self) -> Table: ...
    @property
    def notices(self) -> Table: ...
