"""Parquet and Arrow keep their types; floats are refused, or read at the decimals a mapping names."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from partita.ingest import read

from .usage_files import CALLS, TABLE, refused, rows, usage, written


def test_parquet_keeps_types(tmp_path: Path) -> None:
    n = 200_000
    table = pa.table(
        {
            "id": pa.array([f"{i:032}" for i in range(n)]),
            "time": pa.array(range(n), pa.timestamp("us", "UTC")),
            "key": pa.array([f"4670{i % 50_000:07}" for i in range(n)]),
            "seconds": pa.array([Decimal(i) / 8 for i in range(n)], pa.decimal128(20, 3)),
            "switch": pa.array([f"switch-{i % 7}" for i in range(n)]),
            "kind": pa.array(["a", "b"] * (n // 2)).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=70_000)
    parts = list(read(tmp_path / "a.parquet", CALLS, ["switch", "kind"]))
    assert max(part.num_rows for part in parts) <= 65_536
    result = pa.Table.from_batches(parts)
    text_dictionary = pa.dictionary(pa.int32(), pa.string())
    assert [field.type for field in result.schema][:4] == [field.type for field in table.schema][:4]
    assert (result.schema.field("switch").type, result.schema.field("kind").type) == (text_dictionary, text_dictionary)
    assert result.cast(table.schema).equals(table) or result.to_pylist() == table.to_pylist()


def test_parquet_without_rows(tmp_path: Path) -> None:
    pq.write_table(TABLE.slice(0, 0), tmp_path / "a.parquet")
    (batch,) = read(tmp_path / "a.parquet", CALLS, [])
    assert (batch.num_rows, batch.schema.names) == (0, ["id", "time", "key", "seconds"])


def test_packed_parquet(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    path = written(tmp_path / "a.parquet.gz", (tmp_path / "a.parquet").read_bytes(), gzip.compress)
    assert "unpack" in refused(path)


def test_floats_are_refused(tmp_path: Path) -> None:
    table = TABLE.set_column(3, "seconds", pa.array([0.1]))
    pq.write_table(table, path := tmp_path / "a.parquet")
    assert "the column 'seconds' holds binary floats (double)" in refused(path)


def test_floats_that_nobody_asks_for(tmp_path: Path) -> None:
    pq.write_table(TABLE.append_column("load", pa.array([0.1])), path := tmp_path / "a.parquet")
    assert len(rows(path, columns=[])) == 1
    assert "'load'" in refused(path, CALLS, ["load"])


def test_floats_at_declared_decimals_are_read_as_they_are(tmp_path: Path) -> None:
    table = TABLE.set_column(3, "seconds", pa.array([2.675], pa.float64()))
    pq.write_table(table, path := tmp_path / "a.parquet")
    assert rows(path, usage(decimals={"seconds": 2}))[0]["seconds"] == 2.675
