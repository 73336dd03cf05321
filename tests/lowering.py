"""The small catalog that the tests of lowering build on, lowered, and always compiled too."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from partita import _core
from partita.catalog.catalog import Catalog
from partita.catalog.lower import Lowered, lower

BASE: dict[str, Any] = {
    "parties": {"shop": {}, "maker": {}, "label": {}},
    "accounts": {"a-1": {"owner": "c-1", "currency": "EUR", "zone": "Europe/Stockholm"}},
    "plans": {"basic": {"seller": "shop", "currency": "EUR", "charges": {"fee": {"flat": "1"}}}},
}
ROLES = {"C": "account_owner", "D": "shop", "B": "maker", "P": {"column": "partner"}, "S": {"subscription": "sold_by"}}
SALE = {"payer": "C", "payee": "D", "base": "lines"}


def lowered(more: Mapping[str, Any] | None = None, **beside: Any) -> Lowered:
    """The base catalog with other sections, lowered and compiled."""
    found = lower(Catalog.model_validate({**BASE, **(more or {})}), **beside)
    compiled(found)
    return found


def terms(more: Mapping[str, Any] | None = None, **beside: Any) -> Any:
    return json.loads(lowered(more, **beside).terms_json)


def compiled(found: Lowered) -> _core.Engine:
    tables = dict(found.tables)
    return _core.Engine(found.terms_json, found.accounts, found.subscriptions, found.prefixes, tables)


def micros(text: str) -> int:
    """Microseconds since 1970 of an instant."""
    since = dt.datetime.fromisoformat(text) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return since // dt.timedelta(microseconds=1)
