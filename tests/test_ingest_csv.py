"""CSV: its dialects, encodings and mistakes."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError
from partita.ingest import read

from .usage_files import CALLS, HEAD, refused, rows, usage, written

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
    ({"skip": 3}, '5" disk\r\rof "October"\r\n' + HEAD + '1,t,"k",1\n', [("1", "t", "k", "1")]),
    ({"header": False, "columns": ["id", "time", "key", "seconds"]}, "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({"columns": ["id", "time", "key", "seconds"], "skip": 1}, "x\na,b,c,d\n1,t,k,1\n", [("1", "t", "k", "1")]),
    ({}, "\ufeff" + HEAD + "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({}, HEAD, []),
    ({}, HEAD.strip(), []),
    ({"header": False, "columns": ["id", "time", "key", "seconds"]}, "", []),
    ({"columns": ["id", "time", "key", "seconds"]}, "a,b,c,d\n", []),
    ({"columns": ["id", "time", "key", "seconds"], "skip": 1}, "x\na,b,c,d", []),
    ({}, HEAD + "\n1,t,k,1\n\n", [("1", "t", "k", "1")]),
    ({}, "\n\r\n" + HEAD + "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({}, "\ufeff\n" + HEAD + "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({"skip": 1}, "report\n\n" + HEAD + "1,t,k,1\n", [("1", "t", "k", "1")]),
    ({}, HEAD.strip() + ',"two\nlines"\n1,t,k,1,x\n', [("1", "t", "k", "1", "x")]),
    ({"columns": ["id", "time", "key", "seconds"]}, '\na,b,c,"d\ne"\n1,t,k,1\n', [("1", "t", "k", "1")]),
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


def test_csv_numbers_with_commas_beyond_the_mapping(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "time;key;price;name\nt;k;0,5;a,b\n")
    mapping = Usage.model_validate({"csv": {"delimiter": ";", "decimal": ","}})
    assert rows(path, mapping, numbers=["price"]) == [{"time": "t", "key": "k", "price": "0.5", "name": "a,b"}]


def test_tab_separated_by_extension(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tsv.gz", HEAD.replace(",", "\t") + "1\tt\tk\t1\n", gzip.compress)
    assert rows(path) == [{"id": "1", "time": "t", "key": "k", "seconds": "1"}]


def test_quotes_after_skipped_lines_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", '5" disk\n' + HEAD + '1,t,5" disk,1\n')
    assert "odd number of quotes" in refused(path, usage(csv={"skip": 1}))


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
