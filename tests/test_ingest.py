"""Usage files of every format and dialect, and tables in memory, to record batches."""

from __future__ import annotations

import bz2
import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError
from partita.ingest import mapped_columns, read

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


# CSV

HEAD = "id,time,key,seconds\n"
CSV = [
    # dialect, content, the rows
    ({}, HEAD + "1,t,0701,0.10\n", [("1", "t", "0701", "0.10")]),
    ({}, HEAD + "1,t,k,\n2,,k,NULL\n", [("1", "t", "k", None), ("2", None, "k", "NULL")]),
    ({"null": ["NULL", "-"]}, HEAD + "1,-,,NULL\n", [("1", None, "", None)]),
    ({"null": []}, HEAD + "1,,k,\n", [("1", "", "k", "")]),
    (
        {},
        HEAD + '1,"a,b","two\nlines","say ""hi"""\n2,t,k,1\n',
        [("1", "a,b", "two\nlines", 'say "hi"'), ("2", "t", "k", "1")],
    ),
    ({}, HEAD.replace("\n", "\r\n") + "1,t,k,1\r\n2,t,k,1", [("1", "t", "k", "1"), ("2", "t", "k", "1")]),
    ({"quote": "'"}, HEAD + "1,'a,b',k,1\"\n", [("1", "a,b", "k", '1"')]),
    ({"quote": ""}, HEAD + '1,t,5" disk,1\n', [("1", "t", '5" disk', "1")]),
    ({"delimiter": ";", "decimal": ","}, HEAD.replace(",", ";") + "1;1,5;1,5;1,5\n", [("1", "1,5", "1,5", "1.5")]),
    ({"delimiter": ";", "decimal": ","}, HEAD.replace(",", ";") + "1;t;k;1.234,5\n", [("1", "t", "k", "1,234.5")]),
    ({"delimiter": ";", "decimal": ","}, HEAD.replace(",", ";") + "1;t;k;1.234\n", [("1", "t", "k", "1,234")]),
    ({"delimiter": "\t"}, HEAD.replace(",", "\t") + "1\tt\tk\t1\n", [("1", "t", "k", "1")]),
    ({"skip": 2}, "report\nof October\n" + HEAD + "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({"header": False, "columns": ["id", "time", "key", "seconds"]}, "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({"columns": ["id", "time", "key", "seconds"], "skip": 1}, "x\na,b,c,d\n1,t,k,1\n", [("1", "t", "k", "1")]),
    ({}, "\ufeff" + HEAD + "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({}, HEAD, []),
    ({}, HEAD.strip(), []),
    ({"header": False, "columns": ["id", "time", "key", "seconds"]}, "", []),
    ({"columns": ["id", "time", "key", "seconds"]}, "a,b,c,d\n", []),
    ({"columns": ["id", "time", "key", "seconds"], "skip": 1}, "x\na,b,c,d", []),
    ({}, HEAD + "\n1,t,k,1\n\n", [("1", "t", "k", "1")]),
    ({}, HEAD + "å,日本,😀,1e2\n", [("å", "日本", "😀", "1e2")]),
    ({}, HEAD + " 1 ,t,true,12345678901234567890.123\n", [(" 1 ", "t", "true", "12345678901234567890.123")]),
]


@pytest.mark.parametrize(("dialect", "content", "expected"), CSV)
def test_csv(tmp_path: Path, dialect: dict[str, Any], content: str, expected: list[tuple[str | None, ...]]) -> None:
    path = written(tmp_path / "a.csv", content)
    assert [tuple(row.values()) for row in rows(path, usage(csv=dialect))] == expected


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8", "utf-8-sig", "shift-jis"])
def test_csv_encodings(tmp_path: Path, encoding: str) -> None:
    text = "日本" if encoding.startswith(("utf", "shift")) else "Åse ä €"[: 5 if encoding == "latin-1" else 9]
    path = written(tmp_path / "a.csv", (HEAD + f'1,t,"{text}",1\n' * 3).encode(encoding))
    assert [row["key"] for row in rows(path, usage(csv={"encoding": encoding}))] == [text] * 3


def test_a_csv_encoding_that_is_none(tmp_path: Path) -> None:
    assert "no encoding 'utf-9'" in refused(written(tmp_path / "a.csv", HEAD), usage(csv={"encoding": "utf-9"}))


def test_csv_numbers_with_commas_beyond_the_mapping(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "time;key;price;name\nt;k;0,5;a,b\n")
    mapping = Usage.model_validate({"csv": {"delimiter": ";", "decimal": ","}})
    assert rows(path, mapping, numbers=["price"]) == [{"time": "t", "key": "k", "price": "0.5", "name": "a,b"}]


def test_tab_separated_by_extension(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tsv.gz", HEAD.replace(",", "\t") + "1\tt\tk\t1\n", gzip.compress)
    assert rows(path) == [{"id": "1", "time": "t", "key": "k", "seconds": "1"}]


BROKEN_CSV = [
    (HEAD + "1,t,k,1\n2,t,k\n3,t,k,1\n", "Row #3: Expected 4 columns, got 3: 2,t,k"),
    (HEAD + "1,t,k,1,5\n", "Row #2: Expected 4 columns, got 5"),
    (HEAD + '1,t,"k,1\n2,t,k,1\n', "odd number of quotes|Expected 4 columns"),
    (HEAD + '1,t,k,"1\n2,t,k,1\n', "odd number of quotes"),
    (HEAD + '1,t,5" disk,1\n', "odd number of quotes"),
    ("", "Empty CSV file"),
    ("id,time,key,seconds,id\n1,t,k,1,1\n", "the column 'id' stands there twice"),
    (HEAD.encode() + b"1,t,\xff,1\n", "invalid UTF8"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN_CSV)
def test_broken_csv(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path / "a.csv", content)
    with pytest.raises(UsageSchemaError, match=message):
        list(read(path, CALLS))


def test_a_row_broken_far_into_a_file_is_named(tmp_path: Path) -> None:
    lines = ["1,t,k,1"] * 300_000
    lines[250_000] = "1,t"
    path = written(tmp_path / "a.csv", HEAD + "\n".join(lines) + "\n")
    assert "Row #250002" in refused(path)


PACKS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}


@pytest.mark.parametrize("suffix", PACKS)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.arrows"])
def test_compressed(tmp_path: Path, name: str, suffix: str) -> None:
    WRITERS[name](plain := tmp_path / name)
    path = written(tmp_path / (name + suffix), plain.read_bytes(), PACKS[suffix])
    assert rows(path) == rows(plain) == TABLE.to_pylist()


@pytest.mark.parametrize("suffix", PACKS)
def test_compressed_and_cut(tmp_path: Path, suffix: str) -> None:
    text = HEAD + "".join(f"{i},t,{i * 7919},{i}\n" for i in range(100_000))
    whole = PACKS[suffix](text.encode())
    refused(written(tmp_path / f"a.csv{suffix}", whole[: len(whole) // 2]))
    refused(written(tmp_path / f"b.csv{suffix}", text))


def test_gzip_members_one_after_another(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv.gz", gzip.compress(HEAD.encode()) + gzip.compress(b"1,t,k,1\n"))
    assert len(rows(path)) == 1


# JSON lines


def line(**members: Any) -> str:
    return json.dumps({"id": "1", "time": "t", "key": "k", "seconds": 1} | members)


NUMBERS = [
    "0.1",
    "1e2",
    "-0",
    "12345678901234567890.123",
    "1E-30",
    "0.10",
    "1" * 5000,
    "0.1000000000000000055511151231257827",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_json_numbers_stay_as_they_are_written(tmp_path: Path, number: str) -> None:
    path = written(tmp_path / "a.jsonl", f'{{"id": 7, "time": "t", "key": "k", "seconds": {number}}}\n')
    assert rows(path) == [{"id": "7", "time": "t", "key": "k", "seconds": number}]


def test_json_values(tmp_path: Path) -> None:
    lines = [
        line(x="a\nb\u2028c"),
        "",
        line(x=True),
        "  " + line(x=False) + " \r",
        line(x=None),
        line(),
        line(x=2),
        line(x="å😀"),
    ]
    path = written(tmp_path / "a.jsonl", "\n".join(lines))
    assert [row["x"] for row in rows(path)] == ["a\nb\u2028c", "true", "false", None, None, "2", "å😀"]


BROKEN_JSON = [
    (line() + "\n" + line()[:-3], "line 2 is not JSON"),
    (line() + "\n\n[1]", "line 3 is not a JSON object"),
    (line() + line(), "line 1 is not JSON: Extra data"),
    (line(seconds=[1]), "line 1: 'seconds' is an array"),
    (line() + "\n" + line(seconds={"value": 1}), "line 2: 'seconds' is an object"),
    (line(seconds=float("nan")), "line 1 is not JSON: NaN"),
    (line(key="\ud800"), "line 1: 'key' has half of a surrogate pair"),
    (b'{"id": "\xff"}', "invalid start byte"),
    ("[" * 100_000, "line 1 is not JSON"),
    (line().replace('"id"', '"Id"'), "no column 'id' .* the columns are 'Id', 'time', 'key', 'seconds'"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN_JSON)
def test_broken_json_lines(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = written(tmp_path / "a.jsonl", content)
    with pytest.raises(UsageSchemaError, match=message):
        list(read(path, CALLS, []))


def test_nested_json_that_nobody_asks_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", line(raw={"x": [1, 2]}))
    assert rows(path, columns=[]) == [{"id": "1", "time": "t", "key": "k", "seconds": "1", "service": None}]


def test_a_mapped_column_that_occurs_once_is_enough(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", "\n".join([line(), line(), line(land="SE")]))
    assert [row["land"] for row in rows(path, usage(territory="land"), [])] == [None, None, "SE"]


def test_no_json_lines(tmp_path: Path) -> None:
    (batch,) = read(written(tmp_path / "a.jsonl", "\n\n"), CALLS, ["x"])
    assert (batch.num_rows, batch.schema.names) == (0, ["id", "time", "key", "seconds", "service", "x"])


def test_cloud_events(tmp_path: Path) -> None:
    event = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/switch/1",
        "type": "call",
        "time": "2026-10-01T08:00:00Z",
        "data": {"key": "46701234567", "seconds": 60, "id": "inner"},
    }
    path = written(tmp_path / "a.jsonl", json.dumps(event) + "\n" + line())
    first, second = rows(path, usage(source="source"), ["data.id", "type"])
    expected = {
        "source": "/switch/1",
        "id": "e-1",
        "time": "2026-10-01T08:00:00Z",
        "key": "46701234567",
        "seconds": "60",
    }
    assert first == expected | {"service": None, "data.id": "inner", "type": "call"}
    assert second["seconds"] == "1"


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


# Parquet and Arrow keep types


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


FLOATS = [
    # float, decimals, what is read
    (0.1, 2, "0.10"),
    (0.1, 12, "0.100000000000"),
    (2.675, 2, "2.67"),  # the double lies below 2.675
    (-1.005, 2, "-1.00"),
    (0.125, 2, "0.12"),
    (1e15 + 0.25, 2, "1000000000000000.25"),
    (float("nan"), 2, None),
    (None, 2, None),
]


@pytest.mark.parametrize(("value", "decimals", "expected"), FLOATS)
def test_floats_at_decimals(tmp_path: Path, value: float | None, decimals: int, expected: str | None) -> None:
    table = TABLE.set_column(3, "seconds", pa.array([value], pa.float64()))
    pq.write_table(table, path := tmp_path / "a.parquet")
    (row,) = rows(path, usage(decimals={"seconds": decimals}))
    assert row["seconds"] == (None if expected is None else Decimal(expected))


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1e37])
def test_floats_that_no_decimal_holds(tmp_path: Path, value: float) -> None:
    table = pa.table({"id": ["1"] * 3, "time": ["t"] * 3, "key": ["k"] * 3, "seconds": [0.5, None, value]})
    pq.write_table(table, path := tmp_path / "a.parquet")
    assert f"row 2: 'seconds' is {value}" in refused(path, usage(decimals={"seconds": 2}))


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
