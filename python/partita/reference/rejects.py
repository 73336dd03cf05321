"""Rejects: why a record or a fee could not be charged. Codes are frozen; of several, the lowest one is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

CODES = {
    "null_id": 101,
    "null_time": 102,
    "bad_time": 103,
    "outside_calendar": 104,
    "null_key": 105,
    "too_long": 106,
    "bad_number": 107,
    "too_many_decimals": 108,
    "unknown_key": 201,
    "no_plan": 202,
    "currency_mismatch": 203,
    "bad_destination": 204,
    "no_matching_charge": 205,
    "no_price": 301,
    "null_quantity": 302,
    "negative_quantity": 303,
    "null_amount": 304,
    "negative_amount": 305,
    "null_duration": 306,
    "negative_duration": 307,
    "overflow": 308,
    "outside_territory": 401,
    "no_agreement": 402,
    "unknown_party": 403,
    "no_share": 404,
    "over_shared": 405,
    "duplicate": 501,
    "conflict": 502,
}


class Reject(Exception):  # noqa: N818 (an outcome of rating, not an error)
    """One reason for not charging: its name, the column, charge or flow concerned, and the value there."""

    def __init__(self, name: str, field: str, value: str | None) -> None:
        super().__init__(f"{CODES[name]} {name}: {field} = {value}")
        self.code = CODES[name]
        self.name = name
        self.field = field
        self.value = value


def raise_first(rejects: Sequence[Reject]) -> None:
    """Raise the reject of the lowest code, the first of them where several share it; nothing if there is none."""
    if rejects:
        raise min(rejects, key=lambda reject: reject.code)


def collect(rejects: list[Reject], function: Callable[..., object], *arguments: object) -> None:
    """Call a function for the reject that it may raise."""
    try:
        function(*arguments)
    except Reject as reject:
        rejects.append(reject)
