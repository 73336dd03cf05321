"""Sums: what the close of a period was made from must be what the stored lines and shares come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from partita.catalog.agreement import TRUE_UP
from partita.catalog.catalog import Catalog
from partita.cycle.folder import read_table
from partita.errors import CatalogError
from partita.reference.agreements import measured_flows, standing
from partita.reference.bill import seller_of
from partita.reference.dealing import flows_of
from partita.reference.documents import digits_of
from partita.store.sql import interruptible, parquet

from .differences import Difference, Findings
from .material import Material, Rows

_LINES = ("period", "account", "subscription", "item", "version", "zone", "band", "currency")
_SHARES = ("period", "agreement", "version", "flow", "payer", "payee", "currency")


def check_sums(material: Material, findings: Findings) -> None:
    """Compare the sums of each folder of the run with its lines and shares, as far as these were kept; and who sells,
    and what is taxed how, with the run's own terms: the close of the period goes by what the sums say."""
    for path in material.parts("line_sums"):
        for row in read_table(path).to_pylist():
            _check_terms(material, row, findings)
    for table, columns, stored, summed in _folders(material):
        findings.compare(table, columns, stored, summed, ("amount",))


def _check_terms(material: Material, row: Mapping[str, Any], findings: Findings) -> None:
    terms, key = material.reference.terms, {name: row[name] for name in _LINES}
    plan, charge = row["plan"], row["item"].removeprefix(f"{row['plan']}/")
    charges = terms.catalog.plans[plan].charges if plan in terms.catalog.plans else {}
    if charge not in charges or row["subscription"] not in terms.directory.subscriptions:
        findings.add(Difference("line_sums", key, "row", row, None))
        return
    for column, expected in (("seller", seller_of(terms, row)), ("tax_category", charges[charge].tax_category)):
        if row[column] != expected:
            findings.add(Difference("line_sums", key, column, row[column], expected))


def misfits(material: Material) -> Iterator[str]:
    """The accounts whose lines do not come to their sums."""
    for table, columns, stored, summed in _folders(material):
        if table == "line_sums":
            sums = [{tuple(row[name] for name in columns): row["amount"] for row in rows} for rows in (stored, summed)]
            for key in dict.fromkeys([*sums[0], *sums[1]]):
                if sums[0].get(key) != sums[1].get(key):
                    yield key[1]


def _folders(material: Material) -> Iterator[tuple[str, Sequence[str], Rows, Rows]]:
    """(table of sums, its key, the sums as stored, the sums of the rows) for each folder that has both."""
    for table, rows, columns in (("line_sums", "lines", _LINES), ("share_sums", "shares", _SHARES)):
        kept = {path.parent: path for path in material.parts(rows)}
        for path in material.parts(table):
            if path.parent in kept:
                stored = _summed(path, columns, "item")
                if table == "share_sums":
                    stored = [row for row in stored if is_paid(material.inputs.catalog, row)]
                yield table, columns, stored, _summed(kept[path.parent], columns, "plan || '/' || charge")


def is_known(catalog: Catalog, row: Mapping[str, Any]) -> bool:
    """Whether a sum or a share is of a flow and in a currency that there are: of any other nothing follows."""
    try:
        digits_of(catalog, row["currency"])
    except CatalogError:
        return False
    if "flow" not in row:
        return True
    agreement = catalog.agreements.get(row["agreement"])
    if agreement is None or not 0 <= row["version"] < len(standing(agreement)):
        return False
    return row["flow"].removesuffix(TRUE_UP) in flows_of(agreement, row["version"])


def is_paid(catalog: Catalog, share: Mapping[str, Any]) -> bool:
    """Whether somebody pays a share: it is neither the sale itself nor only measured for other flows. One that is of no
    flow is taken to be paid."""
    if not is_known(catalog, share):
        return True
    flows = flows_of(catalog.agreements[share["agreement"]], share["version"])
    name = share["flow"].removesuffix(TRUE_UP)
    return name not in measured_flows(flows)


def _summed(path: Path, columns: Sequence[str], item: str) -> Rows:
    """The amounts of a file by some of its columns. The shares of whole periods are in no sum of usage and fees."""
    chosen = ", ".join(f"{item} AS item" if name == "item" else f'"{name}"' for name in columns)
    source = parquet([path])
    with interruptible(path), duckdb.connect() as connection:
        where = "WHERE line_id IS NOT NULL" if "line_id" in connection.sql(f"FROM {source}").columns else ""
        sums = connection.sql(f"SELECT {chosen}, sum(amount) AS amount FROM {source} {where} GROUP BY ALL")
        rows: Rows = sums.to_arrow_table().to_pylist()
        return rows
