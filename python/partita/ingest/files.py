"""Usage files: which there are, which mapping each belongs to, what format it has, and a hash of its content."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pyarrow as pa

from partita.catalog.usage import Usage
from partita.errors import UsageSchemaError

FORMATS: Final = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".ipc": "arrow",
    ".feather": "arrow",
}
COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
_PIECE_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class UsageFile:
    """A file and the mapping it is read by. `name` is the path as found, with forward slashes."""

    path: Path
    mapping_name: str
    mapping: Usage

    @property
    def name(self) -> str:
        return self.path.as_posix()


def find(places: str | Path | Iterable[str | Path]) -> list[Path]:
    """The files in some places, each a file, a folder (with all below it) or a pattern (`usage/**/*.parquet`).

    Sorted, each once. In folders, what begins with a dot or an underscore is left out. Raises `UsageSchemaError` for
    a place without files.
    """
    found: dict[Path, Path] = {}
    for place in [places] if isinstance(places, (str, Path)) else places:
        files = list(_files_of(Path(place)))
        if not files:
            raise UsageSchemaError(f"{place}: there is no such file, or no file in it")
        for file in files:
            found.setdefault(file.resolve(), file)
    return sorted(found.values(), key=lambda path: path.as_posix())


def _files_of(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        for path in place.rglob("*"):
            if path.is_file() and not any(map(_is_left_out, path.relative_to(place).parts)):
                yield path
    else:
        yield from (path for name in glob.glob(str(place), recursive=True) if (path := Path(name)).is_file())  # noqa: PTH207


def _is_left_out(part: str) -> bool:
    """Whether a part of a path is hidden, set aside, or the folder of a book's runs."""
    return part.startswith((".", "_")) or part.endswith(".runs")


def assign(files: Iterable[Path], usage: Mapping[str, Usage]) -> list[UsageFile]:
    """Each file with the one mapping whose `files` patterns fit it.

    A pattern is compared with the end of the path (`voice/*.parquet` fits `/in/voice/1.parquet`); `*` stays within a
    folder, `**` stands for any folders. Raises `UsageSchemaError` when no mapping fits a file, or more than one: usage
    must neither be left out nor be read in one of two ways.
    """
    assigned = []
    for path in files:
        names = [name for name, mapping in usage.items() if any(fits(path, pattern) for pattern in mapping.files)]
        if len(names) != 1:
            patterns = ", ".join(f"{n}: {p}" for n, m in usage.items() for p in m.files if not names or n in names)
            problem = f"fits the mappings {' and '.join(names)}" if names else "fits no usage mapping"
            raise UsageSchemaError(f"{path.as_posix()}: {problem} ({patterns or 'none has `files`'})")
        assigned.append(UsageFile(path, names[0], usage[names[0]]))
    return assigned


def fits(path: Path, pattern: str) -> bool:
    """Whether a path fits a pattern of a mapping.

    >>> fits(Path("in/voice/1.parquet"), "voice/*.parquet"), fits(Path("in/voice/old/1.parquet"), "voice/*.parquet")
    (True, False)
    """
    parts = Path(pattern).parts
    return _fits(path.parts, parts if Path(pattern).is_absolute() else ("**", *parts))


def _fits(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_fits(parts[i:], patterns[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _fits(parts[1:], patterns[1:])


def format_of(path: Path, mapping: Usage) -> str:
    """`parquet`, `csv`, `jsonl` or `arrow`: what the mapping says, or else the extension (before .gz, .zst, .bz2)."""
    name = Path(path.stem) if compression_of(path) else path
    found = mapping.format or FORMATS.get(name.suffix.lower())
    if found is None:
        known = ", ".join(FORMATS)
        raise UsageSchemaError(
            f"{path}: {name.suffix or 'no'} extension; say its `format` in the mapping, or use {known}"
        )
    return found


def compression_of(path: Path) -> str | None:
    """`gzip`, `zstd`, `bz2` or none, by the last extension."""
    return COMPRESSIONS.get(path.suffix.lower())


def open_bytes(path: Path) -> pa.NativeFile:
    """The content of a file as a stream, decompressed."""
    return pa.input_stream(str(path), compression=compression_of(path))


def content_hash(path: str | Path, is_given_up: Callable[[], bool] = lambda: False) -> str:
    """The first half of SHA-256 of a file's bytes as they lie on disk, in hexadecimal; read in pieces. Raises
    `CancelledError` as soon as it is given up.

    Processors have instructions for it.

    >>> content_hash("/dev/null")
    'e3b0c44298fc1c149afbf4c8996fb924'
    """
    digest, piece = hashlib.sha256(), memoryview(bytearray(_PIECE_BYTES))
    with Path(path).open("rb", buffering=0) as file:
        while size := file.readinto(piece):
            if is_given_up():
                raise CancelledError
            digest.update(piece[:size])
    return digest.hexdigest()[:32]
