"""Problems of several steps, told together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from partita.errors import CatalogError, Problem


class Gathered:
    """What is wrong so far.

    >>> wrong = Gathered()
    >>> for column in ("currency", "zone"):
    ...     with wrong.too():
    ...         raise CatalogError([Problem(f"accounts.{column}", "is none")])
    >>> wrong.tell()
    Traceback (most recent call last):
        ...
    partita.errors.CatalogError: accounts.currency: is none
    accounts.zone: is none
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    @contextmanager
    def too(self) -> Iterator[None]:
        """A step whose problems are kept; the next one follows all the same."""
        try:
            yield
        except CatalogError as error:
            self.problems.extend(error.problems)

    def tell(self) -> None:
        """Raise `CatalogError` if anything was wrong."""
        if self.problems:
            raise CatalogError(list(dict.fromkeys(self.problems)))
