"""Made-up usage: months of voice records for demonstrations, benchmarks and tests.

The same seed gives the same records: numbers are drawn batch by batch from a generator seeded by (seed, batch,
column), so neither the number of files nor who else draws changes them. Floats serve only to draw; what a record holds
is integers and text. Calls follow the hours of the day, a few accounts make most of them, and three in four stay in
the home country.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from hashlib import blake2b
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BATCH_ROWS: Final = 65_536
DESTINATIONS: Final = 5_000_000
"""How many different numbers may be called."""
START: Final = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
END: Final = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
SCHEMA: Final = pa.schema(
    {
        "call_id": pa.string(),
        "switch": pa.dictionary(pa.int32(), pa.string()),
        "started_at": pa.timestamp("us", "UTC"),
        "a_number": pa.string(),
        "b_number": pa.string(),
        "duration_seconds": pa.int64(),
    }
)

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_HOME: Final = "46"
_SWITCHES: Final = tuple(f"switch-{i}" for i in range(1, 9))
_ROW_GROUP_BATCHES: Final = 8
_SLOTS: Final = 1024
"""Slots of equal probability: of a day, of the durations, of the countries called."""
_HOURS: Final = (2, 1, 1, 1, 1, 2, 5, 10, 16, 19, 20, 20, 19, 19, 20, 20, 20, 20, 18, 15, 12, 9, 6, 4)
"""How many calls begin in each hour of a day, relative to each other."""


def keys(accounts: int) -> pa.Array:
    """The numbers that accounts call from: account i has 46700000000 + i, as text.

    >>> keys(2).to_pylist()
    ['46700000000', '46700000001']
    """
    return pc.add(pa.arange(0, accounts), 46_700_000_000).cast(pa.string())


def voice_usage(
    records: int, accounts: int = 1_000, seed: int = 1, start: dt.datetime = START, end: dt.datetime = END
) -> Iterator[pa.RecordBatch]:
    """Voice records from `start` (inclusive) to `end`, in the order of their time; `SCHEMA` gives the columns.

    Batches have 65,536 rows, but for the last. The k-th busiest account calls in proportion to k ** -0.8 (Zipf).
    One call in twenty is not answered and lasts 0 seconds; the others last some 120 on average, two hours at most.

    >>> next(voice_usage(3, accounts=10))["duration_seconds"].to_pylist()
    [28, 420, 0]
    """
    numbers, times = keys(accounts), _Times(records, start, end)
    durations, destinations, switches = _durations(), _Destinations(), pa.array(_SWITCHES)
    for batch, first in enumerate(range(0, records, BATCH_ROWS)):
        rows = min(BATCH_ROWS, records - first)
        index = pa.arange(first, first + rows)
        id_, switch, time, account, destination, duration = (_draw(rows, seed, batch, column) for column in range(6))
        columns = [
            _call_ids(index, id_),
            pa.DictionaryArray.from_arrays(_below(len(_SWITCHES), switch).cast(pa.int32()), switches),
            times.of(index, time),
            numbers.take(_accounts(accounts, seed, account)),
            destinations.of(_below(DESTINATIONS, destination)),
            durations.take(_below(_SLOTS, duration)),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def write_parquet(
    folder: str | Path,
    records: int,
    accounts: int = 1_000,
    seed: int = 1,
    start: dt.datetime = START,
    end: dt.datetime = END,
    files: int = 1,
) -> list[Path]:
    """The records of `voice_usage` in Parquet files of about the same size, `voice-0001.parquet` and so on, in the
    order of their time. The same arguments give the same bytes."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    batches = voice_usage(records, accounts, seed, start, end)
    rest: list[pa.RecordBatch] = []
    paths = []
    for number in range(1, files + 1):
        rows = records * number // files - records * (number - 1) // files
        paths.append(Path(folder, f"voice-{number:04}.parquet"))
        with pq.ParquetWriter(paths[-1], SCHEMA, use_dictionary=["switch", "a_number"]) as writer:
            while rows:
                group, rest = _next_rows(min(rows, _ROW_GROUP_BATCHES * BATCH_ROWS), rest, batches)
                writer.write_table(group)
                rows -= group.num_rows
    return paths


def _next_rows(
    rows: int, rest: list[pa.RecordBatch], batches: Iterator[pa.RecordBatch]
) -> tuple[pa.Table, list[pa.RecordBatch]]:
    """The next rows as a table, and what is left of the batches begun."""
    while sum(batch.num_rows for batch in rest) < rows:
        rest = [*rest, next(batches)]
    table = pa.Table.from_batches(rest)
    return table.slice(0, rows), table.slice(rows).to_batches()


def country_prefixes() -> list[tuple[str, str]]:
    """The calling codes of the world (E.164) with their regions (ISO 3166-1), sorted.

    A code that regions share is that of the largest; the others are there where their numbers begin with fixed
    digits.

    >>> [(prefix, region) for prefix, region in country_prefixes() if prefix.startswith("4")][:3]
    [('40', 'RO'), ('41', 'CH'), ('420', 'CZ')]
    """
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata  # heavy, and only needed here

    prefixes: dict[str, str] = {}
    for code, (main, *others) in COUNTRY_CODE_TO_REGION_CODE.items():
        if main == "001":  # satellites, free calls: no place
            continue
        prefixes[str(code)] = main
        for region in others:
            metadata = PhoneMetadata.metadata_for_region(region)
            digits = (metadata.leading_digits if metadata else None) or ""  # a regular expression, mostly a plain one
            if digits.replace("|", "").isdigit():
                prefixes.update({f"{code}{part}": region for part in digits.split("|")})
    return sorted(prefixes.items())


