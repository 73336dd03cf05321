"""The machine that figures were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("partita", "pyarrow", "polars", "duckdb")


def machine() -> str:
    """Processor, cores, memory, and the versions of what was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    parts = (
        _processor(),
        f"{os.cpu_count()} cores",
        _memory(),
        platform.system(),
        f"Python {platform.python_version()}",
    )
    return f"{', '.join(part for part in parts if part)}\n{versions}"


def _processor() -> str:
    found = _field("/proc/cpuinfo", "model name")
    return f"{found} ({platform.machine()})" if found else platform.processor() or platform.machine()


def _memory() -> str:
    kib = _field("/proc/meminfo", "MemTotal").partition(" ")[0]
    return f"{int(kib) / 2**20:.0f} GiB" if kib else ""


def _field(path: str, name: str) -> str:
    """The value of a field in one of Linux's tables; empty elsewhere."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
