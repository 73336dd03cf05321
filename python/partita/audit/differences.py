"""Differences between what a run has stored and what the reference makes of the same: where, and which figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One figure that is not as it should be. The column is `row` where a whole row is missing or too many.

    >>> print(Difference("lines", {"line_id": "a1"}, "amount", Decimal("1.20"), Decimal("1.25")))
    lines (line_id a1): amount is 1.20, and should be 1.25
    """

    table: str
    key: Mapping[str, Any]
    column: str
    stored: Any
    expected: Any

    def __str__(self) -> str:
        where = ", ".join(f"{name} {_shown(value)}" for name, value in self.key.items())
        if self.column == "row":
            what = "is not there" if self.stored is None else "should not be there"
            return f"{self.table} ({where}): the row {what}: {_shown(self.stored or self.expected)}"
        return f"{self.table} ({where}): {self.column} is {_shown(self.stored)}, and should be {_shown(self.expected)}"

    def to_dict(self) -> dict[str, Any]:
        """The difference as data; ids are hexadecimal."""
        parts = {name: _plain(getattr(self, name)) for name in ("stored", "expected")}
        return {"table": self.table, "key": _plain(self.key), "column": self.column, **parts}


@dataclass
class Findings:
    """Differences as they are found: all are counted, the first `limit` of each table are kept."""

    limit: int
    kept: list[Difference] = field(default_factory=list)
    found: dict[str, int] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)

    def compare(
        self,
        table: str,
        key: Sequence[str],
        stored: Iterable[Row],
        expected: Iterable[Row],
        columns: Sequence[str] | None = None,
        same: Callable[[str, Any, Any], bool] | None = None,
    ) -> None:
        """Compare two sets of rows by key, in all columns that an expected row has, or in these."""
        theirs, ours = _by_key(key, stored), _by_key(key, expected)
        self.count(table, len(ours))
        for where in dict.fromkeys([*ours, *theirs]):
            self._row(table, dict(zip(key, where, strict=False)), theirs.get(where), ours.get(where), columns, same)

    def count(self, table: str, rows: int) -> None:
        """Rows that were checked."""
        self.checked[table] = self.checked.get(table, 0) + rows

    def add(self, difference: Difference) -> None:
        number = self.found.get(difference.table, 0)
        self.found[difference.table] = number + 1
        if number < self.limit:
            self.kept.append(difference)

    def _row(
        self,
        table: str,
        key: Row,
        stored: Row | None,
        expected: Row | None,
        columns: Sequence[str] | None,
        same: Callable[[str, Any, Any], bool] | None,
    ) -> None:
        if stored is None or expected is None:
            self.add(Difference(table, key, "row", stored, expected))
            return
        for column in expected if columns is None else columns:
            have, want = stored.get(column), expected[column]
            if have != want and not (same is not None and same(column, have, want)):
                self.add(Difference(table, key, column, have, want))


def _by_key(key: Sequence[str], rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    """Rows by their keys; what recurs is numbered."""
    found: dict[tuple[Any, ...], Row] = {}
    times: dict[tuple[Any, ...], int] = {}
    for row in rows:
        where = tuple(row.get(name) for name in key)
        number = times.get(where, 0)
        times[where] = number + 1
        found[(*where, number)] = row
    return found


def is_same_reject(column: str, stored: Any, expected: Any) -> bool:
    """A source that is null is as one without text; of an overflow only the reference knows the figure."""
    if column == "source":
        return (stored or "") == (expected or "")
    return column == "value" and stored is None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _shown(value: Any) -> str:
    plain = _plain(value)
    if isinstance(plain, dict):
        return ", ".join(f"{name} {part}" for name, part in plain.items() if part is not None)
    return "null" if plain is None else str(plain)
