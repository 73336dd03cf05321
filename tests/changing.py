"""Subscribers that change at random, and what an engine must make of them: the model is two dicts of rows."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

import partita
from partita import CatalogError, Engine

from .calls import answer

ZONES = ("Europe/Stockholm", "UTC", "America/New_York")
TIERS = [{"up_to": "20", "price": "0.10"}, {"up_to": "45", "price": "0.07", "flat": "1"}, {"price": "0.03"}]
CATALOG: dict[str, Any] = {
    "parties": {"telco": {}, "label": {}, "agent": {}},
    "accounts": {f"held-{n}": {"owner": "telco", "currency": "EUR", "zone": zone} for n, zone in enumerate(ZONES)},
    "calendars": {
        "local": {"bands": {"peak": {"days": "mon-fri", "from": "08:00", "to": "19:00"}, "off_peak": "rest"}}
    },
    "tables": {
        "prices": {"by": ["territory"], "columns": {"price": "number"}, "rows": [{"territory": "SE", "price": "0.5"}]}
    },
    "usage": {"events": {"id": "id", "quantity": "quantity"}},
    "plans": {
        "tiered": {
            "seller": "telco",
            "currency": "EUR",
            "charges": {
                "data": {"graduated": {"scope": "account", "tiers": TIERS}},
                "fee": {"component": "fee", "every": "month", "flat": "31"},
            },
        },
        "banded": {
            "seller": {"subscription": "sold_by"},
            "currency": "EUR",
            "calendar": "local",
            "charges": {
                "peak": {"when": {"band": "peak"}, "unit": {"price": "0.02"}},
                "rest": {"when": {"band": "off_peak"}, "graduated": {"reset": "month", "tiers": TIERS}},
            },
        },
        "local": {
            "seller": "telco",
            "currency": "SEK",
            "charges": {"sms": {"flat": {"table": "prices", "by": ["territory"], "column": "price", "else": "0.25"}}},
        },
    },
    "agreements": {
        "deal": {
            "roles": {"C": "account_owner", "D": "telco", "S": {"subscription": "sold_by"}, "B": "label"},
            "applies_to": {"plans": ["tiered"]},
            "flows": {
                "sale": {"payer": "C", "payee": "D", "base": "lines"},
                "wholesale": {"payer": "D", "payee": "B", "of": "sale", "percent": "70%"},
                "agency": {"payer": "D", "payee": "S", "of": "sale", "percent": "5%"},
            },
        }
    },
}
KEYS = tuple(f"46{n}" if n % 3 else f"a-key-of-many-characters-{n}" for n in range(12))


@dataclass
class Subscribers:
    """Accounts and subscriptions by id, each with its rows."""

    chance: random.Random
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    subscriptions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def with_rows(self, accounts: list[dict[str, Any]], subscriptions: list[dict[str, Any]]) -> Subscribers:
        """What they are after an upsert."""
        histories: dict[str, list[dict[str, Any]]] = {}
        for row in subscriptions:
            histories.setdefault(row["subscription"], []).append(row)
        held = self.accounts | {row["account"]: row for row in accounts}
        return Subscribers(self.chance, held, self.subscriptions | histories)

    def compiled(self) -> Engine:
        """An engine compiled from all the rows at once."""
        rows = [row for history in self.subscriptions.values() for row in history]
        return Engine(partita.load(CATALOG), accounts=list(self.accounts.values()), subscriptions=rows)

    def some_accounts(self, most: int) -> list[dict[str, Any]]:
        names = {f"a{self.chance.randrange(2 * len(self.accounts) + 3)}" for _ in range(self.chance.randint(0, most))}
        return [self.account(name) for name in sorted(names)]

    def account(self, name: str) -> dict[str, Any]:
        choice = self.chance.choice
        return {
            "account": name,
            "owner": choice(["c1", "c2", "label", f"own-{name}"]),
            "currency": choice(["EUR", "EUR", "EUR", "SEK"]),
            "zone": choice(ZONES),
            "cycle_day": choice([1, 1, 15]),
            "territory": choice(["SE", "NO", None]),
            "payment_days": choice([None, 10]),
        }

    def some_subscriptions(self, most: int, accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        known = sorted({*self.accounts, *(row["account"] for row in accounts)})
        names = {f"s{self.chance.randrange(20)}" for _ in range(self.chance.randint(0, most) if known else 0)}
        return [row for name in sorted(names) for row in self.history(name, self.chance.choice(known))]

    def history(self, name: str, account: str) -> list[dict[str, Any]]:
        choice = self.chance.choice
        days = sorted(self.chance.sample(range(1, 29), self.chance.choice([0, 0, 1, 2])))
        edges = [None, *(dt.date(2026, 10, day) for day in days), None]
        row = {
            "subscription": name,
            "account": account,
            "sold_by": choice(["agent", "telco", "nobody"]),
            "priority": self.chance.randrange(40),
            "keys": self.chance.sample(KEYS, choice([0, 1, 1, 2])),
            "billed_until": choice([None, None, dt.date(2026, 10, 10)]),
        }
        spans = list(itertools.pairwise(edges))[choice([0, 0, 1]) :] or [(None, None)]
        rows = [{**row, "plan": choice(list(CATALOG["plans"])), "from": a, "until": b} for a, b in spans]
        return rows[:1] + rows[1:][: choice([1, 2])]


def usage(chance: random.Random, records: int = 60) -> list[dict[str, Any]]:
    """Records of known and unknown keys over October, many near a midnight."""
    rows = []
    for number in range(records):
        day = dt.datetime(2026, 10, chance.randint(1, 28), tzinfo=dt.UTC)
        time = day + dt.timedelta(minutes=chance.choice([-240, -120, -60, 0, 60, 240, 720, 1000]))
        service = chance.choice(["sms", "data"])
        rows.append(
            {"id": str(number), "time": time, "key": chance.choice([*KEYS, "?"]), "service": service, "quantity": 7}
        )
    return rows


def outcome(engine: Engine, rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """All that comes of usage and of the close after it."""
    rated = engine.rate(rows)
    fees = engine._core.fees("2026-10", rated.counters)
    tables = {name: _rows(getattr(fees, name)) for name in ("lines", "rejects", "shares")}
    return answer(rated) | {f"fees {name}": table for name, table in tables.items()}


def _rows(core: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.table(core).to_pylist()
    return rows


def made(work: Any, *arguments: Any) -> Any:
    """What some work gives, or that it is refused."""
    try:
        return work(*arguments)
    except CatalogError:
        return None
