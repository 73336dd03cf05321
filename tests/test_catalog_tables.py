"""Accounts, subscriptions, prefixes and look-up tables from every source, and what is refused of them."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from partita.catalog import Catalog, load
from partita.catalog.lower import lower
from partita.catalog.needed import columns_needed
from partita.catalog.tables import accounts, lookup, prefixes, subscriptions
from partita.errors import CatalogError

NORDTEL = Path(__file__).parent / "catalogs" / "nordtel"


@pytest.fixture(scope="module")
def nordtel() -> Catalog:
    return load(NORDTEL)


def catalog_of(folder: Path, **sections: Any) -> Catalog:
    plan = {"seller": "n", "currency": "SEK", "charges": {}}
    return load({"parties": {"n": {}}, "plans": {"p": plan, "q": plan}, **sections}, folder=folder)


ACCOUNTS = {"account": ["a", "b"], "owner": ["c", "d"], "currency": ["SEK", "EUR"]}
SUBSCRIPTIONS = {"subscription": ["s", "s", "t"], "account": ["a", "a", "b"], "plan": ["p", "q", "p"]}


def test_accounts_in_the_catalog(nordtel: Catalog) -> None:
    table = accounts(nordtel)
    assert table.column_names == [
        "account",
        "owner",
        "group",
        "currency",
        "zone",
        "cycle_day",
        "territory",
        "tax_category",
        "payment_days",
    ]
    assert table.to_pylist()[5] == {
        "account": "a-1003",
        "owner": "c-1003",
        "group": "family-1",
        "currency": "SEK",
        "zone": "Europe/Helsinki",
        "cycle_day": 1,
        "territory": "FI",
        "tax_category": "standard",
        "payment_days": 30,
    }


def test_subscriptions_in_the_catalog(nordtel: Catalog) -> None:
    table = subscriptions(nordtel)
    assert table["from"].type == pa.date32()
    rows = table.select(["subscription", "keys", "plan", "from", "until"]).to_pylist()
    assert rows[:2] == [
        {
            "subscription": "s-1",
            "keys": ["46701234567"],
            "plan": "start",
            "from": dt.date(2026, 9, 10),
            "until": dt.date(2026, 10, 16),
        },
        {"subscription": "s-1", "keys": ["46701234567"], "plan": "plus", "from": dt.date(2026, 10, 16), "until": None},
    ]


def test_dates_beside_instants_are_midnights_of_the_account(tmp_path: Path) -> None:
    catalog = catalog_of(
        tmp_path,
        accounts={"a": {"owner": "c", "currency": "SEK", "zone": "Europe/Stockholm"}},
        subscriptions={
            "s": {"account": "a", "plans": [{"plan": "p", "from": "2026-07-01", "until": "2026-08-01T12:00:00Z"}]}
        },
    )
    table = subscriptions(catalog)
    assert table["from"].to_pylist() == [dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC)]
    assert table["until"].to_pylist() == [dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)]


def test_dates_beside_instants_are_midnights_of_the_account_that_was_handed_over() -> None:
    plans = [{"plan": "start", "from": "2026-01-01", "until": "2026-10-15"}]
    catalog = load(
        {
            "parties": {"shop": {}},
            "accounts": {key: {"owner": "c", "currency": "EUR", "zone": "Pacific/Pago_Pago"} for key in ("a-1", "a-2")},
            "subscriptions": {
                "s-1": {"account": "a-1", "plans": plans},
                "s-2": {"account": "a-2", "plans": [{**plans[0], "from": "2026-01-01T12:00:00Z"}]},
            },
            "plans": {"start": {"seller": "shop", "currency": "EUR", "charges": {"sms": {"flat": "1"}}}},
        }
    )
    tokyo = pa.table({"account": ["a-1"], "owner": ["c"], "currency": ["EUR"], "zone": ["Asia/Tokyo"]})
    untils = lower(catalog, tokyo).subscriptions["until"].to_pylist()
    assert [str(until) for until in untils] == ["2026-10-14 15:00:00+00:00", "2026-10-15 11:00:00+00:00"]


def test_a_catalog_without_any(tmp_path: Path) -> None:
    empty = catalog_of(tmp_path)
    assert (accounts(empty).num_rows, subscriptions(empty).num_rows, prefixes(empty).num_rows) == (0, 0, 0)
    assert subscriptions(empty)["keys"].type == pa.list_(pa.string())


def _parquet(table: Any, path: Path) -> None:
    pyarrow.parquet.write_table(table, path)


def _csv(table: Any, path: Path) -> None:
    rows = [table.column_names, *(list(row.values()) for row in table.to_pylist())]
    text = "".join(",".join("" if value is None else str(value) for value in row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


WRITERS: dict[str, Callable[[Any, Path], None]] = {
    "t.parquet": _parquet,
    "t.csv": _csv,
    "t.csv.gz": _csv,
    "t.arrow": lambda table, path: pyarrow.feather.write_feather(table, path, compression="uncompressed"),
    "t.feather": lambda table, path: pyarrow.feather.write_feather(table, path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_files(name: str, tmp_path: Path) -> None:
    days = pa.array([dt.date(2026, 1, 1), dt.date(2026, 2, 1), None])
    WRITERS[name](
        pa.table({**SUBSCRIPTIONS, "key": ["1", "1", "0700"], "from": days, "priority": [1, 2, None]}), tmp_path / name
    )
    table = subscriptions(catalog_of(tmp_path, subscriptions={"file": name}))
    assert table.column_names[2] == "key"
    assert table["key"].to_pylist() == ["1", "1", "0700"]
    assert table["from"].to_pylist() == [dt.date(2026, 1, 1), dt.date(2026, 2, 1), None]
    assert table["priority"].to_pylist() == [1, 2, 0]


def test_an_arrow_stream_file(tmp_path: Path) -> None:
    table = pa.table(ACCOUNTS)
    with pa.ipc.new_stream(str(tmp_path / "a.arrows"), table.schema) as writer:
        writer.write_table(table)
    assert accounts(catalog_of(tmp_path, accounts={"file": "a.arrows"}))["zone"].to_pylist() == ["UTC", "UTC"]


@pytest.mark.parametrize(
    "given",
    [
        pa.table(ACCOUNTS),
        pl.DataFrame(ACCOUNTS),
        pa.table(ACCOUNTS).to_reader(),
        ACCOUNTS,
        [{"account": "a", "owner": "c", "currency": "SEK"}, {"account": "b", "owner": "d", "currency": "EUR"}],
        pa.table({**ACCOUNTS, "currency": pa.array(ACCOUNTS["currency"]).dictionary_encode(), "more": [1.5, 2.5]}),
    ],
    ids=["pyarrow", "polars", "stream", "dict", "rows", "dictionary"],
)
def test_what_speaks_arrow(given: Any, nordtel: Catalog) -> None:
    table = accounts(nordtel, given)
    assert table["account"].to_pylist() == ["a", "b"]
    assert table["currency"].to_pylist() == ["SEK", "EUR"]
    assert table["cycle_day"].to_pylist() == [1, 1]


def test_keys_as_lists_and_as_text(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path)
    rows = {**SUBSCRIPTIONS, "keys": [[1, 2], [1], []]}
    assert subscriptions(catalog, rows)["keys"].to_pylist() == [["1", "2"], ["1"], []]
    rows = {**SUBSCRIPTIONS, "keys": ["1 2", " 1", None]}
    assert subscriptions(catalog, rows)["keys"].to_pylist()[0] == ["1", "2"]


def test_text_moments(tmp_path: Path) -> None:
    catalog = catalog_of(tmp_path)
    rows = {**SUBSCRIPTIONS, "from": ["2026-10-01T08:00:00+02:00", "2026-10-01T08:00:00Z", None]}
    assert subscriptions(catalog, rows)["from"].to_pylist() == [
        dt.datetime(2026, 10, 1, 6, tzinfo=dt.UTC),
        dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC),
        None,
    ]


def test_prefixes_of_all_zones(nordtel: Catalog) -> None:
    table = prefixes(nordtel)
    assert table.column_names == ["prefix", "zone"]
    found = dict(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
    assert (found["46"], found["49"], found["1"]) == ("nordic", "europe", "world")


def test_lookup_from_a_file(nordtel: Catalog) -> None:
    table = lookup(nordtel, "content")
    assert table["share"].type == pa.decimal128(38, 12)
    assert table.to_pylist() == [
        {"partner_id": "songhouse", "territory": "SE", "share": Decimal("0.700000000000")},
        {"partner_id": "songhouse", "territory": None, "share": Decimal("0.650000000000")},
        {"partner_id": "kinofilm", "territory": None, "share": Decimal("0.555000000000")},
    ]


def one_table(folder: Path) -> Catalog:
    return catalog_of(folder, tables={"t": {"by": ["k"], "columns": {"v": "number"}}})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["70%", "0.5", None, "12.3456789012%", "-.5", "7."], ["0.7", "0.5", None, "0.123456789012", "-0.5", "7"]),
        ([1, 2, None], ["1", "2", None]),
        ([Decimal("0.1"), None], ["0.1", None]),
        ([None, None], [None, None]),
    ],
)
def test_numbers_are_exact(values: list[Any], expected: list[str | None], tmp_path: Path) -> None:
    rows = pa.table({"k": [str(n) for n in range(len(values))], "v": values})
    found = lookup(one_table(tmp_path), "t", rows)["v"].to_pylist()
    assert found == [None if value is None else Decimal(value) for value in expected]


def test_chunks_of_percentages(tmp_path: Path) -> None:
    chunked = pa.chunked_array([["1%"], ["2%", "3"], []], pa.string())
    rows = pa.table({"k": ["a", "b", "c"], "v": chunked})
    assert lookup(one_table(tmp_path), "t", rows)["v"].to_pylist() == [Decimal("0.01"), Decimal("0.02"), Decimal(3)]


REFUSED_ACCOUNTS = {
    "missing": (
        {"currency": None},
        "accounts: needs a column 'currency' (its currency, ISO 4217); it has account",
    ),
    "misspelt": ({"teritory": ["SE", "SE"]}, "accounts: unknown column 'teritory'; did you mean 'territory'?"),
    "null": ({"owner": ["c", None]}, "accounts.owner: row 1 has none, and every row needs the party it belongs to"),
    "float": ({"cycle_day": [1.0, 2.0]}, "accounts.cycle_day: holds whole numbers, not double; a binary float"),
    "not whole": ({"cycle_day": ["1", "x"]}, "accounts.cycle_day: holds whole numbers"),
    "outside": ({"cycle_day": [28, 29]}, "accounts.cycle_day: row 1: 29 must be 1 to 28"),
    "negative": ({"payment_days": [-1, 0]}, "accounts.payment_days: row 0: -1 must be at least 0"),
    "zone": ({"zone": ["UTC", "Mars"]}, "accounts.zone: 'Mars' is not a time zone"),
    "repeated": ({"account": ["a", "a"]}, "accounts: 2 rows are for account a; a key has one row"),
    "type": ({"owner": [dt.date(2026, 1, 1)] * 2}, "accounts.owner: holds text, not date32"),
}


@pytest.mark.parametrize("case", REFUSED_ACCOUNTS)
def test_refused_accounts(case: str, nordtel: Catalog) -> None:
    changes, message = REFUSED_ACCOUNTS[case]
    rows = {name: values for name, values in {**ACCOUNTS, **changes}.items() if values is not None}
    with pytest.raises(CatalogError) as caught:
        accounts(nordtel, rows)
    assert str(caught.value).startswith(message)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Of every table handed over, and of every column; no row is unknown because the table that it names is wrong."""
    wrong = {
        "accounts": [
            {"account": "a", "owner": "c", "currency": "XXY", "zone": "Mars", "cycle_day": 31, "payment_days": -1},
            {"account": "b", "owner": "c", "currency": "XXZ", "zone": "UTC", "cycle_day": 1, "payment_days": 0},
        ],
        "subscriptions": [{"subscription": "s", "account": "z", "plan": "r", "priority": "x", "fromm": "2026-01-01"}],
        "tables": {"t": {"k": ["a"], "v": ["x"]}, "u": {}},
    }
    with pytest.raises(CatalogError) as caught:
        lower(one_table(tmp_path), **wrong)
    assert [problem.path for problem in caught.value.problems] == [
        "accounts.currency",
        "accounts.currency",
        "accounts.zone",
        "accounts.cycle_day",
        "accounts.payment_days",
        "subscriptions",
        "subscriptions.priority",
        "subscriptions.plan",
        "tables",
        "tables.t.v",
    ]


