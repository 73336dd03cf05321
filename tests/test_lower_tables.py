"""The tables beside the terms: look-up tables, prefixes, and accounts and subscriptions that join the catalog's."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from partita.catalog import load
from partita.catalog.lower import lower
from partita.errors import CatalogError

from .lowering import BASE, lowered


def test_zones_and_prefixes(tmp_path: Path) -> None:
    (tmp_path / "world.csv").write_text("prefix,zone\n1,america\n44,britain\n")
    zones = {"nordic": {"prefixes": ["46", "0700"]}, "world": {"file": "world.csv"}}
    found = lower(load({**BASE, "zones": zones}, folder=tmp_path))
    assert json.loads(found.terms_json)["zones"] == ["nordic"]
    assert found.prefixes.to_pydict() == {
        "prefix": ["46", "0700", "1", "44"],
        "zone": ["nordic", "nordic", "america", "britain"],
    }


SHARES = {"shares": {"by": ["partner"], "columns": {"share": "percent", "fee": "number"}, "rows": None}}


@pytest.mark.parametrize(
    "rows",
    [
        [{"partner": "x", "share": "70%", "fee": "1.5"}, {"partner": None, "share": "0.5", "fee": None}],
        pa.table({"partner": ["x", None], "share": ["70%", "0.5"], "fee": pa.array([Decimal("1.50"), None])}),
        pa.table({"partner": pa.array(["x", None]).dictionary_encode(), "share": ["70%", ".5"], "fee": ["1.5", None]}),
    ],
)
def test_look_up_tables_are_decimals(rows: Any) -> None:
    given = (
        {"tables": SHARES} if not isinstance(rows, list) else {"tables": {"shares": {**SHARES["shares"], "rows": rows}}}
    )
    found = lowered(given, tables=None if isinstance(rows, list) else {"shares": rows})
    table = found.tables["shares"]
    assert table.schema.field("share").type == table.schema.field("fee").type == pa.decimal128(38, 12)
    assert table["partner"].to_pylist() == ["x", None]
    assert table["share"].to_pylist() == [Decimal("0.7"), Decimal("0.5")]
    assert table["fee"].to_pylist() == [Decimal("1.5"), None]
    assert json.loads(found.terms_json)["tables"] == [{"id": "shares", "by": ["partner"], "columns": ["share", "fee"]}]


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(CatalogError, match="tables: unknown table 'sharse'; did you mean 'shares'"):
        lowered({"tables": SHARES}, tables={"sharse": pa.table({"partner": ["x"]})})


# Accounts and subscriptions beside the catalog


def test_accounts_beside_those_of_the_catalog() -> None:
    rows = pa.table(
        {"account": ["a-1", "a-2"], "owner": ["x", "y"], "currency": ["SEK", "JPY"], "zone": [None, "Asia/Tokyo"]}
    )
    more = {"accounts": {**BASE["accounts"], "p-1": {"owner": "maker", "currency": "EUR"}}}
    found = lowered(more, accounts=rows)
    assert found.accounts["account"].to_pylist() == ["p-1", "a-1", "a-2"]
    assert found.accounts["owner"].to_pylist() == ["maker", "x", "y"]
    document = json.loads(found.terms_json)
    assert document["currencies"] == {"EUR": 2, "JPY": 0, "SEK": 2}
    assert [zone["name"] for zone in document["time_zones"]] == ["Asia/Tokyo", "UTC"]


LAYOUTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_accounts_of_any_layout_join(layout: pa.DataType) -> None:
    columns = {
        "account": ["a-1", "a-2"],
        "owner": ["x", "y"],
        "currency": ["SEK", "SEK"],
        "zone": ["UTC", "Asia/Tokyo"],
    }
    rows = pa.table({name: pa.array(values).cast(layout) for name, values in columns.items()})
    more = {"accounts": {**BASE["accounts"], "p-1": {"owner": "maker", "currency": "EUR"}}}
    assert lowered(more, accounts=rows).accounts["account"].to_pylist() == ["p-1", "a-1", "a-2"]


HELD = {
    "subscriptions": {"s-1": {"account": "a-1", "keys": ["1", "2"], "plans": [{"plan": "basic", "from": "2026-10-01"}]}}
}


@pytest.mark.parametrize("keys", [{"keys": [["3"], []]}, {"key": ["3", None]}])
def test_subscriptions_beside_those_of_the_catalog(keys: Mapping[str, Any]) -> None:
    rows = {"subscription": ["s-2", "s-2"], "account": ["a-1", "a-1"], "plan": ["basic", "basic"], **keys}
    rows |= {"from": [None, dt.date(2026, 10, 3)], "until": [dt.date(2026, 10, 3), None]}
    found = lowered(HELD, subscriptions=pa.table(rows)).subscriptions
    assert found["subscription"].to_pylist() == ["s-1", "s-2", "s-2"]
    assert found["from"].to_pylist() == [dt.date(2026, 10, 1), None, dt.date(2026, 10, 3)]


def test_dates_of_the_catalog_beside_instants() -> None:
    start = dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC)
    rows = pa.table({"subscription": ["s-2"], "account": ["a-1"], "key": ["3"], "plan": ["basic"], "from": [start]})
    found = lowered(HELD, subscriptions=rows).subscriptions
    midnight = dt.datetime(2026, 9, 30, 22, tzinfo=dt.UTC)
    assert found["from"].to_pylist() == [midnight, start]


def test_instants_of_the_catalog_beside_dates_are_refused() -> None:
    held = {"account": "a-1", "keys": ["1"], "plans": [{"plan": "basic", "from": "2026-10-01T00:00:00Z"}]}
    rows = [{"subscription": "s-2", "account": "a-1", "key": "3", "plan": "basic", "from": dt.date(2026, 10, 1)}]
    with pytest.raises(CatalogError, match=r"subscriptions\.from: holds dates, but the catalog's own .* instants"):
        lowered({"subscriptions": {"s-1": held}}, subscriptions=rows)
