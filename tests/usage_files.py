"""Usage files for the tests of ingest: one small table in every format, and what becomes of a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError
from partita.ingest import read

HEAD = "id,time,key,seconds\n"
CALLS = Usage(id="id", time="time", key="key", quantity="seconds")


def usage(**terms: Any) -> Usage:
    return Usage.model_validate({"id": "id", "quantity": "seconds", **terms})


def rows(
    path: Path, mapping: Usage = CALLS, columns: Collection[str] | None = None, **more: Any
) -> list[dict[str, Any]]:
    return [row for batch in read(path, mapping, columns, **more) for row in batch.to_pylist()]


def written(path: Path, content: str | bytes, pack: Callable[[bytes], bytes] = bytes) -> Path:
    path.write_bytes(pack(content.encode() if isinstance(content, str) else content))
    return path


def refused(path: Path, mapping: Usage = CALLS, columns: list[str] | None = None) -> str:
    with pytest.raises(UsageSchemaError) as caught:
        list(read(path, mapping, columns))
    assert path.name in str(caught.value)
    return str(caught.value)


TABLE = pa.table({"id": ["1"], "time": ["t"], "key": ["k"], "seconds": ["9"], "zip": ["0700"], "more": ["x"]})
WRITERS: dict[str, Callable[[Path], None]] = {
    "a.parquet": lambda path: pq.write_table(TABLE, path),
    "a.arrow": lambda path: write_arrow(path, pa.ipc.new_file),
    "a.arrows": lambda path: write_arrow(path, pa.ipc.new_stream),
    "a.csv": lambda path: write_text(path, "id,time,key,seconds,zip,more\n1,t,k,9,0700,x\n"),
    "a.jsonl": lambda path: write_text(path, json.dumps(TABLE.to_pylist()[0]) + "\n"),
}


def write_text(path: Path, content: str) -> None:
    path.write_text(content)


def write_arrow(path: Path, new: Callable[..., Any], table: pa.Table = TABLE) -> None:
    with pa.OSFile(str(path), "wb") as file, new(file, table.schema) as writer:
        writer.write_table(table)
