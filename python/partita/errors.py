"""What Partita raises. Rows are data and never raise: they become rejects; contracts raise one of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class PartitaError(Exception):
    """The one base of all that Partita raises."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a catalog: where (`file:line`), the path into the document, and what is allowed."""

    path: str
    message: str
    where: str | None = None

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.path}: {self.message}" if self.path else f"{place}{self.message}"


class CatalogError(PartitaError):
    """A catalog that cannot be used. `problems` holds all that is wrong with it, not only the first.

    >>> raise CatalogError([Problem("plans.start.seller", "no party 'nordtle'", "plans.yaml:3")])
    Traceback (most recent call last):
        ...
    partita.errors.CatalogError: plans.yaml:3: plans.start.seller: no party 'nordtle'
    """

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = (Problem("", problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageSchemaError(PartitaError):
    """A usage table or file that as a whole does not fit its mapping: a column is missing or of a wrong type."""


class MoneyError(PartitaError):
    """An amount that cannot be represented: too large, or with decimals that would be lost."""


class PeriodError(PartitaError):
    """A period that cannot be billed now: unknown, closed, or not the next one."""


class StoreError(PartitaError):
    """The book cannot be read or written."""


class InternalError(PartitaError):
    """A broken promise of Partita's own: one of its laws did not hold. Please report it."""
