"""Made-up usage: the same for the same seed, and shaped like a month of calls."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from partita.generate import (
    BATCH_ROWS,
    END,
    SCHEMA,
    START,
    country_prefixes,
    keys,
    prefix_table,
    voice_usage,
    write_parquet,
)

RECORDS = 100_000


@pytest.fixture(scope="module")
def month() -> pa.Table:
    return pa.Table.from_batches(voice_usage(RECORDS, accounts=500, seed=7))


def test_the_same_seed_gives_the_same_records(month: pa.Table) -> None:
    text = io.BytesIO()
    pa_csv.write_csv(month, text)
    found = hashlib.blake2b(text.getvalue(), digest_size=16).hexdigest()
    assert found == "7d4b464352af6fbc83f6db50a958066f"


def test_another_seed_gives_others(month: pa.Table) -> None:
    other = pa.Table.from_batches(voice_usage(RECORDS, accounts=500, seed=8))
    for name in ("call_id", "a_number", "b_number", "started_at", "duration_seconds"):
        same = pc.sum(pc.equal(month[name], other[name])).as_py()
        assert same < RECORDS / 20, name


def test_batches(month: pa.Table) -> None:
    assert [chunk.num_rows for chunk in month.to_batches()] == [BATCH_ROWS, RECORDS - BATCH_ROWS]
    assert month.schema == SCHEMA
    assert all(column.null_count == 0 for column in month.columns)
    assert list(voice_usage(0)) == []


def test_records_are_in_the_order_of_time(month: pa.Table) -> None:
    times = month["started_at"].cast(pa.int64()).to_pylist()
    assert all(one <= other for one, other in pairwise(times))
    assert month["started_at"][0].as_py() >= START
    assert month["started_at"][-1].as_py() < END
    assert month["started_at"][-1].as_py() > END - dt.timedelta(minutes=5)


def test_ids_are_32_characters_and_unique(month: pa.Table) -> None:
    assert pc.unique(pc.utf8_length(month["call_id"])).to_pylist() == [32]
    assert pc.count_distinct(month["call_id"]).as_py() == RECORDS


def test_a_few_accounts_make_most_calls(month: pa.Table) -> None:
    counts = month["a_number"].value_counts()
    assert set(counts.field("values").to_pylist()) <= set(keys(500).to_pylist())
    by_size = sorted(counts.field("counts").to_pylist(), reverse=True)
    assert len(by_size) > 450
    assert sum(by_size[:50]) > RECORDS / 3  # a tenth of the accounts
    expected = [(k**0.2 - (k - 1) ** 0.2) for k in (2, 3)]
    assert by_size[1] / by_size[2] == pytest.approx(expected[0] / expected[1], rel=0.35)


def test_numbers_called_have_real_prefixes(month: pa.Table) -> None:
    codes = tuple(prefix for prefix, _ in country_prefixes())
    called = month["b_number"].to_pylist()
    assert all(len(number) == 12 and number.startswith(codes) for number in called)
    home = sum(number.startswith("46") for number in called)
    assert home / RECORDS == pytest.approx(0.75, abs=0.01)
    assert len(set(called)) > RECORDS * 0.95


def test_durations(month: pa.Table) -> None:
    seconds = month["duration_seconds"]
    assert pc.min_max(seconds).as_py()["min"] == 0
    assert pc.mean(seconds).as_py() == pytest.approx(115, rel=0.05)
    assert pc.sum(pc.equal(seconds, 0)).as_py() / RECORDS == pytest.approx(0.05, abs=0.005)


def test_nights_are_quiet(month: pa.Table) -> None:
    counts = pc.hour(month["started_at"]).value_counts().to_pylist()
    by_hour = {row["values"]: row["counts"] for row in counts}
    assert len(by_hour) == 24
    assert by_hour[3] * 10 < by_hour[11]


@pytest.mark.parametrize("hours", [1, 24, 31 * 24 + 1])
def test_any_span(hours: int) -> None:
    end = START + dt.timedelta(hours=hours)
    times = pa.Table.from_batches(voice_usage(5_000, start=START, end=end))["started_at"]
    assert times[0].as_py() >= START
    assert end - dt.timedelta(hours=hours) / 50 < times[-1].as_py() < end


@pytest.mark.parametrize("files", [1, 3])
def test_files_hold_the_same_records(tmp_path: Path, month: pa.Table, files: int) -> None:
    paths = write_parquet(tmp_path, RECORDS, accounts=500, seed=7, files=files)
    assert [path.name for path in paths] == [f"voice-{i:04}.parquet" for i in range(1, files + 1)]
    parts = [pq.read_table(path) for path in paths]
    assert max(part.num_rows for part in parts) - min(part.num_rows for part in parts) <= 1
    assert pa.concat_tables(parts).equals(month)
    again = write_parquet(tmp_path / "again", RECORDS, accounts=500, seed=7, files=files)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_country_prefixes() -> None:
    prefixes = dict(country_prefixes())
    assert len(prefixes) > 200
    assert [prefixes[code] for code in ("1", "46", "358", "35818", "7", "77", "1242")] == [
        "US",
        "SE",
        "FI",
        "AX",
        "RU",
        "KZ",
        "BS",
    ]
    assert all(prefix.isdigit() and prefix[0] != "0" and len(region) == 2 for prefix, region in prefixes.items())


@pytest.mark.parametrize("rows", [1, 100, 2_000, 20_000])
def test_prefix_tables(rows: int) -> None:
    table = prefix_table(rows)
    prefixes = table["prefix"].to_pylist()
    assert len(prefixes) == rows == len(set(prefixes))
    assert prefixes == sorted(prefixes)
    if rows >= 2_000:
        assert set(country_prefixes()) <= {(row["prefix"], row["zone"]) for row in table.to_pylist()}
