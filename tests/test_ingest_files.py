"""Usage files: found, given to a mapping, hashed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError
from partita.ingest import assign, content_hash, find
from partita.ingest.files import fits, format_of

CALLS = Usage(id="id", time="time", key="key", quantity="seconds")


def usage(**terms: Any) -> Usage:
    return Usage.model_validate({"id": "id", "quantity": "seconds", **terms})


def written(path: Path, content: str | bytes, pack: Callable[[bytes], bytes] = bytes) -> Path:
    path.write_bytes(pack(content.encode() if isinstance(content, str) else content))
    return path


FITS = [
    ("in/voice/1.parquet", "voice/*.parquet", True),
    ("/data/in/voice/1.parquet", "voice/*.parquet", True),
    ("voice/1.parquet", "voice/*.parquet", True),
    ("invoice/1.parquet", "voice/*.parquet", False),
    ("voice/old/1.parquet", "voice/*.parquet", False),
    ("voice/old/1.parquet", "voice/**/*.parquet", True),
    ("voice/1.parquet", "voice/**/*.parquet", True),
    ("voice/1.parquet", "*.parquet", True),
    ("voice/1.parquet.gz", "*.parquet", False),
    ("voice/1.PARQUET", "*.parquet", False),
    ("/in/1.csv", "/in/*.csv", True),
    ("/x/in/1.csv", "/in/*.csv", False),
    ("cdr-7.csv", "cdr-[0-9].csv", True),
]


@pytest.mark.parametrize(("path", "pattern", "expected"), FITS)
def test_patterns(path: str, pattern: str, expected: bool) -> None:
    assert fits(Path(path), pattern) is expected


def test_find_and_assign(tmp_path: Path) -> None:
    for name in ("voice/2.parquet", "voice/1.parquet", "sms/a.csv.gz", "voice/.1.crc", "_tmp/x", "sms/_SUCCESS"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find([tmp_path, tmp_path / "voice/*.parquet", tmp_path / "sms/a.csv.gz"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "sms/a.csv.gz",
        "voice/1.parquet",
        "voice/2.parquet",
    ]
    mappings = {"voice": usage(files="voice/*.parquet"), "sms": usage(files=["x", "sms/*.csv.gz"]), "memory": usage()}
    assigned = assign(found, mappings)
    assert [(file.mapping_name, file.path, file.name) for file in assigned] == [
        (name, path, path.as_posix()) for name, path in zip(["sms", "voice", "voice"], found, strict=True)
    ]
    with pytest.raises(UsageSchemaError, match="there is no such file"):
        find(tmp_path / "none")
    with pytest.raises(UsageSchemaError, match=r"voice/1.parquet: fits no usage mapping \(sms: "):
        assign(found[1:], {"sms": usage(files="sms/*")})
    with pytest.raises(UsageSchemaError, match="fits the mappings a and b"):
        assign(found[:1], {"a": usage(files="*.gz"), "b": usage(files="*.csv.gz"), "c": usage(files="*.x")})


def test_formats() -> None:
    assert format_of(Path("a.CSV.GZ"), CALLS) == "csv"
    assert format_of(Path("a.dat.zst"), usage(format="jsonl")) == "jsonl"
    with pytest.raises(UsageSchemaError, match=r"\.dat extension"):
        format_of(Path("a.dat.gz"), CALLS)


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    one, other = written(tmp_path / "1", b"abc"), written(tmp_path / "2", b"abc")
    assert content_hash(one) == content_hash(other) == "ba7816bf8f01cfea414140de5dae2223"  # FIPS 180-4, its first half
    assert content_hash(written(tmp_path / "3", b"abd")) != content_hash(one)
