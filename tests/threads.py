"""Usage of several chunks, out of order, of which many things are counted: what threads could get wrong."""

from __future__ import annotations

import hashlib
import random
from typing import Any

import pyarrow as pa

from partita import Rated

ACCOUNTS, RECORDS = 97, 60_000
TIERS = [{"up_to": "500", "price": "0.07"}, {"flat": "3"}]
CATALOG: dict[str, Any] = {
    "parties": {"shop": {}, "maker": {}},
    "accounts": {f"a{n}": {"owner": f"c{n}", "currency": "EUR"} for n in range(ACCOUNTS)},
    "subscriptions": {
        f"s{n}": {"account": f"a{n // 2}", "keys": [f"k{n}"], "plans": "basic"} for n in range(2 * ACCOUNTS)
    },
    "usage": {"events": {"id": "id", "quantity": "quantity"}},
    "plans": {
        "basic": {
            "seller": "shop",
            "currency": "EUR",
            "charges": {
                "calls": {
                    "graduated": {"scope": "account", "tiers": [{"up_to": "500", "price": "0.07"}, {"flat": "3"}]}
                },
                "packs": {"component": "packs", "package": {"size": "7", "price": "0.11"}},
                "each": {"component": "each", "unit": {"price": "0.01", "per": "60", "minimum": "30"}},
            },
        }
    },
    "agreements": {
        "deal": {
            "roles": {"B": "maker"},
            "flows": {
                "part": {"payee": "B", "percent": "33.3333%"},
                "rest": {"payee": "shop", "remainder": ["part"]},
            },
        }
    },
}


def usage() -> pa.Table:
    """Seeded; some keys nobody has, some ids come twice."""
    chance = random.Random(7)
    rows = range(RECORDS)
    seconds = [1_790_000_000 + chance.randrange(86_400 * 20) for _ in rows]
    return pa.table(
        {
            "id": [str(chance.randrange(RECORDS * 20)) for _ in rows],
            "time": pa.array(seconds).cast(pa.timestamp("s", "UTC")),
            "key": [f"k{chance.randrange(2 * ACCOUNTS + 1)}" for _ in rows],
            "service": [chance.choice(["voice", "data"]) for _ in rows],
            "quantity": [chance.randrange(200) for _ in rows],
        }
    )


def digest(rated: Rated) -> str:
    """A hash of all the bytes of its tables, with the number of their rows."""
    digest, rows = hashlib.sha256(), 0
    for table in (rated.lines, rated.shares, rated.rejects, rated.counters):
        rows += table.num_rows
        for column in table.columns:
            plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
            digest.update(pa.record_batch([plain.combine_chunks()], ["values"]).serialize())
    return f"{rows} {digest.hexdigest()}"
