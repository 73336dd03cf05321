"""The decimals of a currency's minor unit (ISO 4217)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache


@cache
def _source() -> Callable[[str], int | None] | None:
    core = importlib.import_module("partita._core")
    found: Callable[[str], int | None] | None = getattr(core, "currency_digits", None)
    return found


def digits(code: str) -> int | None:
    """Decimals of the minor unit of an ISO 4217 currency (EUR 2, JPY 0); None for a code that is none.

    >>> digits("SEK")
    2
    """
    source = _source()
    return source(code) if source is not None else 2
