"""The files of a run: of every layout; those that change meanwhile, or are broken, are told."""

from __future__ import annotations

import bz2
import gzip
import os
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import partita
from partita import cycle
from partita.cli import rating
from partita.cycle import gather, plan, rejected, verbs, work
from partita.errors import CatalogError, UsageSchemaError
from partita.ingest import content_hash

from .billing import BILLS, CATALOG, OCTOBER, amounts, book, catalog, store_in, write_calls


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
@pytest.mark.parametrize("since", [0, 3600])
def test_a_file_that_changes_while_it_is_read_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: int, partition_rows: int
) -> None:
    """Whether it was written just before the run, when a change need not show in its time, or long ago."""
    path = write_calls(tmp_path, "october", OCTOBER)
    before = path.read_text()
    moment = path.stat().st_mtime - since
    os.utime(path, (moment, moment))
    blocks = gather._blocks

    def changed(*given: Any) -> Any:
        path.write_text(before.replace("461,4", "461,5"))
        os.utime(path, (moment, moment + since))
        yield from blocks(*given)

    monkeypatch.setattr(gather, "_blocks", changed)
    with pytest.raises(UsageSchemaError, match=r"october\.csv: changed while it was read"):
        cycle.run(catalog(), path, "2026-10", store_in(tmp_path), partition_rows=partition_rows)
    assert book(store_in(tmp_path))["runs"] == []
    monkeypatch.undo()
    path.write_text(before)
    run = cycle.run(catalog(), path, "2026-10", store_in(tmp_path), partition_rows=partition_rows)
    assert amounts(run.bills) == BILLS


