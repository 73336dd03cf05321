"""Usage files of every format and dialect, and tables in memory, to record batches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.catalog.usage import Usage
from partita.ingest import mapped_columns

from .usage_files import TABLE, WRITERS, refused, rows, usage, write_arrow, written

# What a mapping names


def test_the_columns_a_mapping_names() -> None:
    mapping = usage(
        source="switch",
        service="kind",
        destination="b",
        territory="land",
        attributes={"device": "terminal"},
        where={"device": "phone", "status": "ok"},
        decimals={"price": 4},
    )
    assert mapped_columns(mapping) == {
        "switch": "source",
        "id": "id",
        "time": "time",
        "key": "key",
        "kind": "service",
        "seconds": "quantity",
        "b": "destination",
        "land": "territory",
        "terminal": "attributes.device",
        "status": "where.status",
        "price": "decimals.price",
    }


def test_constants_and_id_none_are_no_columns() -> None:
    mapping = Usage.model_validate({"service": {"constant": "sms"}, "quantity": {"constant": "1"}})
    assert mapped_columns(mapping) == {"time": "time", "key": "key"}


# Every format


@pytest.mark.parametrize("name", WRITERS)
def test_columns_of_every_format(tmp_path: Path, name: str) -> None:
    WRITERS[name](path := tmp_path / name)
    whole = TABLE.to_pylist()[0]
    assert rows(path) == [whole]
    (row,) = rows(path, columns=["zip"])
    assert {c: row.pop(c) for c in ("id", "time", "key", "seconds", "zip")} == {
        c: whole[c] for c in whole if c != "more"
    }
    assert not any(row.values())  # JSON lines also have what is absent, as null
    assert rows(path, columns=["absent"])[0].get("absent") is None
    assert "no column 'b' (the mapping's destination); the columns are 'id', " in refused(path, usage(destination="b"))
    assert "'b'" in refused(path, usage(destination="b"), [])
    assert refused(path, usage(time="when")).endswith("the columns are 'id', 'time', 'key', 'seconds', 'zip', 'more'")


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_is_something_else(tmp_path: Path, name: str) -> None:
    assert refused(written(tmp_path / name, b"\xff\x00 no such thing \xff"))


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_is_cut(tmp_path: Path, name: str) -> None:
    WRITERS[name](path := tmp_path / name)
    path.write_bytes(path.read_bytes()[:-4] if name.startswith("a.j") else path.read_bytes()[:-60])
    assert refused(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.csv")


text_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(text_values, text_values), max_size=5))
def test_any_text_survives_every_format(
    tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    table = pa.table(
        {"time": [a for a, _ in values], "key": [b for _, b in values]}, pa.schema({"time": "string", "key": "string"})
    )
    pq.write_table(table, folder / "a.parquet")
    write_arrow(folder / "a.arrow", pa.ipc.new_file, table)
    written(folder / "a.jsonl", "".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    quoted = ["time,key"] + [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in values]
    written(folder / "a.csv", "\n".join(quoted))
    for name in ("a.parquet", "a.arrow", "a.csv", "a.jsonl"):
        mapping = Usage.model_validate({"csv": {"null": []}})
        assert [(row["time"], row["key"]) for row in rows(folder / name, mapping)] == values


# Memory

READ_AND_MEASURE = """
import sys, pyarrow as pa
from partita.catalog.usage import Usage
from partita.ingest import read
size = max(sum(column.nbytes for column in batch.columns) for batch in read(sys.argv[1], Usage(id="id"), []))
print(pa.default_memory_pool().max_memory())
"""


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.arrows"])
def test_memory_does_not_grow_with_the_file(tmp_path: Path, name: str) -> None:
    n = 1_500_000
    ids = pa.array(range(n)).cast(pa.string())
    ids = pa.compute.binary_join_element_wise(ids, ids, "x" * 40, "-")
    table = pa.table({"id": ids, "time": pa.array(range(n)), "key": pa.array(range(n)).cast(pa.string())})
    path = tmp_path / name
    if name == "a.parquet":
        pq.write_table(table, path, row_group_size=n, compression="none", use_dictionary=False)
    elif name == "a.csv":
        pa.csv.write_csv(table, path, pa.csv.WriteOptions(quoting_style="none"))
    else:
        write_arrow(path, pa.ipc.new_stream, table)
    assert path.stat().st_size > 100_000_000
    done = subprocess.run(
        [sys.executable, "-c", READ_AND_MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 40_000_000
