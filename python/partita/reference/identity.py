"""Identity: the order in which records are rated, which are duplicates, and the ids of lines (semantics §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from .records import Record

SEPARATOR = b"\x1f"


def canonical_bytes(record: Record) -> bytes:
    """All that the mapping names, as bytes: key, service, quantity, amount, duration, destination, territory, then
    the mapped attributes; each text after \\x01, a null as \\x00, joined by \\x1f. Numbers are in their shortest form.
    """
    return SEPARATOR.join(b"\x00" if text is None else b"\x01" + text.encode() for text in record.mapped_texts())


def rating_order(record: Record) -> tuple[object, ...]:
    """The order of rating: time, source, id, canonical bytes; then as they came, where all of that is equal."""
    identity = (record.id or "").encode()
    return (record.time, record.source.encode(), identity, canonical_bytes(record), record.place)


def is_same(first: Record, second: Record) -> bool:
    """Whether two records of one identity are duplicates (all mapped columns equal), or else in conflict."""
    return first.time == second.time and canonical_bytes(first) == canonical_bytes(second)


def usage_line_id(record: Record, charge: str, segment: int) -> bytes:
    """The id of a line of usage: of source and id, or of file and row where the mapping has `id: none`."""
    if record.id is None:
        return line_id(record.file, str(record.row), charge, str(segment))
    return line_id(record.source, record.id, charge, str(segment))


def line_id(*parts: str) -> bytes:
    """XXH3-128 of the parts joined by \\x1f, big-endian (16 bytes)."""
    digest: bytes = xxhash.xxh3_128(SEPARATOR.join(part.encode() for part in parts)).digest()
    return digest
