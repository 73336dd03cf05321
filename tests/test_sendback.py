"""Rejected records go back in the format they came in, and are usage again once they are corrected."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from partita import cycle
from partita.catalog import load
from partita.cycle.plan import assigned
from partita.errors import StoreError
from partita.ingest import read

from .billing import CATALOG, NOTED, OCTOBER, TIME, amounts, bill, catalog, store_in


def _parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(NOTED), path, row_group_size=1)


def _arrow(path: Path) -> None:
    table = pa.Table.from_pylist(NOTED)
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


def _jsonl(path: Path) -> None:
    rows = [{**row, "time": TIME.isoformat(), "units": str(row["units"])} for row in NOTED]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _csv(path: Path) -> None:
    """Semicolons, decimal commas, local times of a format, Latin-1, compressed, two lines above the header."""
    lines = ["made by switch 7", "", "id;time;key;units;note"]
    for row in NOTED:
        note = "" if row["note"] is None else '"' + str(row["note"]).replace('"', '""') + '"'
        lines.append(f"{row['id']};05.10.2026 10:00:00;{row['key']};{str(row['units']).replace('.', ',')};{note}")
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode("latin-1")))


def _headless(path: Path) -> None:
    path.write_text("".join(f"{row['id']},{TIME.isoformat()},{row['key']},{row['units']},x\n" for row in NOTED))


def _renamed(path: Path) -> None:
    _headless(path)
    path.write_text("A,B,C,D,E\n" + path.read_text())


PLACES = ["id", "time", "key", "units", "note"]
DIALECT = {
    "delimiter": ";",
    "decimal": ",",
    "time": "%d.%m.%Y %H:%M:%S",
    "zone": "Europe/Stockholm",
    "encoding": "latin-1",
    "skip": 2,
}
FORMATS: dict[str, tuple[str, Callable[[Path], None], dict[str, Any]]] = {
    "parquet": ("calls.parquet", _parquet, {}),
    "arrow": ("calls.arrow", _arrow, {}),
    "jsonl": ("calls.jsonl", _jsonl, {}),
    "csv": ("calls.csv.gz", _csv, {"csv": DIALECT}),
    "headless": ("calls.csv", _headless, {"csv": {"header": False, "columns": PLACES}}),
    "renamed": ("calls.csv", _renamed, {"csv": {"columns": PLACES}}),
}


def _catalog(name: str, more: dict[str, Any], **subscription: Any) -> Any:
    mapping = {**CATALOG["usage"]["calls"], "files": f"in/{name}", **more}
    del mapping["where"]
    return load({**CATALOG, "usage": {"calls": mapping}})


@pytest.mark.parametrize("kind", FORMATS)
def test_a_corrected_reject_is_usage_again(tmp_path: Path, kind: str) -> None:
    name, write, more = FORMATS[kind]
    path = tmp_path / "in" / name
    path.parent.mkdir()
    write(path)
    catalog = _catalog(name, more)
    run = cycle.run(catalog, path, "2026-10", store_in(tmp_path))
    assert (run.rated, run.rejected) == (2, 1)
    path.unlink()  # nothing of it is needed any more
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    assert back == tmp_path / "back" / "in" / name
    held = {**CATALOG["subscriptions"]["s-1"], "keys": ["461", "462", "999"]}
    corrected = _corrected(catalog, held)
    again = cycle.run(corrected, tmp_path / "back", "2026-11", store_in(tmp_path))
    assert (again.rows, again.rated, again.rejected) == (1, 1, 0)
    (line,) = (line for line in again.lines.to_pylist() if line["kind"] == "usage")
    assert (line["quantity"], line["service_period"]) == (Decimal("2.5"), "2026-10")


def _corrected(catalog: Any, held: dict[str, Any]) -> Any:
    """The catalog with a subscription that has the key."""
    data = catalog.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return load({**data, "subscriptions": {**data["subscriptions"], "s-1": held}})


def test_all_columns_and_the_reason_come_back(tmp_path: Path) -> None:
    path = tmp_path / "in" / "calls.parquet"
    path.parent.mkdir()
    _parquet(path)
    run = cycle.run(_catalog("calls.parquet", {}), path, "2026-10", store_in(tmp_path))
    back, reasons = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    reason = {"reject_code": 201, "reject_name": "unknown_key", "reject_field": "key", "reject_value": "999"}
    assert pq.read_table(back).to_pylist() == [{**NOTED[1], **reason}]
    assert reasons.read_text().splitlines() == [
        "usage_file,usage_row,source,id,code,name,field,value",
        f"{path},1,switch,2,201,unknown_key,key,999",
    ]


@pytest.mark.parametrize(
    ("pattern", "given", "back"),
    [
        ("{folder}/in/*.parquet", "{folder}/in/calls.parquet", "calls.parquet"),
        ("**/*.parquet", "../calls.parquet", "calls.parquet"),
        ("in/**/calls.parquet", "in/a/b/calls.parquet", "in/a/b/calls.parquet"),
        ("a/*.parquet", "in/a/calls.parquet", "a/calls.parquet"),
    ],
)
def test_what_comes_back_stays_in_its_folder_where_patterns_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, given: str, back: str
) -> None:
    work, into = tmp_path / "work", tmp_path / "back"
    work.mkdir()
    monkeypatch.chdir(work)
    path = Path(given.format(folder=work))
    path.parent.mkdir(parents=True, exist_ok=True)
    _parquet(path)
    catalog = _catalog("", {"files": pattern.format(folder=work)})
    run = cycle.run(catalog, path, "2026-10", store_in(tmp_path))
    found = cycle.send_back(run.run_id, into, store_in(tmp_path))[0].resolve()
    assert found.is_relative_to(into)
    if pattern.startswith("{"):
        assert found.name == back
    else:
        assert found == into / back
        assert assigned(catalog, into)[0].path.resolve() == found


def test_a_dialect_is_kept(tmp_path: Path) -> None:
    name, write, more = FORMATS["csv"]
    path = tmp_path / "in" / name
    path.parent.mkdir()
    write(path)
    run = cycle.run(_catalog(name, more), path, "2026-10", store_in(tmp_path))
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    assert gzip.decompress(back.read_bytes()).decode("latin-1").splitlines() == [
        "",
        "",
        "id;time;key;units;note;reject_code;reject_name;reject_field;reject_value",
        '2;05.10.2026 10:00:00;999;2,5;"a; ""quoted"", å";201;unknown_key;key;999',
    ]


@pytest.mark.parametrize("note", ["a\rb", "a\r\nb", "a\nb", ",", "\r"])
def test_values_with_line_ends_come_back_as_they_were(tmp_path: Path, note: str) -> None:
    path = tmp_path / "in" / "calls.csv"
    path.parent.mkdir()
    path.write_bytes(f'id,time,key,units,note\n2,{TIME.isoformat()},999,1,"{note}"\n'.encode())
    catalog = _catalog("calls.csv", {"attributes": {"note": "note"}})
    run = cycle.run(catalog, path, "2026-10", store_in(tmp_path))
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    (batch,) = (batch for batch in read(back, catalog.usage["calls"], []) if batch.num_rows)
    assert batch["note"].to_pylist() == [note]


def test_reasons_fit_into_files_without_quotes(tmp_path: Path) -> None:
    """The delimiter is part of a charge's name, and so of the reason."""
    path = tmp_path / "in" / "calls.csv"
    path.parent.mkdir()
    path.write_text('id|time|key|units|note\n2|20261005|461|1|5" disk\n')
    mapping = {"csv": {"delimiter": "|", "quote": "", "time": "%Y%m%d", "zone": "UTC"}}
    price = {"table": "prices", "by": ["note"], "column": "price"}
    catalog = _catalog("calls.csv", mapping).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    catalog["plans"]["start"]["charges"] = {"voice|data": {"unit": {"price": price}}}
    catalog["tables"] = {
        "prices": {"by": ["note"], "columns": {"price": "number"}, "rows": [{"note": "x", "price": 1}]}
    }
    run = cycle.run(load({**catalog, "agreements": {}}), path, "2026-10", store_in(tmp_path))
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    assert back.read_text().splitlines()[1] == '2|20261005|461|1|5" disk|301|no_price|start/voice data|'


