"""The compiled core. Objects speak Arrow by the PyCapsule interface: any library can read what comes back."""

from collections.abc import Mapping, Sequence
from typing import Any, final

__version__: str

def currency_digits(code: str) -> int | None:
    """Minor-unit digits of an ISO 4217 currency; None when it has none or is not listed."""

def reject_codes() -> list[tuple[int, str]]:
    """Every reject code: number and name, by precedence."""

@final
class Table:
    """Batches of one schema."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __arrow_c_schema__(self) -> object: ...
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
    def rows(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def rated(self) -> int: ...

@final
class Fees:
    """The fees of a close; fees due = `lines` + `rejects`."""

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
    """Bills, and their lines."""

    @property
    def documents(self) -> Table: ...
    @property
    def lines(self) -> Table: ...

@final
class Settled:
    """Statements and their lines, what they carry forward, and the flows of the whole period: their shares, and those
    that could not be computed (rejects with the source `agreement`)."""

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

def merge_line_sums(sums: Any) -> Table:
    """Line sums of several partitions as one table, in bytewise order of their names."""

def merge_share_sums(sums: Any) -> Table:
    """Share sums of several partitions as one table, in bytewise order of their names."""

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

    def rate(
        self,
        sources: Sequence[tuple[str, str, str, Any]],
        counters: Any = None,
        itemised: bool = False,
        check_duplicates: bool = False,
        shares: bool = True,
    ) -> Rated:
        """Rates sources of (mapping, file, hash of its content, usage) as one stream, from counters on.

        Raises `UsageSchemaError` for usage that as a whole does not fit its mapping.
        """

    def fees(self, period: str, counters: Any = None, billed: Any = None) -> Fees:
        """The fees due at the close of every account's cycle of a name (`2026-10`), shared like any other line.

        `counters` are those of the cycle, for tiers never entered. `billed` says what fees were billed before: columns
        subscription, charge (`plan/charge`, or the charge beside a column plan), period (the cycle covered), amount.
        None: a fee in advance counts as billed for all who held the plan when its cycle began.
        """

    def bill(self, line_sums: Any, period: str) -> Documents:
        """The bills of a period, from its line sums."""

    def settle(self, share_sums: Any, line_sums: Any, period: str, carried: Any = None) -> Settled:
        """The statements of a period, from its share sums and line sums and what the period before carried forward."""

    def post(self, documents: Any, lines: Any) -> Posted:
        """The entries of documents in both parties' books, the positions of their parties, and notices."""

    def positions(self, documents: Any) -> Posted:
        """The positions and notices of documents, without entries: for a period whose entries were made in parts."""
