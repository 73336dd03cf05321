"""JSON values as text, with the numbers of arrays and objects as they were written."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn


class _Number(str):
    """The digits of a number."""

    __slots__ = ()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)
"""Numbers become text."""
WHOLE: Final = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_refuse_constant)
"""Numbers become text that `text_of` tells from strings; takes longer."""


def text_of(value: Any) -> str | None:
    """What a value that `WHOLE` has read is as text: arrays and objects are JSON, null is none.

    >>> text_of(WHOLE.decode('{"cell": [1, 2.50, "å"], "home": true}'))
    '{"cell": [1, 2.50, "å"], "home": true}'
    """
    if value is None or isinstance(value, str):
        return value
    try:
        return _json(value)
    except RecursionError:
        return None


def _json(value: Any) -> str:
    match value:
        case _Number():
            return value
        case dict():
            return (
                "{" + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {_json(value[name])}" for name in value) + "}"
            )
        case list():
            return "[" + ", ".join(map(_json, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
