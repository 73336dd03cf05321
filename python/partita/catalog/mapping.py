"""A catalog given as a Python mapping, as the loader's data: every scalar as text.

`document.py` does the same for files. Text, ints, Decimals, booleans and dates mean what they say; a binary float
does not (0.1 is none), and is refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from partita.errors import Problem

from .document import Path, dotted


def plain(value: Any) -> tuple[Any, list[Problem]]:
    """A Python mapping as the loader's data: scalars as text. Floats and other types are problems."""
    problems: list[Problem] = []
    return _plain(value, (), problems), problems


def _plain(value: Any, path: Path, problems: list[Problem]) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(part, (*path, str(key)), problems) for key, part in _pairs(value, path, problems)}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [_plain(part, (*path, index), problems) for index, part in enumerate(value)]
    text = _text(value)
    if text is None:
        problems.append(Problem(dotted(path), _refusal(value)))
    return text


def _pairs(value: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Iterator[tuple[Any, Any]]:
    for key, part in value.items():
        if isinstance(key, (str, int)) and not isinstance(key, bool):
            yield key, part
        else:
            problems.append(Problem(dotted(path), f"a key must be text, not {key!r}"))


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return None


def _refusal(value: Any) -> str:
    if isinstance(value, float):
        return f"{value!r} is a binary float, which cannot hold most decimals: write it as text or as a Decimal"
    return f"{type(value).__name__} is not allowed: a value is text, int, Decimal, bool, date, mapping or list"
