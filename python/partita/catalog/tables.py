"""Accounts, subscriptions, prefixes and look-up tables as Arrow tables, from wherever the catalog has them.

Each comes from rows in the catalog, from a file that the catalog names (Parquet, delimited text, Arrow IPC), or from
anything that speaks Arrow and is handed over in their place: a pyarrow or polars table, a DuckDB relation, a stream.
What comes back has the columns that `needed.py` lists, checked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from partita.errors import CatalogError

from .catalog import Catalog
from .check.scene import instant, zone_info
from .columns import INSTANT, Column, Kind, Place, conform, refuse_repeated, refuse_unknown
from .currency import refusal
from .gathered import Gathered
from .party import FileTable, Subscription
from .table_file import read_file

ACCOUNTS = (
    Column("account", Kind.TEXT, "the account's id", needed=True),
    Column("owner", Kind.TEXT, "the party it belongs to", needed=True),
    Column("group", Kind.TEXT, "the group of accounts that it shares with"),
    Column("currency", Kind.TEXT, "its currency, ISO 4217", needed=True),
    Column("zone", Kind.TEXT, "its time zone", default="UTC"),
    Column("cycle_day", Kind.WHOLE, "the day its cycles begin, 1 to 28", default=1),
    Column("territory", Kind.TEXT, "its country, ISO 3166"),
    Column("tax_category", Kind.TEXT, "its tax category", default="standard"),
    Column("payment_days", Kind.WHOLE, "days to pay from the period's end", default=30),
)
SUBSCRIPTIONS = (
    Column("subscription", Kind.TEXT, "the subscription's id; one row for each plan it has had", needed=True),
    Column("account", Kind.TEXT, "the account that holds it", needed=True),
    Column("keys", Kind.TEXTS, "the keys whose usage it pays for; or a column key, with one of them"),
    Column("plan", Kind.TEXT, "the plan of this row", needed=True),
    Column("from", Kind.MOMENT, "since when; none is since ever"),
    Column("until", Kind.MOMENT, "until when, exclusive; none is without end"),
    Column("sold_by", Kind.TEXT, "the party that sold it"),
    Column("introduced_by", Kind.TEXT, "the party that brought the customer"),
    Column("priority", Kind.WHOLE, "of several subscriptions of a key the highest goes first", default=0),
    Column("billed_until", Kind.MOMENT, "until when its recurring charges were billed elsewhere"),
)
PREFIXES = (
    Column("prefix", Kind.TEXT, "leading digits, without +", needed=True),
    Column("zone", Kind.TEXT, "the zone they lead to", needed=True),
)

_SHOWN = 20
"""How many wrong values of a column are told."""


def accounts(catalog: Catalog, given: Any = None) -> pa.Table:
    """The accounts, with the columns of `ACCOUNTS`; `given` takes the place of the catalog's.

    Raises `CatalogError` for missing columns, wrong types, repeated ids, unknown currencies and time zones.
    """
    if given is None and not isinstance(catalog.accounts, FileTable):
        fields = [column.name for column in ACCOUNTS[1:]]
        rows = ([key, *(getattr(account, name) for name in fields)] for key, account in catalog.accounts.items())
        return _from_rows(rows, ACCOUNTS)
    table, place = _source(catalog, "accounts", given, catalog.accounts)
    wrong = Gathered()
    table = conform(table, ACCOUNTS, place, wrong)
    with wrong.too():
        if not table["account"].null_count:
            refuse_repeated(table, ["account"], place)
    with wrong.too():
        _refuse_where(table, "currency", lambda code: refusal(code, catalog.billing.digits), place)
    with wrong.too():
        _refuse_where(table, "zone", lambda name: None if zone_info(name) else "is not a time zone", place)
    with wrong.too():
        _refuse_outside(table["cycle_day"], 1, 28, "cycle_day", place)
    with wrong.too():
        _refuse_outside(table["payment_days"], 0, None, "payment_days", place)
    wrong.tell()
    return table


def subscriptions(catalog: Catalog, given: Any = None, accounts: pa.Table | None = None) -> pa.Table:
    """The subscriptions, one row for each plan that one has had, with the columns of `SUBSCRIPTIONS`.

    `accounts` is the table of `accounts()`: with it, the accounts named must be there, and the dates of subscriptions
    in the catalog become instants where some of them are. Raises `CatalogError` for missing columns, wrong types,
    unknown plans and accounts, and rows that end before they begin.
    """
    if given is None and not isinstance(catalog.subscriptions, FileTable):
        return _from_rows(_history(catalog.subscriptions, catalog, accounts), SUBSCRIPTIONS)
    table, place = _source(catalog, "subscriptions", given, catalog.subscriptions)
    wrong = Gathered()
    table = as_subscriptions(table, place, wrong)
    with wrong.too():
        refuse_unknown(table["plan"], list(catalog.plans), "plans", "plan", place)
    if accounts is not None:
        with wrong.too():
            refuse_unknown(table["account"], accounts["account"], "accounts", "account", place)
    with wrong.too():
        _refuse_backward(table, place)
    wrong.tell()
    return table


def as_subscriptions(table: Any, place: Place, wrong: Gathered | None = None) -> pa.Table:
    """A table with the columns of `SUBSCRIPTIONS`, of which key may be in place of keys."""
    columns = list(SUBSCRIPTIONS)
    if "key" in table.column_names:
        if "keys" in table.column_names:
            raise place.wrong("has both keys and key; give one of them")
        columns[2] = Column("key", Kind.TEXT, "the key whose usage it pays for")
    return conform(table, columns, place, wrong)


def prefixes(catalog: Catalog) -> pa.Table:
    """The prefixes of all zones, with the columns prefix and zone; each prefix once.

    Raises `CatalogError` for a prefix that is not digits, or is in two zones.
    """
    inline = ((prefix, key) for key, zone in catalog.zones.items() for prefix in dict.fromkeys(zone.prefixes))
    tables = [_from_rows(inline, PREFIXES)]
    for key, zone in catalog.zones.items():
        if zone.file is not None:
            place = Place(f"zones.{key}", zone.file)
            table = conform(read_file(Path(catalog.folder) / zone.file, place), PREFIXES, place)
            wrong = pc.invert(pc.match_substring_regex(table["prefix"].cast(pa.string()), "^[0-9]{1,32}$"))
            _refuse_first(table["prefix"], wrong, "is not 1 to 32 digits", "prefix", place)
            tables.append(table.cast(tables[0].schema))
    table = pa.concat_tables(tables)
    refuse_repeated(table, ["prefix"], Place("zones"))
    return table


def lookup(catalog: Catalog, name: str, given: Any = None) -> pa.Table:
    """A look-up table: its key columns as text (null is any), its value columns as decimals.

    Raises `CatalogError` for missing columns, values that are no numbers, and rows that tie.
    """
    spec = catalog.tables[name]
    path = f"tables.{name}"
    if given is None and spec.file is None:
        if spec.rows is None:
            raise CatalogError(f"{path}: has neither rows nor a file; hand its table over, or name a file")
        names = (*spec.by, *spec.columns)
        table = pa.table({name: pa.array([row.get(name) for row in spec.rows], pa.string()) for name in names})
        place = Place(path)
    else:
        table, place = _source(catalog, path, given, FileTable(file=spec.file or ""))
    return as_lookup(table, spec.by, tuple(spec.columns), place)


def as_lookup(table: Any, by: Sequence[str], values: Sequence[str], place: Place) -> pa.Table:
    """A table as a look-up table with these key and value columns. Raises `CatalogError` as `lookup` does."""
    needed = [Column(key, Kind.TEXT, "a key; none is any") for key in by]
    needed += [Column(value, Kind.NUMBER, "a number") for value in values]
    for column in needed:
        if column.name not in table.column_names:
            raise place.wrong(f"needs a column {column.name!r}; it has {', '.join(table.column_names)}")
    table = conform(table, needed, place)
    refuse_repeated(table, list(by), place)
    return table


def zones_in_file(catalog: Catalog, file: str) -> frozenset[str] | None:
    """The names of the zones in a file of prefixes; None when it is not there, or cannot be read."""
    place = Place("zones", file)
    try:
        return frozenset(
            pc.unique(conform(read_file(Path(catalog.folder) / file, place), PREFIXES, place)["zone"]).to_pylist()
        )
    except CatalogError:
        return None


def _from_rows(rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> pa.Table:
    """A table of typed rows, whose values are right already."""
    types = {Kind.TEXT: pa.string(), Kind.TEXTS: pa.list_(pa.string()), Kind.WHOLE: pa.int32()}
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    made = {}
    for column, part in zip(columns, values, strict=True):
        instants = any(isinstance(value, dt.datetime) for value in part)
        made[column.name] = pa.array(part, types.get(column.kind, INSTANT if instants else pa.date32()))
    return pa.table(made)


def _history(held: dict[str, Subscription], catalog: Catalog, accounts: pa.Table | None) -> Iterable[Sequence[Any]]:
    """One row for each plan of each subscription; dates are instants if any moment in the catalog is one."""
    moments = [
        moment
        for one in held.values()
        for moment in (one.billed_until, *(m for row in one.plans for m in (row.valid_from, row.valid_until)))
    ]
    at: Any = _as_it_is
    if any(isinstance(moment, dt.datetime) for moment in moments):
        at = _midnights(_zones(dict.fromkeys(one.account for one in held.values()), catalog, accounts))
    for key, one in held.items():
        place = partial(at, one.account)
        for row in one.plans:
            times = (place(row.valid_from), place(row.valid_until))
            billed = place(one.billed_until)
            parties = (one.sold_by, one.introduced_by)
            yield (key, one.account, one.keys, row.plan, *times, *parties, one.priority, billed)


def _as_it_is(_account: str, moment: dt.date | None) -> dt.date | None:
    return moment


def _zones(holders: Iterable[str], catalog: Catalog, accounts: pa.Table | None) -> dict[str, str]:
    """The time zones of accounts: as the table of all has them, or else the catalog."""
    if accounts is None:
        written = {} if isinstance(catalog.accounts, FileTable) else catalog.accounts
        return {key: account.zone for key, account in written.items()}
    wanted = pa.array(list(holders), pa.string())
    zones = accounts["zone"].take(pc.index_in(wanted, value_set=accounts["account"].cast(pa.string()).combine_chunks()))
    return {key: zone for key, zone in zip(wanted.to_pylist(), zones.to_pylist(), strict=True) if zone is not None}


def _midnights(zones: Mapping[str, str]) -> Any:
    """Moments as instants: a date is midnight in the zone of the account."""

    def at(account: str, moment: dt.date | None) -> dt.datetime | None:
        return None if moment is None else instant(moment, zone_info(zones.get(account, "UTC")))

    return at


def _source(catalog: Catalog, path: str, given: Any, written: Any) -> tuple[Any, Place]:
    """The table handed over, or else that of the catalog's file."""
    if given is None:
        assert isinstance(written, FileTable)
        place = Place(path, written.file)
        return read_file(Path(catalog.folder) / written.file, place), place
    return handed_over(given, path)