def test_nulls_of_mapped_columns_come_back_in_json_lines(tmp_path: Path) -> None:
    """A mapped column must be in some line, be it as null."""
    path = tmp_path / "in" / "calls.jsonl"
    path.parent.mkdir()
    rows = [{"id": id_, "time": TIME.isoformat(), "key": None, "units": 1, "land": None, "note": None} for id_ in "12"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    catalog = _catalog("calls.jsonl", {"territory": "land"})
    run = cycle.run(catalog, path, "2026-10", store_in(tmp_path))
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    assert list(json.loads(back.read_text().splitlines()[0])) == [
        *("id", "time", "key", "units", "land", "reject_code", "reject_name", "reject_field")
    ]
    back.write_text(back.read_text().replace("null", '"461"', 1))
    again = cycle.run(catalog, tmp_path / "back", "2026-11", store_in(tmp_path))
    assert (again.rated, again.rejected) == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-be", "iso2022-jp"])
def test_a_text_comes_back_as_one(tmp_path: Path, encoding: str) -> None:
    """Only its beginning has a mark, so that ids are what they were."""
    path = tmp_path / "in" / "calls.csv"
    path.parent.mkdir()
    lines = ["id,time,key,units,note", *(f"{id_},{TIME.isoformat()},999,1,日本" for id_ in "12")]
    path.write_bytes("".join(line + "\n" for line in lines).encode(encoding))
    run = cycle.run(_catalog("calls.csv", {"csv": {"encoding": encoding}}), path, "2026-10", store_in(tmp_path))
    back, _ = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    text = back.read_bytes().decode(encoding)
    assert [row.split(",")[0] for row in text.splitlines()] == ["id", "1", "2"]
    assert text.encode(encoding) == back.read_bytes()


def test_a_reason_is_not_sent_back_twice(tmp_path: Path) -> None:
    path = tmp_path / "in" / "calls.parquet"
    path.parent.mkdir()
    _parquet(path)
    catalog = _catalog("calls.parquet", {})
    first = cycle.run(catalog, path, "2026-10", store_in(tmp_path))
    cycle.send_back(first.run_id, tmp_path / "back", store_in(tmp_path))
    again = cycle.run(catalog, tmp_path / "back", "2026-11", store_in(tmp_path))
    back, _ = cycle.send_back(again.run_id, tmp_path / "more", store_in(tmp_path))
    names = pq.read_schema(back).names
    assert len(names) == len(set(names)) == len(NOTED[0]) + 4


def test_files_of_one_name_go_back_side_by_side(tmp_path: Path) -> None:
    for folder in ("north", "south"):
        path = tmp_path / folder / "in" / "calls.parquet"
        path.parent.mkdir(parents=True)
        _parquet(path) if folder == "north" else pq.write_table(pa.Table.from_pylist(NOTED[1:2]), path)
    catalog = _catalog("calls*.parquet", {"id": "none"})
    run = cycle.run(catalog, [tmp_path / "north", tmp_path / "south"], "2026-10", store_in(tmp_path))
    written = cycle.send_back(run.run_id, tmp_path / "back", store_in(tmp_path))
    assert [path.name for path in written] == ["calls.parquet", "calls-2.parquet", "_reasons.csv"]


# Sent again -----------------------------------------------------------------------------------------------------------


def test_a_reject_is_corrected_and_billed_in_the_next_run(tmp_path: Path) -> None:
    october = bill(tmp_path, "october", OCTOBER)
    written = cycle.send_back(october.run_id[:10], tmp_path / "back", store_in(tmp_path))
    path = tmp_path / "back" / "calls" / "october.csv"
    assert written == [path, tmp_path / "back" / "_reasons.csv"]
    assert path.read_text() == (
        "id,time,key,units,status,reject_code,reject_name,reject_field,reject_value\n"
        "5,2026-10-05T08:00:00Z,999,2,ok,201,unknown_key,key,999\n"
    )
    path.write_text(path.read_text().replace(",999,2", ",463,2"))
    november = cycle.run(catalog(), tmp_path / "back", "2026-11", store_in(tmp_path))
    assert (november.rated, november.rejected) == (1, 0)
    assert amounts(november.bills)["a-2"] == "110.00"  # late: 2 units above the first 10, at 0.50


def test_rejects_are_not_sent_back_twice_into_one_folder(tmp_path: Path) -> None:
    october = bill(tmp_path, "october", OCTOBER)
    cycle.send_back(october.run_id, tmp_path / "back", store_in(tmp_path))
    with pytest.raises(StoreError, match="not empty"):
        cycle.send_back(october.run_id, tmp_path / "back", store_in(tmp_path))
    with pytest.raises(StoreError, match="no run"):
        cycle.send_back("0000", tmp_path / "other", store_in(tmp_path))
