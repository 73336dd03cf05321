"""Benches of `Engine.rate`: the shapes that each is measured in, and the check against the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from partita.reference import Reference

from .common import (
    Figure,
    Settings,
    Target,
    agree,
    best,
    catalog_of,
    engine_of,
    shuffled,
    speed,
    subscribers,
    usage_of,
)

SHUFFLED_SHARE: Final = 0.6
"""What must be left of a speed when records come in no order."""
CHECKED_ACCOUNTS: Final = 2_000
_CHECKED: Final = ("account", "subscription", "plan", "charge", "zone", "band", "quantity", "billed_quantity", "amount")
_COUNTED: Final = ("counter_before", "counter_after")
_SHARED: Final = ("flow", "payer", "payee", "amount")

Terms = Mapping[str, Any]
Prepare = Callable[[pa.Table], pa.Table]


def as_it_is(table: pa.Table) -> pa.Table:
    return table


def shapes(
    bench: str,
    terms: Terms,
    settings: Settings,
    target: Target | None,
    columns: tuple[str, ...],
    prepare: Prepare = as_it_is,
    peers: Mapping[str, float] | None = None,
    has_shares: bool = False,
) -> Iterator[Figure]:
    """The same work without ids, on shuffled records, with ids and the duplicate check. Where there are shares, they
    are added up in all of these, and kept in one more."""
    ids = ("call_id", *columns)
    work = [("", columns, prepare, target, {}), ("shuffled", columns, _then_shuffled(prepare), _part(target), {})]
    work.append(("ids, duplicates checked", ids, prepare, None, {"check_duplicates": True}))
    if has_shares:
        work.append(("shares kept", columns, prepare, None, {"shares": True}))
    for name, needed, made, its_target, options in work:
        engine, usage = engine_of(terms, settings.accounts, needed is ids), made(usage_of(settings, needed))
        seconds, core_seconds = best(
            settings.rounds, _rates(engine, usage, {"shares": has_shares and "sums", **options})
        )
        more = {"core_ns": core_seconds / settings.records * 1e9, "peers": {} if name else peers or {}}
        yield Figure.judged(bench, name, settings.records, speed(settings.records, seconds), its_target, **more)
        del engine, usage


def _rates(engine: Any, usage: pa.Table, options: Mapping[str, Any]) -> Callable[[], object]:
    def rate() -> object:
        rated = engine.rate(usage, **options)
        tables = (rated.lines, rated.shares, rated.share_sums)
        if rated.rejects.num_rows:
            raise AssertionError(f"{rated.rejects.num_rows} rejects, such as {rated.rejects.slice(0, 1).to_pylist()}")
        return tables

    return rate


def _then_shuffled(prepare: Prepare) -> Prepare:
    return lambda table: shuffled(prepare(table))


def _part(target: Target | None) -> Target | None:
    return None if target is None else target.part(SHUFFLED_SHARE)


def check_against_reference(terms: Terms, records: int, columns: tuple[str, ...]) -> None:
    """Every figure of lines and shares, to the last digit. Raises `AssertionError` where they differ."""
    held = subscribers(CHECKED_ACCOUNTS)
    usage = usage_of(Settings(records, CHECKED_ACCOUNTS), columns)
    rated = engine_of(terms, CHECKED_ACCOUNTS).rate(usage)
    expected = Reference(catalog_of(terms), *(table.to_pylist() for table in held)).rate(usage.to_pylist())
    agree("rejects", rated.rejects.to_pylist(), expected.rejects)
    for name in (*_CHECKED, *_COUNTED):
        agree(name, rated.lines[name], (line[name] for line in expected.lines))
    for name in _SHARED:
        agree(f"shares: {name}", rated.shares[name], (share[name] for share in expected.shares))
