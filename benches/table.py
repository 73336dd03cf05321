"""Figures as a table that reads well on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

HEAD: Final = (
    "bench",
    "records",
    "cores",
    "figure",
    "core-ns",
    "Polars",
    "DuckDB",
    "Polars f64",
    "DuckDB f64",
    "target",
    "",
)
PEERS: Final = ("polars", "duckdb", "polars f64", "duckdb f64")


@dataclass(frozen=True)
class Row:
    """A figure, and on how many cores it was measured; `judged` says whether the target is meant for that."""

    cores: int
    judged: bool
    bench: str
    work: str
    records: int
    value: float
    unit: str
    target: str
    met: bool | None
    core_ns: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        judged = self.judged and self.met is not None
        return (
            f"{self.bench}, {self.work}" if self.work else self.bench,
            f"{self.records:,}",
            str(self.cores),
            f"{number(self.value)} {self.unit}",
            "" if self.core_ns is None else number(self.core_ns),
            *(self._beside(name) for name in PEERS),
            self.target if self.judged else "",
            ("met" if self.met else "missed") if judged else "",
        )

    def _beside(self, peer: str) -> str:
        """A peer's figure, and how many times it this one is."""
        value = self.peers.get(peer)
        return "" if value is None else f"{number(value)} ({self.value / value:.1f} ×)"


def number(value: float) -> str:
    """Three digits, or all before the point.

    >>> number(0.12345), number(12.345), number(1234.5)
    ('0.123', '12.3', '1,234')
    """
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{decimals}f}"


def draw(rows: Sequence[Row]) -> str:
    """The rows in the order of benches, aligned. Columns that are empty throughout are left out."""
    cells = [HEAD, *(row.cells() for row in rows)]
    columns = [column for column in zip(*cells, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    lines = [_line(line, widths) for line in zip(*columns, strict=True)]
    return "\n".join([lines[0], _line(["-" * width for width in widths], widths), *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
