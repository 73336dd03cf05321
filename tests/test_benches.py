"""Each bench checks itself, and figures come out as a table. How fast anything is, is not tested."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RECORDS = 2_000


@pytest.fixture(autouse=True)
def _benches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.mark.parametrize("name", ["flat", "graduated", "voice", "full", "one", "cycle", "compile"])
def test_a_bench_agrees_with_its_peer_or_the_reference(name: str) -> None:
    bench: Any = import_module(f"benches.{name}")
    bench.check(RECORDS)


def test_every_bench_is_listed() -> None:
    assert import_module("benches.__main__").BENCHES == (
        "flat", "graduated", "voice", "full", "one", "cycle", "compile",
    )  # fmt: skip


def test_what_does_not_agree_is_named() -> None:
    agree = import_module("benches.common").agree
    agree("amount", [1, 2], [1, 2])
    with pytest.raises(AssertionError, match="amount: row 1 is 2, expected 3"):
        agree("amount", [1, 2], [1, 3])
    with pytest.raises(AssertionError, match="amount: 1 rows, expected 2"):
        agree("amount", [1], [1, 2])


def test_figures_beside_targets() -> None:
    table, common = import_module("benches.table"), import_module("benches.common")
    target = common.Target("2 × Polars", 20)
    figure = common.Figure.judged("flat", "", 1_000, 25.0, target, peers={"polars": 10.0})
    text = table.draw([table.Row(cores=cores, judged=cores == 2, **vars(figure)) for cores in (2, 1)])
    head, _, judged, other = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    assert head == ["bench", "records", "cores", "figure", "Polars", "target", ""]
    assert judged == ["flat", "1,000", "2", "25.0 M records/s", "10.0 (2.5 ×)", "2 × Polars", "met"]
    assert other[-2:] == ["", ""]
    assert not target.part(0.6).met(11.9)
    assert common.Target("50 µs", 50, most=True).met(49)


def test_a_bench_prints_its_table() -> None:
    command = [sys.executable, "-m", "benches", "graduated", "--records", str(RECORDS), "--accounts", "50"]
    options = ["--checked", "0", "--rounds", "1", "--cores", "1"]
    text = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    _, _, pace, versions, *_ = text.splitlines()
    assert re.fullmatch(r"one core: SHA-256 \d+\.\d\d GB/s, copies \d+\.\d GB/s", pace)
    assert "polars 2" in versions
    assert [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| graduated")] == [
        "graduated",
        "graduated, shuffled",
        "graduated, ids, duplicates checked",
    ]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc here")
def test_memory_counts_children() -> None:
    memory = import_module("benches.memory")
    child = "import sys; held = b'1' * (64 << 20); print('held', flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", parent], **pipes) as process:
        with memory.PeakMemory(process.pid) as peak:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            assert len(memory.tree(process.pid)) == 2
        process.communicate()  # the end of its input is the end of both
    assert peak.mib >= 64
