"""Usage by partition, on disk: what `gather` writes when there is more than one partition.

A partition is one Arrow stream for each schema among the usage files, from where its rows are mapped back without
a copy. Beside them lie the marks of all records, by ranges, so that those that come twice are found in bounded memory.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa

from .file import File
from .fingerprint import CONTENT, IDENTITY, IDS
from .gather import Gathered, Laid, Source, twice

_FACTS: Final = "facts.json"
Parts = dict[str, list[tuple[int, int]]]
"""What is in the streams of a partition, by their names: places of files and numbers of rows, in their order."""


class Spool(Gathered):
    """A spool that is finished."""

    def __init__(self, folder: Path, files: Sequence[File]) -> None:
        facts = json.loads((folder / _FACTS).read_text())
        super().__init__(files, facts["counts"])
        self._folder = folder
        self._parts: list[Parts] = facts["parts"]

    @staticmethod
    def has(folder: Path, needed: Iterable[int]) -> bool:
        """Whether a folder has a finished spool, with some partitions."""
        return all((folder / name).exists() for name in (_FACTS, *map(_name, needed)))

    def sources(self, partition: int) -> list[Source]:
        found: dict[int, pa.Table] = {}
        for name, parts in self._parts[partition].items():
            table, start = _mapped(self._folder / _name(partition) / name), 0
            for index, rows in parts:
                found[index] = table.slice(start, rows)
                start += rows
        return [Source.of(self.files[index], table) for index, table in sorted(found.items())]

    def ids(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(IDS, self._ids())

    def repeated(self) -> pa.Array:
        found = [twice(pa.chunked_array([_marks(path)])) for path in sorted((self._folder / "marks").iterdir())]
        return pa.concat_arrays(found)

    def done_with(self, partition: int) -> None:
        shutil.rmtree(self._folder / _name(partition))

    def _ids(self) -> Iterator[pa.RecordBatch]:
        for partition, parts in enumerate(self._parts):
            for name in parts:
                path = self._folder / _name(partition) / name
                if path.exists():
                    ids = _mapped(path).select([IDENTITY, CONTENT]).rename_columns(IDS.names)
                    yield from ids.to_batches()


class Writers:
    """The files of a spool in the making."""

    def __init__(self, folder: Path, partitions: int, files: int) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._open: dict[tuple[int, str], Any] = {}
        self._groups: list[pa.Schema] = []
        self._counts = [0] * files
        self._parts: list[Parts] = [{} for _ in range(partitions)]
        for partition in range(partitions):
            (folder / _name(partition)).mkdir(parents=True)
        (folder / "marks").mkdir()
        paths = (folder / "marks" / _name(number) for number in range(partitions))
        self._marks = [self._stack.enter_context(path.open("wb", buffering=0)) for path in paths]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def write(self, index: int, laid: Laid) -> None:
        """The rows of a block of the index-th file to their partitions."""
        name, start = self._group(laid.rows.schema), 0
        for partition, rows in enumerate(laid.counts):
            if rows:
                self._writer(partition, name, laid.rows.schema).write_batch(laid.rows.slice(start, rows))
                _add(self._parts[partition].setdefault(name, []), index, rows)
                start += rows
        self._counts[index] += start
        start, width = 0, 8
        bytes_ = memoryview(laid.marks.buffers()[1])[laid.marks.offset * width :] if len(laid.marks) else b""
        for file, marks in zip(self._marks, laid.mark_counts, strict=True):
            file.write(bytes_[start * width : (start + marks) * width])
            start += marks

    def finish(self) -> None:
        """Say that all is there; the files are closed by now."""
        draft = self._folder / f"{_FACTS}.draft"
        draft.write_text(json.dumps({"counts": self._counts, "parts": self._parts}))
        draft.rename(self._folder / _FACTS)

    def _group(self, schema: pa.Schema) -> str:
        if schema not in self._groups:
            self._groups.append(schema)
        return f"group-{self._groups.index(schema):03}.arrows"

    def _writer(self, partition: int, name: str, schema: pa.Schema) -> Any:
        key = (partition, name)
        if key not in self._open:
            path = self._folder / _name(partition) / name
            self._open[key] = self._stack.enter_context(pa.ipc.new_stream(str(path), schema))
        return self._open[key]


def _add(parts: list[tuple[int, int]], index: int, rows: int) -> None:
    """More rows of a file, which follow those before."""
    if parts and parts[-1][0] == index:
        rows += parts.pop()[1]
    parts.append((index, rows))


def _marks(path: Path) -> pa.Array:
    buffer = pa.py_buffer(path.read_bytes())
    return pa.Array.from_buffers(pa.uint64(), buffer.size // 8, [None, buffer])


def _mapped(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_stream(source).read_all()


def _name(partition: int) -> str:
    return f"{partition:04}"
