"""JSON values as text, with the numbers of arrays and objects as they were written.

A number with an exponent is written out: elsewhere it would be no number.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn


class _Number(str):
    """The digits of a number."""

    __slots__ = ()

    @classmethod
    def of(cls, number: str) -> _Number:
        """A number that may have an exponent."""
        return cls(written_out(number))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


_MOST_DIGITS: Final = 64
"""More than any figure has that can be billed."""


def written_out(number: str) -> str:
    """A number of JSON without an exponent; as it is if it has none, or one that no figure can have.

    >>> written_out("1.50"), written_out("12e2"), written_out("-1E-2"), written_out("1e400")
    ('1.50', '1200', '-0.01', '1e400')
    """
    if "e" not in number and "E" not in number:
        return number
    exact = Decimal(number)
    return f"{exact:f}" if abs(exact.adjusted()) <= _MOST_DIGITS else number


DECODER: Final = json.JSONDecoder(parse_float=written_out, parse_int=str, parse_constant=_refuse_constant)
"""Numbers become text."""
WHOLE: Final = json.JSONDecoder(parse_float=_Number.of, parse_int=_Number, parse_constant=_refuse_constant)
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
