"""cycle: a month of calls from Parquet files (with ids of 32 bytes) to bills, statements and a ledger in DuckDB.

Calls by the voice tariff, split three ways, and a monthly fee shared by model A.4; the duplicate check is on, as it
always is in a run. The target is meant for 20 M records; other sizes have as many records an account.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

import partita
from partita.generate import voice_usage, write_parquet
from partita.reference import Reference

from .common import MILLION, Figure, Settings, Target, agree, speed, subscribers
from .full import THREE_WAYS
from .memory import PeakMemory
from .voice import terms as voice_terms

PERIOD: Final = "2026-10"
SPEEDS: Final = {"narrow": Target("3 M records/s", 3), "itemised": Target("1.5 M records/s", 1.5)}
FULL: Final = 20 * MILLION
USUAL: Final = 2 * MILLION
GROWTH: Final = 1.10
_RECORDS_AN_ACCOUNT: Final = 100
_RECORDS_A_FILE: Final = MILLION
_FEE: Final = {"music": {"every": "month", "flat": "9.90"}}
_RESALE: Final = {
    "model": "A.4",
    "roles": {"B": "music", "D": "telco"},
    "applies_to": {"plans": ["p0", "p1"], "charges": ["music"]},
    "flows": {"wholesale": {"percent": "70%"}},
}
_USAGE: Final = {
    "source": "switch",
    "id": "call_id",
    "time": "started_at",
    "key": "a_number",
    "service": {"constant": "voice"},
    "quantity": "duration_seconds",
}


class Outcome(NamedTuple):
    """A run's seconds, those of all cores together, its documents, and the peak memory of its process tree."""

    seconds: float
    core_seconds: float
    documents: int
    mib: float


def terms() -> dict[str, Any]:
    """The voice tariff, a monthly fee in both plans, and two agreements."""
    voice = voice_terms()
    parties = ("telco", "label", "agent", "music")
    whole: dict[str, Any] = {
        "parties": {name: {} for name in parties},
        "accounts": {name: {"owner": name, "currency": "EUR"} for name in parties},
        "plans": {name: {**plan, "charges": {**_FEE, **plan["charges"]}} for name, plan in voice["plans"].items()},
        "agreements": {"three-ways": THREE_WAYS, "resale": _RESALE},
        "usage": {"voice": {**voice["usage"], **_USAGE}},
    }
    return {**voice, **whole}


def held_by(accounts: int) -> dict[str, pa.Table]:
    """Who holds what, as a run is given it."""
    return dict(zip(("accounts", "subscriptions"), subscribers(accounts), strict=True))


def check(records: int) -> None:
    """Every document of a run is the reference's."""
    accounts = max(2, records // _RECORDS_AN_ACCOUNT)
    given, held = terms(), held_by(accounts)
    with tempfile.TemporaryDirectory() as name:
        files = write_parquet(Path(name, "usage"), records, accounts, files=2)
        found = _run(Path(name), files, given, held, "none").documents.sort_by("document_id")
    reference = Reference(partita.load(given), *(table.to_pylist() for table in held.values()))
    rated = reference.rate(pa.Table.from_batches(voice_usage(records, accounts)).to_pylist())
    books = reference.documents(PERIOD, [rated, reference.close(PERIOD, [rated])])
    expected = sorted(books.documents, key=lambda row: row["document_id"])
    for column in ("document_id", "net"):
        agree(column, found[column], (row[column] for row in expected))


def measure(settings: Settings) -> Iterator[Figure]:
    records = FULL if settings.full else min(settings.records, USUAL)
    accounts = max(2, records // _RECORDS_AN_ACCOUNT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = write_parquet(folder / "usage", records, accounts, files=2 * max(1, records // _RECORDS_A_FILE // 2))
        half = _measured(folder, files[: len(files) // 2], accounts, "narrow")
        whole = {keep: _measured(folder, files, accounts, keep) for keep in SPEEDS}
    for keep, outcome in whole.items():
        work = f"{keep} lines kept, {outcome.documents:,} documents"
        core_ns = outcome.core_seconds / records * 1e9
        value = speed(records, outcome.seconds)
        yield Figure.judged("cycle", work, records, value, SPEEDS[keep], core_ns=core_ns)
    yield Figure.judged("cycle", "peak memory", records // 2, half.mib, None, unit="MiB")
    most = Target("1.1 × that of half", GROWTH * half.mib, most=True)
    yield Figure.judged("cycle", "peak memory", records, whole["narrow"].mib, most, unit="MiB")
    yield Figure.judged("cycle", "peak memory, itemised", records, whole["itemised"].mib, None, unit="MiB")


def _measured(folder: Path, files: list[Path], accounts: int, keep: str) -> Outcome:
    """A run into a new book, in a process of its own, so that its memory is its own too."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, folder / "books", files, accounts, keep))
    process.start()
    theirs.close()
    assert process.pid is not None
    with PeakMemory(process.pid) as peak:
        seconds, core_seconds, documents = ours.recv()
        process.join()
    shutil.rmtree(folder / "books")
    return Outcome(seconds, core_seconds, documents, peak.mib)


def _child(answer: Connection, folder: Path, files: list[Path], accounts: int, keep: str) -> None:
    folder.mkdir()
    given, held = terms(), held_by(accounts)
    started, core_started = time.perf_counter(), time.process_time()
    run = _run(folder, files, given, held, keep)
    seconds, core_seconds = time.perf_counter() - started, time.process_time() - core_started
    if run.rejected:
        raise AssertionError(f"{run.rejected} records are rejected")
    answer.send((seconds, core_seconds, run.documents.num_rows))
    answer.close()


def _run(folder: Path, files: list[Path], given: dict[str, Any], held: dict[str, pa.Table], keep: Any) -> partita.Run:
    """From terms, accounts and usage files to a book."""
    return partita.run(partita.load(given), files, PERIOD, f"duckdb:///{folder}/book.duckdb", keep=keep, **held)
