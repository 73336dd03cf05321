"""The decimals of a currency's minor unit (ISO 4217).

A few codes have none: gold, the unit of account of the International Monetary Fund (XDR, in which roaming is settled).
They are currencies all the same, of which a catalog says itself how many decimals a document has.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache


@cache
def _source() -> Callable[[str], int | None] | None:
    core = importlib.import_module("partita._core")
    found: Callable[[str], int | None] | None = getattr(core, "currency_digits", None)
    return found


def digits(code: str) -> int | None:
    """Decimals of the minor unit of an ISO 4217 currency (EUR 2, JPY 0); None for a code that is none, or has none.

    >>> digits("SEK")
    2
    """
    source = _source()
    return source(code) if source is not None else 2


def is_listed(code: str) -> bool:
    """Whether a code is in ISO 4217, with a minor unit or without.

    >>> is_listed("XDR"), is_listed("KRO")
    (True, False)
    """
    return digits(code) is not None or code in _without_minor_unit()


def refusal(code: str, stated: Mapping[str, int]) -> str | None:
    """Why a code is no currency that documents can be in, where a catalog states the digits of some; None if it is.

    >>> refusal("KRO", {})
    'is not a currency of ISO 4217, such as EUR or SEK'
    >>> refusal("XDR", {})
    'has no minor unit in ISO 4217; state its decimals in billing.digits, such as {XDR: 2}'
    >>> refusal("XDR", {"XDR": 2})
    """
    if not is_listed(code):
        return "is not a currency of ISO 4217, such as EUR or SEK"
    if code not in stated and digits(code) is None:
        return f"has no minor unit in ISO 4217; state its decimals in billing.digits, such as {{{code}: 2}}"
    return None


@cache
def _without_minor_unit() -> frozenset[str]:
    """Loaded only when a code without digits is met."""
    import iso4217

    return frozenset(currency.code for currency in iso4217.Currency if currency.exponent is None)