REFUSED_SUBSCRIPTIONS = {
    "plan": ({"plan": ["p", "r", "x"]}, "subscriptions.plan: 2 unknown plans: 'r', 'x'"),
    "account": ({"account": ["a", "z", "b"]}, "subscriptions.account: 1 unknown accounts: 'z'"),
    "date": ({"from": ["2026-01-01", "2026-1-1", None]}, "subscriptions.from: row 1: '2026-1-1': a moment is a date"),
    "naive": (
        {"from": pa.array([dt.datetime(2026, 1, 1)] * 3)},  # noqa: DTZ001
        "subscriptions.from: holds dates, or instants with a zone, not timestamp[us]; an instant needs its zone",
    ),
    "backward": (
        {"from": ["2026-01-01"] * 3, "until": ["2026-01-02", "2025-12-31", None]},
        "subscriptions.until: row 1: 2025-12-31 is before from",
    ),
    "key and keys": ({"key": ["1"] * 3, "keys": [["1"]] * 3}, "subscriptions: has both keys and key; give one of them"),
}


@pytest.mark.parametrize("case", REFUSED_SUBSCRIPTIONS)
def test_refused_subscriptions(case: str, tmp_path: Path) -> None:
    changes, message = REFUSED_SUBSCRIPTIONS[case]
    catalog = catalog_of(tmp_path)
    with pytest.raises(CatalogError) as caught:
        subscriptions(catalog, pa.table({**SUBSCRIPTIONS, **changes}), accounts(catalog, ACCOUNTS))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"k": ["a", "a"], "v": [1, 2]}, "tables.t: 2 rows are for k a; a key has one row"),
        ({"k": [None, None], "v": [1, 2]}, "tables.t: 2 rows are for k any; a key has one row"),
        ({"k": ["a"], "v": [0.1]}, "tables.t.v: holds decimals; 70% or 0.70, not double; a binary float"),
        ({"k": ["a", "b"], "v": ["1", "1e3"]}, "tables.t.v: row 1: '1e3': a number is a decimal such as 0.10"),
        (
            {"k": ["a"], "v": ["0.0000000000001"]},
            "tables.t.v: row 0: '0.0000000000001': a number has at most 12",
        ),
        (
            {"k": ["a"], "v": ["0.00000000001%"]},
            "tables.t.v: row 0: '0.00000000001%': a number has at most 12",
        ),
        ({"k": ["a"], "w": ["1"]}, "tables.t: needs a column 'v'; it has k, w"),
    ],
)
def test_refused_lookups(rows: dict[str, list[Any]], message: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogError) as caught:
        lookup(one_table(tmp_path), "t", rows)
    assert str(caught.value).startswith(message)


