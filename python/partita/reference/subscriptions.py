"""Accounts and subscriptions: whose usage a key pays for, and under which plan (design §2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from partita.catalog.catalog import Catalog
from partita.catalog.party import Account, FileTable, Holding, Subscription
from partita.errors import CatalogError

from .clock import Cycle, cycle_named, cycle_of, within

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Held:
    """A subscription with its id and its account."""

    id: str
    terms: Subscription
    account_id: str
    account: Account

    def holding_at(self, instant: dt.datetime) -> Holding | None:
        """The plan in force at an instant."""
        zone = self.account.zone
        held = (row for row in self.terms.plans if within(instant, row.valid_from, row.valid_until, zone))
        return next(held, None)

    def cycle_of(self, instant: dt.datetime) -> Cycle:
        return cycle_of(instant, self.account.zone, self.account.cycle_day)

    def cycle_named(self, name: str) -> Cycle:
        return cycle_named(name, self.account.zone, self.account.cycle_day)


class Directory:
    """All accounts and subscriptions: those of the catalog, and the rows handed over beside it (which win)."""

    def __init__(self, catalog: Catalog, accounts: Iterable[Row] | None, subscriptions: Iterable[Row] | None) -> None:
        self.parties = catalog.parties
        self.accounts: dict[str, Account] = dict(_in_place(catalog.accounts, "accounts", accounts))
        self.accounts.update((row["account"], _account(row)) for row in accounts or ())
        typed: dict[str, Subscription] = dict(_in_place(catalog.subscriptions, "subscriptions", subscriptions))
        typed.update(_subscriptions(list(subscriptions or ())))
        self.owned: dict[str, list[str]] = {}
        for name, account in self.accounts.items():
            self.owned.setdefault(account.owner, []).append(name)
        self.subscriptions = {name: self._held(name, terms) for name, terms in typed.items()}
        self.by_key: dict[str, list[Held]] = {}
        for held in sorted(self.subscriptions.values(), key=lambda held: -held.terms.priority):
            for key in held.terms.keys:
                self.by_key.setdefault(key, []).append(held)

    def _held(self, name: str, terms: Subscription) -> Held:
        if terms.account not in self.accounts:
            raise CatalogError(f"subscriptions.{name}.account: no account {terms.account!r}")
        return Held(name, terms, terms.account, self.accounts[terms.account])

    def account_of(self, party: str, currency: str) -> str:
        """Where a party is billed or paid in a currency: of the accounts it owns in it, the first byte by byte; else a
        default one, of its own id."""
        owned = [name for name in self.owned.get(party, ()) if self.accounts[name].currency == currency]
        return min(owned, key=str.encode, default=party)

    def currency_of(self, party: str) -> str | None:
        """The currency of a party's account, of several the first byte by byte; None for a party without one."""
        owned = self.owned.get(party)
        return self.accounts[min(owned, key=str.encode)].currency if owned else None

    def account(self, account_id: str, currency: str) -> Account:
        """An account by its id, or the default one of a party that has none: in UTC, 30 days."""
        return self.accounts.get(account_id) or Account(owner=account_id, currency=currency)


def _in_place(part: FileTable | dict[str, Any], name: str, rows: Iterable[Row] | None) -> dict[str, Any]:
    if not isinstance(part, FileTable):
        return part
    if rows is None:
        raise CatalogError(f"{name}: hand over the rows of {part.file}")
    return {}


def _account(row: Row) -> Account:
    given = {name: value for name, value in row.items() if value is not None and name in Account.model_fields}
    return Account.model_validate(given)


def _subscriptions(rows: Sequence[Row]) -> dict[str, Subscription]:
    """One subscription from all its rows: one row a plan (and a key, where keys have rows of their own)."""
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(row["subscription"], []).append(row)
    return {name: _subscription(own) for name, own in by_id.items()}


def _subscription(rows: list[Row]) -> Subscription:
    given = {
        name: rows[0][name]
        for name in ("account", "sold_by", "introduced_by", "priority", "billed_until")
        if rows[0].get(name) is not None
    }
    keys = [key for row in rows for key in ([row["key"]] if row.get("key") is not None else row.get("keys") or ())]
    plans = [{name: row[name] for name in ("plan", "from", "until") if row.get(name) is not None} for row in rows]
    distinct = [plan for place, plan in enumerate(plans) if plan not in plans[:place]]
    return Subscription.model_validate({**given, "keys": tuple(dict.fromkeys(keys)), "plans": distinct})
