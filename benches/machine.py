"""The machine that figures were measured on."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Final

_BYTES: Final = 64 << 20
_PACKAGES: Final = ("partita", "pyarrow", "polars", "duckdb")


def machine() -> str:
    """Processor, cores, memory, how fast they are just now, and the versions of what was measured."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    parts = (
        _processor(),
        f"{os.cpu_count()} cores",
        _memory(),
        platform.system(),
        f"Python {platform.python_version()}",
    )
    return f"{', '.join(part for part in parts if part)}\n{_pace()}\n{versions}"


def _pace() -> str:
    """What one core does of work that needs nothing but its clock, or nothing but memory: virtual machines of one
    processor differ by half in these, and so do all figures beside them."""
    data, copy = os.urandom(_BYTES), memoryview(bytearray(_BYTES))

    def fill() -> None:
        copy[:] = data

    return f"one core: SHA-256 {_speed(lambda: hashlib.sha256(data)):.2f} GB/s, copies {_speed(fill):.1f} GB/s"


def _speed(work: Callable[[], object]) -> float:
    """Gigabytes a second, at best."""
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return _BYTES / min(seconds) / 1e9


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
