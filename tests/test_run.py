"""The run: what goes in is rated once, billed once, and nothing is lost, whatever is sent twice, late or cut in two."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from partita import cycle
from partita.cycle import work
from partita.errors import PeriodError, StoreError, UsageSchemaError

from .billing import OCTOBER, amounts, bill, book, catalog, figures, store_in, write_calls

BILLS = {"a-1": "120.00", "a-2": "124.00"}
"""109.00 a month and the calls of `OCTOBER`."""


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


# Open, close, trial, undo ---------------------------------------------------------------------------------------------


def test_open_runs_and_a_close_come_to_what_one_run_does(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "whole"))
    for day, row in enumerate(OCTOBER):
        opened = bill(tmp_path, f"day-{day}", [row], open=True)
        assert opened.documents.num_rows == 0
    closed = cycle.close(catalog(), "2026-10", store_in(tmp_path))
    for table in ("documents", "document_lines", "entries", "positions"):
        assert getattr(closed, table).to_pylist() == getattr(whole, table).to_pylist(), table


def test_a_period_is_closed_once(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    before = book(store_in(tmp_path))
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        bill(tmp_path, "more", OCTOBER[:1])
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        bill(tmp_path, "more", OCTOBER[:1], open=True)
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path)) == before


def test_a_close_is_made_once(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER, open=True)
    cycle.close(catalog(), "2026-10", store_in(tmp_path))
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))


def test_a_period_without_usage_has_its_fees(tmp_path: Path) -> None:
    assert amounts(cycle.close(catalog(), "2026-10", store_in(tmp_path)).bills) == {"a-1": "109.00", "a-2": "109.00"}
    empty = bill(tmp_path, "november", [], "2026-11")
    assert (empty.rows, amounts(empty.bills)) == (0, {"a-1": "109.00", "a-2": "109.00"})


@pytest.mark.parametrize("period", ["2026-09", "2026-12", "2027-01"])
def test_periods_follow_each_other(tmp_path: Path, period: str) -> None:
    bill(tmp_path, "october", OCTOBER)
    with pytest.raises(PeriodError, match="2026-11"):
        bill(tmp_path, "later", OCTOBER[:1], period=period)


@pytest.mark.parametrize("period", ["2026", "2026-13", "october"])
def test_a_period_is_a_month(tmp_path: Path, period: str) -> None:
    with pytest.raises(PeriodError, match="is not a month"):
        bill(tmp_path, "october", OCTOBER, period=period)


def test_a_later_period_may_be_opened_before_one_is_closed(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER, open=True)
    bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], period="2026-11", open=True)
    assert amounts(cycle.close(catalog(), "2026-10", store_in(tmp_path)).bills) == BILLS
    assert amounts(cycle.close(catalog(), "2026-11", store_in(tmp_path)).bills) == {"a-1": "112.00", "a-2": "109.00"}


def test_a_trial_commits_nothing(tmp_path: Path) -> None:
    trial = bill(tmp_path, "october", OCTOBER, trial=tmp_path / "trial")
    assert trial.kind == "trial"
    assert amounts(trial.bills) == BILLS
    assert not (tmp_path / "book.duckdb").exists()
    run = bill(tmp_path, "october", OCTOBER)
    assert trial.entries.to_pylist() == run.entries.to_pylist()
    before = book(run.store)
    assert amounts(bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], "2026-11", trial=True).bills) == {
        "a-1": "112.00",
        "a-2": "109.00",
    }
    assert book(run.store) == before


def test_a_trial_leaves_a_folder_of_others_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("precious")
    with pytest.raises(StoreError, match="not the folder of a trial"):
        bill(tmp_path, "october", OCTOBER, trial=tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "precious"
    for rows in (OCTOBER, OCTOBER[:2]):
        assert bill(tmp_path, "october", rows, trial=tmp_path / "trial").rows == len(rows)


def test_undo_takes_back_all_of_the_latest_run(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    before = book(store_in(tmp_path))
    november = bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], "2026-11")
    after = book(store_in(tmp_path))
    with pytest.raises(PeriodError, match="not the latest run"):
        cycle.undo(store_in(tmp_path), before["runs"][0]["run_id"])
    assert cycle.undo(store_in(tmp_path), november.run_id[:8]).run_id == november.run_id
    assert book(store_in(tmp_path)) == before
    assert not november.folder.exists()
    again = bill(tmp_path, "november", ["9,2026-11-01T08:00:00Z,461,3,ok"], "2026-11")
    assert not again.replayed
    assert book(store_in(tmp_path)) == after


def test_undo_leaves_issued_documents(tmp_path: Path) -> None:
    from partita.store import open_store

    run = bill(tmp_path, "october", OCTOBER)
    with open_store(run.store) as opened:
        opened.execute("UPDATE documents SET number = '2026-0001' WHERE payer_account = 'a-1'")
    with pytest.raises(PeriodError, match="is issued"):
        cycle.undo(run.store)
    assert len(book(run.store)["runs"]) == 1


def test_undo_needs_a_run(tmp_path: Path) -> None:
    bill(tmp_path, "october", OCTOBER)
    cycle.undo(store_in(tmp_path))
    with pytest.raises(StoreError, match="no run to take back"):
        cycle.undo(store_in(tmp_path))


def test_what_looks_into_a_book_makes_none(tmp_path: Path) -> None:
    for look in (cycle.undo, lambda store: cycle.send_back("0000", tmp_path / "back", store)):
        with pytest.raises(StoreError, match="there is no book"):
            look(store_in(tmp_path / "nowhere"))
    assert list(tmp_path.iterdir()) == []


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


# Duplicates -----------------------------------------------------------------------------------------------------------


def _rejects(run: cycle.Run) -> dict[tuple[str, int], str]:
    return {(Path(row["usage_file"]).stem, row["usage_row"]): row["name"] for row in run.rejects.to_pylist()}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_the_first_of_an_identity_is_rated(tmp_path: Path, partition_rows: int) -> None:
    rows = [
        "1,2026-10-02T08:00:00Z,461,4,ok",  # in conflict with the one before it in time
        "1,2026-10-01T08:00:00Z,463,4,ok",  # the original, of another account
        "1,2026-10-01T08:00:00Z,463,4,ok",  # a duplicate
        "1,2026-10-01T08:00:00Z,999,4,ok",  # an unknown key goes first
        "1,2026-09-01T08:00:00Z,461,4,failed",  # no record at all
        ",2026-10-01T08:00:00Z,461,4,ok",
        ",2026-10-01T08:00:00Z,461,4,ok",
    ]
    run = bill(tmp_path, "october", rows, partition_rows=partition_rows)
    names = {(stem, row): name for (stem, row), name in _rejects(run).items()}
    assert names == {
        ("october", 0): "conflict",
        ("october", 2): "duplicate",
        ("october", 3): "unknown_key",
        ("october", 5): "null_id",
        ("october", 6): "null_id",
    }
    assert amounts(run.bills) == {"a-1": "109.00", "a-2": "113.00"}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_duplicates_are_known_across_files_whatever_their_order(tmp_path: Path, partition_rows: int) -> None:
    first, second = "1,2026-10-01T08:00:00Z,461,4,ok", "1,2026-10-02T08:00:00Z,461,5,ok"
    for names in (("a", "b"), ("b", "a")):
        folder = tmp_path / names[0]
        for name, row in zip(names, (first, second), strict=True):
            write_calls(folder, name, [row])
        run = cycle.run(catalog(), folder / "calls", "2026-10", store_in(folder), partition_rows=partition_rows)
        assert _rejects(run) == {(names[1], 0): "conflict"}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_duplicates_are_known_across_runs(tmp_path: Path, partition_rows: int) -> None:
    bill(tmp_path, "october", OCTOBER)
    rows = [OCTOBER[0], "2,2026-10-02T08:00:00Z,462,9,ok", OCTOBER[4], "9,2026-11-01T08:00:00Z,461,1,ok"]
    run = bill(tmp_path, "november", rows, "2026-11", partition_rows=partition_rows)
    assert _rejects(run) == {("november", 0): "duplicate", ("november", 1): "conflict", ("november", 2): "unknown_key"}
    assert (run.rows, run.rated, run.rejected) == (4, 1, 3)
    assert amounts(run.bills) == {"a-1": "110.00", "a-2": "109.00"}


def test_a_file_without_ids_is_known_by_its_content(tmp_path: Path) -> None:
    from partita.catalog import load

    from .billing import CATALOG

    mapping = {**CATALOG["usage"]["calls"], "id": "none"}
    without_ids = load({**CATALOG, "usage": {"calls": mapping}})
    first = bill(tmp_path, "october", OCTOBER, catalog=without_ids)
    assert first.rated == 3
    write_calls(tmp_path / "sent", "again", OCTOBER)
    write_calls(tmp_path / "sent", "new", OCTOBER[:1])
    run = cycle.run(without_ids, tmp_path / "sent", "2026-11", store_in(tmp_path))
    names = _rejects(run)
    assert names == {
        ("again", 0): "duplicate",
        ("again", 1): "duplicate",
        ("again", 2): "duplicate",
        ("again", 4): "unknown_key",
    }
    assert run.rated == 1  # the same call in another file is another record


def test_lost_ids_of_earlier_runs_are_an_error_of_the_store(tmp_path: Path) -> None:
    october = bill(tmp_path, "october", OCTOBER)
    (october.folder / "part-0000" / "ids.parquet").unlink()
    with pytest.raises(StoreError, match=r"cannot be compared.*ids\.parquet"):
        bill(tmp_path, "november", OCTOBER[:1], "2026-11")


# Rejects --------------------------------------------------------------------------------------------------------------


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


# Resuming -------------------------------------------------------------------------------------------------------------


def _rated_until(parts: int, folder: Path) -> int:
    """Run October one account at a time, with a Ctrl-C after some partitions; how many were rated."""
    rate_part, rated = work.rate_part, []

    def interrupted(*given: object) -> object:
        if len(rated) == parts:
            raise KeyboardInterrupt
        rated.append(given)
        return rate_part(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(work, "rate_part", interrupted)
        bill(folder, "october", OCTOBER, partition_rows=1)
    return len(rated)


def test_a_run_resumes_from_finished_partitions(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "whole"), partition_rows=1)
    parts = len(list(whole.folder.glob("part-*")))
    assert _rated_until(2, tmp_path) == 2
    assert book(store_in(tmp_path))["runs"] == []
    assert _rated_until(parts, tmp_path) == parts - 2
    assert book(store_in(tmp_path)) == book(whole.store)
    resumed = tmp_path / "book.runs" / whole.run_id
    assert {path.name for path in resumed.iterdir()} == {path.name for path in whole.folder.iterdir()}


def test_a_broken_partition_is_rated_again(tmp_path: Path) -> None:
    whole = bill(tmp_path, "october", OCTOBER, store=store_in(tmp_path, "whole"), partition_rows=1)
    _rated_until(2, tmp_path)
    lines = tmp_path / "book.runs" / whole.run_id / "part-0000" / "lines.parquet"
    lines.write_bytes(lines.read_bytes()[:-1] + b"?")
    assert book(bill(tmp_path, "october", OCTOBER, partition_rows=1).store) == book(whole.store)


def test_partitions_of_another_opening_state_are_not_taken_over(tmp_path: Path) -> None:
    _rated_until(2, tmp_path)
    early = ["8,2026-10-01T07:00:00Z,461,10,ok", "9,2026-10-01T07:00:00Z,463,10,ok"]
    bill(tmp_path, "early", early, open=True)
    run = bill(tmp_path, "october", OCTOBER, partition_rows=1)
    assert amounts(run.bills) == {"a-1": "125.00", "a-2": "129.00"}


def test_an_attempt_killed_after_its_commit_is_found_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(work.Work, "_end", _killed)
        bill(tmp_path, "october", OCTOBER, open=True)
    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(work.Work, "_end", _killed)
        cycle.close(catalog(), "2026-10", store_in(tmp_path))
    again = [bill(tmp_path, "october", OCTOBER, open=True), cycle.close(catalog(), "2026-10", store_in(tmp_path))]
    assert [run.replayed for run in again] == [True, True]
    assert not any((run.folder / "started").exists() for run in again)
    with pytest.raises(PeriodError, match="2026-10 is closed, by run"):
        cycle.close(catalog(), "2026-10", store_in(tmp_path))


def _killed(_: object) -> None:
    raise KeyboardInterrupt


def test_what_is_wrong_with_usage_as_a_whole_is_an_error(tmp_path: Path) -> None:
    path = write_calls(tmp_path, "october", OCTOBER)
    path.write_text(path.read_text().replace("units", "seconds"))
    with pytest.raises(UsageSchemaError, match="units"):
        cycle.run(catalog(), path, "2026-10", store_in(tmp_path))
    with pytest.raises(UsageSchemaError, match="no such file"):
        cycle.run(catalog(), tmp_path / "nowhere", "2026-10", store_in(tmp_path))
    assert book(store_in(tmp_path))["runs"] == []
