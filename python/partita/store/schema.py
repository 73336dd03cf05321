"""The tables of a book. Every row names the run that wrote it, so that a run can be taken back.

The columns are those of the Arrow tables that the verbs return; exact figures are DECIMAL(38, 12) everywhere. Lines,
shares, sums and ids are too many for a database that has better things to do: they lie as Parquet in the folders of
their runs, and `parts` lists each file with its hash.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

FORMAT: Final = "5"
"""Version of these tables, and of the hashes that files and runs are known by; a book of another one is refused."""

DECIMAL: Final = pa.decimal128(38, 12)
INSTANT: Final = pa.timestamp("us", "UTC")
_TEXT: Final = pa.string()
_COUNT: Final = pa.int64()

_COLUMNS: Final[dict[str, dict[str, pa.DataType]]] = {
    "runs": {
        "number": _COUNT,
        "kind": _TEXT,
        "period": _TEXT,
        "opening": _TEXT,
        "terms": _TEXT,
        "tables": _TEXT,
        "rules": _TEXT,
        "rows": _COUNT,
        "skipped": _COUNT,
        "rated": _COUNT,
        "rejected": _COUNT,
    },
    "cycles": {"period": _TEXT, "state": _TEXT},
    "files": {
        "name": _TEXT,
        "hash": _TEXT,
        "mapping": _TEXT,
        "rows": _COUNT,
        "skipped": _COUNT,
        "rated": _COUNT,
        "rejected": _COUNT,
    },
    "parts": {"path": _TEXT, "table": _TEXT, "rows": _COUNT, "hash": _TEXT, "periods": _TEXT},
    "rejects": {
        "usage_file": _TEXT,
        "usage_row": _COUNT,
        "source": _TEXT,
        "id": _TEXT,
        "code": pa.int32(),
        "name": _TEXT,
        "field": _TEXT,
        "value": _TEXT,
        "records": _TEXT,
    },
    "counters": {
        "charge": _TEXT,
        "owner": _TEXT,
        "period_start": INSTANT,
        "quantity": DECIMAL,
        "amount": DECIMAL,
        "watermark": INSTANT,
    },
    "billed": {"subscription": _TEXT, "plan": _TEXT, "charge": _TEXT, "service_period": _TEXT, "amount": DECIMAL},
    "documents": {
        "document_id": _TEXT,
        "kind": _TEXT,
        "contract": _TEXT,
        "period": _TEXT,
        "payer": _TEXT,
        "payee": _TEXT,
        "payer_account": _TEXT,
        "payee_account": _TEXT,
        "currency": _TEXT,
        "net": DECIMAL,
        "tax": DECIMAL,
        "gross": DECIMAL,
        "number": _TEXT,
        "due_date": pa.date32(),
        "original": _TEXT,
    },
    "document_lines": {
        "document_id": _TEXT,
        "line_number": pa.int32(),
        "subscription": _TEXT,
        "item": _TEXT,
        "version": pa.int32(),
        "zone": _TEXT,
        "band": _TEXT,
        "tax_category": _TEXT,
        "exact": DECIMAL,
        "net": DECIMAL,
        "reversed": pa.bool_(),
    },
    "entries": {
        "entry_id": _TEXT,
        "entry_number": pa.int32(),
        "date": pa.date32(),
        "period": _TEXT,
        "book": _TEXT,
        "ledger_account": _TEXT,
        "counterparty": _TEXT,
        "debit": DECIMAL,
        "credit": DECIMAL,
        "currency": _TEXT,
        "document_id": _TEXT,
    },
    "positions": {
        "period": _TEXT,
        "set": _TEXT,
        "party": _TEXT,
        "currency": _TEXT,
        "receivable": DECIMAL,
        "payable": DECIMAL,
        "net": DECIMAL,
    },
    "carried": {
        "period": _TEXT,
        "agreement": _TEXT,
        "payer_account": _TEXT,
        "payee_account": _TEXT,
        "currency": _TEXT,
        "amount": DECIMAL,
    },
    "notices": {"period": _TEXT, "code": _TEXT, "subject": _TEXT, "text": _TEXT},
}

TABLES: Final[dict[str, pa.Schema]] = {
    name: pa.schema([("run_id", _TEXT), *columns.items()]) for name, columns in _COLUMNS.items()
}
"""Every table of a book but `run_log`."""

MADE: Final[dict[str, dict[str, tuple[str, str, str]]]] = {
    "entries": {"entry_id": ("document_id", "#", "entry_number")},
}
"""Columns that the database makes of two others and what stands between them: millions of ids need not be written."""

RUN_LOG: Final = pa.schema(
    {
        "at": INSTANT,
        "action": _TEXT,
        "run_id": _TEXT,
        "period": _TEXT,
        "seconds": DECIMAL,
        "host": _TEXT,
        "process": _COUNT,
        "versions": _TEXT,
    }
)
"""What was done when, where and how long it took; no part of a run's identity, and never compared."""


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with just the columns of a schema, in its order and types; what is missing is null.

    >>> conform(pa.table({"text": ["a"]}), TABLES["notices"]).to_pylist()
    [{'run_id': None, 'period': None, 'code': None, 'subject': None, 'text': 'a'}]
    """
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def with_made(name: str, table: pa.Table) -> pa.Table:
    """A table as the database shows it: with the columns that are made of others.

    >>> with_made("entries", pa.table({"document_id": ["bill/7"], "entry_number": [2]}))["entry_id"].to_pylist()
    ['bill/7#2']
    """
    for column, (first, between, second) in MADE.get(name, {}).items():
        texts = [table[part].cast(_TEXT) for part in (first, second)]
        table = table.append_column(column, pc.binary_join_element_wise(*texts, between))
    return table


def fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with those of its columns that a schema has, in their types; recurring text may stay a dictionary.

    >>> fitted(pa.table({"text": pa.array(["a"]).dictionary_encode(), "more": [1]}), TABLES["notices"]).to_pylist()
    [{'text': 'a'}]
    """
    found = {field.name: table[field.name] for field in schema if field.name in table.column_names}
    texts = {name for name, column in found.items() if pa.types.is_dictionary(column.type)}
    kinds = {name: column if name in texts else column.cast(schema.field(name).type) for name, column in found.items()}
    return pa.table(kinds)


def constant(text: str, rows: int) -> pa.DictionaryArray:
    """A column of one text."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), [text])


def empty(name: str) -> pa.Table:
    """A table of a book without rows."""
    return TABLES[name].empty_table()
