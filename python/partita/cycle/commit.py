"""What a run writes into the book: its rows in every table, for the one transaction that makes it count."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import partita
from partita.store import Book
from partita.store.schema import constant

from .closing import Closing
from .folder import read_table
from .plan import Plan
from .rejected import NAME as REJECTED
from .rejected import path_of

_COUNTS = ("rows", "skipped", "rated", "rejected")
Manifests = Mapping[str, dict[str, Any]]


def run_row(plan: Plan, book: Book, manifests: Manifests) -> dict[str, Any]:
    """The run's row in `runs`."""
    latest = book.latest()
    entries = [entry for manifest in manifests.values() for entry in manifest.get("totals", ())]
    return {
        "run_id": plan.run_id,
        "number": 1 if latest is None else latest["number"] + 1,
        "kind": plan.kind,
        "period": plan.period,
        "opening": plan.opening,
        "terms": plan.terms,
        "tables": plan.tables,
        "rules": plan.rules,
        **{name: sum(entry[name] for entry in entries) for name in _COUNTS},
    }


def tables_of(
    plan: Plan, folder: Path, manifests: Manifests, row: Mapping[str, Any], closing: Closing | None
) -> Iterator[tuple[str, pa.Table]]:
    """All rows that a run adds to the book, as tables with their names; what partitions have comes one by one, so that
    a large run needs no more memory than a small one."""
    found = _few(plan, manifests, row)
    found = chain(found, _of_parts(plan, folder, manifests))
    if closing is not None:
        found = chain(found, closing.tables())
    for name, table in found:
        run_id = constant(plan.run_id, table.num_rows)
        yield name, table if "run_id" in table.column_names else table.append_column("run_id", run_id)


def _few(plan: Plan, manifests: Manifests, row: Mapping[str, Any]) -> Iterator[tuple[str, pa.Table]]:
    """The run itself, its files, and what it leaves beside the book."""
    yield "runs", pa.Table.from_pylist([dict(row)])
    yield "cycles", pa.table({"period": [plan.period], "state": ["closed" if plan.closes else "open"]})
    yield "files", pa.Table.from_pylist(list(_files(plan, manifests)))
    yield "parts", pa.Table.from_pylist(list(_parts(plan, manifests)))


def _of_parts(plan: Plan, folder: Path, manifests: Manifests) -> Iterator[tuple[str, pa.Table]]:
    """Rejects, each of usage with the file that has its record, and counters."""
    names = pa.array([file.name for file in plan.files], pa.string())
    paths = pa.array([f"{plan.run_id}/{path_of(i)}" for i in range(len(plan.files))], pa.string())
    for path in _of(manifests, folder, "rejects.parquet"):
        rejects = read_table(path)
        place = pc.index_in(rejects["usage_file"].cast(pa.string()), value_set=names)
        yield "rejects", rejects.append_column("records", paths.take(place))
    for path in _of(manifests, folder, "counters.parquet"):
        yield "counters", read_table(path)


def _of(manifests: Manifests, folder: Path, file: str) -> list[Path]:
    return [folder / part / file for part, manifest in manifests.items() if file in manifest["files"]]


def counters_of(book: Book, folders: Sequence[Path]) -> pa.Table:
    """Where all counters stand after some partitions: what these moved, and else what the book says."""
    before = book.counters()
    moved = [read_table(folder / "counters.parquet").cast(before.schema) for folder in folders]
    if not moved:
        return before
    after = pa.concat_tables(moved)
    keys = ["charge", "owner", "period_start"]
    return pa.concat_tables([before.join(after.select(keys), keys, join_type="left anti"), after])


def log_entry(action: str, run_id: str, period: str, started: float) -> dict[str, Any]:
    """A row of `run_log`: when, where, how long."""
    versions = {"partita": partita.__version__, "python": platform.python_version(), "pyarrow": pa.__version__}
    return {
        "at": datetime.now(UTC),
        "action": action,
        "run_id": run_id,
        "period": period,
        "seconds": Decimal(round((time.monotonic() - started) * 1000)) / 1000,
        "host": platform.node(),
        "process": os.getpid(),
        "versions": json.dumps(versions),
    }


def _files(plan: Plan, manifests: Manifests) -> Iterable[dict[str, Any]]:
    """Each input file with its control totals."""
    totals: dict[str, dict[str, int]] = {}
    for manifest in manifests.values():
        for entry in manifest.get("totals", ()):
            own = totals.setdefault(entry["file"], dict.fromkeys(_COUNTS, 0))
            own.update({name: own[name] + entry[name] for name in _COUNTS})
    for file in plan.files:
        facts = {"name": file.name, "hash": file.hash, "mapping": file.usage.mapping_name}
        yield {**facts, **totals.get(file.name, dict.fromkeys(_COUNTS, 0))}


def _parts(plan: Plan, manifests: Manifests) -> Iterable[dict[str, Any]]:
    """Each Parquet file that the run leaves beside the book."""
    for folder, manifest in manifests.items():
        for file, hash_ in manifest["files"].items():
            table = file.removesuffix(".parquet")
            periods = [plan.period] if table == "ids" else manifest.get("periods", ())
            yield {
                "path": f"{plan.run_id}/{folder}/{file}",
                "table": REJECTED if folder == REJECTED or table.startswith(REJECTED) else table,
                "rows": manifest["rows"][table],
                "hash": hash_,
                "periods": ",".join(periods),
            }
