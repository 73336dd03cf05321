"""Texts of numbers and times, and values of other types: what they are, to the engine and to the reference alike."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import partita
from partita import Engine
from partita.cli import outcome as command
from partita.reference import Reference

from .billing import store_in

BASE: dict[str, Any] = {
    "parties": {"shop": {}},
    "accounts": {"a": {"owner": "c", "currency": "SEK"}},
    "subscriptions": {"s": {"account": "a", "keys": ["1"], "plans": "p"}},
    "plans": {"p": {"seller": "shop", "currency": "SEK", "charges": {"c": {"unit": {"price": "1"}}}}},
}
ROW = {"time": "2026-10-05T10:00:00Z", "key": "1", "quantity": "1"}
USAGE = {"service": {"constant": "voice"}, "quantity": "quantity"}


def catalog(**mapping: Any) -> Any:
    return partita.load({**BASE, "usage": {"events": {**USAGE, **mapping}}})


def outcome(rated: Any, column: str) -> Any:
    """The quantity or the itemised time of the one line there is; or the reject's name, field and value."""
    (lines, rejects) = (part if isinstance(part, list) else part.to_pylist() for part in (rated.lines, rated.rejects))
    if rejects:
        return tuple(rejects[0][name] for name in ("name", "field", "value"))
    return lines[0][column]


def both(column: str, of: str, text: str, **mapping: Any) -> tuple[Any, Any]:
    """What the engine makes of one text, and what the reference."""
    terms, rows = catalog(**mapping), [{**ROW, column: text}]
    return outcome(Engine(terms).rate(rows), of), outcome(Reference(terms).rate(rows), of)


# Numbers

NUMBERS = {
    "5": "5", "+5": "5", "-0": "0", "5.": "5", ".5": "0.5", "007": "7", "1.5000000000000": "1.5",
    " 5": "5", "5 ": "5", "\t5": "5", "5\n": "5", "5\x0c": "5", "5\r\n": "5",
    "": None, ".": None, "+": None, "1e3": None, "1_0": None, "1,5": None, "5 5": None, "--5": None, "0x5": None,
    "nan": None, "\x0b5": None, "\xa05": None, "\u0665": None, "5\0": None,
}  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers(text: str) -> None:
    expected = NUMBERS[text]
    wanted = ("bad_number", "quantity", text) if expected is None else Decimal(expected)
    assert both("quantity", "quantity", text) == (wanted, wanted)


@pytest.mark.parametrize("text", ["2", " 2", "2.0000000000001", "2" * 27, "two"])
def test_numbers_of_conditions(text: str) -> None:
    """Attributes are as they are written; what no table could store is above nothing."""
    where = {"kind": {"above": "1"}}
    terms, rows = catalog(where=where), [{**ROW, "kind": text}, {**ROW, "kind": "2"}]
    rated = (Engine(terms).rate(rows), Reference(terms).rate(rows))
    assert [part.skipped for part in rated] == [0 if text == "2" else 1] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5", "1.5"), (" 1,5 ", "1.5"), ("1", "1"), ("1.5", "bad_number"), ("1.000,5", "bad_number"),
        ("1,5,0", "bad_number"), ("0,0000000000001", "too_many_decimals"),
    ],
)  # fmt: skip
def test_numbers_with_decimal_commas(tmp_path: Path, text: str, expected: str) -> None:
    """A point is no part of a number; a reject has the text that the file has, told by whom it may be."""
    csv = {"delimiter": ";", "decimal": ","}
    path = tmp_path / "usage.csv"
    path.write_text(f"time;key;quantity\n{ROW['time']};1;{text}\n")
    run = partita.run(catalog(csv=csv), path, "2026-10", store_in(tmp_path))
    found = partita.verify(run, whole=True)
    assert found.clean, found.differences
    if expected[0].isdigit():
        assert run.lines["quantity"].to_pylist() == [Decimal(expected)]
        return
    assert outcome(run, "quantity") == (expected, "quantity", text)
    assert partita.explain(run, "usage.csv:0").to_dict()["reject"]["value"] == text
    (tmp_path / "catalog.json").write_text(json.dumps({**BASE, "usage": {"events": {**USAGE, "csv": csv}}}))
    arguments = ["rate", str(tmp_path / "catalog.json"), str(path), "--rejects", str(tmp_path / "rejects.parquet")]
    assert command([*arguments, "--output", str(tmp_path / "lines.parquet")]) in (0, 1)
    assert pq.read_table(tmp_path / "rejects.parquet")["value"].to_pylist() == [text]


# Times: each lies in the month that is billed, is bad, or outside of the calendar

