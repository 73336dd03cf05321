"""run, close, undo and rejects: the book."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from partita import cycle
from partita.cycle import Run

from . import out

_SHOWN: Final = 3


def run(
    catalog: Path,
    usage: Sequence[str],
    period: str,
    store: str,
    trial: bool | Path | None,
    options: Mapping[str, Any],
    beside: Mapping[str, Any],
    json: bool,
) -> int:
    """Carry out a run; how many records were rejected and fees not charged comes back."""
    with out.progress() as progress:
        done = cycle.run(catalog, usage, period, store, trial=trial, progress=progress, **options, **beside)
    return _told(done, json)


def close(
    catalog: Path, period: str, store: str, trial: bool | Path | None, beside: Mapping[str, Any], json: bool
) -> int:
    """Close a period; how many fees were not charged comes back."""
    with out.progress() as progress:
        done = cycle.close(catalog, period, store, trial=trial, progress=progress, **beside)
    return _told(done, json)


def undo(store: str, run_id: str | None, json: bool) -> None:
    """Take back the latest run."""
    done = cycle.undo(store, run_id)
    if json:
        out.data({"run_id": done.run_id, "period": done.period, "kind": done.kind})
    else:
        out.say(f"took back run {done.run_id} ({done.kind} {done.period})")


def send_back(run_id: str, store: str, folder: Path, json: bool) -> None:
    """Write rejected records out."""
    written = cycle.send_back(run_id, folder, store)
    if json:
        out.data({"files": [path.as_posix() for path in written]})
    else:
        for path in written:
            out.say(path.as_posix())


def summary(run: Run) -> dict[str, Any]:
    """A run as data: its control totals and documents."""
    counts = {name: getattr(run, name) for name in ("rows", "skipped", "rated", "rejected", "uncharged")}
    documents = {"bills": run.bills.num_rows, "statements": run.statements.num_rows}
    facts = {"run_id": run.run_id, "kind": run.kind, "period": run.period, "replayed": run.replayed}
    return {**facts, **counts, **documents, "unidentified": run.unidentified, "notices": run.notices.to_pylist()}


def _told(run: Run, json: bool) -> int:
    facts = summary(run)
    if json:
        out.data(facts)
    elif run.replayed:
        out.say(f"run {run.run_id} exists already: the same inputs are the same run, and nothing was written")
    else:
        _tell(run, facts)
    return int(facts["rejected"] + facts["uncharged"])


def _tell(run: Run, facts: Mapping[str, Any]) -> None:
    out.say(f"{'trial' if run.kind == 'trial' else 'run'} {run.run_id}, {run.period}")
    out.say(", ".join(f"{facts[name]:,} {name}" for name in ("rows", "rated", "rejected", "skipped")))
    if facts["bills"] or facts["statements"]:
        out.say(f"{out.counted(facts['bills'], 'bill')}, {out.counted(facts['statements'], 'statement')}")
    if facts["uncharged"]:
        told = out.counted(facts["uncharged"], "charge")
        out.say(f"{told} of the period could not be made; `partita report` says why")
    if facts["unidentified"]:
        files = facts["unidentified"]
        shown = ", ".join(files[:_SHOWN]) + (f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else "")
        out.say(f"no ids in {shown}: whether records come twice could not be checked")
    for notice in facts["notices"]:
        out.say(f"notice {notice['code']}: {notice['subject']}: {notice['text']}")
    if run.kind == "trial":
        out.say(f"nothing is committed; all of it is in {run.folder}")
    elif run.rejected:
        out.say(f"`partita rejects {run.run_id[:8]} --store {run.store}` writes the rejected records to be corrected")
