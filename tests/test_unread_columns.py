"""Columns that nobody reads may hold anything: rejected records are kept with them as far as they can be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from partita import cycle
from partita.catalog import load

from .billing import CATALOG, NOTED, TIME, store_in


def _catalog(name: str) -> Any:
    mapping = {**CATALOG["usage"]["calls"], "files": f"in/{name}"}
    del mapping["where"]
    return load({**CATALOG, "usage": {"calls": mapping}})


def _with_note(kind: pa.DataType | None, *notes: Any) -> Callable[[Path], None]:
    """A writer of Arrow whose rows have notes of a type; None takes that of the notes."""

    def write(path: Path) -> None:
        rows = [{name: value for name, value in row.items() if name != "note"} for row in NOTED[:2]]
        table = pa.Table.from_pylist(rows)
        for note in notes:
            table = table.append_column("note", note if kind is None else pa.array([note, note], kind))
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)

    return write


def _same_name_in_parquet(path: Path) -> None:
    table = pa.Table.from_pylist(NOTED[:2])
    pq.write_table(table.append_column("note", pa.array(["x", "y"])), path)


NESTED = '{"lat": 1.50, "of": ["å", null, true]}'
HEAD = "id,time,key,units,note"
LINE = f'"time": "{TIME.isoformat()}", "units": 1'
UNION = pa.UnionArray.from_dense(pa.array([0, 0], pa.int8()), pa.array([0, 1], pa.int32()), [pa.array([7, 8])])
ODD: dict[str, tuple[str, Callable[[Path], object], dict[str, Any]]] = {
    "nested JSON": (
        "calls.jsonl",
        lambda path: path.write_text(
            f'{{"id": "1", "key": "461", {LINE}}}\n'
            f'{{"id": "2", "key": "999", {LINE}, "note": {NESTED}, "\\ud800": "\\udfff"}}\n'
        ),
        {"note": NESTED, "\\ud800": "\\udfff"},
    ),
    "CSV with a name twice": (
        "calls.csv",
        lambda path: path.write_text(f"{HEAD},note,note (2)\n2,{TIME.isoformat()},999,1,a,b,c\n"),
        {"note": "a", "note (3)": "b", "note (2)": "c"},
    ),
    "CSV in another encoding": (
        "calls.csv",
        lambda path: path.write_bytes(f"{HEAD}\n2,{TIME.isoformat()},999,1,Åsa\n".encode("latin-1")),
        {"note": "\\xc5sa"},
    ),
    "Parquet with a name twice": ("calls.parquet", _same_name_in_parquet, {"note (2)": "y"}),
    "Arrow with a name twice": ("calls.arrow", _with_note(pa.string(), "a", "b"), {"note": "a", "note (2)": "b"}),
    "view": ("calls.arrow", _with_note(pa.string_view(), "a"), {"note": "a"}),
    "view of bytes": ("calls.arrow", _with_note(pa.binary_view(), b"\xff"), {"note": b"\xff"}),
    "run ends": ("calls.arrow", _with_note(pa.run_end_encoded(pa.int32(), pa.string()), "a"), {"note": "a"}),
    "interval": ("calls.arrow", _with_note(pa.month_day_nano_interval(), (1, 2, 3)), {"note": "[1, 2, 3]"}),
    "structure": (
        "calls.arrow",
        _with_note(pa.struct({"å": pa.string_view(), "at": pa.date32()}), {"å": "ä", "at": dt.date(2026, 10, 1)}),
        {"note": '{"å": "ä", "at": "2026-10-01"}'},
    ),
    "union": ("calls.arrow", _with_note(None, UNION), {"note": "8"}),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_nobody_reads_never_stops_a_run(tmp_path: Path, kind: str) -> None:
    name, write, expected = ODD[kind]
    path = tmp_path / "in" / name
    path.parent.mkdir()
    write(path)
    catalog = _catalog(name)
    run = cycle.run(catalog, path, "2026-10", store_in(tmp_path))
    (reject,) = run.rejects.to_pylist()
    assert (reject["name"], reject["id"]) == ("unknown_key", "2")
    (records,) = (run.folder / "rejected").glob("*.parquet")
    (row,) = pq.read_table(records).to_pylist()
    assert {name: row[name] for name in expected} == expected
    cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    again = cycle.run(catalog, tmp_path / "back", "2026-11", store_in(tmp_path))
    assert (again.rated, again.rejected) == (0, 1)


def test_what_cannot_be_read_at_all_never_stops_a_run(tmp_path: Path) -> None:
    """A damaged column: the rejected record is kept with what was read of it."""
    path = tmp_path / "in" / "calls.parquet"
    path.parent.mkdir()
    pq.write_table(pa.Table.from_pylist(NOTED), path, row_group_size=1)
    column = pq.read_metadata(path).row_group(1).column(4)
    data = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    data[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(data)
    run = cycle.run(_catalog("calls.parquet"), path, "2026-10", store_in(tmp_path))
    assert (run.rated, run.rejected) == (2, 1)
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    (row,) = pq.read_table(back).to_pylist()
    assert {name: value for name, value in row.items() if not name.startswith("reject_")} == {
        name: value for name, value in NOTED[1].items() if name != "note"
    }


def test_a_file_that_came_again_with_more_columns_is_kept_with_them(tmp_path: Path) -> None:
    path = tmp_path / "in" / "calls.parquet"
    path.parent.mkdir()
    few = ["id", "time", "key", "units"]
    for columns in (few, [*few, "note"]):
        pq.write_table(pa.Table.from_pylist(NOTED).select(columns), path)
        store = store_in(tmp_path, str(len(columns)))
        run = cycle.run(_catalog("calls.parquet"), path, "2026-10", store)
        back, _ = cycle.send_back(run.run_id, tmp_path / f"back-{len(columns)}", store)
        assert pq.read_schema(back).names[:-4] == columns
