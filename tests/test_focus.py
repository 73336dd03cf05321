"""A real bill: one month of anonymised cloud usage (FOCUS 1.0 sample, FinOps Foundation, CC BY 4.0).

The provider's own list prices, as a look-up table, rate the provider's own quantities; each line must equal the
provider's own ListCost to its last digit. The file lives beside the project: `PARTITA_FOCUS_SAMPLE` names it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import partita
from partita.catalog import load
from partita.catalog.catalog import Catalog
from partita.engine import Engine
from partita.reference import Reference

NAME = "PARTITA_FOCUS_SAMPLE"


@pytest.fixture(scope="module")
def sample() -> list[dict[str, str | None]]:
    place = os.environ.get(NAME)
    if place is None:
        pytest.skip(f"{NAME} does not name the sample; the build's own run sets it and fails without it")
    with Path(place).open(newline="", encoding="utf-8") as file:
        return [{k: None if v == "NULL" else v for k, v in row.items()} for row in csv.DictReader(file)]


def billed(sample: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    return [row for row in sample if row["ProviderName"] == "AWS" and row["ChargeCategory"] == "Usage"]


def catalog_of(sample: list[dict[str, str | None]]) -> Catalog:
    usage = billed(sample)
    accounts = sorted({str(row["SubAccountId"]) for row in usage})
    prices = {str(row["SkuPriceId"]): row["ListUnitPrice"] for row in usage}
    return load(
        {
            "parties": {"provider": {}},
            "accounts": {a: {"owner": a, "currency": "USD"} for a in accounts},
            "subscriptions": {f"s-{a}": {"account": a, "keys": [a], "plans": "list"} for a in accounts},
            "usage": {
                "focus": {
                    "id": "Id",
                    "time": "ChargePeriodStart",
                    "time_zone": "UTC",
                    "key": "SubAccountId",
                    "service": "ServiceName",
                    "quantity": "PricingQuantity",
                }
            },
            "tables": {
                "prices": {
                    "by": ["sku"],
                    "columns": {"price": "number"},
                    "rows": [{"sku": sku, "price": price} for sku, price in sorted(prices.items())],
                }
            },
            "plans": {
                "list": {
                    "seller": "provider",
                    "currency": "USD",
                    "charges": {
                        "usage": {
                            "unit": {"price": {"table": "prices", "by": ["SkuPriceId"], "column": "price"}},
                            "round": {"decimals": 10, "mode": "half_up"},
                        }
                    },
                }
            },
        }
    )


def rate(implementation: str, catalog: Catalog, rows: list[dict[str, Any]]) -> Any:
    if implementation == "reference":
        return Reference(catalog).rate(rows)
    rated = Engine(catalog).rate(rows)
    return type("Rated", (), {"lines": rated.lines.to_pylist(), "rejects": rated.rejects.to_pylist()})


@pytest.mark.parametrize("implementation", ["engine", "reference"])
def test_every_line_is_the_providers_own(implementation: str, sample: list[dict[str, str | None]]) -> None:
    catalog = catalog_of(sample)
    assert len(catalog.tables["prices"].rows or ()) == 239
    rated = rate(implementation, catalog, list(sample))
    lines: list[Mapping[str, Any]] = rated.lines
    assert (len(lines), len(rated.rejects)) == (941, 59)
    for line in lines:
        assert line["amount"] == Decimal(str(sample[line["usage_row"]]["ListCost"]))
    assert sum(line["amount"] for line in lines) == Decimal("20.7630176406")
    reasons = [reject["name"] for reject in rated.rejects]
    assert (reasons.count("unknown_key"), reasons.count("no_price")) == (58, 1)


def test_a_full_cycle_through_a_distributor(sample: list[dict[str, str | None]], tmp_path: Path) -> None:
    """Sub-accounts buy from a distributor, who pays the provider the list price less 8 %."""
    catalog = catalog_of(sample)
    resale = {
        "model": "A.4",
        "roles": {"B": "provider", "D": "distributor"},
        "applies_to": {"plans": ["list"]},
        "flows": {"wholesale": {"retail_minus": "8%"}},
    }
    data = catalog.model_dump(mode="json", by_alias=True, exclude_unset=True)
    data["parties"]["distributor"] = {}
    data["plans"]["list"]["seller"] = "distributor"
    data["agreements"] = {"resale": resale}
    data["usage"]["focus"] |= {"files": "*.csv", "csv": {"null": ["NULL"]}}
    book = partita.run(load(data), [os.environ[NAME]], "2024-09", f"duckdb:///{tmp_path}/book.duckdb")
    bills, statements, entries = (table.to_pylist() for table in (book.bills, book.statements, book.entries))
    assert len(bills) == 66
    assert sum(bill["gross"] for bill in bills) == Decimal("20.79")
    assert sum(bill["gross"] == 0 for bill in bills) == 26
    assert [(s["payer"], s["payee"], s["gross"]) for s in statements] == [("distributor", "provider", Decimal("19.10"))]
    lines = [line for line in book.document_lines.to_pylist() if line["document_id"] == statements[0]["document_id"]]
    assert sum(line["exact"] for line in lines) == Decimal("19.101976229352")
    for party in ("distributor", "provider"):
        own = [entry for entry in entries if entry["book"] == party]
        assert sum(entry["debit"] for entry in own) == sum(entry["credit"] for entry in own) != 0
    result = sum(
        entry["credit"] - entry["debit"]
        for entry in entries
        if entry["book"] == "distributor" and entry["ledger_account"].startswith(("revenue", "expense"))
    )
    assert result == Decimal("1.69")
