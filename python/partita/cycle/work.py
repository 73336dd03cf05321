"""Carrying out a plan: gather, rate each partition, keep the rejects' records, close, commit.

Every step leaves a folder that is whole or not there, in the run's own folder beside the book. An attempt that finds
such folders of the same plan goes on behind them.
"""

from __future__ import annotations

import json
import shutil
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from partita.errors import InternalError, StoreError
from partita.store import Book

from .closing import NAME as CLOSE
from .closing import Closing, close_period, write_closing
from .commit import counters_of, log_entry, run_row, tables_of
from .folder import finished, read_table, sync, write_folder, write_table
from .gather import Gathered, Progress, gather
from .inputs import folders
from .owners import Owners
from .part import Part, rate_part, write_part
from .plan import Plan, after, before, name_of
from .rejected import NAME as REJECTED
from .rejected import keep_records
from .result import Run, of_row
from .seen import Seen
from .verbs import Verbs

_STARTED: Final = "started"
_USAGE: Final = "usage"
_SPOOL: Final = "spool"
_WRITERS: Final = 2
"""Partitions that are written at one time: while one waits for the disk, the other is encoded."""


class Work:
    """A plan being carried out."""

    def __init__(
        self,
        plan: Plan,
        verbs: Verbs,
        book: Book,
        progress: Progress | None,
        trial: bool | str | Path | None,
        started: float,
    ) -> None:
        self.plan, self.verbs, self.book, self.started = plan, verbs, book, started
        self.progress = progress or (lambda stage, done, total: None)
        self.trial = bool(trial)
        beside = book.folder / (f"trial-{plan.run_id}" if trial else plan.run_id)
        self.folder = Path(trial) if isinstance(trial, (str, Path)) else beside

    def carry_out(self) -> Run:
        """All of it; what is finished already is taken over."""
        self._begin()
        manifests = {name_of(i): manifest for i, manifest in enumerate(self._parts())}
        with ThreadPoolExecutor(1) as beside:
            # The disk takes in the partitions while the period is closed.
            synced = None if self.trial else beside.submit(sync, [self.folder / name for name in manifests])
            if self.plan.files:
                manifests[REJECTED] = keep_records(self.folder, self.plan, self.verbs.catalog)
            closing = self._close([name for name in manifests if name != REJECTED]) if self.plan.closes else None
        if closing is not None:
            manifests[CLOSE] = write_closing(self.folder / CLOSE, closing, with_books=self.trial)
            self.progress("closing", 1, 1)
        row = run_row(self.plan, self.book, manifests)
        if synced is not None:
            self.progress("committing", 0, 1)
            synced.result()
            sync(self._beside_partitions(manifests))
            tables = tables_of(self.plan, self.folder, manifests, row, closing)
            self.book.commit(tables, log_entry(self.plan.kind, self.plan.run_id, self.plan.period, self.started))
            self.progress("committing", 1, 1)
        self._end()
        return of_row({**row, "kind": "trial"} if self.trial else row, self.book.url, self.folder)

    def _beside_partitions(self, manifests: Mapping[str, Any]) -> list[Path]:
        """The folders of the run that are not of partitions, and those that it was made from."""
        own = [self.folder / name for name in (*manifests, _USAGE) if name in (REJECTED, CLOSE, _USAGE)]
        return [*filter(Path.is_dir, own), *folders(self.book.folder, self.plan.terms, self.plan.tables)]

    def _begin(self) -> None:
        """Make the run's folder; one of another plan (other opening state, other cut) is cleared first."""
        stamp = json.loads(json.dumps(self.plan.stamp()))
        marker = self.folder / _STARTED
        try:
            found = json.loads(marker.read_text())
        except (OSError, ValueError):
            found = None
        if found == stamp:
            return
        if self.trial and found is None and self.folder.exists() and any(self.folder.iterdir()):
            raise StoreError(f"{self.folder}: is not the folder of a trial, and not empty; choose another one")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        draft = marker.with_suffix(".draft")
        draft.write_text(json.dumps(stamp))
        draft.rename(marker)

    def _end(self) -> None:
        """Clear up. A trial's folder keeps its mark, so that the next trial may have it."""
        if self.trial:
            shutil.rmtree(self.folder / _SPOOL, ignore_errors=True)
        else:
            tidy(self.folder)

    # Partitions ---------------------------------------------------------------------------------------------------

    def _parts(self) -> list[dict[str, Any]]:
        """Rate the partitions that are not finished; the manifests of all."""
        manifests = [finished(self.folder / name_of(i)) for i in range(self.plan.partitions)]
        needed = [i for i, manifest in enumerate(manifests) if manifest is None]
        if needed:
            for i, manifest in self._rate(needed):
                manifests[i] = manifest
        found = [manifest for manifest in manifests if manifest is not None]
        self._check_totals(found)
        return found

    def _rate(self, needed: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rate partitions; some are written while the next is rated."""
        beside = self.verbs.engine.beside
        owners = Owners(beside["accounts"], beside["subscriptions"], self.plan.partitions)
        look = partial(self.verbs.gather, owners=owners)
        gathered = gather(self.plan, self.verbs.catalog, look, self.folder / _SPOOL, needed, self.progress)
        marks, counters = gathered.repeated(), self.book.counters()
        verdicts = self._verdicts(gathered, marks)
        with ThreadPoolExecutor(_WRITERS) as writers:
            writing: deque[tuple[int, Future[dict[str, Any]]]] = deque()
            for done, i in enumerate(needed):
                self.progress("rating", done, len(needed))
                own = owners.of_counters(counters, i)
                part = rate_part(gathered.sources(i), verdicts, marks, self.verbs, own, self.plan)
                if len(writing) == _WRITERS:
                    yield _written(writing)
                writing.append((i, writers.submit(self._write, i, part, gathered)))
                del part
            while writing:
                yield _written(writing)
        self.progress("rating", len(needed), len(needed))

    def _write(self, partition: int, part: Part, gathered: Gathered) -> dict[str, Any]:
        manifest = write_part(self.folder / name_of(partition), part, gathered.check)
        gathered.done_with(partition)
        return manifest

    def _verdicts(self, gathered: Gathered, marks: pa.Array) -> pa.Table:
        """The duplicates, and beside them how many rows each file has."""
        folder = self.folder / _USAGE
        if finished(folder) is None:
            committed = [self.book.folder / part["path"] for part in self.book.parts("ids") if self._in_window(part)]
            verdicts = Seen(self.plan, self.verbs, gathered, marks, committed).verdicts(self.folder / _SPOOL)
            counts = dict(zip([file.name for file in self.plan.files], gathered.counts, strict=True))
            write_folder(folder, lambda draft: _write_verdicts(draft, verdicts, counts))
        return read_table(folder / "verdicts.parquet")

    def _in_window(self, part: dict[str, Any]) -> bool:
        """Ids are kept in mind for the period of their run and the one after, and as long as a period is open."""
        return bool(part["periods"] >= min(before(self.plan.period), after(self.plan.closed)))

    def _check_totals(self, manifests: Sequence[dict[str, Any]]) -> None:
        """Every row that was read of a file is in one partition."""
        if not self.plan.files:
            return
        usage = finished(self.folder / _USAGE)
        counts = {} if usage is None else usage["counts"]
        for name, rows in counts.items():
            parted = sum(entry["rows"] for part in manifests for entry in part["totals"] if entry["file"] == name)
            if parted != rows:
                raise InternalError(f"{name}: {rows} rows were read, but {parted} are in partitions")

    # Close --------------------------------------------------------------------------------------------------------

    def _close(self, parts: Sequence[str]) -> Closing:
        self.progress("closing", 0, 1)
        counters, billed = counters_of(self.book, [self.folder / name for name in parts]), self.book.billed()
        carried = self.book.carried(before(self.plan.period))
        with ThreadPoolExecutor(1) as beside:
            sums = beside.submit(lambda: [self._sums(table, parts) for table in ("line_sums", "share_sums")])
            fees = self.verbs.fees(self.plan.period, counters, billed)
            line_sums, share_sums = sums.result()
        return close_period(self.plan.period, self.verbs, fees, line_sums, share_sums, carried)

    def _sums(self, table: str, parts: Sequence[str]) -> list[pa.Table]:
        """The sums of this run and of those before that have lines of this period."""
        earlier = [part for part in self.book.parts(table) if self.plan.period in part["periods"].split(",")]
        paths = [self.book.folder / part["path"] for part in earlier]
        return [read_table(path) for path in [*paths, *(self.folder / name / f"{table}.parquet" for name in parts)]]


def tidy(folder: Path) -> bool:
    """Clear the folder of a committed run of what only its making needed; whether there was anything left."""
    shutil.rmtree(folder / _SPOOL, ignore_errors=True)
    marker = folder / _STARTED
    was_left = marker.is_file()
    marker.unlink(missing_ok=True)
    return was_left


def _written(writing: deque[tuple[int, Future[dict[str, Any]]]]) -> tuple[int, dict[str, Any]]:
    partition, manifest = writing.popleft()
    return partition, manifest.result()


def _write_verdicts(draft: Path, verdicts: pa.Table, counts: dict[str, int]) -> dict[str, Any]:
    write_table(draft, "verdicts", verdicts)
    return {"counts": counts}
