"""bench: the benchmarks that a checkout has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import partita
from partita.errors import StoreError


def run(arguments: Sequence[str]) -> int:
    """Run the benches, with their names and options; the exit code comes back."""
    return subprocess.call([sys.executable, "-m", "benches", *arguments], cwd=_checkout())


def _checkout() -> Path:
    """The checkout that the package is in, or the working directory."""
    for root in (Path(partita.__file__).parents[2], Path.cwd()):
        if (root / "benches").is_dir() and (root / "pyproject.toml").is_file():
            return root
    raise StoreError("the benches are part of a checkout of Partita, and this is none")
