"""Records of one identity within a run, where it is for a counter to say whether each could be rated: the calls of
`test_repeated`, from a file to the book."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from partita import cycle, load
from partita.cycle import part
from partita.reference import Batch, Reference

from .billing import amounts, store_in
from .test_repeated import CATALOG, TIERS, Row, call

FREE = {"graduated": {"scope": "account", "tiers": [{"up_to": "10", "price": "0"}, {"price": "2"}]}}
"""The first ten units of a month cost nothing."""
UNITS = (0, 1, 4, 5, 10, 25)


def run(
    folder: Path, rows: list[Row], catalog: dict[str, Any], partition_rows: int = 1_000_000, **options: Any
) -> cycle.Run:
    """Of usage in a folder of its own, into the book beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "calls.csv", rows)
    store = store_in(folder.parent)
    return cycle.run(load(catalog), folder, "2026-10", store, partition_rows=partition_rows, **options)


def write(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def with_charge(charge: Row) -> dict[str, Any]:
    start = {**CATALOG["plans"]["start"], "charges": {"calls": charge}}
    return {**CATALOG, "plans": {**CATALOG["plans"], "start": start}}


def check(made: cycle.Run, rows: list[Row], catalog: dict[str, Any]) -> None:
    """The same records are rated as by the reference, at the same amounts, and counters stand where they do there. The
    code of one that is refused is that of a duplicate even if it would be another reject where it stands."""
    wanted = Reference(load(catalog)).rate([Batch("calls", "calls.csv", rows, "")], None, (), check_duplicates=True)
    lines = {line["usage_row"]: line["amount"] for line in made.lines.to_pylist()}
    assert lines == {line["usage_row"]: line["amount"] for line in wanted.lines}
    codes = {reject["usage_row"]: reject["code"] for reject in made.rejects.to_pylist()}
    expected = {reject["usage_row"]: reject["code"] for reject in wanted.rejects}
    assert codes.keys() == expected.keys()
    assert all(code == expected[row] for row, code in codes.items() if code < 500)
    counters = {(row["owner"], row["quantity"]) for row in made.counters.to_pylist()}
    assert counters == {(row["owner"], row["quantity"]) for row in wanted.counters}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_what_seems_to_be_no_record_by_itself_is_billed_once(tmp_path: Path, partition_rows: int) -> None:
    """Beside the run a call is one of the first, costs nothing, and is over-shared; after 25 units it costs 2."""
    rows = [call(1, "w", 25), call(2, "x", 1), call(2, "x", 1), call(1, "v", 25, "b")]
    catalog = with_charge(FREE)
    made = run(tmp_path / "run", rows, catalog, partition_rows)
    assert {row["usage_row"]: row["name"] for row in made.rejects.to_pylist()} == {2: "duplicate"}
    assert amounts(made.bills) == {"a": "32.00", "b": "30.00"}
    check(made, rows, catalog)


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_what_comes_after_an_original_that_is_rejected_is_billed(tmp_path: Path, partition_rows: int) -> None:
    rows = [call(1, "w", 10), call(2, "x", 5), call(3, "x", 20), call(1, "v", 5, "b")]
    made = run(tmp_path / "run", rows, CATALOG, partition_rows)
    assert {row["usage_row"]: row["code"] for row in made.rejects.to_pylist()} == {1: 405}
    assert amounts(made.bills) == {"a": "30.00", "b": "5.00"}
    check(made, rows, CATALOG)


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_what_seems_to_be_no_record_by_itself_is_billed_once_across_runs(tmp_path: Path, partition_rows: int) -> None:
    """30.00 and two calls at 2.00; the third is the second once more."""
    catalog = with_charge(FREE)
    first, second = [call(1, "w", 25), call(2, "x", 1)], [call(2, "x", 1), call(3, "y", 1), call(1, "v", 25, "b")]
    run(tmp_path / "first", first, catalog, partition_rows, open=True)
    made = run(tmp_path / "second", second, catalog, partition_rows)
    assert {row["usage_row"]: row["name"] for row in made.rejects.to_pylist()} == {0: "duplicate"}
    assert amounts(made.bills) == {"a": "34.00", "b": "30.00"}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_what_seems_to_be_no_record_by_itself_is_billed_once_of_equal_files(
    tmp_path: Path, partition_rows: int
) -> None:
    """Records without ids are known by the content of their file. It is there twice in one run, and again in the next:
    30.00, and one call at 2.00."""
    catalog = with_charge(FREE)
    catalog["usage"] = {"calls": {**catalog["usage"]["calls"], "id": "none"}}
    rows = [call(2, "", 1), call(2, "", 1, "nobody")]
    (tmp_path / "first").mkdir()
    write(tmp_path / "first" / "again.csv", rows)
    write(tmp_path / "first" / "before.csv", [call(1, "", 25), call(1, "", 25, "b")])
    made = run(tmp_path / "first", rows, catalog, partition_rows, open=True)
    assert sorted(row["name"] for row in made.rejects.to_pylist()) == ["duplicate", "unknown_key", "unknown_key"]
    made = run(tmp_path / "second", rows, catalog, partition_rows)
    assert sorted(row["name"] for row in made.rejects.to_pylist()) == ["duplicate", "unknown_key"]
    assert amounts(made.bills) == {"a": "32.00", "b": "30.00"}


@pytest.mark.parametrize("partition_rows", [1_000_000, 1])
def test_an_identity_of_two_accounts_is_billed_to_one(tmp_path: Path, partition_rows: int) -> None:
    rows = [call(1, "w", 25), call(1, "v", 25, "b"), call(2, "x", 1), call(3, "x", 1, "b")]
    made = run(tmp_path / "run", rows, with_charge(FREE), partition_rows)
    assert amounts(made.bills) == {"a": "32.00", "b": "30.00"}
    check(made, rows, with_charge(FREE))


def test_verdicts_that_hold_are_not_judged_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bool] = []
    rate = part.Verbs.rate

    def counted(verbs: Any, *given: Any, **options: Any) -> Any:
        searched.append(options.get("check_duplicates", False) or (len(given) > 4 and given[4]))
        return rate(verbs, *given, **options)

    monkeypatch.setattr(part.Verbs, "rate", counted)
    rows = [call(1, "w", 3), call(2, "x", 1), call(2, "x", 1), call(3, "y", 1, "nobody"), call(3, "y", 1, "nobody")]
    made = run(tmp_path / "run", rows, CATALOG)
    assert {row["usage_row"]: row["code"] for row in made.rejects.to_pylist()} == {2: 501, 3: 201, 4: 201}
    assert searched == [True, False]


@pytest.mark.parametrize("charge", [FREE, {"graduated": {"scope": "account", "tiers": TIERS}}])
@pytest.mark.parametrize("seed", range(6))
def test_runs_and_reference_agree_on_what_repeats(tmp_path: Path, seed: int, charge: Row) -> None:
    chance = random.Random(seed)
    rows = [
        call(
            chance.randrange(12), chance.choice("stuvwxyz"), chance.choice([0, 1, 4, 5, 10, 25]), chance.choice("aabb")
        )
        for _ in range(chance.randrange(8, 40))
    ]
    check(run(tmp_path / "one" / "run", rows, with_charge(charge)), rows, with_charge(charge))
    # Those of an identity in one partition.
    rows = [{**row, "id": row["key"] + row["id"]} for row in rows]
    check(run(tmp_path / "several" / "run", rows, with_charge(charge), partition_rows=1), rows, with_charge(charge))
