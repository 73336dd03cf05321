"""A catalog in words: what `partita check` prints."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from partita.catalog import load, words
from partita.catalog.charge import Charge, When
from partita.catalog.show import show

CATALOGS = Path(__file__).parent / "catalogs"


def printed(name: str) -> str:
    out = io.StringIO()
    show(load(CATALOGS / name), Console(file=out, width=160))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_plans_with_prices_in_words() -> None:
    text = printed("nordtel")
    assert (
        "5 parties, 6 accounts, 3 subscriptions, 4 usage, 2 zones, 1 calendar, 1 table, 2 plans, 2 agreements" in text
    )
    assert "plan start: sold by who sold the subscription, SEK, calendar tariff" in text
    calls = next(line for line in text.splitlines() if line.startswith("  calls-peak "))
    assert re.split(r"  +", calls.strip()) == [
        "calls-peak",
        "service voice, zone nordic, band peak (split by band)",
        "0.90 per 60 (first 60, then by 1), and 0.49 to connect, rounded to 2 decimals",
    ]
    assert "0 up to 10737418240, then 5.00 up to 53687091200, then 2.50, per 1073741824" in text


def test_who_pays_whom() -> None:
    assert (
        """
agreement content: services content
  C (account owner) ── retail: the lines ──▶ D (nordtel)
  ├── D (nordtel) ── partner: content.share by partner_id, territory of retail ──▶ P (by column partner_id)
  │   └── P (by column partner_id) ── label: 30 % of partner, if label fine ──▶ finemusic
  └── D (nordtel) keeps margin: retail less partner

agreement music-resale (A.4): plans start, plus; charges monthly, from 2026-01-01, until 2028-01-01, in SE, FI, at 109.00, exclusive
  C (account owner) ── retail: the lines ──▶ D (nordtel)
  ├── D (nordtel) ── wholesale: 70 % of retail ──▶ B (musicco)
  └── D (nordtel) keeps margin: retail less wholesale"""  # noqa: E501
        in printed("nordtel")
    )


def test_measured_flows() -> None:
    text = printed("models.yaml")
    assert (
        """agreement guarantee-each (A.4): plans music
  C (account owner) ── retail: the lines ──▶ D (reseller)
  ├── D (reseller) ── wholesale-percent: 70 % of retail ┄┄▷ B (supplier) (measured, not paid)
  ├── D (reseller) ── wholesale: the greater of wholesale-percent and 60.00, per subscription ──▶ B (supplier)
  └── D (reseller) keeps margin: retail less wholesale"""
        in text
    )
    assert "A (by column supplier) ── fee: 10.00 a month, per party ──▶ E (enabler)" in text


@pytest.mark.parametrize(
    ("charge", "said"),
    [
        ({"flat": "0.50"}, "0.50 each"),
        ({"every": "month", "timing": "advance", "flat": "109.00"}, "109.00 a month in advance"),
        ({"once": "activation", "flat": "5"}, "5 once, on activation"),
        ({"unit": {"price": "0.9"}}, "0.9 per unit"),
        ({"unit": {"price": "0.9", "increment": "6", "minimum": "30"}}, "0.9 per unit (first 30, then by 6)"),
        (
            {"unit": {"steps": [{"up_to": "60", "price": "1", "per": "60"}, {"price": "2"}], "connect_fee": "0.4"}},
            "1 per 60 up to 60, then 2 per unit, and 0.4 to connect",
        ),
        (
            {"graduated": {"tiers": [{"up_to": "10", "flat": "2"}, {"price": "5"}], "scope": "account"}},
            "0 + 2 up to 10, then 5, counted per account",
        ),
        ({"package": {"size": "10", "price": "100", "free": "10"}}, "100 for each started 10 after 10 free"),
        (
            {"percentage": {"rate": "2.99%", "fixed": "0.30", "min": "1.75", "max": "12", "free_records": "3"}},
            "2.99 % + 0.30, at least 1.75, at most 12, 3 records free",
        ),
        ({"dynamic": {"price_column": "p", "factor": "1.25"}}, "the price in p × 1.25"),
        ({"flat": {"table": "t", "by": ["x"], "column": "c"}}, "t.c by x each"),
    ],
)
def test_charges(charge: dict[str, object], said: str) -> None:
    assert words.charge(Charge.model_validate(charge)) == [said]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({}, ""),
        ({"service": "voice", "attributes": {"x": {"prefix": ["46", "47"]}}}, "service voice, x 46... or 47..."),
        ({"attributes": {"x": {"above": "5", "up_to": "7.5"}}}, "x above 5 and up to 7.5"),
        ({"attributes": {"x": {"null": "true"}, "y": {"null": "false"}}}, "x is null, y is not null"),
    ],
)
def test_conditions(when: dict[str, object], said: str) -> None:
    assert words.when(When.model_validate(when)) == said
