"""The command line: exit codes, data, and messages that say what to do."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from partita.catalog.document import compose
from partita.cli import outcome
from partita.store import open_store

from .billing import CATALOG, OCTOBER, amounts, over_shared, store_in, write_calls

Partita = Callable[..., tuple[int, str, str]]


@pytest.fixture
def partita(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Partita:
    """Run a command in a folder that has a catalog, usage and no book: its exit code, output and errors."""
    (tmp_path / "catalog.json").write_text(json.dumps(CATALOG, indent=1))
    write_calls(tmp_path, "october", OCTOBER)
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> tuple[int, str, str]:
        code = outcome([str(word) for word in words])
        written = capsys.readouterr()
        return code, written.out, written.err

    return command


RUN = ("run", "catalog.json", "calls", "--period", "2026-10")


def _data(partita: Partita, *words: str) -> Any:
    code, text, _ = partita(*words, "--json")
    assert code == 0
    return json.loads(text)


# run ------------------------------------------------------------------------------------------------------------------


def test_run_says_what_it_did_and_how_to_correct(partita: Partita) -> None:
    code, text, errors = partita(*RUN)
    assert (code, errors) == (0, "")
    assert "5 rows, 3 rated, 1 rejected, 1 skipped" in text
    assert "2 bills, 1 statement" in text
    assert "partita rejects" in text


def test_the_same_again_says_so(partita: Partita) -> None:
    first = _data(partita, *RUN)
    code, text, _ = partita(*RUN)
    assert code == 0
    assert f"run {first['run_id']} exists already" in text
    assert "nothing was written" in text
    assert _data(partita, *RUN) == {**first, "replayed": True}


def test_run_as_data(partita: Partita) -> None:
    facts = _data(partita, *RUN)
    assert len(facts.pop("run_id")) == 32
    assert facts == {
        "kind": "run",
        "period": "2026-10",
        "replayed": False,
        "rows": 5,
        "skipped": 1,
        "rated": 3,
        "rejected": 1,
        "uncharged": 0,
        "bills": 2,
        "statements": 1,
        "unidentified": [],
        "notices": [],
    }


def test_a_run_says_where_it_could_not_look_for_duplicates(partita: Partita, tmp_path: Path) -> None:
    catalog = json.loads((tmp_path / "catalog.json").read_text())
    for mapping in catalog["usage"].values():
        mapping["id"] = "none"
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    code, text, _ = partita(*RUN)
    assert (code, "could not be checked" in text) == (0, True)
    assert len(_data(partita, *RUN)["unidentified"]) == 1


def test_rejects_fail_only_when_asked_to(partita: Partita) -> None:
    assert partita(*RUN, "--fail-on-rejects")[0] == 4
    assert partita(*RUN, "--fail-on-rejects")[0] == 4  # the same run again still has them
    assert partita(*RUN)[0] == 0


def test_what_a_close_could_not_charge_fails_when_asked_to(partita: Partita, tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(over_shared()))
    assert partita(*RUN, "--open")[0] == 0
    code, text, _ = partita("close", "catalog.json", "--period", "2026-10", "--fail-on-rejects")
    assert (code, "1 charge of the period could not be made" in text) == (4, True)
    assert "over_shared" in partita("report")[1]


def test_open_close_undo(partita: Partita) -> None:
    assert _data(partita, *RUN, "--open")["kind"] == "open"
    closed = _data(partita, "close", "catalog.json", "--period", "2026-10")
    assert (closed["kind"], closed["bills"]) == ("close", 2)
    code, _, errors = partita("close", "catalog.json", "--period", "2026-10")
    assert code == 3
    assert errors.startswith("period: 2026-10 is closed, by run ")
    assert _data(partita, "undo", closed["run_id"][:12])["kind"] == "close"
    code, text, _ = partita("undo")
    assert code == 0
    assert "took back run" in text
    code, _, errors = partita("undo")
    assert code == 3
    assert "no run to take back" in errors


@pytest.mark.parametrize("words", [("undo",), ("rejects", "0000", "-o", "back")])
def test_a_book_that_is_not_there_is_a_matter_of_the_store(
    partita: Partita, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = sorted(tmp_path.iterdir())
    code, _, errors = partita(*words)
    assert code == 3
    assert errors.startswith("store: book.duckdb: there is no book")
    assert sorted(tmp_path.iterdir()) == before


def test_a_trial_commits_nothing(partita: Partita, tmp_path: Path) -> None:
    code, text, _ = partita(*RUN, "--trial", "--folder", "trial")
    assert code == 0
    assert "nothing is committed; all of it is in trial" in text
    assert not (tmp_path / "book.duckdb").exists()
    assert pq.read_table(tmp_path / "trial" / "close" / "documents.parquet").num_rows == 3


def test_tables_are_handed_over(partita: Partita, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("account,owner,currency\na-3,c-3,SEK\n")
    (tmp_path / "held.csv").write_text("subscription,account,keys,plan\ns-3,a-3,999,start\n")
    beside = ("--accounts", "more.csv", "--subscriptions", "held.csv")
    assert _data(partita, *RUN, *beside)["rejected"] == 0
    code, _, errors = partita(*RUN, "--table", "prices")
    assert code == 2
    assert "name=file" in errors


# Errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("run", "catalog.json", "calls"), 2, "--period"),
        (("run", "catalog.json", "calls", "--period", "October"), 3, "period: 'October' is not a month"),
        (("run", "nowhere", "calls", "--period", "2026-10"), 2, "catalog: nowhere: no such file or folder"),
        (("run", "catalog.json", "nothing", "--period", "2026-10"), 2, "usage: nothing: there is no such file"),
        ((*RUN, "--store", "mysql://book"), 3, "store: 'mysql://book' is not a book's URL"),
        ((*RUN, "--keep", "all"), 2, "--keep"),
        (("fly",), 2, "No such command"),
        ((*RUN, "--folder", "trial"), 2, "give --trial too"),
        (("rate", "catalog.json", "calls", "-o", "x", "--rejects", "x"), 2, "is another output"),
        (("check",), 2, "which catalog?"),
        (("new", "Z.9"), 2, "'Z.9' is none of A.1"),
        (("report",), 3, "store: book.duckdb: there is no book"),
        (("demo", "A.99"), 2, "'A.99' is none of A.4"),
    ],
)
def test_errors_have_their_codes(partita: Partita, words: tuple[str, ...], code: int, message: str) -> None:
    found, _, errors = partita(*words)
    assert found == code
    assert message in errors.replace("\n", " ")
    assert "Traceback" not in errors


def test_a_book_in_use_is_an_error_of_the_store(partita: Partita, tmp_path: Path) -> None:
    hold = f"book = open_store({store_in(tmp_path)!r}); print(1, flush=True); sys.stdin.read()"
    holder = f"import sys; from partita.store import open_store; {hold}"
    with subprocess.Popen([sys.executable, "-c", holder], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        code, _, errors = partita(*RUN)
        process.communicate()
    assert code == 3
    assert f"in use by process {process.pid}" in errors
    assert "wait until it is done" in errors


def test_what_nobody_foresaw_is_internal(partita: Partita, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("partita.cycle.run", lambda *_, **__: 1 / 0)
    code, _, errors = partita(*RUN)
    assert code == 70
    assert errors.startswith("internal error: ZeroDivisionError: ")


def test_an_interrupted_run_leaves_with_its_own_code(partita: Partita, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("partita.cycle.work.rate_part", interrupted)
    code, _, errors = partita(*RUN)
    assert code == 130
    assert "goes on from there" in errors


def test_a_query_that_is_interrupted_is_an_interruption(partita: Partita, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB says so by a RuntimeError of its own."""

    def interrupted(*_: object, **__: object) -> None:
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("partita.cycle.work.close_period", interrupted)
    code, _, errors = partita(*RUN)
    assert code == 130
    assert "goes on from there" in errors


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
def test_ctrl_c_ends_a_run_cleanly(partita: Partita, tmp_path: Path) -> None:
    """A real SIGINT, while a run is at work; the same command then goes on."""
    script = (
        "import os, signal, sys\nimport partita.cycle.work as work\nfrom partita.cli import main\n"
        "own = work.rate_part\n"
        "def rate_part(*given):\n    os.kill(os.getpid(), signal.SIGINT)\n    return own(*given)\n"
        "work.rate_part = rate_part\nmain(sys.argv[1:])\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, *RUN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 130
    assert told.stderr == "interrupted; what is finished is kept, and the same command goes on from there\n"
    assert partita(*RUN)[0] == 0


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("rate", "catalog.json", "calls", "-o", "nowhere/lines.parquet"), "nowhere/lines.parquet"),
        (("rate", "catalog.json", "calls", "-o", "calls"), "calls"),
        (("new", "A.4", "-o", "nowhere/music.yaml"), "nowhere/music.yaml"),
        (("report", "--csv", "catalog.json"), "catalog.json"),
        (("rejects", "", "-o", "catalog.json"), "catalog.json"),
    ],
)
def test_an_output_that_cannot_be_written_is_named(partita: Partita, words: tuple[str, ...], file: str) -> None:
    run_id = _data(partita, *RUN)["run_id"]
    code, _, errors = partita(*(word or run_id for word in words))
    assert code == 2
    assert errors.startswith("file: ")
    assert file in errors


