"""The book: one transaction a run, one process at a time, and errors that say what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from partita.errors import PeriodError, StoreError
from partita.store import Book, open_store
from partita.store.duckdb import DuckDbBook, interruptible
from partita.store.schema import TABLES, conform

LOG = {"at": datetime(2026, 11, 1, tzinfo=UTC), "action": "run", "run_id": "r1", "seconds": Decimal("1.5")}
LARGEST = Decimal("99999999999999999999999999.123456789012")


def _url(folder: Path) -> str:
    return f"duckdb:///{folder}/book.duckdb"


def _run(number: int, period: str = "2026-10") -> pa.Table:
    return pa.Table.from_pylist([{"run_id": f"r{number}", "number": number, "period": period, "kind": "run"}])


def _counter(run_id: str, quantity: str) -> pa.Table:
    start = datetime(2026, 10, 1, tzinfo=UTC)
    row = {"run_id": run_id, "charge": "start/calls", "owner": "s-1", "period_start": start}
    return pa.Table.from_pylist([{**row, "quantity": Decimal(quantity), "amount": LARGEST}])


def _tables(book: Book) -> dict[str, Any]:
    return {name: book.table(name).to_pylist() for name in TABLES}


def test_a_book_holds_exact_figures(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        book.commit([("runs", _run(1)), ("counters", _counter("r1", "0.000000000001"))], LOG)
    with open_store(_url(tmp_path), read_only=True) as book:
        (counter,) = book.counters().to_pylist()
        assert (counter["quantity"], counter["amount"]) == (Decimal("0.000000000001"), LARGEST)
        assert book.counters().schema == pa.schema(list(TABLES["counters"])[1:])


def test_books_of_one_name_with_other_endings_have_folders_of_their_own(tmp_path: Path) -> None:
    names = ("nordtel.prod", "nordtel.test", "nordtel.duckdb", "nordtel")
    folders = []
    for name in names:
        with open_store(f"duckdb:///{tmp_path}/{name}") as book:
            folders.append(book.folder.name)
    assert folders == ["nordtel.prod.runs", "nordtel.test.runs", "nordtel.runs", "nordtel.runs"]


def test_tables_come_back_in_their_types(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        for name, schema in TABLES.items():
            assert book.table(name).schema == schema


def test_the_latest_row_of_a_counter_is_where_it_stands(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        book.commit([("runs", _run(1)), ("counters", _counter("r1", "5"))], LOG)
        book.commit([("runs", _run(2)), ("counters", _counter("r2", "7"))], LOG)
        assert [row["quantity"] for row in book.counters().to_pylist()] == [7]
        assert [row["quantity"] for row in book.counters(before="r2").to_pylist()] == [5]
        assert book.counters(before="r1").num_rows == 0
        book.undo("r2", LOG)
        assert [row["quantity"] for row in book.counters().to_pylist()] == [5]


def test_a_commit_is_all_or_nothing(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        before = _tables(book)
        too_large = pa.table({"subscription": ["s"], "amount": pa.array([10**60], pa.decimal256(76, 0))})
        with pytest.raises((StoreError, pa.ArrowInvalid)):
            book.commit([("runs", _run(1)), ("billed", too_large)], LOG)
        assert _tables(book) == before
        assert book.query("SELECT * FROM run_log").num_rows == 0


def test_only_the_latest_run_can_be_undone(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        book.commit([("runs", _run(1))], LOG)
        before = _tables(book)
        book.commit([("runs", _run(2)), ("counters", _counter("r2", "7"))], LOG)
        with pytest.raises(PeriodError, match="not the latest"):
            book.undo("r1", LOG)
        book.undo("r2", LOG)
        assert _tables(book) == before
        assert book.query("SELECT * FROM run_log").num_rows == 3


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        book.commit([("runs", _run(1))], LOG)
        book.commit([("runs", _run(2))], LOG)
        assert [book.run(name) is not None for name in ("r1", "r", "", "x")] == [True, False, False, False]


def test_a_book_in_use_says_by_whom_and_what_to_do(tmp_path: Path) -> None:
    holder = (
        "import sys; from partita.store import open_store\n"
        f"book = open_store({_url(tmp_path)!r}); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        for read_only in (False, True):
            with pytest.raises(StoreError, match=rf"in use by process {process.pid} .*wait until it is done, or stop"):
                open_store(_url(tmp_path), read_only=read_only)
        process.communicate()
    open_store(_url(tmp_path)).close()


# Ctrl-C ---------------------------------------------------------------------------------------------------------------


def _write_for_long(book: Book) -> None:
    with book.transaction():
        book.execute("INSERT INTO notices (text) VALUES ('early')")
        book.query("SELECT sum(hash(i)) AS hashes FROM range(20000000000) numbers(i)")


def test_an_interrupted_query_takes_its_transaction_back(tmp_path: Path) -> None:
    """By the database's own means: when it looks at a signal is up to what it is at."""
    with open_store(_url(tmp_path)) as book:
        assert isinstance(book, DuckDbBook)
        clock = Timer(0.3, book._connection.interrupt)
        clock.start()
        with pytest.raises(KeyboardInterrupt):
            _write_for_long(book)
        clock.join()
        assert book.table("notices").num_rows == 0


