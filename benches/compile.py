"""compile: a catalog of 10,000 charges and 1 M subscriptions, from YAML text and tables to an engine that rates."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import partita
from partita import Engine

from .common import MILLION, Figure, Settings, Target, best, subscribers

CHARGES: Final = 10_000
TARGET: Final = Target("5 s", 5, most=True)
_SERVICES: Final = 100
_HEAD: Final = """\
parties: {telco: {}}
usage: {events: {attributes: {kind: kind}, quantity: units}}
plans:
"""
_ROUNDS: Final = 2


def check(records: int) -> None:
    """The last charge of the last plan finds its record, and its price."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(partita.load(_written(Path(folder), 400)), *subscribers(records))
    last = {"time": "2026-10-05T10:00:00Z", "key": "46700000001", "service": "s99", "kind": "k1", "units": 3}
    amounts = engine.rate([last]).lines["amount"].to_pylist()
    if amounts != [Decimal(3 * 199) / 1000]:
        raise AssertionError(f"rated at {amounts}")


def measure(settings: Settings) -> Iterator[Figure]:
    held = subscribers(MILLION)
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder), CHARGES)
        catalog = partita.load(path)
        both = best(_ROUNDS, lambda: Engine(partita.load(path), *held)).seconds
        engine = best(_ROUNDS, lambda: Engine(catalog, *held)).seconds
    yield Figure.judged("compile", "YAML and tables to engine", MILLION, both, TARGET, unit="s")
    yield Figure.judged("compile", "of which the engine", MILLION, engine, None, unit="s")


def _written(folder: Path, charges: int) -> Path:
    """A catalog of two plans, whose charges differ by service and an attribute."""
    path = folder / "catalog.yaml"
    lines = [_HEAD]
    for plan in ("p0", "p1"):
        lines.append(f"  {plan}:\n    seller: telco\n    currency: EUR\n    charges:\n")
        lines += (_charge(number) for number in range(charges // 2))
    path.write_text("".join(lines))
    return path


def _charge(number: int) -> str:
    kind, service = divmod(number, _SERVICES)
    when: dict[str, Any] = {"service": f"s{service}", "kind": f"k{kind}"}
    return (
        f"      c{number}:\n        when: {{service: {when['service']}, attributes: {{kind: {when['kind']}}}}}\n"
        f"        unit: {{price: {number / 1000:.3f}}}\n"
    )
