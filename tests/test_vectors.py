"""The vectors: plans, usage and what must come of them, from the documents or by hand, on every implementation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from partita.catalog.agreement import KINDS
from partita.catalog.catalog import Catalog
from partita.catalog.charge import MODELS
from partita.reference import numbers
from partita.reference.rejects import CODES

from .implementations import IMPLEMENTATIONS, SECTIONS, Implementation, Outcome

FOLDER = Path(__file__).parent / "vectors"
PARTS = {"name", "source", "catalog", "charges", "row", "usage", "check_duplicates", "close", "expected"}
NUMERIC = {"quantity", "billed_quantity", "amount", "counter_before", "counter_after", "exact", "net", "tax", "gross"}
NUMERIC |= {"debit", "credit", "receivable", "payable", "version", "flags", "usage_row", "line_number"}


@dataclass(frozen=True)
class Vector:
    name: str
    file: str
    parts: Mapping[str, Any]

    @property
    def expected(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.parts["expected"]
        return found


def load(path: Path) -> Any:
    """A YAML file with all scalars as text, but `~`, which is null."""
    return nulled(yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader))


def nulled(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: nulled(value) for key, value in part.items()}
    if isinstance(part, list):
        return [nulled(value) for value in part]
    return None if part == "~" else part


def merged(under: Any, over: Any) -> Any:
    """Mappings key by key; anything else is replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {key: merged(under.get(key), over[key]) if key in over else under[key] for key in {**under, **over}}
    return over


def every_vector() -> Iterator[tuple[str, Mapping[str, Any]]]:
    common = load(FOLDER / "common.yaml")
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "common.yaml":
            file = load(path)
            shared = merged(common, {key: file[key] for key in ("catalog", "row") if key in file})
            for vector in file["vectors"]:
                yield path.stem, merged(shared, vector)


def rating_vectors() -> list[Any]:
    return [
        pytest.param(
            implementation, Vector(parts["name"], file, parts), id=f"{implementation.name}-{file}-{parts['name']}"
        )
        for file, parts in every_vector()
        if "expected" in parts
        for implementation in IMPLEMENTATIONS
        if set(parts["expected"]) & set(implementation.sections)
        and ("close" in implementation.sections or "close" not in parts)
    ]


@pytest.mark.parametrize(("implementation", "vector"), rating_vectors())
def test_vector(implementation: Implementation, vector: Vector) -> None:
    outcome = played(implementation, vector.parts)
    for section in vector.expected:
        if section in implementation.sections:
            assert seen(outcome, section, vector.expected[section]) == wanted(vector.expected[section]), section


def played(implementation: Implementation, parts: Mapping[str, Any]) -> Outcome:
    catalog = dict(parts["catalog"])
    if "charges" in parts:
        catalog = merged(catalog, {"plans": {"basic": {"charges": parts["charges"]}}})
    rows = usage_rows(parts)
    typed = Catalog.model_validate(without_nulls(catalog))
    check = parts.get("check_duplicates") == "true"
    if "close" in parts:
        return implementation.close(typed, rows, check, parts["close"])
    return implementation.rate(typed, rows, check)


def usage_rows(parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The usage, completed from `row`; a row may stand for `repeat` of its kind. Ids not given count from 0."""
    written = [row for row in parts["usage"] for _ in range(int(row.get("repeat", 1)))]
    rows = [{key: value for key, value in row.items() if key != "repeat"} for row in written]
    return [{**parts["row"], "id": str(at), **row} for at, row in enumerate(rows)]


def without_nulls(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog less what a vector sets to null over the common one; rows of tables keep theirs."""
    return {
        key: value if key == "rows" else without_nulls(value) if isinstance(value, dict) else value
        for key, value in catalog.items()
        if value is not None
    }


def seen(outcome: Outcome, section: str, expected: Any) -> Any:
    """What came out, as far as the expectation names it."""
    if section == "skipped":
        return Fraction(outcome.skipped)
    if section == "total":
        return sum((Fraction(line["amount"]) for line in outcome.lines), Fraction(0))
    rows = [{**row, "row": row["usage_row"]} if section == "rejects" else row for row in getattr(outcome, section)]
    if len(rows) != len(expected):
        return rows
    return [shown(row, want) for row, want in zip(rows, expected, strict=True)]


def shown(row: Mapping[str, Any], want: Any) -> Any:
    if not isinstance(want, dict):
        return Fraction(row["amount"])
    return {key: plain(key, row[key]) for key in want}


def wanted(expected: Any) -> Any:
    if isinstance(expected, str):
        return Fraction(expected)
    return [
        {key: plain(key, value) for key, value in want.items()} if isinstance(want, dict) else Fraction(want)
        for want in expected
    ]


def plain(key: str, value: Any) -> Any:
    if value is None:
        return None
    if key in NUMERIC:
        return Fraction(value)
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)


def figures(section: str) -> list[Any]:
    """The rows of the vectors on single figures (`rounding`, `allocation`)."""
    return [row for _, vector in every_vector() for row in vector.get(section, ())]


@pytest.mark.parametrize("row", figures("rounding"), ids=lambda row: f"{row['value']} to {row['decimals']}")
def test_rounding(row: Mapping[str, str]) -> None:
    for mode in ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"):
        rounded = numbers.round_to(Fraction(row["value"]), int(row["decimals"]), mode)
        assert rounded == Fraction(row[mode]), mode


@pytest.mark.parametrize("row", figures("allocation"), ids=lambda row: f"{row['total']} by {row['weights']}")
def test_allocation(row: Mapping[str, Any]) -> None:
    parts = numbers.allocate(int(row["total"]), [Fraction(weight) for weight in row["weights"]])
    assert parts == [int(part) for part in row["parts"]]


def test_every_vector_says_where_its_numbers_come_from() -> None:
    vectors = [vector for _, vector in every_vector()]
    assert len(vectors) > 50
    for vector in vectors:
        assert vector["source"], vector["name"]
        assert set(vector) - PARTS <= {"rounding", "allocation"}, vector["name"]
        assert set(vector.get("expected", ())) <= set(SECTIONS), vector["name"]


def test_every_implementation_is_held_to_known_sections() -> None:
    for implementation in IMPLEMENTATIONS:
        assert set(implementation.sections) <= {*SECTIONS, "close"}


def words(part: Any) -> set[str]:
    """All keys and scalars of a vector."""
    if isinstance(part, Mapping):
        return {*part, *(word for value in part.values() for word in words(value))}
    if isinstance(part, list):
        return {word for value in part for word in words(value)}
    return {part} if isinstance(part, str) else set()


@pytest.mark.parametrize(
    "closed_set",
    [set(MODELS), set(KINDS), {str(code) for code in CODES.values()} - {"106"}],
    ids=["charge models", "kinds of flows", "reject codes"],
)
def test_every_member_of_a_closed_set_has_a_vector(closed_set: set[str]) -> None:
    seen_words = set().union(
        *(words([vector.get("catalog"), vector.get("charges"), vector.get("expected")]) for _, vector in every_vector())
    )
    assert closed_set - seen_words == set()