@pytest.mark.parametrize("error", [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error")])
def test_what_the_database_calls_an_interruption_is_one(error: Exception) -> None:
    with pytest.raises(KeyboardInterrupt) as told, interruptible("a book"):
        raise error
    assert told.value.__cause__ is error


def test_other_errors_of_that_type_stay_as_they_are() -> None:
    with pytest.raises(RuntimeError, match="out of luck"), interruptible("a book"):
        raise RuntimeError("out of luck")


def test_ctrl_c_in_the_making_of_a_part_is_one(tmp_path: Path) -> None:
    def parts() -> Iterator[tuple[str, pa.Table]]:
        yield "runs", _run(1)
        yield "runs", _run(2)
        raise KeyboardInterrupt

    with open_store(_url(tmp_path)) as book:
        with pytest.raises(KeyboardInterrupt):
            book.commit(parts(), LOG)
        assert book.runs() == []
        book.commit([("runs", _run(1))], LOG)
        assert len(book.runs()) == 1


# What is opened -------------------------------------------------------------------------------------------------------


def test_readers_share_a_book(tmp_path: Path) -> None:
    open_store(_url(tmp_path)).close()
    with open_store(_url(tmp_path), read_only=True), open_store(_url(tmp_path), read_only=True) as book:
        assert book.runs() == []


def test_what_is_no_book_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("not a database at all, but a text of more than a few bytes" * 100)
    with pytest.raises(StoreError, match="cannot be opened as a DuckDB file"):
        open_store(f"duckdb:///{tmp_path}/text.duckdb")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute("CREATE TABLE shopping (item VARCHAR)")
    with pytest.raises(StoreError, match="not a book of Partita"):
        open_store(f"duckdb:///{tmp_path}/other.duckdb")


@pytest.mark.parametrize("how", [{"read_only": True}, {"make": False}])
def test_a_book_that_is_not_there_is_only_made_where_it_may_be(tmp_path: Path, how: dict[str, bool]) -> None:
    with pytest.raises(StoreError, match="there is no book"):
        open_store(f"duckdb:///{tmp_path}/deep/none.duckdb", **how)
    assert list(tmp_path.iterdir()) == []
    open_store(_url(tmp_path)).close()
    open_store(_url(tmp_path), **how).close()


def test_a_book_of_another_format_is_refused(tmp_path: Path) -> None:
    with open_store(_url(tmp_path)) as book:
        book.execute("UPDATE book SET format = '99'")
    with pytest.raises(StoreError, match="is a book of format 99"):
        open_store(_url(tmp_path))


@pytest.mark.parametrize("url", ["", "book", "sqlite:///book.db", "duckdb://book.duckdb", "duckdb:///"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="is not a book's URL"):
        open_store(url)


def test_a_path_will_do(tmp_path: Path) -> None:
    with open_store(f"{tmp_path}/deep/book.duckdb") as book:
        assert book.folder == tmp_path / "deep" / "book.runs"


def test_conform_refuses_figures_that_do_not_fit() -> None:
    with pytest.raises(pa.ArrowInvalid):
        conform(pa.table({"amount": pa.array([Decimal("0.0000000000001")])}), TABLES["billed"])
