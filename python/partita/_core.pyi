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