SEPTEMBER, OCTOBER, NOVEMBER = "2026-09", "2026-10", "2026-11"
BAD, OUTSIDE = "bad_time", "outside_calendar"
ISO = {
    "2026-10-31T23:59:59Z": OCTOBER, "2026-10-31T23:59Z": OCTOBER, "2026-10-31 23:59:59z": OCTOBER,
    " 2026-10-31T23:59:59Z\t": OCTOBER, "2026-10-31T23:59:59.999999999Z": OCTOBER, "2026-10-31T23:59:59,5Z": OCTOBER,
    "2026-11-01T01:00:00+01:30": OCTOBER, "2026-11-01T01:00:00+0130": OCTOBER, "2026-11-01T01:00+02": OCTOBER,
    "2026-10-31T23:00:00-01:00": NOVEMBER, "2026-11-01": NOVEMBER, "2026-11-01 ": NOVEMBER,
    "2026-10-31T23:59:59 Z": BAD, "2026-10-31T23:59:59 +02:00": BAD, "2026-10-31T23:59:60Z": BAD,
    "2026-10-31T24:00:00Z": BAD, "2026-10-31t23:59:59Z": BAD, "2026-10-31T23:59:59.Z": BAD, "2026-10-31T23Z": BAD,
    "2026-10-31T23:59:59+24:00": BAD, "2026-10-31T23:59:59+01:60": BAD, "2026-10-31T23:59:59\u221201:00": BAD,
    "2026-02-30": BAD, "20261031T235959Z": BAD, "2026-10-3\u0661": BAD, "": BAD, "now": BAD,
    "1969-12-31T23:59:59Z": OUTSIDE, "2100-01-01": OUTSIDE, "0000-02-29": OUTSIDE, "0001-01-01T00:00:00+01:00": OUTSIDE,
    "0000-02-30": BAD, "0000-01-01T24:00:00Z": BAD,
}  # fmt: skip
WORDS = "%a, %d %b %Y %I:%M %p"
PATTERNS = {
    "%d.%m.%Y %H:%M:%S": {
        "31.10.2026 23:59:59": OCTOBER, "1.11.2026 0:0:0": NOVEMBER, " 1. 11. 2026  0: 0: 0 ": NOVEMBER,
        "31.10.202623:59:59": OCTOBER, "31.10.2026 23:59:60": NOVEMBER, "31.10.2026\xa023:59:59": OCTOBER,
        "31.10.2026 23:59:61": BAD, "31.10.2026 24:00:00": BAD, "31.10.2026 23:59:59Z": BAD, "31/10/2026 23:59:59": BAD,
        "31.10.2026 23:59": BAD, "29.02.2026 23:59:59": BAD, "31.10.+2026 23:59:59": OCTOBER,
        "31.10.+12345 23:59:59": OUTSIDE, "31.10.-5 23:59:59": OUTSIDE, "31.10.+999999 23:59:59": BAD,
    },
    "%Y-%m-%d %H:%M:%S.%f": {
        "2026-10-31 23:59:59": OCTOBER, "2026-10-31 23:59:59.9": OCTOBER, "2026-10-31 23:59:59.9999999999999": OCTOBER,
        "2026-10-31 23:59:59.": BAD, "2026-10-31 23:59:59,9": BAD,
    },
    "%T,%f %F": {"23:59:59,999999 2026-10-31": OCTOBER, "23:59:59,999 2026-10-31": BAD},
    "%Y%m%d%H%M%S": {"20261031235959": OCTOBER, "2026 1 1 0 0 0": "2026-01", "2026103123595": OCTOBER, "20261031": BAD},
    "%y%m%d": {"261031": OCTOBER, "690101": "2069-01", "700101": "1970-01", "991231": "1999-12", "2610": BAD},
    "%Y%j": {"2026304": OCTOBER, "2026366": BAD, "2028366": "2028-12", "20261": "2026-01", "2026000": BAD},
    "%e %B %Y": {"31 October 2026": OCTOBER, "31 OCT 2026": OCTOBER, "31 oktober 2026": BAD, "31 Octob 2026": BAD},
    WORDS: {
        "Sat, 31 Oct 2026 11:59 pm": OCTOBER, "Sun, 01 Nov 2026 12:00 AM": NOVEMBER,
        "Sun, 31 Oct 2026 11:59 pm": BAD, "Saturday, 31 Oct 2026 11:59 pm": BAD, "Sat, 31 October 2026 11:59 pm": BAD,
        "Sat, 31 Oct 2026 13:59 pm": BAD, "Sat, 31 Oct 2026 0:59 am": BAD,
    },
    "%A %F": {"Saturday 2026-10-31": OCTOBER, "sat 2026-10-31": OCTOBER, "Sunday 2026-10-31": BAD},
    "%F %H:%M%z": {
        "2026-11-01 01:00+0130": OCTOBER, "2026-11-01 01:00 +01:30": OCTOBER, "2026-11-01 01:00 \u22120130": NOVEMBER,
        "2026-11-01 01:00Z": BAD, "2026-11-01 01:00+01": BAD, "2026-11-01 01:00+2400": BAD,
        "2026-11-01 01:00+0160": BAD,
    },
    "%s": {"1793491199": OCTOBER, " 1793491200 ": NOVEMBER, "1793491199.5": BAD, "-1": BAD, "253402300800": OUTSIDE,
           "9223372036854775807": BAD},
}  # fmt: skip
TIMES = [(None, text, expected) for text, expected in ISO.items()]
TIMES += [(pattern, text, expected) for pattern, texts in PATTERNS.items() for text, expected in texts.items()]