def test_a_mapped_file_that_changes_while_it_is_rated_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An Arrow file is not copied: a change in place is one of what is rated."""
    path = tmp_path / "calls" / "october.arrow"
    path.parent.mkdir()
    names = ["id", "time", "key", "units", "status"]
    columns = zip(*(row.split(",") for row in OCTOBER), strict=True)
    usage = pa.table(dict(zip(names, map(list, columns), strict=True)))
    with pa.ipc.new_file(str(path), usage.schema) as writer:
        writer.write_table(usage)
    rate_part = work.rate_part

    def changed(*given: Any) -> Any:
        with path.open("r+b") as file:
            found = file.read().replace(b"482022", b"982022")  # the units, one after the other
            file.seek(0)
            file.write(found)
        return rate_part(*given)

    monkeypatch.setattr(work, "rate_part", changed)
    terms = catalog({**CATALOG, "usage": {"calls": {**CATALOG["usage"]["calls"], "files": "calls/*"}}})
    with pytest.raises(UsageSchemaError, match=r"october\.arrow: changed while it was read"):
        cycle.run(terms, path, "2026-10", store_in(tmp_path))
    assert not list((tmp_path / "book.runs").glob("*/part-*"))


def test_a_file_of_rejects_that_changes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_calls(tmp_path, "october", OCTOBER)
    original = rejected.original_records

    def changed(*given: Any) -> Any:
        path.write_text(path.read_text().replace("999", "998"))
        return original(*given)

    monkeypatch.setattr(rejected, "original_records", changed)
    with pytest.raises(UsageSchemaError, match=r"october\.csv: changed while it was read"):
        cycle.run(catalog(), path, "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path))["runs"] == []


def test_rate_notices_a_file_that_changes_too(tmp_path: Path) -> None:
    path = write_calls(tmp_path, "october", OCTOBER)
    (file,) = plan.hash_files(plan.assigned(catalog(), path))
    source = rating._source(catalog(), file)
    next(source.usage)
    path.write_text(path.read_text().replace("461,4", "461,5"))
    with pytest.raises(UsageSchemaError, match=r"october\.csv: changed while it was read"):
        list(source.usage)


PACKED = {"gz": gzip.compress, "zst": lambda data: pa.compress(data, "zstd", asbytes=True), "bz2": bz2.compress}


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("extension", PACKED)
def test_a_packed_file_that_is_broken_is_an_error(tmp_path: Path, extension: str, cut: bool) -> None:
    path = tmp_path / f"october.csv.{extension}"
    whole = PACKED[extension](("id,time,key,units,status\n" + "\n".join(OCTOBER)).encode())
    path.write_bytes(whole[: len(whole) // 2] if cut else b"no such thing")
    calls = {**CATALOG["usage"]["calls"], "files": "*"}
    with pytest.raises(UsageSchemaError, match=rf"october\.csv\.{extension}: cannot be read as csv"):
        cycle.run(catalog({**CATALOG, "usage": {"calls": calls}}), path, "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path))["runs"] == []


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    (file,) = plan.assigned(catalog(), write_calls(tmp_path, "october", OCTOBER))
    file.path.unlink()
    with pytest.raises(UsageSchemaError, match=r"october\.csv: cannot be read: No such file"):
        plan.hash_files([file])


TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.uint32(), pa.string_view())]


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
@pytest.mark.parametrize("kind", TEXTS, ids=str)
def test_text_of_every_layout_is_rated_verified_and_sent_back(
    tmp_path: Path, kind: pa.DataType, partition_rows: int
) -> None:
    """Polars writes views; a reject and a duplicate are among the records."""
    rows = [row.split(",") for row in (*OCTOBER, OCTOBER[0])]
    columns = dict(zip(["id", "time", "key", "units", "status"], map(list, zip(*rows, strict=True)), strict=True))
    text = {name: _text(columns[name], kind) for name in ("id", "key", "status")}
    usage = pa.table({**text, "time": columns["time"], "units": pa.array(map(int, columns["units"]))})
    path = tmp_path / "calls" / "october.arrow"
    path.parent.mkdir()
    with pa.ipc.new_file(str(path), usage.schema) as writer:
        writer.write_table(usage)
    calls = {**CATALOG["usage"]["calls"], "files": "calls/*"}
    terms = catalog({**CATALOG, "usage": {"calls": calls}})
    run = cycle.run(terms, path, "2026-10", store_in(tmp_path), partition_rows=partition_rows)
    assert amounts(run.bills) == BILLS
    assert sorted(row["name"] for row in run.rejects.to_pylist()) == ["duplicate", "unknown_key"]
    assert partita.verify(run, whole=True).clean
    assert partita.explain(run, run.lines["line_id"][0].as_py())
    cycle.send_back(run.run_id, tmp_path / "back", run.store)
    again = cycle.run(terms, tmp_path / "back", "2026-11", run.store)
    assert sorted(row["name"] for row in again.rejects.to_pylist()) == ["duplicate", "unknown_key"]


def _text(values: list[str], kind: pa.DataType) -> pa.Array:
    if not pa.types.is_dictionary(kind):
        return pa.array(values, kind)
    encoded = pa.array(values).dictionary_encode()
    indices, texts = encoded.indices.cast(kind.index_type), encoded.dictionary.cast(kind.value_type)
    return pa.DictionaryArray.from_arrays(indices, texts)


@pytest.mark.parametrize(
    "times",
    [
        pa.array([2**31 - 1, -(2**31), 20_000], pa.int32()).cast(pa.date32()),
        pa.array([2**62, -(2**62), 1_728_000_000], pa.timestamp("s", "UTC")),
        pa.array([2**63 - 1, -(2**63), 1_728_000_000_000_000], pa.timestamp("us", "UTC")),
    ],
    ids=str,
)
def test_times_at_the_ends_of_their_types_are_rejects(tmp_path: Path, times: pa.Array) -> None:
    given = {
        "parties": {"nordtel": {}},
        "accounts": {"a": {"owner": "c", "currency": "EUR"}},
        "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
        "usage": {"calls": {"files": "*.arrow", "id": "id", "time_zone": "Europe/Paris", "service": {"constant": "x"}}},
        "plans": {"p": {"seller": "nordtel", "currency": "EUR", "charges": {"c": {"flat": "1"}}}},
    }
    table = pa.table({"id": ["1", "2", "3"], "time": times, "key": ["k"] * 3})
    with pa.ipc.new_file(tmp_path / "calls.arrow", table.schema) as file:
        file.write_table(table)
    run = partita.run(partita.load(given), tmp_path / "calls.arrow", "2024-10", f"duckdb:///{tmp_path}/book.duckdb")
    assert run.rejects["name"].to_pylist() == ["outside_calendar"] * 2
    assert (run.rated, partita.verify(run, whole=True).clean) == (1, True)


def test_hashing_is_given_up_where_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_calls(tmp_path, "a", OCTOBER)
    with pytest.raises(CancelledError):
        content_hash(path, lambda: True)

    def endless(file: Any, is_given_up: Callable[[], bool]) -> None:
        while not is_given_up():
            time.sleep(0.01)

    monkeypatch.setattr(plan.File, "of", endless)
    files = plan.assigned(catalog(), path) * 9
    with pytest.raises(CatalogError), plan.hashing(files):
        verbs.Verbs(catalog(), [{"account": "a-3"}], None, None)