def test_a_full_disk_is_a_matter_of_the_store(partita: Partita, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "book/part")

    monkeypatch.setattr("partita.cycle.run", full)
    assert partita(*RUN) == (3, "", "file: book/part: No space left on device\n")


# check, new -----------------------------------------------------------------------------------------------------------


def test_check_prints_who_pays_whom(partita: Partita) -> None:
    code, text, _ = partita("check", "catalog.json")
    assert code == 0
    assert "D (nordtel) ── wholesale: 70 % of retail ──▶ B (musicco)" in text


def test_check_names_all_problems(partita: Partita, tmp_path: Path) -> None:
    broken = (tmp_path / "catalog.json").read_text().replace('"currency": "SEK"', '"currency": "SEKK"', 1)
    (tmp_path / "broken.json").write_text(broken.replace('"seller": "nordtel"', '"seller": "nordtle"'))
    code, _, errors = partita("check", "broken.json")
    assert code == 2
    assert "broken.json:" in errors
    assert "nordtle" in errors
    code, text, _ = partita("check", "broken.json", "--json")
    assert code == 2
    assert {problem["path"] for problem in json.loads(text)["problems"]} >= {"plans.start.seller"}


def test_check_reads_the_files_that_a_catalog_names(partita: Partita, tmp_path: Path) -> None:
    document = {"accounts": {"file": "accounts.csv"}, "parties": {"nordtel": {}}}
    (tmp_path / "with-files.json").write_text(json.dumps(document))
    code, _, errors = partita("check", "with-files.json")
    assert code == 2
    assert "accounts.csv" in errors
    (tmp_path / "accounts.csv").write_text("account,owner,currency\na-1,c-1,SEKK\n")
    code, text, _ = partita("check", "with-files.json", "--json")
    assert code == 2
    assert "SEKK" in json.loads(text)["problems"][0]["message"]
    (tmp_path / "accounts.csv").write_text("account,owner,currency\na-1,c-1,SEK\n")
    assert partita("check", "with-files.json")[0] == 0
    plans = {"start": {"seller": "nordtel", "currency": "SEK", "charges": {"sms": {"flat": "1"}}}}
    document = {"parties": {"nordtel": {}}, "subscriptions": {"file": "subscriptions.csv"}, "plans": plans}
    (tmp_path / "with-files.json").write_text(json.dumps(document))
    (tmp_path / "subscriptions.csv").write_text("subscription,account,plan,key\ns-1,a-2,start,461\n")
    assert partita("check", "with-files.json")[0] == 0  # its accounts come from elsewhere
    code, _, errors = partita("check", "with-files.json", "--accounts", "accounts.csv")
    assert code == 2
    assert "a-2" in errors


