"""Runs benches and prints their figures beside the targets.

Each bench runs in processes of its own: one that checks its results, then one for each number of cores, so that none
inherits the memory of another and every library has as many threads as the figure says.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from .machine import machine
from .table import Row, draw

BENCHES: Final = ("flat", "graduated", "voice", "full", "one", "cycle", "compile")
USUAL: Final = 10_000_000
ACCOUNTS: Final = 200_000
CHECKED: Final = 100_000
TARGET_CORES: Final = 2
"""The number of cores that the targets are meant for; on others figures are not judged."""
_ROOT: Final = Path(__file__).parents[1]
_USES_FILE: Final = ("flat", "graduated", "voice", "full")


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    if given.step:
        return _step(given)
    with tempfile.TemporaryDirectory() as folder:
        rows = list(_rows(given, Path(folder) / "usage.arrow"))
    print(f"\n{machine()}\n")
    print(draw(rows))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benches", description="How fast Partita is, beside Polars and DuckDB.")
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"of {', '.join(BENCHES)}; without one all")
    parser.add_argument("--records", type=int, default=USUAL, help=f"how many to rate (usually {USUAL:,})")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help=f"whose they are (usually {ACCOUNTS:,})")
    parser.add_argument("--checked", type=int, default=CHECKED, help="records of the check before; 0 leaves it out")
    parser.add_argument("--rounds", type=int, default=3, help="of which the fastest counts")
    parser.add_argument(
        "--cores", type=int, nargs="+", default=[TARGET_CORES, 1], help="numbers of cores (usually 2 1)"
    )
    parser.add_argument("--full", action="store_true", help="cycle at 20 M records; it takes disk space and minutes")
    parser.add_argument("--step", choices=("check", "measure"), help=argparse.SUPPRESS)
    parser.add_argument("--usage", type=Path, help=argparse.SUPPRESS)
    return parser


def _rows(given: argparse.Namespace, usage: Path) -> Iterator[Row]:
    chosen = given.benches or BENCHES
    unknown = set(chosen).difference(BENCHES)
    if unknown:
        raise SystemExit(f"no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    if set(chosen).intersection(_USES_FILE):
        from .common import write_usage

        write_usage(usage, given.records, given.accounts)
    for name in chosen:
        if given.checked:
            _tell(f"{name}: checking")
            _child(given, name, "check", max(given.cores), usage)
        for cores in given.cores:
            _tell(f"{name}: measuring with {cores} {'thread' if cores == 1 else 'threads'}")
            for line in _child(given, name, "measure", cores, usage):
                yield Row(cores=cores, judged=cores == TARGET_CORES, **json.loads(line))


def _child(given: argparse.Namespace, name: str, step: str, cores: int, usage: Path) -> list[str]:
    """What a step printed, line by line. Leaves when it fails; it has said why."""
    command = [sys.executable, "-m", "benches", name, "--step", step, "--cores", str(cores), "--usage", str(usage)]
    for option in ("records", "accounts", "checked", "rounds"):
        command += [f"--{option}", str(getattr(given, option))]
    threads = dict.fromkeys(("RAYON_NUM_THREADS", "POLARS_MAX_THREADS", "OMP_NUM_THREADS"), str(cores))
    full = ["--full"] if given.full else []
    done = subprocess.run(
        [*command, *full], cwd=_ROOT, env={**os.environ, **threads}, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{name}: the step {step!r} failed")
    return done.stdout.splitlines()


def _step(given: argparse.Namespace) -> int:
    """One step of one bench, in this process; figures as lines of JSON."""
    import pyarrow as pa

    from .common import Settings

    (name,), (cores,) = given.benches, given.cores
    pa.set_cpu_count(cores)
    bench: Any = import_module(f"benches.{name}")
    if given.step == "check":
        bench.check(min(given.checked, given.records))
        return 0
    usage = given.usage if given.usage and given.usage.exists() else None
    settings = Settings(given.records, given.accounts, given.rounds, cores, given.full, usage)
    for figure in bench.measure(settings):
        print(json.dumps(asdict(figure)), flush=True)
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
