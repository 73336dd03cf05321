"""explain: every step of a line, from its record to the ledger, as the book has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import partita
from partita.cli import outcome
from partita.cycle import Run
from partita.errors import StoreError
from partita.store import open_store

from .billing import OCTOBER, bill


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return bill(tmp_path, "october", [*OCTOBER, OCTOBER[0]], shares="lines")


def test_every_line_is_as_it_was_made(run: Run) -> None:
    for line in run.lines.to_pylist():
        found = partita.explain(run, line["line_id"])
        assert not found.differences
        data = found.to_dict()
        assert data["line_id"] == line["line_id"].hex()
        assert float(data["price"]["amount"]) == float(line["amount"])
        assert data["documents"][0]["kind"] == "bill"


def test_a_record_by_its_place(run: Run) -> None:
    data = partita.explain(run, ("october.csv", 1)).to_dict()
    assert data["guide"]["subscription"] == "s-1"
    figures = {name: data["price"][name] for name in ("counter_before", "counter_after", "exact", "amount")}
    assert figures == {"counter_before": "4", "counter_after": "12", "exact": "7", "amount": "7"}
    assert data["entries"]


def test_the_shares_of_a_fee(run: Run) -> None:
    fee = next(line for line in run.lines.to_pylist() if line["kind"] == "recurring")
    data = partita.explain(run, fee["line_id"].hex()[:12]).to_dict()
    wholesale = next(share for share in data["shares"] if share["flow"] == "wholesale")
    figures = {name: wholesale[name] for name in ("base", "rate", "exact", "amount")}
    assert figures == {"base": "109", "rate": "0.7", "exact": "76.3", "amount": "76.3"}
    assert [document["kind"] for document in data["documents"]] == ["bill", "statement"]


def test_a_line_that_a_guarantee_rests_on(tmp_path: Path) -> None:
    """70 % of 109.00 is measured; 120.00 are guaranteed (models A.4): both lines of the statement are the line's."""
    catalog = partita.load(
        {
            "parties": {"musicco": {}, "telco": {}},
            "accounts": {key: {"owner": f"c-{key}", "currency": "SEK"} for key in ("a-1", "a-2")},
            "subscriptions": {
                f"s-{n}": {"account": f"a-{n}", "plans": [{"plan": "music", "from": "2026-10-01"}]} for n in (1, 2)
            },
            "usage": {"events": {"id": "none", "files": "*.csv", "quantity": "quantity"}},
            "plans": {
                "music": {
                    "seller": "telco",
                    "currency": "SEK",
                    "charges": {"monthly": {"every": "month", "flat": "109.00"}},
                }
            },
            "agreements": {
                "resale": {
                    "roles": {"B": "musicco", "C": "account_owner", "D": "telco"},
                    "flows": {
                        "retail": {"payer": "C", "payee": "D", "base": "lines"},
                        "share": {"payer": "D", "payee": "B", "of": "retail", "percent": "70%"},
                        "wholesale": {"payer": "D", "payee": "B", "greater_of": ["share", "200.00"]},
                        "margin": {"payee": "D", "of": "retail", "remainder": "wholesale"},
                    },
                }
            },
        }
    )
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / "none.csv").write_text("time,key,quantity\n")
    run = partita.run(catalog, tmp_path / "usage", "2026-10", f"duckdb:///{tmp_path}/book.duckdb")
    found = partita.explain(run, run.lines["line_id"][0].as_py())
    assert not found.differences
    documents = found.to_dict()["documents"]
    assert [(part["kind"], part["item"], part["net"]) for part in documents] == [
        ("bill", "music/monthly", "109"),
        ("statement", "wholesale", "152.6"),
        ("statement", "wholesale/true_up", "47.4"),
    ]


@pytest.mark.parametrize(("row", "step", "words"), [(4, "reject", "unknown_key"), (5, "reject", "duplicate")])
def test_why_a_record_was_rejected(run: Run, row: int, step: str, words: str) -> None:
    assert words in str(partita.explain(run, f"october.csv:{row}").to_dict()[step])


def test_a_record_that_is_left_out(run: Run) -> None:
    assert "leaves this row out" in str(partita.explain(run, "october.csv:3"))


def test_a_figure_that_is_not_as_stored(run: Run) -> None:
    with open_store(run.store) as book:
        book.execute("UPDATE documents SET net = net + 0.01 WHERE payer_account = 'a-1'")
    (difference,) = partita.explain(run, "october.csv:0").differences
    assert (difference.table, difference.column) == ("documents", "net")
    assert outcome(["explain", "october.csv:0", "--store", run.store]) == 1


@pytest.mark.parametrize("line", ["abc", "other.csv:1", "october.csv:99"])
def test_a_line_that_is_not_there(run: Run, line: str) -> None:
    with pytest.raises(StoreError):
        partita.explain(run, line)


def test_on_the_command_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(["explain", "october.csv:1", "--store", run.store, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["price"]["amount"] == "7"
