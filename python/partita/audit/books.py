"""The books of a period once more: flows on whole periods, documents, entries, positions and notices, from its sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from partita.cycle.plan import before
from partita.reference import Rated

from .differences import Findings, is_same_reject
from .material import Material
from .sums import is_known, is_paid

_KEYS = {
    "documents": ("document_id",),
    "document_lines": ("document_id", "line_number"),
    "entries": ("entry_id",),
    "positions": ("set", "party", "currency"),
    "carried": ("agreement", "payer_account", "payee_account", "currency"),
    "notices": ("code", "subject"),
}
_BILLED = ("run_id", "subscription", "plan", "charge", "service_period")
_PERIOD_SHARE = ("agreement", "flow", "payer", "payee", "subscription", "currency")


def check_books(material: Material, findings: Findings) -> None:
    """Compare all that the close of the run's period wrote."""
    catalog, reference = material.inputs.catalog, material.reference
    sums = [row for row in material.sums("share_sums") if is_known(catalog, row)]
    flows = reference.period_flows(material.period, sums)
    stored = [row for row in material.stored("shares", "line_id", None, "close") if row["line_id"] is None]
    known = [row for row in stored if is_known(catalog, row)]
    findings.compare("shares", _PERIOD_SHARE, (row for row in stored if is_paid(catalog, row)), flows.shares)
    findings.compare("rejects", ("id", "field"), material.refused("agreement"), flows.rejects, same=is_same_reject)
    lines = [line_of(row) for row in material.sums("line_sums") if is_known(catalog, row)]
    carried = material.book.carried(before(material.period)).to_pylist()
    _check_billed(material, findings)
    books = reference.documents(material.period, [Rated(lines=lines, shares=[*sums, *known])], carried)
    for name, key in _KEYS.items():
        expected: Iterable[Mapping[str, Any]] = getattr(books, name)
        if name in ("positions", "carried", "notices"):
            expected = [{**row, "period": material.period} for row in expected]
        elif name == "documents":  # a number is given when a document is issued
            expected = [{column: row[column] for column in row if column != "number"} for row in expected]
        findings.compare(name, key, material.book.table(name, run_id=material.run_id).to_pylist(), expected)


def _check_billed(material: Material, findings: Findings) -> None:
    """What closes have noted as billed must be what their fees came to; of earlier closes too, for this one was made
    from that."""
    fees = [{name: row[name] for name in (*_BILLED, "amount")} for row in material.fees_charged()]
    stored, expected = (sorted(rows, key=itemgetter("amount")) for rows in (material.billed_noted(), fees))
    findings.compare("billed", _BILLED, stored, expected)


def check_no_books(material: Material, findings: Findings) -> None:
    """An open run writes none."""
    for name, key in {**_KEYS, "billed": _BILLED}.items():
        findings.compare(name, key, material.book.table(name, run_id=material.run_id).to_pylist(), [])


def line_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line sum as a line."""
    return {**row, "charge": row["item"].removeprefix(f"{row['plan']}/")}
