"""explain: every stored figure of one line, computed once more: from its record to the ledger, in words and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from partita.cycle import Run
from partita.cycle.written import row_as_written
from partita.errors import StoreError
from partita.reference import Rated, Reference
from partita.reference.lines import Line
from partita.store.sql import interruptible, parquet

from .differences import Difference, Findings
from .identity import mistaken
from .landing import landed
from .material import DUPLICATES, Material, Rows, opened
from .owners import Owners, keys_of
from .replay import CloseReplay, Replay, Traced
from .steps import Step, steps_of

Place = tuple[str, int]


@dataclass(frozen=True)
class Explanation:
    """The steps of one line, in their order: each with a title, its figures by name, and sentences that say the same.
    `differences` are figures that the book has otherwise."""

    run_id: str
    line_id: str | None
    steps: tuple[Step, ...]
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        told_ = [f"{step.title}\n" + "\n".join(f"  {sentence}" for sentence in step.words) for step in self.steps]
        wrong = [f"NOT as stored: {difference}" for difference in self.differences]
        return "\n".join([*told_, *(wrong or ["all of this is what the book has"])])

    def to_dict(self) -> dict[str, Any]:
        """The explanation as data: exact figures as text, fractions as `1/3`."""
        steps = {step.name: step.to_dict() for step in self.steps}
        differences = [difference.to_dict() for difference in self.differences]
        return {"run_id": self.run_id, "line_id": self.line_id, **steps, "differences": differences}


def explain(run: Run | str, line: bytes | str | Place, run_id: str | None = None) -> Explanation:
    """Explain one line of a committed run: every figure of it is computed again, by the reference.

    `run` is a `Run`, or the URL of a store, of which `run_id` (or else the latest run) is meant. `line` is the id of a
    line (bytes, or the first hexadecimal digits of it), or the place of its record: (file, row), also as text
    `file:row`. A record may have several lines: its place explains the first; one that was rejected, why.

    Raises `StoreError` for a line that the run does not have.

    >>> import tempfile, partita
    >>> from pathlib import Path
    >>> from partita import demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made, store = demo.prepare("A.4", 500, 1, Path(folder)), f"duckdb:///{folder}/book.duckdb"
    ...     beside = {"accounts": made.accounts, "subscriptions": made.subscriptions}
    ...     run = partita.run(made.catalog, made.usage, made.period, store, **beside)
    ...     for step in explain(run, run.lines["line_id"][0].as_py()).steps:
    ...         print(step.title)
    Whose it is
    Which charge, and why
    What it costs
    Who gets what of it
    Where it is billed and settled
    The entries of these documents
    """
    book, row = opened(run, run_id)
    with book:
        wrong = mistaken(book, row)
        if wrong is not None:
            raise StoreError(f"the run cannot be explained by what the book says of it: {wrong}")
        return _Explaining(Material(book, row), line).explained()


class _Explaining:
    """One line of one run."""

    def __init__(self, material: Material, line: bytes | str | Place) -> None:
        self.material = material
        self.owners = Owners(material)
        self.place, self.stored = self._found(line)

    def explained(self) -> Explanation:
        traced = self._traced()
        findings = Findings(limit=100)
        if traced.line is not None:
            self._compare(traced, findings)
        steps = steps_of(self.material, traced)
        if traced.line is not None:
            steps.extend(landed(self.material, traced, findings))
        line_id = None if traced.line is None else traced.line.line_id.hex()
        return Explanation(self.material.run_id, line_id, tuple(steps), tuple(findings.kept))

    # Which line ---------------------------------------------------------------------------------------------------

    def _found(self, line: bytes | str | Place) -> tuple[Place | None, Mapping[str, Any] | None]:
        """The place of the record, if it is one's; and the line as stored, if lines were kept."""
        place = line if isinstance(line, tuple) else _place(line)
        if place is not None:
            file = next((row["name"] for row in self.material.files if _is_file(row["name"], place[0])), None)
            if file is None:
                raise StoreError(f"run {self.material.run_id[:12]} has no usage file {place[0]!r}")
            where, values = "usage_file = ? AND usage_row = ?", [file, place[1]]
            stored = self._query(where, values)
            return (file, place[1]), stored[0] if stored else None
        digits = line.hex() if isinstance(line, bytes) else str(line).lower()
        stored = self._query("starts_with(lower(hex(line_id)), ?)", [digits])
        if len(stored) != 1:
            what = "several lines whose ids begin with" if stored else "no line"
            raise StoreError(
                f"run {self.material.run_id[:12]} has {what} {digits!r}; a record can be named as file:row"
            )
        own = stored[0]
        return (None if own["usage_file"] is None else (own["usage_file"], own["usage_row"])), own

    def _query(self, where: str, values: Sequence[Any]) -> Rows:
        paths = [*self.material.parts("lines")]
        if not paths:
            return []
        with interruptible(self.material.book.folder), duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            sql = f"SELECT * FROM {parquet(paths)} WHERE {where}"
            rows: Rows = connection.sql(sql, params=list(values)).to_arrow_table().to_pylist()
            return rows

    # Once more ----------------------------------------------------------------------------------------------------

    def _traced(self) -> Traced:
        return self._fee() if self.place is None else self._usage(self.place)

    def _usage(self, place: Place) -> Traced:
        refused = next((row for row in self.material.rejects if (row["usage_file"], row["usage_row"]) == place), None)
        if refused is not None and refused["code"] in DUPLICATES:
            return Traced(reject=refused)  # of another record, which need not be of this run
        key = self.material.key_at(*place)
        accounts = self.owners.by_key.get(key or "", [])
        group = next(self.owners.groups(accounts[:1], 1), [])
        subscriptions = self.owners.subscriptions(group)
        reference = self._among(group)
        opening = self.material.opening([*group, *{row["subscription"] for row in subscriptions}])
        batches = self.material.usage(keys_of(subscriptions) | ({key} if key is not None else set()))
        if key is None:
            batches = [self.material.record_at(*place)]
        traced = Replay(reference.terms, opening, self.material.closed, place).trace(batches)
        if traced.reject is not None:
            traced.reject = row_as_written(traced.reject, self.material.commas)
        traced.line = self._line_of(traced.lines) if traced.reject is None else None
        return traced

    def _line_of(self, lines: Sequence[Line]) -> Line | None:
        wanted = None if self.stored is None else self.stored["line_id"]
        return next((line for line in lines if line.line_id == wanted), lines[0] if lines else None)

    def _fee(self) -> Traced:
        assert self.stored is not None
        group = next(self.owners.groups([self.stored["account"]], 1))
        reference = self._among(group)
        subscriptions = self.owners.subscriptions(group)
        owners = [*group, *{row["subscription"] for row in subscriptions}]
        counters = [*self.material.opening(owners), *self.material.stored("counters", "owner", owners)]
        billed = Rated(lines=self.material.billed())
        close = CloseReplay(reference.terms, self.material.period, [billed], counters)
        close.fees()
        return close.traced.get(self.stored["line_id"], Traced())

    def _among(self, accounts: Sequence[str]) -> Reference:
        rows = [self.material.accounts[account] for account in accounts]
        return self.material.reference.among(rows, self.owners.subscriptions(accounts))

    def _compare(self, traced: Traced, findings: Findings) -> None:
        """The line and its shares, with those stored."""
        assert traced.line is not None
        if self.stored is not None:
            findings.compare("lines", ("line_id",), [self.stored], [traced.line.as_row()])
        folder = "close" if self.place is None else "part-%"
        if self.place is None or self.material.has("shares"):
            stored = self.material.stored("shares", "line_id", [traced.line.line_id], folder)
            expected = [
                share.as_row()
                for sharing in traced.shared
                if sharing.line.line_id == traced.line.line_id
                for shares in sharing.shares.values()
                for share in shares
                if share.paid
            ]
            findings.compare("shares", ("line_id", "agreement", "flow", "payer", "payee"), stored, expected)


def _place(line: bytes | str) -> Place | None:
    file, colon, row = line.rpartition(":") if isinstance(line, str) else ("", "", "")
    return (file, int(row)) if colon and row.isascii() and row.isdigit() else None


def _is_file(name: str, asked: str) -> bool:
    """A file by its name, or by the end of it."""
    return name == asked or name.endswith(f"/{asked}")
