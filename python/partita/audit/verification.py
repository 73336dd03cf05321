"""verify: a run's figures once more, by the reference, and what differs.

Whole counter owners are rated again from the usage files and the counters that stood before the run: a sample of
accounts, or all. Whatever the sample, the sums of the stored lines and shares are checked for every account, and one
whose sums are wrong joins the sample; documents, entries, positions and notices are made again from the sums, all of
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from partita.cycle import Run
from partita.cycle.written import row_as_written
from partita.reference import Rated, Reference

from .books import check_books, check_no_books
from .control import check_control, check_files, skipped_in
from .differences import Difference, Findings, is_same_reject
from .identity import mistaken
from .material import DUPLICATES, Material, Rows, opened
from .owners import Owners, keys_of
from .rejected import check_rejects
from .sums import check_sums, misfits

SAMPLE = 100
"""Accounts that are rated again unless another number is asked for."""
LIMIT = 20
"""Differences of each table that are kept."""
_AT_ONCE = 5_000
_REJECT = ("usage_file", "usage_row")


@dataclass(frozen=True)
class Verification:
    """What `verify` has found: the first differences of each table, how many there are of each, and how many rows of
    each were checked."""

    run_id: str
    differences: tuple[Difference, ...]
    found: dict[str, int]
    checked: dict[str, int]

    @property
    def clean(self) -> bool:
        return not self.found

    def to_dict(self) -> dict[str, Any]:
        """The verification as data."""
        differences = [difference.to_dict() for difference in self.differences]
        return {"run_id": self.run_id, "checked": self.checked, "found": self.found, "differences": differences}


def verify(
    run: Run | str, sample: int | None = None, whole: bool = False, seed: int = 0, run_id: str | None = None
) -> Verification:
    """Compute a committed run once more by the reference, and compare.

    `run` is a `Run`, or the URL of a store, of which `run_id` (or else the latest run) is meant. `sample` accounts,
    chosen by `seed`, are rated again from their usage; `whole` takes all, and the records of unknown keys. Sums,
    documents, entries, positions, what is noted as billed and all control totals are always checked whole (but how many
    records a mapping's `where` left out by `whole` only). A run whose id does not follow from what the book says went
    into it is told so, and nothing else of it is looked at.

    Raises `StoreError` when the usage files, or what the run was made from, are not there any more.

    >>> import tempfile, partita
    >>> from pathlib import Path
    >>> from partita import demo
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made, store = demo.prepare("A.4", 500, 1, Path(folder)), f"duckdb:///{folder}/book.duckdb"
    ...     beside = {"accounts": made.accounts, "subscriptions": made.subscriptions}
    ...     run = partita.run(made.catalog, made.usage, made.period, store, **beside)
    ...     found = verify(run, whole=True)
    ...     print(found.clean, found.checked["documents"])
    True 11
    """
    book, row = opened(run, run_id)
    with book:
        found = Findings(LIMIT)
        wrong = mistaken(book, row)
        if wrong is None:
            Audit(Material(book, row), found).carry_out(SAMPLE if sample is None else sample, whole, seed)
        else:  # what else there is to say of the run is said by other inputs than it had
            found.add(wrong)
        return Verification(row["run_id"], tuple(found.kept), found.found, found.checked)


class Audit:
    """One run being verified."""

    def __init__(self, material: Material, findings: Findings) -> None:
        self.material = material
        self.findings = findings
        self.owners = Owners(material)
        self.skipped: Counter[str] = Counter()

    def carry_out(self, sample: int, whole: bool, seed: int) -> None:
        for path, now, hash_ in self.material.changed_parts():
            self.findings.add(Difference("parts", {"path": path}, "hash", now, hash_))
        check_control(self.material, self.findings)
        check_sums(self.material, self.findings)
        check_rejects(self.material, self.findings)
        changed = list(self.material.changed_files())
        for name, now, hash_ in changed:
            self.findings.add(Difference("files", {"name": name}, "hash", now, hash_))
        if not changed:  # other usage makes other lines
            self._check_usage(sample, whole, seed)
        check_files(self.material, self.findings, self.skipped if whole and not changed else None)
        (check_books if self.material.closes else check_no_books)(self.material, self.findings)

    def _check_usage(self, sample: int, whole: bool, seed: int) -> None:
        suspects = [account for account in misfits(self.material) if account in self.owners.held]
        chosen = list(self.owners.held) if whole else [*suspects, *self.owners.sampled(sample, seed)]
        for group in self.owners.groups(dict.fromkeys(chosen), _AT_ONCE):
            self._check_accounts(group)
        if whole:
            self._check_unknown()

    # Accounts -----------------------------------------------------------------------------------------------------

    def _check_accounts(self, accounts: Sequence[str]) -> None:
        subscriptions = self.owners.subscriptions(accounts)
        rows = [self.material.accounts[account] for account in accounts]
        reference = self.material.reference.among(rows, subscriptions)
        keys = keys_of(subscriptions)
        owners = [*accounts, *{row["subscription"] for row in subscriptions}]
        opening = self.material.opening(owners)
        batches = self.material.usage(keys)
        self.skipped.update(skipped_in(self.material, batches))
        rated = reference.rate(batches, None, opening, check_duplicates=True, closed=self.material.closed)
        places = {(batch.file, row) for batch in batches for row in batch.rows or ()}
        self._compare_usage(rated, accounts, places)
        self._compare_counters(rated, owners)
        if self.material.closes:
            self._compare_fees(reference, rated, opening, accounts)

    def _check_unknown(self) -> None:
        """The records of keys that nobody has: each is a reject."""
        batches = self.material.usage(self.owners.by_key, without=True)
        self.skipped.update(skipped_in(self.material, batches))
        rated = self.material.reference.among([], []).rate(batches, check_duplicates=True, closed=self.material.closed)
        places = {(batch.file, row) for batch in batches for row in batch.rows or ()}
        self._compare_usage(rated, [], places)

    def _compare_usage(self, rated: Rated, accounts: Sequence[str], places: set[tuple[str, int]]) -> None:
        material = self.material
        if material.has("lines") and accounts:
            stored = material.stored("lines", "account", accounts, "part-%")
            self.findings.compare("lines", ("line_id",), stored, rated.lines)
        if material.has("shares") and accounts:
            self._compare_shares(rated, material.stored("shares", "subscription", self._held(accounts), "part-%"))
        refused = [row for row in material.rejects if row["code"] not in DUPLICATES]
        own = [row for row in refused if (row["usage_file"], row["usage_row"]) in places]
        expected = [row_as_written(row, material.commas) for row in rated.rejects]
        self.findings.compare("rejects", _REJECT, own, expected, same=is_same_reject)

    def _compare_shares(self, rated: Rated, stored: Rows) -> None:
        key = ("line_id", "agreement", "flow", "payer", "payee")
        self.findings.compare("shares", key, stored, rated.shares)

    def _compare_counters(self, rated: Rated, owners: Sequence[str]) -> None:
        stored = self.material.counters(owners)
        self.findings.compare("counters", ("charge", "owner", "period_start"), stored, rated.counters)

    def _compare_fees(self, reference: Reference, rated: Rated, opening: Rows, accounts: Sequence[str]) -> None:
        """The fees of the accounts, with their shares; and those that could not be charged."""
        material, held = self.material, self._held(accounts)
        closed = reference.fees(material.period, [Rated(lines=material.billed())], [*opening, *rated.counters])
        self.findings.compare(
            "lines", ("line_id",), material.stored("lines", "account", accounts, "close"), closed.lines
        )
        shares = [row for row in material.stored("shares", "subscription", held, "close") if row["line_id"] is not None]
        self._compare_shares(closed, shares)
        refused = [row for row in material.refused("subscription") if row["id"] in set(held)]
        self.findings.compare("rejects", ("id", "field"), refused, closed.rejects, same=is_same_reject)

    def _held(self, accounts: Sequence[str]) -> list[str]:
        return [name for account in accounts for name in self.owners.held[account]]
