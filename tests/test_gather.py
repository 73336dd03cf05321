"""Usage into partitions: who is rated together stays together, and no row is lost or changed on the way."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.catalog import load
from partita.cycle.gather import ROW, gather
from partita.cycle.owners import Owners
from partita.cycle.plan import Plan, assigned, hash_files, hash_tables, partitions_of
from partita.cycle.verbs import Verbs

from .billing import CATALOG, OCTOBER, write_calls


def _owners(accounts: list[str], held: list[tuple[str, str, list[str]]], partitions: int, **more: Any) -> Owners:
    subscriptions, holders, keys = zip(*held, strict=True)
    table = pa.table({"subscription": subscriptions, "account": holders, "keys": pa.array(keys, pa.list_(pa.string()))})
    return Owners(pa.table({"account": accounts, **more}), table, partitions)


def _of(owners: Owners) -> list[int]:
    found: list[int] = owners.table["partition"].to_pylist()
    return found


def test_accounts_that_share_a_key_stay_together() -> None:
    held = [("s1", "a", ["1", "2"]), ("s2", "b", ["3"]), ("s3", "c", ["4", "2"]), ("s4", "d", ["5", "4"])]
    a, b, c, d = _of(_owners(["a", "b", "c", "d"], held, 4))
    assert a == c == d != b


def test_accounts_of_a_group_stay_together() -> None:
    held = [(f"s{name}", name, [name]) for name in "abcd"]
    a, b, c, d = _of(_owners(list("abcd"), held, 4, group=[None, "family", None, "family"]))
    assert b == d
    assert len({a, b, c}) == 3


def test_a_column_of_single_keys_will_do() -> None:
    table = pa.table(
        {"subscription": ["s1", "s2", "s3"], "account": ["a", "b", "c"], "key": pa.array(["1", None, "1"])}
    )
    assert _of(Owners(pa.table({"account": ["a", "b", "c"]}), table, 2)) == [0, 1, 0]


def test_counters_go_with_their_owners() -> None:
    held = [("s1", "a", ["1"]), ("s2", "b", ["2"]), ("a", "b", ["3"])]  # a subscription has the id of an account
    owners = _owners(["a", "b"], held, 2)
    counters = pa.table({"owner": ["s1", "s2", "b", "gone", "a"]})
    found = [owners.of_counters(counters, i)["owner"].to_pylist() for i in range(2)]
    assert found == [["s1", "a"], ["s2", "b", "a"]]


@given(st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(0, 15), max_size=4)), min_size=1, max_size=15))
def test_all_accounts_of_a_key_are_in_one_partition(held: list[tuple[int, list[int]]]) -> None:
    accounts = [f"a{i}" for i in range(10)]
    rows = [(f"s{i}", f"a{account}", [str(key) for key in keys]) for i, (account, keys) in enumerate(held)]
    owners = _owners(accounts, rows, 3)
    partition = dict(zip(accounts, _of(owners), strict=True))
    for _, account, keys in rows:
        for other, more in ((other, more) for _, other, more in rows if {*keys} & {*more}):
            assert partition[account] == partition[other], more


# Gathering ------------------------------------------------------------------------------------------------------------


def _plan(files: Any, partitions: int) -> Plan:
    return Plan("run", "run", "2026-10", files, partitions, "", "", "1", None, "", "2026-09", "narrow", "sums")


def _look(catalog: Any, partitions: int) -> Any:
    verbs = Verbs(catalog, None, None, None)
    beside = verbs.engine.beside
    return partial(verbs.gather, owners=Owners(beside["accounts"], beside["subscriptions"], partitions))


def _rows(gathered: Any, partitions: int) -> dict[tuple[str, int], dict[str, Any]]:
    """Every row by its file and number; each is there once."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for partition in range(partitions):
        for source in gathered.sources(partition):
            assert source.ids.num_rows == source.table.num_rows
            ids = source.ids["identity"].to_pylist()
            for row, identity in zip(source.table.to_pylist(), ids, strict=True):
                place = (source.file.name, row.pop(ROW))
                assert place not in found
                found[place] = {**row, "identity": identity}
    return found


def test_no_row_is_lost_or_changed_by_the_cut(tmp_path: Path) -> None:
    write_calls(tmp_path, "a", OCTOBER)
    write_calls(tmp_path, "b", [row.replace("2026-10-0", "2026-10-1") for row in OCTOBER] * 3)
    write_calls(tmp_path, "empty", [])
    catalog = load(CATALOG)
    files = hash_files(assigned(catalog, tmp_path / "calls"))
    whole = gather(_plan(files, 1), catalog, _look(catalog, 1), tmp_path / "none", [0], print)
    cut = gather(_plan(files, 3), catalog, _look(catalog, 3), tmp_path / "spool", range(3), print)
    assert whole.counts == cut.counts == [5, 15, 0]
    assert _rows(cut, 3) == _rows(whole, 1)
    assert cut.ids().read_all().num_rows == 20


def test_files_of_different_types_share_a_partition(tmp_path: Path) -> None:
    """One mapping reads files whose columns differ in type; each keeps its own."""
    times = pa.array([0, 1], pa.timestamp("us", "UTC"))
    same = {
        "id": ["1", "2"],
        "time": times,
        "key": pa.array(["461", "463"]).dictionary_encode(),
        "status": ["ok", "ok"],
    }
    (tmp_path / "calls").mkdir()
    for name, units in (
        ("a", pa.array([1, 2], pa.int32())),
        ("b", pa.array([1, 2])),
        ("c", pa.array([1, 2], pa.int32())),
    ):
        pq.write_table(pa.table({**same, "units": units}), tmp_path / "calls" / f"{name}.parquet")
    mapping = {**CATALOG["usage"]["calls"], "files": "calls/*.parquet"}
    catalog = load({**CATALOG, "usage": {"calls": mapping}})
    files = hash_files(assigned(catalog, tmp_path / "calls"))
    cut = gather(_plan(files, 2), catalog, _look(catalog, 2), tmp_path / "spool", range(2), print)
    for partition in range(2):
        sources = cut.sources(partition)
        assert [source.file.name[-9:] for source in sources] == ["a.parquet", "b.parquet", "c.parquet"]
        assert [str(source.table.schema.field("units").type) for source in sources] == ["int32", "int64", "int32"]


@pytest.mark.parametrize(("rows", "partition_rows", "partitions"), [(0, 10, 1), (10, 10, 1), (11, 10, 2), (100, 7, 15)])
def test_the_number_of_partitions_comes_from_the_input(
    tmp_path: Path, rows: int, partition_rows: int, partitions: int
) -> None:
    path = tmp_path / "calls" / "a.csv"
    path.parent.mkdir()
    path.write_text("id,time,key,units,status\n" + "1,2026-10-01,461,1,ok\n" * rows)
    files = hash_files(assigned(load(CATALOG), path))
    assert partitions_of(files, partition_rows) in (partitions, partitions + 1)  # the header is a line too


def test_tables_are_known_by_their_content() -> None:
    plain = {"accounts": pa.table({"account": ["a", "b", "a"], "day": pa.array([1, None, 3])})}
    chunked = pa.concat_tables([plain["accounts"].slice(0, 1), plain["accounts"].slice(1)])
    encoded = chunked.set_column(0, "account", chunked["account"].dictionary_encode())
    assert hash_tables({"accounts": chunked}) == hash_tables(plain) == hash_tables({"accounts": encoded})
    other = pa.table({"account": ["a", "b", "a"], "day": pa.array([1, None, 4])})
    assert hash_tables({"accounts": other}) != hash_tables(plain) != hash_tables({"subscriptions": chunked})
