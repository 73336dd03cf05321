"""What a demonstration needs, made up: customers, their subscriptions, calls for a month."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from partita.generate import country_prefixes, keys, write_parquet

PERIOD: Final = "2026-10"
_HERE: Final = ("45", "46", "47", "354", "358")
"""Prefixes of the zones that the catalog spells out."""
_RECORDS_A_CUSTOMER: Final = 100
_UNKNOWN_EVERY: Final = 200
"""One in so many numbers belongs to nobody, so that there is something to correct."""
_NEW_EVERY: Final = 100
"""One in so many customers came in the middle of the month; calls of before have no plan."""


@dataclass(frozen=True)
class Demonstration:
    """The inputs of a run: a catalog, tables beside it, usage."""

    catalog: Path
    accounts: Path
    subscriptions: Path
    usage: Path
    customers: int
    period: str = PERIOD


def models() -> list[str]:
    """The partnership models that have a demonstration."""
    folders = resources.files("partita.demo").iterdir()
    return sorted(folder.name for folder in folders if folder.is_dir() and folder.name[:1].isupper())


def prepare(model: str, records: int, seed: int, folder: Path) -> Demonstration:
    """Write all that a demonstration needs into a folder. Raises `KeyError` for a model that has none.

    The same arguments give the same files.
    """
    if model not in models():
        raise KeyError(model)
    catalog = folder / "catalog"
    with resources.as_file(resources.files("partita.demo") / model) as written:
        shutil.copytree(written, catalog, dirs_exist_ok=True)
    pa.csv.write_csv(_abroad(), catalog / "prefixes.csv")
    customers = max(10, records // _RECORDS_A_CUSTOMER)
    tables = {"accounts": _accounts(customers), "subscriptions": _subscriptions(customers)}
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    files = max(1, records // 500_000)
    write_parquet(folder / "voice", records, customers, seed, files=files)
    accounts, subscriptions = (folder / f"{name}.parquet" for name in tables)
    return Demonstration(catalog, accounts, subscriptions, folder / "voice", customers)


def _abroad() -> pa.Table:
    """The prefixes of all other countries."""
    prefixes = [prefix for prefix, _ in country_prefixes() if prefix not in _HERE]
    return pa.table({"prefix": prefixes, "zone": ["abroad"] * len(prefixes)})


def _accounts(customers: int) -> pa.Table:
    numbers = _numbered(customers)
    same = {"currency": "SEK", "zone": "Europe/Stockholm", "territory": "SE"}
    columns = {name: pa.repeat(pa.scalar(value), customers) for name, value in same.items()}
    return pa.table(
        {
            "account": pc.binary_join_element_wise("a", numbers, "-"),
            "owner": pc.binary_join_element_wise("c", numbers, "-"),
            **columns,
        }
    )


def _subscriptions(customers: int) -> pa.Table:
    index, numbers = pa.arange(0, customers), _numbered(customers)
    begins = pc.if_else(_every(_NEW_EVERY, index), dt.date(2026, 10, 16), dt.date(2026, 1, 1))
    unknown = _every(_UNKNOWN_EVERY, index)
    return pa.table(
        {
            "subscription": pc.binary_join_element_wise("s", numbers, "-"),
            "account": pc.binary_join_element_wise("a", numbers, "-"),
            "key": pc.if_else(unknown, None, keys(customers)),
            "plan": pa.repeat(pa.scalar("talk"), customers),
            "from": begins,
        }
    )


def _numbered(count: int) -> pa.Array:
    return pc.utf8_lpad(pa.arange(1, count + 1).cast(pa.string()), width=len(str(count)), padding="0")


def _every(step: int, index: pa.Array) -> pa.Array:
    """Whether a place is the last of its `step`."""
    return pc.equal(pc.subtract(index, pc.multiply(pc.divide(index, step), step)), step - 1)