def test_columns_that_stand_twice_are_refused_all_at_once(nordtel: Catalog, tmp_path: Path) -> None:
    names = ["account", "owner", "currency", "owner", "note", "currency", "note"]
    with pytest.raises(CatalogError) as caught:
        accounts(nordtel, pa.table([["a"]] * len(names), names=names))
    assert str(caught.value).splitlines() == [
        "accounts.owner: stands in the table twice",
        "accounts.currency: stands in the table twice",
    ]
    (tmp_path / "s.csv").write_text("subscription,account,plan,key,key\ns,a,p,1,2\n")
    with pytest.raises(CatalogError, match=r"s\.csv: subscriptions\.key: stands in the table twice"):
        subscriptions(catalog_of(tmp_path, subscriptions={"file": "s.csv"}))
    with pytest.raises(CatalogError, match=r"tables\.t\.k: stands in the table twice"):
        lookup(one_table(tmp_path), "t", pa.table([["a"], ["b"], ["1"]], names=["k", "k", "v"]))


@pytest.mark.parametrize("values", [["a", 1], [1, 2**70], [Decimal("1e50"), Decimal("1e-50")], [object()]])
def test_a_column_of_dicts_that_arrow_has_no_type_for(nordtel: Catalog, values: list[Any]) -> None:
    rows = [{"account": value, "owner": "c", "currency": "SEK"} for value in values]
    with pytest.raises(CatalogError, match=r"accounts\.account: cannot be read as an Arrow column"):
        accounts(nordtel, rows)


def test_refused_files(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="accounts: there is no file"):
        accounts(catalog_of(tmp_path, accounts={"file": "a.parquet"}))
    (tmp_path / "a.parquet").write_text("not parquet")
    with pytest.raises(CatalogError, match=r"a.parquet: accounts: cannot be read"):
        accounts(catalog_of(tmp_path, accounts={"file": "a.parquet"}))
    (tmp_path / "a.xlsx").write_text("")
    with pytest.raises(CatalogError, match=r"a table's file ends in one of .parquet"):
        accounts(catalog_of(tmp_path, accounts={"file": "a.xlsx"}))
    (tmp_path / "z.csv").write_text("prefix,zone\n46,nordic\n+47,nordic\n")
    with pytest.raises(CatalogError, match=r"zones.z.prefix: row 1: \+47 is not 1 to 32 digits"):
        prefixes(catalog_of(tmp_path, zones={"z": {"file": "z.csv"}}))


def test_columns_needed(nordtel: Catalog) -> None:
    text = columns_needed(nordtel)
    assert "  * account        the account's id: text" in text
    assert "    cycle_day      the day its cycles begin, 1 to 28 (default 1): whole numbers" in text
    assert "table content\n    partner_id     a key; none is any: text" in text
