"""Rejects that no account is asked about: duplicates, which the run itself found."""

from __future__ import annotations

from partita.catalog.usage import Usage
from partita.reference.rejects import CODES

from .differences import Findings
from .material import DUPLICATES, Material

_NAMES = {code: name for name, code in CODES.items()}


def check_rejects(material: Material, findings: Findings) -> None:
    """Check what duplicates say of themselves.

    Whether a record is a duplicate shows when its account is rated again: one that is not is missed there, and one
    that was not found is rejected there.
    """
    ids = {file["name"]: _id_of(material.mappings[file["mapping"]]) for file in material.files}
    duplicates = [row for row in material.rejects if row["code"] in DUPLICATES]
    expected = [
        {**row, "name": _NAMES[row["code"]], "field": ids.get(row["usage_file"]), "value": row["id"]}
        for row in duplicates
    ]
    findings.compare("rejects", ("usage_file", "usage_row"), duplicates, expected, ("name", "field", "value"))


def _id_of(mapping: Usage) -> str | None:
    """The column of ids, of a mapping whose records have any."""
    return None if mapping.id == "none" else mapping.id
