"""bill: rated lines to bills, one for each customer account and seller (period close)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from .clock import cycle_named
from .documents import Document, Item, Key, Side, digits_of, is_skipped, rounded_lines
from .numbers import to_fraction
from .terms import Terms

_Contract = tuple[str, str, str]
"""(customer's account, seller, currency)."""


def bill(terms: Terms, period: str, lines: Sequence[Mapping[str, Any]]) -> list[Document]:
    """The bills of a period from all lines that are billed in it.

    A sum of lines may stand for them; it says itself (`seller`, `tax_category`) what the terms it was rated by said,
    which need not be those of the close.
    """
    sums: dict[_Contract, dict[Key, Fraction]] = {}
    for line in lines:
        if line["period"] == period:
            own = sums.setdefault(_contract(terms, line), {})
            key = _key(terms, line)
            own[key] = own.get(key, Fraction(0)) + to_fraction(line["amount"])
    bills = [_bill(terms, period, contract, sums[contract]) for contract in sorted(sums)]
    return [document for document in bills if document is not None]


def _contract(terms: Terms, line: Mapping[str, Any]) -> _Contract:
    seller = line.get("seller") or seller_of(terms, line)
    assert seller is not None, "a line without a seller is a reject"
    return line["account"], seller, line["currency"]


def seller_of(terms: Terms, line: Mapping[str, Any]) -> str | None:
    """Who sells the plan of a line, or of a sum of lines."""
    return terms.seller(terms.catalog.plans[line["plan"]], terms.directory.subscriptions[line["subscription"]])


def _key(terms: Terms, line: Mapping[str, Any]) -> Key:
    plan, charge = line["plan"], line["charge"]
    tax_category = line.get("tax_category") or terms.catalog.plans[plan].charges[charge].tax_category
    return Key(line["subscription"], f"{plan}/{charge}", line["version"], line["zone"], line["band"], tax_category)


def _bill(terms: Terms, period: str, contract: _Contract, sums: Mapping[Key, Fraction]) -> Document | None:
    account_id, seller, currency = contract
    account = terms.directory.account(account_id, currency)
    if account.owner == seller:
        return None  # nobody bills himself
    payer, payee = Side(account.owner, account_id), Side(seller, terms.directory.account_of(seller, currency))
    items = [Item(key, exact, payer.party, payee.party) for key, exact in sums.items()]
    digits = digits_of(terms.catalog, currency)
    lines = rounded_lines(items, {}, digits)
    if is_skipped(terms.catalog, lines):
        return None
    last_day = cycle_named(period, account.zone, account.cycle_day).end - dt.timedelta(days=1)
    due_date = last_day + dt.timedelta(days=account.payment_days)
    return Document("bill", "sale", period, payer, payee, currency, digits, last_day, due_date, lines)
