"""What the benches share: made-up usage in memory, engines, timing, and the figures that come of it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

import partita
from partita import Engine
from partita.generate import keys, voice_usage

DECIMAL: Final = pa.decimal128(38, 12)
MILLION: Final = 1_000_000
USAGE_COLUMNS: Final = ("call_id", "started_at", "a_number", "b_number", "duration_seconds")
MAPPING: Final[Mapping[str, Any]] = {
    "time": "started_at",
    "key": "a_number",
    "service": {"constant": "voice"},
    "quantity": "duration_seconds",
}


@dataclass(frozen=True)
class Settings:
    """How a bench is run. `usage` is a file of made-up records; without one they are made up where they are needed.
    `full` asks for the sizes that the targets are meant for, where a bench is smaller by default."""

    records: int = 10 * MILLION
    accounts: int = 200_000
    rounds: int = 3
    cores: int = field(default_factory=lambda: int(os.environ.get("RAYON_NUM_THREADS") or os.cpu_count() or 1))
    full: bool = False
    usage: Path | None = None


@dataclass(frozen=True)
class Target:
    """A bench's target: in words, and as a number in the unit of its figure, which is a speed unless `most`."""

    words: str
    value: float
    most: bool = False

    def met(self, value: float) -> bool:
        return value <= self.value if self.most else value >= self.value

    def part(self, share: float) -> Target:
        """A share of it, for a harder shape of the same work."""
        return Target(f"{share:.0%} of that".replace("%", " %"), self.value * share, self.most)


@dataclass(frozen=True)
class Figure:
    """One measurement: of which work, on how many records, its value, and that of the peers in the same unit.

    `core_ns` are the nanoseconds that all cores together spent on a record: a busy machine changes them less.
    """

    bench: str
    work: str
    records: int
    value: float
    unit: str = "M records/s"
    target: str = ""
    met: bool | None = None
    core_ns: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def judged(bench: str, work: str, records: int, value: float, target: Target | None, **more: Any) -> Figure:
        """A figure beside its target, if it has one."""
        words, met = ("", None) if target is None else (target.words, target.met(value))
        return Figure(bench, work, records, value, target=words, met=met, **more)


class Best(NamedTuple):
    """The least seconds of some rounds: on the clock, and of all cores together."""

    seconds: float
    core_seconds: float


def best(rounds: int, work: Callable[[], object]) -> Best:
    """Time some work; what it returns is dropped after each round."""
    seconds, core_seconds = [], []
    for _ in range(rounds):
        gc.collect()
        started, core_started = time.perf_counter(), time.process_time()
        result = work()
        seconds.append(time.perf_counter() - started)
        core_seconds.append(time.process_time() - core_started)
        del result
    return Best(min(seconds), min(core_seconds))


def speed(records: int, seconds: float) -> float:
    """Millions of records a second."""
    return records / seconds / MILLION


def write_usage(path: Path, records: int, accounts: int) -> None:
    """Made-up records as an Arrow file, batch by batch."""
    schema = pa.schema([batch_field for batch_field in _schema() if batch_field.name in USAGE_COLUMNS])
    with pa.ipc.new_file(str(path), schema) as writer:
        for batch in voice_usage(records, accounts):
            writer.write_batch(batch.select(list(USAGE_COLUMNS)))


def usage_of(settings: Settings, columns: tuple[str, ...]) -> pa.Table:
    """Columns of the usage, in memory, in the order of time."""
    if settings.usage is not None:
        options = pa.ipc.IpcReadOptions(included_fields=[USAGE_COLUMNS.index(name) for name in columns])
        with pa.OSFile(str(settings.usage)) as file:
            return pa.ipc.open_file(file, options=options).read_all().select(list(columns))
    made = (batch.select(list(columns)) for batch in voice_usage(settings.records, settings.accounts))
    return pa.Table.from_batches(made)


def shuffled(table: pa.Table) -> pa.Table:
    """The same rows in another order, which is the same each time."""
    order = pc.sort_indices(pc.random(table.num_rows, initializer=1))
    return table.take(order)


def with_decimals(table: pa.Table) -> pa.Table:
    """The durations as decimals, so that all who rate them begin with the same."""
    place = table.column_names.index("duration_seconds")
    return table.set_column(place, "duration_seconds", table["duration_seconds"].cast(DECIMAL))


def subscribers(accounts: int) -> tuple[pa.Table, pa.Table]:
    """Accounts, and a subscription of each: to plan p0 or p1, by turns."""
    names = {letter: pc.binary_join_element_wise(letter, _numbers(accounts), "") for letter in "acs"}
    plans = pc.if_else(pc.equal(pc.bit_wise_and(pa.arange(0, accounts), 1), 0), "p0", "p1")
    held = {"account": names["a"], "owner": names["c"], "currency": pa.repeat(pa.scalar("EUR"), accounts)}
    subscriptions = {"subscription": names["s"], "account": names["a"], "key": keys(accounts), "plan": plans}
    return pa.table(held), pa.table(subscriptions)


def catalog_of(terms: Mapping[str, Any], ids: bool = False) -> partita.Catalog:
    """A catalog of terms (plans and what they need) with a telco, two partners and a usage mapping."""
    mapping = {**MAPPING, **terms.get("usage", {}), **({"id": "call_id"} if ids else {})}
    return partita.load({"parties": {"telco": {}, "label": {}, "agent": {}}, **terms, "usage": {"voice": mapping}})


def engine_of(terms: Mapping[str, Any], accounts: int, ids: bool = False) -> Engine:
    return Engine(catalog_of(terms, ids), *subscribers(accounts))


def plan(charges: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"seller": "telco", "currency": "EUR", "charges": charges, **more}


def agree(what: str, found: Any, expected: Any) -> None:
    """Raises `AssertionError` where two columns, or lists of values, are not the same to the last digit."""
    found, expected = (
        column.to_pylist() if isinstance(column, (pa.Array, pa.ChunkedArray)) else list(column)
        for column in (found, expected)
    )
    if len(found) != len(expected):
        raise AssertionError(f"{what}: {len(found)} rows, expected {len(expected)}")
    for row, (one, other) in enumerate(zip(found, expected, strict=True)):
        if one != other:
            raise AssertionError(f"{what}: row {row} is {one!r}, expected {other!r}")


def _numbers(count: int) -> pa.Array:
    return pa.arange(0, count).cast(pa.string())


def _schema() -> pa.Schema:
    from partita.generate import SCHEMA

    return SCHEMA
