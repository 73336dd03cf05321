"""full: the voice tariff with monthly tiers on billed seconds, and each line split three ways, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .common import Figure, Settings, Target
from .rating import check_against_reference, shapes
from .voice import COLUMNS, MINUTES, tariff

TARGET: Final = Target("20 M records/s", 20)
THREE_WAYS: Final = {
    "roles": {"C": "account_owner", "N": "telco", "L": "label", "A": "agent"},
    "applies_to": {"services": ["voice"]},
    "flows": {
        "retail": {"payer": "C", "payee": "N", "base": "lines"},
        "label": {"payer": "N", "payee": "L", "of": "retail", "percent": "30%"},
        "agent": {"payer": "N", "payee": "A", "of": "retail", "percent": "20%"},
        "rest": {"payee": "N", "of": "retail", "remainder": ["label", "agent"]},
    },
}


def tiered(price: str) -> dict[str, Any]:
    """The first 100 minutes of a month at the price, then cheaper."""
    tiers = [{"up_to": "6000", "price": price}, {"up_to": "60000", "price": "0.05"}, {"price": "0.03"}]
    return {"graduated": {"scope": "account", "tiers": tiers, **MINUTES}}


def terms() -> dict[str, Any]:
    return {**tariff(tiered), "agreements": {"three-ways": THREE_WAYS}}


def check(records: int) -> None:
    check_against_reference(terms(), records, COLUMNS)


def measure(settings: Settings) -> Iterator[Figure]:
    yield from shapes("full", terms(), settings, TARGET, COLUMNS, has_shares=True)