def test_check_as_data_is_a_catalog_again(partita: Partita) -> None:
    from partita.catalog import load

    facts = _data(partita, "check", "catalog.json")
    assert facts["problems"] == []
    assert load(facts["catalog"]) == load(CATALOG)


def test_check_prints_the_columns_of_tables(partita: Partita) -> None:
    code, text, _ = partita("check", "--tables")
    assert code == 0
    assert "cycle_day" in text
    columns = _data(partita, "check", "--tables")["tables"]["accounts"]
    assert columns[0] == {
        "name": "account",
        "holds": "text",
        "about": "the account's id",
        "needed": True,
        "default": None,
    }


def test_new_writes_a_template(partita: Partita, tmp_path: Path) -> None:
    code, text, _ = partita("new", "A.4", "--name", "music")
    assert code == 0
    assert "\n  music:\n    model: A.4\n" in text
    assert partita("new", "A.4", "-o", "music.yaml")[0] == 0
    assert (tmp_path / "music.yaml").read_text().startswith("# Distributor")
    code, _, errors = partita("new", "A.4", "-o", "music.yaml")
    assert code == 2
    assert "is there already" in errors
    assert "A.14" in partita("new")[1]


@pytest.mark.parametrize("name", ["we ird: {name}", "null", '"', "é", "-", "a\nb"])
def test_a_template_is_read_under_the_name_it_is_given(partita: Partita, name: str) -> None:
    code, text, _ = partita("new", "A.4", "--name", name)
    assert code == 0
    data, problems = compose(text, "new.yaml")
    assert problems == []
    assert list(data["agreements"]) == [name]


