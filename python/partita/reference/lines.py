"""What the reference hands from verb to verb: rated lines, shares and rejects, and the rows of their tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .conditions import Circumstances
from .numbers import to_decimal
from .rejects import Reject
from .subscriptions import Held

Row = dict[str, Any]
LATE, OUT_OF_ORDER = 1, 2


@dataclass(frozen=True)
class Line:
    """What one charge made of one record or of one period, with what agreements ask about it.

    `time` is the record's, or the start of the time that a fee covers. `fraction` is the part of its period that a
    fee is for, `exact` the amount before it was rounded.
    """

    line_id: bytes
    kind: str
    held: Held
    plan: str
    charge: str
    version: int
    amount: Fraction
    currency: str
    seller: str
    time: dt.datetime
    around: Circumstances
    period: str
    service_period: str
    file: str | None = None
    row: int | None = None
    quantity: Fraction | None = None
    billed: Fraction | None = None
    before: Fraction | None = None
    after: Fraction | None = None
    flags: int = 0
    fraction: Fraction = Fraction(1)
    exact: Fraction | None = None

    def as_row(self) -> Row:
        return {
            "line_id": self.line_id,
            "kind": self.kind,
            "usage_file": self.file,
            "usage_row": self.row,
            "account": self.held.account_id,
            "subscription": self.held.id,
            "plan": self.plan,
            "service": self.around["service"],
            "charge": self.charge,
            "version": self.version,
            "zone": self.around["zone"],
            "band": self.around["band"],
            "quantity": to_decimal(self.quantity),
            "billed_quantity": to_decimal(self.billed),
            "amount": to_decimal(self.amount),
            "currency": self.currency,
            "counter_before": to_decimal(self.before),
            "counter_after": to_decimal(self.after),
            "flags": self.flags,
            "period": self.period,
            "service_period": self.service_period,
            "original": None,
            "fx_rate": None,
            "fx_date": None,
        }


@dataclass(frozen=True)
class Share:
    """What one flow made of one line, or of one period (no line); paid, or only measured for other flows."""

    line_id: bytes | None
    period: str
    subscription: str | None
    agreement: str
    version: int
    flow: str
    payer: str
    payee: str
    amount: Fraction
    currency: str
    paid: bool = True

    def as_row(self) -> Row:
        row = {**self.__dict__, "amount": to_decimal(self.amount)}
        del row["paid"]
        return row


def reject_row(reject: Reject, file: str | None, row: int | None, source: str | None, identity: str | None) -> Row:
    return {
        "usage_file": file,
        "usage_row": row,
        "source": source,
        "id": identity,
        "code": reject.code,
        "name": reject.name,
        "field": reject.field,
        "value": reject.value,
    }


@dataclass
class Rated:
    """What `rate` and `close` return: the tables as lists of dicts.

    `shares` are what is paid; `measured` are those of flows that nobody pays, the sale itself among them, which the
    flows that need the whole period are computed from.
    `skipped` counts the rows that a mapping's `where` leaves out.
    """

    lines: list[Row] = field(default_factory=list)
    shares: list[Row] = field(default_factory=list)
    measured: list[Row] = field(default_factory=list)
    rejects: list[Row] = field(default_factory=list)
    counters: list[Row] = field(default_factory=list)
    skipped: int = 0

    def add_shares(self, shares: Iterable[Share]) -> None:
        for share in shares:
            (self.shares if share.paid else self.measured).append(share.as_row())
