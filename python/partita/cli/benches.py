"""bench: the benchmarks that a checkout has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import partita
from partita.errors import StoreError


def run(names: Sequence[str], records: int | None) -> int:
    """Run the benches of these names (none: all); the exit code comes back."""
    size = [] if records is None else ["--records", str(records)]
    return subprocess.call([sys.executable, "-m", "benches", *names, *size], cwd=_checkout())


def _checkout() -> Path:
    """The checkout that the package is in, or else the working directory, if it has the benches."""
    for root in (Path(partita.__file__).parents[2], Path.cwd()):
        if (root / "benches" / "__main__.py").is_file() and (root / "pyproject.toml").is_file():
            return root
    raise StoreError("the benches are part of a checkout of Partita, and this is none")
