"""Who a record is, and what it says: fingerprints of 128 and of 64 bits, by which duplicates are found.

Identity is (source, id), or (hash of the file, row) where records have no id (semantics §8). The content is the time
and all that the mapping names; two records of one identity and one content are duplicates, of another in conflict. The
engine makes them; they are compared with each other only.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from partita.catalog.usage import Column, Constant

from .owners import plain

FINGERPRINT: Final = pa.binary(16)
IDENTITY: Final = "partita:identity"
CONTENT: Final = "partita:content"
"""The columns in which gathered rows have their fingerprints."""
IDS: Final = pa.schema({"identity": FINGERPRINT, "content": pa.uint64()})
"""Identity (null where a row has none: it lacks its id, or `where` leaves it out) and content of each row."""


def texts(table: pa.Table, column: Column | None) -> pa.Array:
    """What a mapping calls a role, as text; null where the column is not there."""
    if isinstance(column, Constant):
        return pa.repeat(pa.scalar(column.constant), table.num_rows)
    if column is None or column not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return plain(table[column])
