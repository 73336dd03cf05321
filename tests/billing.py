"""A small business to bill in tests: a telco that resells a music service, with calls from CSV files.

Two accounts call at 1.00 a unit for the first 10 units of a month, and 0.50 for the rest; each pays 109.00 a month, of
which the music company gets 70 %.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

from partita import cycle
from partita.store import open_store
from partita.store.schema import TABLES

CATALOG: dict[str, Any] = {
    "parties": {"nordtel": {}, "musicco": {}},
    "accounts": {
        "a-1": {"owner": "c-1", "currency": "SEK"},
        "a-2": {"owner": "c-2", "currency": "SEK"},
    },
    "subscriptions": {
        "s-1": {"account": "a-1", "keys": ["461", "462"], "plans": [{"plan": "start", "from": "2026-01-01"}]},
        "s-2": {"account": "a-2", "keys": ["463"], "plans": [{"plan": "start", "from": "2026-01-01"}]},
    },
    "usage": {
        "calls": {
            "files": "calls/*.csv",
            "source": {"constant": "switch"},
            "id": "id",
            "time": "time",
            "key": "key",
            "service": {"constant": "voice"},
            "quantity": "units",
            "where": {"status": "ok"},
        }
    },
    "plans": {
        "start": {
            "seller": "nordtel",
            "currency": "SEK",
            "charges": {
                "monthly": {"every": "month", "flat": "109.00"},
                "calls": {"graduated": {"tiers": [{"up_to": 10, "price": "1.00"}, {"price": "0.50"}]}},
            },
        }
    },
    "agreements": {
        "music": {
            "model": "A.4",
            "roles": {"B": "musicco", "D": "nordtel"},
            "applies_to": {"plans": ["start"], "charges": ["monthly"]},
            "flows": {"wholesale": {"percent": "70%"}},
        }
    },
}
TIME = dt.datetime(2026, 10, 5, 8, tzinfo=dt.UTC)
NOTED = [
    {"id": "1", "time": TIME, "key": "461", "units": Decimal("1.5"), "note": "fine"},
    {"id": "2", "time": TIME, "key": "999", "units": Decimal("2.5"), "note": 'a; "quoted", å'},
    {"id": "3", "time": TIME, "key": "463", "units": Decimal("3.5"), "note": None},
]
"""Records of the usage mapping; the second is of a key that nobody has. No mapping reads the note."""
OCTOBER = (
    "1,2026-10-01T08:00:00Z,461,4,ok",
    "2,2026-10-02T08:00:00Z,462,8,ok",
    "3,2026-10-03T08:00:00Z,463,20,ok",
    "4,2026-10-04T08:00:00Z,463,2,failed",
    "5,2026-10-05T08:00:00Z,999,2,ok",
)
"""Account a-1 has 12 units (11.00), a-2 has 20 (15.00); one call failed, one is of a key that nobody has."""
BILLS = {"a-1": "120.00", "a-2": "124.00"}
"""What the accounts are billed for it: 109.00 a month and their calls."""


def much_shared() -> dict[str, Any]:
    """The catalog with more to share and to tell: 1 % of every call goes to the music company, and at least 5.00 a
    month; the carrier is paid more than the telco earns, which is noticed; the fee of a customer in Norway is a
    reject, for its plan is sold in Sweden only."""
    catalog = deepcopy(CATALOG)
    catalog["parties"] |= {"carrier": {}}
    catalog["accounts"]["a-3"] = {"owner": "c-3", "currency": "SEK", "territory": "NO"}
    catalog["subscriptions"]["s-3"] = {"account": "a-3", "plans": [{"plan": "local", "from": "2026-01-01"}]}
    fee = {"every": "month", "flat": "10.00"}
    catalog["plans"]["local"] = {"seller": "nordtel", "currency": "SEK", "charges": {"monthly": fee}}
    retail = {"payer": "C", "payee": "D", "base": "lines"}
    catalog["agreements"] |= {
        "calls": {
            "roles": {"C": "account_owner", "D": "nordtel", "M": "musicco"},
            "applies_to": {"plans": ["start"], "charges": ["calls"]},
            "flows": {
                "retail": retail,
                "commission": {"payer": "D", "payee": "M", "of": "retail", "percent": "1%"},
                "tenth": {"payer": "D", "payee": "M", "of": "retail", "percent": "10%"},
                "guarantee": {"payer": "D", "payee": "M", "greater_of": ["tenth", "5.00"]},
            },
        },
        "local": {
            "roles": {"C": "account_owner", "D": "nordtel"},
            "applies_to": {"plans": ["local"]},
            "terms": {"territory": ["SE"]},
            "flows": {"retail": retail},
        },
        "provision": {
            "model": "A.14",
            "currency": "SEK",
            "roles": {"B": "nordtel", "P": "carrier"},
            "applies_to": {"plans": ["start"]},
            "flows": {"resource": {"recurring": {"fee": "1000.00"}}},
        },
    }
    return catalog


def over_shared() -> dict[str, Any]:
    """The catalog with a guarantee that is more than there is to share: what is left of the calls cannot be paid."""
    catalog = deepcopy(CATALOG)
    catalog["agreements"]["calls"] = {
        "roles": {"C": "account_owner", "D": "nordtel", "M": "musicco"},
        "applies_to": {"plans": ["start"], "charges": ["calls"]},
        "flows": {
            "retail": {"payer": "C", "payee": "D", "base": "lines"},
            "tenth": {"payer": "D", "payee": "M", "of": "retail", "percent": "10%"},
            "guarantee": {"payer": "D", "payee": "M", "greater_of": ["tenth", "5000.00"]},
            "margin": {"payee": "D", "of": "retail", "remainder": ["guarantee"]},
        },
    }
    return catalog


def write_calls(folder: Path, name: str, rows: Iterable[str]) -> Path:
    """A file of calls: id, time, key, units, status."""
    path = folder / "calls" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["id,time,key,units,status", *rows]) + "\n")
    return path


def store_in(folder: Path, name: str = "book") -> str:
    return f"duckdb:///{folder}/{name}.duckdb"


def bill(folder: Path, name: str, rows: Iterable[str], period: str = "2026-10", **options: Any) -> cycle.Run:
    """Write a file of calls and run it into the book of a folder."""
    options = {"store": store_in(folder), **options}
    return cycle.run(options.pop("catalog", None) or catalog(), write_calls(folder, name, rows), period, **options)


def catalog(document: dict[str, Any] = CATALOG) -> Any:
    from partita.catalog import load

    return load(document)


def amounts(documents: Any) -> dict[str, str]:
    """Payer account → net amount of documents, as text with two decimals."""
    rows = documents.to_pylist()
    return {row["payer_account"]: f"{row['net']:.2f}" for row in rows}


def book(store: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of a book, but `run_log`."""
    with open_store(store, read_only=True) as opened:
        return {name: opened.table(name).to_pylist() for name in TABLES}


def figures(store: str) -> dict[str, list[dict[str, Any]]]:
    """The same without what depends on how usage was cut: which Parquet files there are."""
    return {name: rows for name, rows in book(store).items() if name != "parts"}