@pytest.mark.parametrize(("pattern", "text", "expected"), TIMES)
def test_times(pattern: str | None, text: str, expected: str) -> None:
    wanted = (expected, "time", text) if expected in (BAD, OUTSIDE) else expected
    written = {} if pattern is None else {"time_format": pattern}
    assert both("time", "service_period", text, time_zone="UTC", **written) == (wanted, wanted)


# Texts that are too long


@pytest.mark.parametrize(
    ("columns", "field"),
    [(("id", "key"), "key"), (("id", "source"), "id"), (("source", "kind"), "source"), (("kind",), "kind")],
)
def test_texts_that_are_too_long(columns: tuple[str, ...], field: str) -> None:
    document = {**BASE, "plans": {"p": {**BASE["plans"]["p"], "charges": {"c": {"flat": "1"}}}}}
    document["plans"]["p"]["charges"]["c"]["when"] = {"attributes": {"kind": {"null": True}}}
    usage = {"id": "id", "source": "source", "service": {"constant": "voice"}, "destination": "to"}
    terms = partita.load({**document, "usage": {"events": usage}})
    rows = [{**ROW, "id": "1", "source": "x", "kind": None, "to": "4" * 5000, **dict.fromkeys(columns, "x" * 5000)}]
    found = [outcome(part.rate(rows), "quantity") for part in (Engine(terms), Reference(terms))]
    assert found == [("too_long", field, None)] * 2


# Values of other types, in a file; what the run makes of them is what verify does


def verified(folder: Path, columns: dict[str, Any], **mapping: Any) -> partita.cycle.Run:
    rows = len(next(iter(columns.values())))
    table = pa.table({**{name: [value] * rows for name, value in ROW.items()}, **columns})
    with pa.OSFile(str(folder / "usage.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    run = partita.run(catalog(**mapping), folder / "usage.arrow", "2026-10", store_in(folder))
    found = partita.verify(run, whole=True)
    assert found.clean, found.differences
    return run


INSTANTS = (-(2**63), -62_135_596_800_000_001, -1, 1_793_491_199_999_999, 253_402_300_800_000_000, 2**63 - 1)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm", "+02:00", None])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_instants_of_any_size(tmp_path: Path, unit: str, zone: str | None) -> None:
    times = pa.array(INSTANTS, pa.timestamp(unit, zone))
    run = verified(tmp_path, {"time": times}, **({} if zone else {"time_zone": "Europe/Stockholm"}))
    assert {row["name"] for row in run.rejects.to_pylist()} == {OUTSIDE}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations_are_numbers_of_seconds(tmp_path: Path, unit: str) -> None:
    one = 10 ** {"s": 0, "ms": 3, "us": 6, "ns": 9}[unit]
    run = verified(tmp_path, {"quantity": pa.array([90 * one, 90 * one + 1, 2**62], pa.duration(unit))})
    assert run.lines["quantity"].to_pylist()[:2] == [90, 90 + Decimal(1) / one]


KEYS = {
    "2026-10-05T10:00:00Z": (1_791_194_400, pa.timestamp("s", "UTC")),
    "2026-10-05T12:00:00.500+02:00": (1_791_194_400_500, pa.timestamp("ms", "Europe/Stockholm")),
    "2026-10-05T10:00:00.000001": (1_791_194_400_000_001, pa.timestamp("us")),
    "1969-12-31T23:59:59.999": (-1, pa.timestamp("ms")),
    "2026-10-05T06:30:00-03:30": (1_791_194_400_000_000, pa.timestamp("us", "-03:30")),
    "2026-10-05": (20_731, pa.date32()),
    "2026-10-05T00:00:00": (20_731 * 86_400_000, pa.date64()),
    "10:00:00.250": (36_000_250, pa.time32("ms")),
    "true": (True, pa.bool_()),
    "1.5": (Decimal("1.500"), pa.decimal128(10, 3)),
}


@pytest.mark.parametrize("text", KEYS)
def test_the_texts_of_other_types(tmp_path: Path, text: str) -> None:
    value, kind = KEYS[text]
    run = verified(tmp_path, {"key": pa.array([value], kind)})
    assert run.rejects["value"].to_pylist() == [text]


@pytest.mark.parametrize(("kind", "shown"), [(pa.timestamp("us"), None), (pa.string(), "2026-03-29T02:30:00")])
def test_a_local_time_that_is_skipped(tmp_path: Path, kind: Any, shown: str | None) -> None:
    times = pa.array(["2026-03-29T02:30:00"]).cast(kind)
    run = verified(tmp_path, {"time": times}, time_zone="Europe/Stockholm", dst="reject")
    assert run.rejects.select(["name", "value"]).to_pylist() == [{"name": BAD, "value": shown}]
