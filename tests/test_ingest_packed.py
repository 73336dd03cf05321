"""Compressed files, whole and cut."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from .usage_files import HEAD, TABLE, WRITERS, refused, rows, written

PACKS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda data: pa.Codec("zstd").compress(data, asbytes=True),
}


@pytest.mark.parametrize("suffix", PACKS)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.arrows"])
def test_compressed(tmp_path: Path, name: str, suffix: str) -> None:
    WRITERS[name](plain := tmp_path / name)
    path = written(tmp_path / (name + suffix), plain.read_bytes(), PACKS[suffix])
    assert rows(path) == rows(plain) == TABLE.to_pylist()


@pytest.mark.parametrize("suffix", PACKS)
def test_compressed_and_cut(tmp_path: Path, suffix: str) -> None:
    text = HEAD + "".join(f"{i},t,{i * 7919},{i}\n" for i in range(100_000))
    whole = PACKS[suffix](text.encode())
    refused(written(tmp_path / f"a.csv{suffix}", whole[: len(whole) // 2]))
    refused(written(tmp_path / f"b.csv{suffix}", text))


def test_gzip_members_one_after_another(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv.gz", gzip.compress(HEAD.encode()) + gzip.compress(b"1,t,k,1\n"))
    assert len(rows(path)) == 1
