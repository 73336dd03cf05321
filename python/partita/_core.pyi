"""The compiled core. Objects speak Arrow by the PyCapsule interface: any library can read what comes back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, final

_Schema = TypeVar("_Schema")
_Batch = TypeVar("_Batch")

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

    def read(self, reader: Callable[[int, _Schema], _Batch], schema: _Schema) -> list[_Batch]:
        """What a reader that knows the schema makes of the `ArrowArray` of each batch, by its address."""

    def __len__(self) -> int: ...

def compacted(table: Any) -> Table:
    """The same table, with dictionaries of the values that its rows have."""

def repeated(marks: Any) -> Table:
    """The marks (one uint64 column) that are there more than once, in their order."""

def marked(identities: Any, marks: Any) -> Table:
    """For each identity (one column of 16 bytes) whether its mark, its first 64 bits, is one of some, which are in
    their order."""

@final
class Gathered:
    """A block of usage in the order of its partitions."""

    @property
    def rows(self) -> Table:
        """The columns that came in, and partita:row, partita:identity and partita:content."""

    @property
    def counts(self) -> list[int]:
        """Rows of each partition."""

    @property
    def marks(self) -> Table:
        """The first 64 bits of each identity, in the order of as many ranges as there are partitions."""

    @property
    def mark_counts(self) -> list[int]:
        """Marks of each range."""

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

    def gather(
        self, mapping: str, content: str, usage: Any, first: int, partitions: Any, count: int, plain: Sequence[str]
    ) -> Gathered:
        """Lays a block of records, the first of them with this number in its file, into the partitions of their
        accounts. `partitions` has those of the accounts, in their order, as the int32 column `partition`; `count` is
        how many there are, and `plain` names dictionary columns that are to come back as plain text."""

    def rate(
        self,
        sources: Sequence[tuple[str, str, str, Any]],
        counters: Any = None,
        itemised: bool = False,
        check_duplicates: bool = False,
        shares: bool = True,
        lines: bool = True,
        line_sums: bool = False,
        share_sums: bool = False,
        closed: str | None = None,
        gathered: bool = False,
        beside: bool = False,
    ) -> Rated:
        """Rates sources of (mapping, file, hash of its content, usage) as one stream, from counters on.

        `lines`, `shares`, `line_sums` and `share_sums` say which tables to make; `closed` is the last period that is
        closed; `gathered` says that usage is as `gather` laid it out, and `beside` that it is rated apart from the
        records around it: one that only its counters reject is then seen like one that is rated. Raises
        `UsageSchemaError` for usage that as a whole does not fit its mapping.
        """

    def fees(self, period: str, counters: Any = None, billed: Any = None) -> Fees:
        """The fees due at the close of a period, after these counters and what was billed before."""

    def bill(self, line_sums: Any, period: str) -> Documents:
        """The bills of a period."""

    def settle(self, share_sums: Any, period: str, carried: Any = None) -> Settled:
        """The statements of a period, with what the period before carried forward."""

    def post(self, documents: Any, lines: Any) -> Posted:
        """The entries of documents and their lines, the positions of their parties, and notices."""

    def entries(self, documents: Any, lines: Any) -> Table:
        """The entries of some documents and their lines."""

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
        share_sums: bool = False,
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
    """Statements and their lines, what they carry forward, and the shares of flows on the whole period; flows that
    could not be computed are `rejects`."""

    @property
    def documents(self) -> Table: ...
    @property
    def lines(self) -> Table: ...
    @property
    def carried(self) -> Table: ...
    @property
    def shares(self) -> Table: ...
    @property
    def rejects(self) -> Table: ...

@final
class Posted:
    """What documents come to in the books."""

    @property
    def entries(self) -> Table: ...
    @property
    def positions(self) -> Table: ...
    @property
    def notices(self) -> Table: ...