def prefix_table(rows: int) -> pa.Table:
    """A table of prefixes (columns prefix and zone, sorted): all of `country_prefixes`, with the region as zone, and
    made-up ranges below them, with zones such as `SE-7`, until there are `rows`.

    >>> prefix_table(2_000).num_rows
    2000
    """
    countries = country_prefixes()
    table = dict(countries[:rows])
    ranges = (
        (prefix + "".join(digits), f"{region}-{digits[0]}")
        for length in range(1, 8)
        for digits in product("7961583240", repeat=length)
        for prefix, region in countries
    )
    while len(table) < rows:
        prefix, zone = next(ranges)
        table.setdefault(prefix, zone)
    prefixes = sorted(table)
    return pa.table({"prefix": prefixes, "zone": [table[prefix] for prefix in prefixes]})


def _draw(rows: int, seed: int, batch: int, column: int) -> pa.Array:
    """Doubles from 0 to below 1."""
    digest = blake2b(f"{seed}/{batch}/{column}".encode(), digest_size=8).digest()
    return pc.random(rows, initializer=int.from_bytes(digest))


def _below(limit: int, draw: pa.Array) -> pa.Array:
    """Integers from 0 to below `limit`."""
    return pc.min_element_wise(pc.multiply(draw, float(limit)).cast(pa.int64(), safe=False), limit - 1)


def _call_ids(index: pa.Array, draw: pa.Array) -> pa.Array:
    """32 digits: 16 drawn, then 16 that count."""
    drawn = pc.add(_below(9 * 10**15, draw), 10**15).cast(pa.string())
    return pc.binary_join_element_wise(drawn, pc.add(index, 10**15).cast(pa.string()), "")


def _accounts(accounts: int, seed: int, draw: pa.Array) -> pa.Array:
    """Indices of accounts, by inversion of the density k ** -0.8. A fifth power of products is the same on every
    machine, which a `pow` is not."""
    root = pc.add(pc.multiply(draw, round((accounts + 1) ** 0.2 - 1, 9)), 1.0)
    square = pc.multiply(root, root)
    rank = pc.multiply(pc.multiply(square, square), root).cast(pa.int64(), safe=False)
    rank = pc.min_element_wise(pc.subtract(rank, 1), accounts - 1)
    return pc.modulo(pc.add(pc.multiply(rank, 2_654_435_761), seed % accounts), accounts)


def _durations() -> pa.Array:
    """Seconds, one for each slot: a twentieth of zeros, then exponential."""
    unanswered = _SLOTS // 20
    answered = _SLOTS - unanswered
    lengths = (math.ceil(-120 * math.log(1 - (i + 0.5) / answered)) for i in range(answered))
    return pa.array([0] * unanswered + [min(length, 7_200) for length in lengths], pa.int64())


class _Times:
    """Times of a span, rising, with more calls in the day than at night. The i-th of n records lies in the i-th
    n-th of the calls."""

    def __init__(self, records: int, start: dt.datetime, end: dt.datetime) -> None:
        span = (end - start) // _MICROSECOND
        days = max(1, round(span / 86_400_000_000))
        edges = _slot_edges(span // days)
        self._start = (start - _EPOCH) // _MICROSECOND
        self._day = span // days
        self._slots_a_record = days * _SLOTS / max(records, 1)
        self._edges = pa.array(edges[:-1], pa.int64())
        self._widths = pa.array([float(after - edge) for edge, after in pairwise(edges)])
        self._last_slot = days * _SLOTS - 1

    def of(self, index: pa.Array, draw: pa.Array) -> pa.Array:
        position = pc.multiply(pc.add(index.cast(pa.float64()), draw), self._slots_a_record)
        slot = pc.min_element_wise(position.cast(pa.int64(), safe=False), self._last_slot)
        within = pc.subtract(position, slot.cast(pa.float64()))
        day = pc.divide(slot, _SLOTS)
        slot = pc.modulo(slot, _SLOTS)
        since = pc.multiply(within, self._widths.take(slot)).cast(pa.int64(), safe=False)
        since = pc.min_element_wise(pc.add(self._edges.take(slot), since), self._day - 1)
        return pc.add(pc.add(pc.multiply(day, self._day), since), self._start).cast(SCHEMA.field("started_at").type)


def _slot_edges(day: int) -> list[int]:
    """The times of a day, in microseconds, between which equal shares of the calls begin."""
    hour = day // len(_HOURS)
    before = list(accumulate(_HOURS, initial=0))
    edges = []
    for slot in range(_SLOTS):
        calls = slot * before[-1]  # in units of 1/1024 of a call
        at = max(i for i, sum_ in enumerate(before[:-1]) if sum_ * _SLOTS <= calls)
        edges.append(at * hour + (calls - before[at] * _SLOTS) * hour // (_HOURS[at] * _SLOTS))
    return [*edges, day]


class _Destinations:
    """Twelve digits for each of the numbers that are called: the code of a country, then made-up digits."""

    def __init__(self) -> None:
        home = _SLOTS * 3 // 4
        abroad = [prefix for prefix, _ in country_prefixes() if prefix != _HOME]
        codes = [_HOME] * home + [abroad[i * 7 % len(abroad)] for i in range(_SLOTS - home)]
        self._first = pa.array([int(code.ljust(12, "0")) for code in codes])
        self._room = pa.array([10 ** (12 - len(code)) for code in codes])

    def of(self, number: pa.Array) -> pa.Array:
        slot = pc.modulo(number, _SLOTS)
        digits = pc.modulo(pc.multiply(number, 2_654_435_761), self._room.take(slot))
        return pc.add(self._first.take(slot), digits).cast(pa.string())