@pytest.mark.parametrize("name", ["", "<<", "\udce9"])
def test_what_cannot_be_an_id_is_no_name(partita: Partita, name: str) -> None:
    code, text, errors = partita("new", "A.4", "--name", name)
    assert (code, text) == (2, "")
    assert "cannot be the id of an agreement" in errors


# rate, rejects, report ------------------------------------------------------------------------------------------------


def test_a_catalog_may_lie_where_its_book_does(partita: Partita) -> None:
    for period in ("2026-10", "2026-11"):
        code, _, errors = partita("run", ".", "calls", "--period", period)
        assert (code, errors) == (0, "")


def test_who_reads_no_further_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(CATALOG))
    reads, writes = os.pipe()
    os.close(reads)
    command = [sys.executable, "-m", "partita", "check", "catalog.json"]
    done = subprocess.run(command, cwd=tmp_path, stdout=writes, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writes)
    assert (done.returncode, done.stderr) == (0, b"")


def test_damaged_files_of_a_run_are_a_matter_of_the_store(partita: Partita, tmp_path: Path) -> None:
    run = _data(partita, *RUN)["run_id"]
    part = tmp_path / "book.runs" / run / "part-0000"
    (part / "lines.parquet").write_bytes(b"PAR1")
    (part / "manifest.json").write_text("{")
    for words in (("report", "--csv", "out"), ("explain", "calls/october.csv:0"), RUN):
        code, _, errors = partita(*words)
        assert code == 3
        assert errors.startswith("store: ")


def test_usage_is_not_written_over(partita: Partita) -> None:
    code, _, errors = partita("rate", "catalog.json", "calls/october.csv", "-o", "calls/october.csv")
    assert code == 2
    assert "is usage" in errors


def test_rate_writes_parquet(partita: Partita, tmp_path: Path) -> None:
    words = ("rate", "catalog.json", "calls", "-o", "lines.parquet", "--rejects", "rejects.parquet")
    assert _data(partita, *words) == {"rows": 5, "skipped": 1, "rejected": 1, "lines": 3}
    lines = pq.read_table(tmp_path / "lines.parquet").to_pylist()
    assert [f"{line['amount']:.2f}" for line in lines] == ["4.00", "7.00", "15.00"]
    assert pq.read_table(tmp_path / "rejects.parquet")["name"].to_pylist() == ["unknown_key"]
    assert partita(*words, "--fail-on-rejects")[0] == 4


def test_rejects_are_written_corrected_and_billed(partita: Partita, tmp_path: Path) -> None:
    run_id = _data(partita, *RUN)["run_id"]
    files = _data(partita, "rejects", run_id[:8], "-o", "back")["files"]
    assert files == ["back/calls/october.csv", "back/_reasons.csv"]
    path = tmp_path / files[0]
    path.write_text(path.read_text().replace(",999,", ",461,"))
    facts = _data(partita, "run", "catalog.json", "back", "--period", "2026-11")
    assert (facts["rated"], facts["rejected"]) == (1, 0)


