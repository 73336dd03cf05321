"""The run: what goes in is rated once, billed once, and nothing is lost, whatever comes late or is cut in two."""

from __future__ import annotations

import bz2
import gzip
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import partita
from partita import cycle
from partita.cli import rating
from partita.cycle import gather, plan, rejected, work
from partita.errors import MoneyError, UsageSchemaError

from .billing import BILLS, CATALOG, OCTOBER, amounts, bill, book, catalog, figures, store_in, write_calls


def test_usage_becomes_bills_statements_and_a_balanced_ledger(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", OCTOBER)
    assert amounts(run.bills) == BILLS
    assert amounts(run.statements) == {"nordtel": "152.60"}  # 70 % of two fees
    entries = run.entries.to_pylist()
    for party in {entry["book"] for entry in entries}:
        own = [entry for entry in entries if entry["book"] == party]
        assert sum(entry["debit"] for entry in own) == sum(entry["credit"] for entry in own) > 0
    assert sum(row["net"] for row in run.positions.to_pylist()) == 0


def test_every_row_is_rated_rejected_or_skipped(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", OCTOBER)
    assert (run.rows, run.rated, run.rejected, run.skipped) == (5, 3, 1, 1)
    (file,) = book(run.store)["files"]
    assert (file["rows"], file["rated"], file["rejected"], file["skipped"]) == (5, 3, 1, 1)
    (reject,) = run.rejects.to_pylist()
    assert (reject["name"], reject["usage_row"], reject["value"]) == ("unknown_key", 4, "999")


@pytest.mark.parametrize("partition_rows", [1, 2])
def test_no_figure_depends_on_the_cut(tmp_path: Path, partition_rows: int) -> None:
    whole = bill(tmp_path, "october", OCTOBER)
    cut = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "cut"), partition_rows=partition_rows)
    assert len(list(cut.folder.glob("part-*"))) > 1
    assert figures(cut.store) == figures(whole.store)
    for name in ("lines", "shares"):
        assert _sorted(getattr(cut, name)) == _sorted(getattr(whole, name))


def _sorted(table: object) -> list[str]:
    return sorted(map(str, table.to_pylist()))  # type: ignore[attr-defined]


def test_several_files_are_as_one(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER)
    paths = [write_calls(tmp_path / "two", name, rows) for name, rows in (("a", OCTOBER[2:]), ("b", OCTOBER[:2]))]
    parts = cycle.run(catalog(), paths, "2026-10", store_in(tmp_path, "two"))
    assert amounts(parts.bills) == amounts(whole.bills)
    assert {path.name for path in paths} == {Path(row["name"]).name for row in book(parts.store)["files"]}


def test_what_is_wrong_with_usage_as_a_whole_is_an_error(tmp_path: Path) -> None:
    path = write_calls(tmp_path, "october", OCTOBER)
    path.write_text(path.read_text().replace("units", "seconds"))
    with pytest.raises(UsageSchemaError, match="units"):
        cycle.run(catalog(), path, "2026-10", store_in(tmp_path))
    with pytest.raises(UsageSchemaError, match="no such file"):
        cycle.run(catalog(), tmp_path / "nowhere", "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path))["runs"] == []


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


# Identity -------------------------------------------------------------------------------------------------------------


def test_the_same_again_is_the_same_run(tmp_path: Path) -> None:
    first = bill(tmp_path, "october", OCTOBER)
    before = book(first.store)
    again = bill(tmp_path, "october", OCTOBER)
    assert again.replayed
    assert not first.replayed
    assert again.run_id == first.run_id
    assert amounts(again.bills) == BILLS
    assert book(first.store) == before


def test_a_run_is_what_goes_into_it(tmp_path: Path) -> None:
    ids = {
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "1")).run_id,
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "2"), partition_rows=2, keep="none").run_id,
        bill(tmp_path, "elsewhere", OCTOBER, store=store_in(tmp_path, "3")).run_id,
    }
    assert len(ids) == 1
    others = {
        bill(tmp_path, "october", OCTOBER[:4], store=store_in(tmp_path, "4")).run_id,
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "5"), period="2026-11").run_id,
        bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "6"), open=True).run_id,
    }
    assert len(ids | others) == 4


# Cycles ---------------------------------------------------------------------------------------------------------------


def test_a_record_of_a_later_cycle_is_billed_in_that(tmp_path: Path) -> None:
    october = bill(tmp_path, "october", [*OCTOBER, "9,2026-11-01T08:00:00Z,461,3,ok"])
    assert amounts(october.bills) == BILLS
    assert october.rated == 4
    november = bill(tmp_path, "november", ["10,2026-11-02T08:00:00Z,461,9,ok"], "2026-11")
    assert amounts(november.bills) == {"a-1": "120.00", "a-2": "109.00"}  # 12 units together: 11.00


def test_a_late_record_continues_the_counter_of_its_time_and_is_billed_now(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    november = bill(tmp_path, "november", ["9,2026-10-31T08:00:00Z,461,3,ok"], "2026-11")
    (line,) = (line for line in november.lines.to_pylist() if line["kind"] == "usage")
    assert (line["period"], line["service_period"], line["flags"]) == ("2026-11", "2026-10", 1)
    assert (str(line["counter_before"]), f"{line['amount']:.2f}") == ("12.000000000000", "1.50")
    assert amounts(november.bills)["a-1"] == "110.50"


def test_what_came_before_the_first_period_of_a_book_is_late(tmp_path: Path) -> None:
    run = bill(tmp_path, "october", ["9,2026-08-31T08:00:00Z,461,3,ok"])
    (line,) = (line for line in run.lines.to_pylist() if line["kind"] == "usage")
    assert (line["service_period"], line["period"], line["flags"]) == ("2026-08", "2026-10", 1)
    assert amounts(run.bills)["a-1"] == "112.00"


def test_lines_that_add_up_to_too_much_are_an_error_with_their_sums(tmp_path: Path) -> None:
    given = {
        "parties": {"nordtel": {}},
        "accounts": {"a": {"owner": "c", "currency": "EUR"}},
        "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
        "usage": {"calls": {"files": "*.csv", "id": "id", "quantity": "quantity"}},
        "plans": {"p": {"seller": "nordtel", "currency": "EUR", "charges": {"c": {"unit": {"price": "1"}}}}},
    }
    much = "6" + "0" * 25
    rows = [f"{number},2026-10-05T10:00:00Z,k,x,{much}\n" for number in range(2)]
    (tmp_path / "calls.csv").write_text("".join(["id,time,key,service,quantity\n", *rows]))
    with pytest.raises(MoneyError, match=f"{much} and {much}"):
        partita.run(partita.load(given), tmp_path / "calls.csv", "2026-10", f"duckdb:///{tmp_path}/book.duckdb")