def handed_over(given: Any, path: str) -> tuple[Any, Place]:
    """What is given for a table, an Arrow object, a file's path or a list of dicts, as a table."""
    place = Place(path)
    if isinstance(given, (str, Path)):
        place = Place(path, str(given))
        return read_file(Path(given), place), place
    try:
        if not isinstance(given, list):
            return pa.table(given), place
        names = dict.fromkeys(name for row in given for name in row)
        return pa.table({name: _of_dicts(given, name, place) for name in names}), place
    except _UNREADABLE as wrong:
        raise place.wrong(f"cannot be read as an Arrow table: {wrong}") from None


_UNREADABLE = (pa.ArrowException, ArithmeticError, AttributeError, NotImplementedError, TypeError, ValueError)


def _of_dicts(rows: list[dict[str, Any]], name: str, place: Place) -> Any:
    """A column of rows, null where a row has none."""
    values = [row.get(name) for row in rows]
    try:
        return pa.array(values)
    except _UNREADABLE as wrong:
        raise place.wrong(f"cannot be read as an Arrow column: {wrong}", name) from None


def _refuse_where(table: Any, column: str, wrong: Callable[[str], str | None], place: Place) -> None:
    """Refuse a column by its distinct values, of which `wrong` says what is wrong."""
    values = pc.drop_null(pc.unique(table[column].cast(pa.string()))).to_pylist()
    told = [(value, why) for value in values if (why := wrong(value)) is not None]
    problems = Gathered()
    for value, why in told[:_SHOWN]:
        with problems.too():
            raise place.wrong(f"{value!r} {why}", column)
    problems.tell()


def _refuse_outside(values: Any, least: int, most: int | None, column: str, place: Place) -> None:
    wrong = pc.less(values, least)
    if most is not None:
        wrong = pc.or_(wrong, pc.greater(values, most))
    _refuse_first(values, wrong, f"must be {least} to {most}" if most else f"must be at least {least}", column, place)


def _refuse_backward(table: Any, place: Place) -> None:
    """Refuse rows that end before they begin; a date and an instant are not compared here."""
    start, end = table["from"], table["until"]
    if start.type == end.type:
        _refuse_first(end, pc.less(end, start), "is before from", "until", place)


def _refuse_first(values: Any, wrong: Any, message: str, column: str, place: Place) -> None:
    row = pc.index(wrong, value=True).as_py()
    if row >= 0:
        raise place.wrong(f"row {row}: {values[row].as_py()} {message}", column)