def test_report_shows_documents_and_books(partita: Partita) -> None:
    partita(*RUN)
    code, text, _ = partita("report")
    assert code == 0
    for part in ("Bills: 2 with 244.00 SEK", "Statements: 1 with 152.60 SEK", "Trial balance of nordtel", "musicco"):
        assert part in text
    assert "2 customers of nordtel" in text
    assert "152.60 SEK under music ──▶ musicco" in text
    code, text, _ = partita("report", "--book", "musicco")
    assert code == 0
    assert "receivable:nordtel:SEK" in text
    assert partita("report", "--book", "nobody")[0] == 3


def test_report_as_data(partita: Partita) -> None:
    partita(*RUN)
    facts = _data(partita, "report")
    assert {bill["payer_account"]: bill["gross"] for bill in facts["bills"]} == {
        "a-1": "120.000000000000",
        "a-2": "124.000000000000",
    }
    assert sum(float(row["debit"]) - float(row["credit"]) for row in facts["trial_balance"]) == 0


def test_report_writes_every_table(partita: Partita, tmp_path: Path) -> None:
    partita(*RUN)
    assert partita("report", "--csv", "csv", "--parquet", "parquet")[0] == 0
    names = {path.stem for path in (tmp_path / "csv").iterdir()}
    assert names == {path.stem for path in (tmp_path / "parquet").iterdir()}
    assert names >= {"documents", "document_lines", "entries", "positions", "lines", "shares", "rejects", "runs"}
    documents = pq.read_table(tmp_path / "parquet" / "documents.parquet")
    with open_store(store_in(tmp_path), read_only=True) as book:
        assert documents.cast(book.table("documents").schema) == book.table("documents")
    assert amounts(documents.filter(pc.equal(documents["kind"], "bill"))) == {"a-1": "120.00", "a-2": "124.00"}


def test_a_period_without_a_close_has_no_report(partita: Partita) -> None:
    partita(*RUN, "--open")
    code, _, errors = partita("report")
    assert code == 3
    assert "`partita close` makes bills" in errors
    assert partita("report", "--period", "2026-09")[0] == 3


# demo, start-up -------------------------------------------------------------------------------------------------------


def test_demo_plays_a_month(partita: Partita, tmp_path: Path) -> None:
    code, text, _ = partita("demo", "--records", "2000", "--store", store_in(tmp_path, "demo"))
    assert code == 0
    for part in ("Bills: ", "Statements: 1", "Trial balance of nordtel", "Trial balance of musicco", "Who pays whom"):
        assert part in text
    assert _data(partita, "report", "--store", store_in(tmp_path, "demo"))["run"]["rows"] == 2000


def _as_module(folder: Path, encoding: str, *words: str) -> str:
    """What `python -m partita` writes to an output of an encoding."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "partita", *words]
    done = subprocess.run(command, capture_output=True, cwd=folder, env=environment, check=True)
    assert done.stderr == b""
    return done.stdout.decode(encoding)


def test_the_package_runs_as_a_module(tmp_path: Path) -> None:
    assert _as_module(tmp_path, "utf-8", "--version").startswith("partita ")


def test_an_output_that_knows_only_ascii_is_drawn_in_it(tmp_path: Path) -> None:
    catalog = deepcopy(CATALOG)
    catalog["parties"]["musicco"] = {"name": "Musik für Ålänningar"}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog))
    drawn = _as_module(tmp_path, "ascii", "check", "catalog.json")
    assert " D (nordtel) ?? wholesale: 70 % of retail ??? B (musicco)" in drawn
    data = json.loads(_as_module(tmp_path, "ascii", "check", "catalog.json", "--json"))
    assert data["catalog"]["parties"] == catalog["parties"]


def test_help_is_quick_to_load() -> None:
    heavy = ("pyarrow", "duckdb", "pydantic", "numpy")
    script = f"import sys; from partita.cli import main; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


def test_version(partita: Partita) -> None:
    from partita import __version__

    assert partita("--version")[:2] == (0, f"partita {__version__}\n")
