"""Rejected numbers as their file has them.

The numbers of a file with decimal commas are turned on the way in, and what they are not is said of the turned text: of
`1.5`, which is no number there, that `1,5` is none. Here it is turned back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from partita.catalog.catalog import Catalog
from partita.catalog.usage import Usage
from partita.ingest.columns import number_columns
from partita.ingest.csv import turned
from partita.ingest.files import format_of

from .columns import usage_columns

_NUMBERS: Final = (107, 108)
"""bad_number and too_many_decimals: their values are texts of the file."""
_TURNED: Final = str.maketrans(",.", ".,")

Commas = Mapping[str, frozenset[str]]
"""The columns of each file with decimal commas that are turned."""


def commas_of(catalog: Catalog, files: Iterable[tuple[str, Usage]]) -> Commas:
    """The columns that are turned in some files, given by name with their mappings."""
    return {
        name: frozenset(number_columns(mapping, usage_columns(catalog, mapping)[1]))
        for name, mapping in files
        if mapping.csv is not None and mapping.csv.decimal == "," and format_of(Path(name), mapping) == "csv"
    }


def as_written(rejects: pa.Table, commas: Commas) -> pa.Table:
    """Rejects with the values that their files have."""
    files, fields, values = (rejects[name].cast(pa.string()) for name in ("usage_file", "field", "value"))
    for file, columns in commas.items():
        here = pc.and_(pc.equal(files, file), pc.is_in(fields, pa.array(sorted(columns), pa.string())))
        here = pc.and_(here, pc.is_in(rejects["code"], pa.array(_NUMBERS, rejects["code"].type)))
        values = pc.if_else(here, turned(values), values)
    place = rejects.column_names.index("value")
    return rejects.set_column(place, rejects.schema.field(place), values.cast(rejects.schema.field(place).type))


def row_as_written(reject: Mapping[str, Any], commas: Commas) -> dict[str, Any]:
    """One reject with the value that its file has."""
    is_turned = reject["code"] in _NUMBERS and reject["field"] in commas.get(reject["usage_file"] or "", ())
    value = reject["value"]
    return {**reject, "value": value.translate(_TURNED) if is_turned and value is not None else value}
