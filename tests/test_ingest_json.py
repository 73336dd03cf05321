"""JSON lines and CloudEvents: numbers as they are written, and mistakes with their rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from partita.errors import UsageSchemaError
from partita.ingest import read

from .usage_files import CALLS, rows, usage, written


def line(**members: Any) -> str:
    return json.dumps({"id": "1", "time": "t", "key": "k", "seconds": 1} | members)


NUMBERS = [
    "0.1",
    "-0",
    "12345678901234567890.123",
    "0.10",
    "1" * 5000,
    "0.1000000000000000055511151231257827",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_json_numbers_stay_as_they_are_written(tmp_path: Path, number: str) -> None:
    path = written(tmp_path / "a.jsonl", f'{{"id": 7, "time": "t", "key": "k", "seconds": {number}}}\n')
    assert rows(path) == [{"id": "7", "time": "t", "key": "k", "seconds": number}]


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1e2", "100"), ("1.5E+1", "15"), ("-12.5e-1", "-1.25"), ("1E-30", "0." + "0" * 29 + "1"), ("1e999999999", None)],
)
def test_json_numbers_with_exponents_are_written_out(tmp_path: Path, number: str, expected: str | None) -> None:
    path = written(tmp_path / "a.jsonl", f'{{"id": 7, "time": "t", "key": "k", "seconds": {number}}}\n')
    assert rows(path) == [{"id": "7", "time": "t", "key": "k", "seconds": expected or number}]


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
