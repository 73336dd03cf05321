"""Identity: the order in which records are rated, which are duplicates, and the ids of lines (semantics §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from .records import Record

SEPARATOR = b"\x1f"
ROW_STEP = 0x9E3779B97F4A7C15F39CC0605CEDC835
"""Tells the rows of a file apart: the golden ratio's fraction, which spreads them over all bits."""


def rating_order(record: Record) -> tuple[object, ...]:
    """The order of rating: time, source, id, content; then as they came, where all of that is equal."""
    identity = (record.id or "").encode()
    return (record.time, (record.source or "").encode(), identity, record.content_order(), record.place)


def is_same(first: Record, second: Record) -> bool:
    """Whether two records of one identity are duplicates (all that is read of them is equal), or else in conflict."""
    return first.time == second.time and first.content_order() == second.content_order()


def usage_line_id(record: Record, charge: str, segment: int) -> bytes:
    """The id of a line of usage: of source and id; where the mapping has `id: none`, of the content of the file
    (the text of its hash) and the row."""
    if record.id is None:
        whose = (fingerprint(record.content) + record.row * ROW_STEP) % 2**128
    else:
        whose = fingerprint(record.source or "", record.id)
    return _line_id(whose, charge, str(segment))


def fee_line_id(subscription: str, charge: str, stamp: str) -> bytes:
    """The id of the line of a fee: of the subscription, and of the close (and the cycle covered)."""
    return _line_id(fingerprint(subscription), charge, stamp)


def _line_id(whose: int, charge: str, part: str) -> bytes:
    return (whose ^ fingerprint(charge, part)).to_bytes(16, "big")


def fingerprint(*parts: str) -> int:
    """XXH3-128 of the parts joined by \\x1f."""
    digest: int = xxhash.xxh3_128_intdigest(SEPARATOR.join(part.encode() for part in parts))
    return digest
