"""Bands, cycles and offsets, against a definition that asks `zoneinfo` about one instant at a time."""

from __future__ import annotations

import datetime as dt
import struct
from bisect import bisect_right
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.calendar import cycle, cycle_of, local_midnight, transitions
from partita.calendar.zones import zone_info
from partita.catalog import load
from partita.catalog.reference_data import DAYS, Calendar, Hours
from partita.engine import Engine
from partita.errors import CatalogError, PeriodError

ZONES = (
    "UTC",
    "Europe/Stockholm",
    "Europe/Dublin",  # its winter time is the daylight saving
    "America/New_York",
    "America/St_Johns",  # changed at 00:01 local time
    "America/Sao_Paulo",  # skipped midnights
    "Asia/Kolkata",
    "Asia/Gaza",
    "Australia/Lord_Howe",  # by half an hour
    "Africa/Casablanca",  # back to winter time in Ramadan
    "Pacific/Apia",  # had no 30 December 2011
    "Pacific/Kiritimati",
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
END_US = (dt.datetime(2100, 1, 1, tzinfo=dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)


def local_time(instant: int, zone: str) -> dt.datetime:
    return (EPOCH + dt.timedelta(microseconds=instant)).astimezone(zone_info(zone))


def utc(text: str) -> int:
    return (dt.datetime.fromisoformat(text) - EPOCH) // dt.timedelta(microseconds=1)


def instants_near_changes(zone: str) -> st.SearchStrategy[int]:
    """Any instant, and those within two days of a change of the zone's offset."""
    changes = [seconds * 1_000_000 for seconds, _ in transitions(zone)]
    near = st.builds(int.__add__, st.sampled_from(changes), st.integers(-2 * DAY_US, 2 * DAY_US))
    at = st.builds(int.__add__, st.sampled_from(changes), st.integers(-1, 1))
    return st.one_of(near, at, st.integers(0, END_US - 1)).map(lambda t: min(max(t, 0), END_US - 1))


zones_and_instants = st.sampled_from(ZONES).flatmap(lambda z: st.tuples(st.just(z), instants_near_changes(z)))


# Offsets


@given(zones_and_instants)
def test_an_offset_is_the_zones_own(case: tuple[str, int]) -> None:
    zone, instant = case
    rows = transitions(zone)
    offset = rows[bisect_right(rows, (instant // 1_000_000, 10**9)) - 1][1]
    assert dt.timedelta(seconds=offset) == local_time(instant, zone).utcoffset()


def tzif_changes(zone: str) -> list[int]:
    """The seconds at which a compiled zone file (RFC 8536, 64-bit part) changes the offset."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    counts = [struct.unpack(">6l", data[20:44])]
    start = 44 + 5 * counts[0][3] + 6 * counts[0][4] + counts[0][5] + 8 * counts[0][2] + counts[0][1] + counts[0][0]
    _, _, _, times, types, _ = struct.unpack(">6l", data[start + 20 : start + 44])
    body = start + 44
    instants = struct.unpack(f">{times}q", data[body : body + 8 * times])
    kinds = data[body + 8 * times : body + 9 * times]
    offsets = [struct.unpack(">l", data[body + 9 * times + 6 * i :][:4])[0] for i in range(types)]
    changes = zip(instants, kinds, [0, *kinds], strict=False)
    return [at for at, kind, before in changes if at > 0 and offsets[kind] != offsets[before]]


@pytest.mark.parametrize(
    "zone",
    [
        *ZONES[1:],
        "America/Boa_Vista",
        "Africa/Monrovia",
        "Africa/Cairo",
        "America/Argentina/Tucuman",
    ],
)
def test_no_change_is_missed(zone: str) -> None:
    found = {at for at, _ in transitions(zone)}
    expected = tzif_changes(zone)
    assert expected or zone == "Asia/Kolkata"
    assert set(expected) <= found


def test_a_change_that_is_not_on_a_minute() -> None:
    assert (63593070, 0) in transitions("Africa/Monrovia")


def test_a_zone_that_is_none() -> None:
    for name in ("Europe/Stokholm", "", "../etc/passwd", "Europe"):
        with pytest.raises(CatalogError, match="IANA"):
            transitions(name)


# Bands

OFFICE = {"days": "mon-fri", "from": "08:00", "to": "19:00"}


def bands_at(bands: dict[str, Any], zone: str, instants: list[int], **more: Any) -> list[str | None]:
    """The bands that the engine finds of instants, for an account in a zone."""
    terms = {
        "parties": {"nordtel": {}},
        "accounts": {"a": {"owner": "c", "currency": "EUR", "zone": zone}},
        "subscriptions": {"s": {"account": "a", "keys": ["k"], "plans": "p"}},
        "calendars": {"x": {"bands": bands, **more}},
        "plans": {"p": {"seller": "nordtel", "currency": "EUR", "calendar": "x", "charges": {"c": {"flat": "1"}}}},
    }
    times = pa.array(instants, pa.timestamp("us", "UTC"))
    usage = pa.table({"time": times, "key": ["k"] * len(instants), "service": ["sms"] * len(instants)})
    rated = Engine(load(terms)).rate(usage)
    assert not rated.rejects.num_rows
    found: list[str | None] = rated.lines["band"].to_pylist()
    return found


def naive_band(rules: Calendar, holidays: set[dt.date], instant: int, zone: str) -> str | None:
    """The definition: the first band whose hours hold the instant, or else `rest`; hours last from the instant of
    their local start until that of their local end."""
    today = local_time(instant, zone).date()

    def kind(day: dt.date) -> str:
        return "holiday" if day in holidays else DAYS[day.weekday()]

    def at(day: dt.date, clock: str) -> int:
        if clock == "24:00":
            day, clock = day + dt.timedelta(days=1), "00:00"
        local = dt.datetime.combine(day, dt.time.fromisoformat(clock), zone_info(zone))
        return (local.astimezone(dt.UTC) - EPOCH) // dt.timedelta(microseconds=1)

    def holds(hours: Hours) -> bool:
        days = [today + dt.timedelta(days=n) for n in (-2, -1, 0, 1)]
        ends = [day + dt.timedelta(days=hours.end <= hours.start) for day in days]
        spans = [
            (at(day, hours.start), at(end, hours.end))
            for day, end in zip(days, ends, strict=True)
            if kind(day) in hours.days
        ]
        return any(start <= instant < end for start, end in spans)

    for name, band in rules.bands.items():
        if band != "rest" and any(holds(hours) for hours in band):
            return name
    return next((name for name, band in rules.bands.items() if band == "rest"), None)


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59)))
hours = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from([*DAYS, "holiday"]), max_size=8),
        "from": clocks,
        "to": st.one_of(clocks, st.just("24:00")),
    }
).filter(lambda hours: hours["from"] != hours["to"])
some_bands = st.dictionaries(st.sampled_from("abcd"), st.lists(hours, max_size=3), min_size=1, max_size=3)
with_rest = st.tuples(some_bands, st.sampled_from(["first", "last", "none"])).map(
    lambda case: {
        "first": {"rest": "rest", **case[0]},
        "last": {**case[0], "rest": "rest"},
        "none": case[0],
    }[case[1]]
)


zones_and_many_instants = st.sampled_from(ZONES).flatmap(
    lambda zone: st.tuples(st.just(zone), st.lists(instants_near_changes(zone), min_size=1, max_size=20))
)


@settings(deadline=None)
@given(with_rest, zones_and_many_instants, st.lists(st.integers(-3, 3), max_size=4))
def test_the_hours_of_a_band_lie_between_the_instants_of_their_local_times(
    bands: dict[str, Any], case: tuple[str, list[int]], days_off: list[int]
) -> None:
    zone, instants = case
    holidays = {local_time(instants[0], zone).date() + dt.timedelta(days=n) for n in days_off}
    rules = Calendar.model_validate({"bands": bands})
    expected = [naive_band(rules, holidays, instant, zone) for instant in instants]
    assert bands_at(bands, zone, instants, holiday_dates=sorted(map(str, holidays))) == expected


HOURS_OF_DAY = [
    # zone, the day clocks change, hours of the band 00:00-04:00 on it
    ("Europe/Stockholm", "2026-03-29", 3),
    ("Europe/Stockholm", "2026-10-25", 5),
    ("Europe/Stockholm", "2026-10-26", 4),
    ("America/New_York", "2026-11-01", 5),
    ("Australia/Lord_Howe", "2026-04-05", 4.5),
    ("Pacific/Apia", "2011-12-30", 0),
    ("Pacific/Apia", "2011-12-31", 4),
]


@pytest.mark.parametrize(("zone", "day", "expected"), HOURS_OF_DAY)
def test_hours_that_clocks_skip_or_repeat(zone: str, day: str, expected: float) -> None:
    date = dt.date.fromisoformat(day)
    start, end = local_midnight(date, zone), local_midnight(date + dt.timedelta(days=1), zone)
    halves = list(range(start, end, HOUR_US // 2))
    found = bands_at({"night": {"to": "04:00"}}, zone, halves or [start])
    assert (found.count("night") / 2 if halves else 0) == expected


EDGES_INSIDE_A_CHANGE = [
    # UTC, band: night is from 02:30 to 07:30 in Paris
    ("2026-03-29T01:29:59Z", "day"),  # 03:29:59: 02:30 is skipped, and moves forward to 03:30
    ("2026-03-29T01:30:00Z", "night"),
    ("2026-03-29T05:30:00Z", "day"),
    ("2026-10-25T00:29:59Z", "day"),
    ("2026-10-25T00:30:00Z", "night"),  # the first 02:30
    ("2026-10-25T01:10:00Z", "night"),  # the second 02:10
    ("2026-10-25T06:30:00Z", "day"),
]


def test_an_edge_inside_an_hour_that_clocks_skip_or_repeat() -> None:
    instants, expected = zip(*((utc(text), band) for text, band in EDGES_INSIDE_A_CHANGE), strict=True)
    bands = {"night": {"from": "02:30", "to": "07:30"}, "day": "rest"}
    assert bands_at(bands, "Europe/Paris", list(instants)) == list(expected)


@pytest.mark.parametrize("year", [1970, 1987, 2012, 2041, 2099])
def test_every_year_has_its_bands(year: int) -> None:
    instants = [utc(f"{year}-06-15T{hour:02}:00:00Z") for hour in (4, 12)]
    bands = {"night": {"from": "22:00", "to": "08:00"}, "day": "rest"}
    assert bands_at(bands, "Europe/Stockholm", instants) == ["night", "day"]


EXAMPLES = [
    # bands, further terms, local time in Stockholm, expected band
    ({"peak": OFFICE, "off": "rest"}, {}, "2026-10-01T07:59:59", "off"),
    ({"peak": OFFICE, "off": "rest"}, {}, "2026-10-01T08:00:00", "peak"),
    ({"peak": OFFICE, "off": "rest"}, {}, "2026-10-01T18:59:59", "peak"),
    ({"peak": OFFICE, "off": "rest"}, {}, "2026-10-01T19:00:00", "off"),
    ({"peak": OFFICE, "off": "rest"}, {}, "2026-10-03T12:00:00", "off"),
    ({"peak": OFFICE}, {}, "2026-10-03T12:00:00", None),
    ({"off": "rest", "peak": OFFICE}, {}, "2026-10-01T12:00:00", "peak"),
    ({"peak": OFFICE, "off": "rest"}, {"holidays": "SE"}, "2026-01-06T12:00:00", "off"),  # Epiphany, a Tuesday
    ({"peak": OFFICE, "off": "rest"}, {"holidays": "DE"}, "2026-01-06T12:00:00", "peak"),
    ({"peak": OFFICE, "off": "rest"}, {"holidays": "DE-BY"}, "2026-01-06T12:00:00", "off"),
    ({"peak": OFFICE, "off": "rest"}, {"holiday_dates": ["2026-10-01"]}, "2026-10-01T12:00:00", "off"),
    ({"free": {"days": "sun, holiday"}, "x": "rest"}, {"holidays": "SE"}, "2026-01-06T12:00:00", "free"),
    # A night belongs to the day that it begins on.
    ({"night": {"days": "fri", "from": "22:00", "to": "06:00"}}, {}, "2026-10-02T03:00:00", None),
    ({"night": {"days": "fri", "from": "22:00", "to": "06:00"}}, {}, "2026-10-02T22:00:00", "night"),
    ({"night": {"days": "fri", "from": "22:00", "to": "06:00"}}, {}, "2026-10-03T05:59:59", "night"),
    ({"night": {"days": "fri", "from": "22:00", "to": "06:00"}}, {}, "2026-10-03T06:00:00", None),
    ({"a": OFFICE, "b": {"from": "12:00", "to": "13:00"}}, {}, "2026-10-01T12:30:00", "a"),
    ({"b": {"from": "12:00", "to": "13:00"}, "a": OFFICE}, {}, "2026-10-01T12:30:00", "b"),
    ({"all": {"days": "all"}}, {"holiday_dates": ["2026-10-01"]}, "2026-10-01T12:00:00", None),
    ({"all": {}}, {"holiday_dates": ["2026-10-01"]}, "2026-10-01T12:00:00", "all"),
]


@pytest.mark.parametrize(("bands", "more", "local", "expected"), EXAMPLES)
def test_examples(bands: dict[str, Any], more: dict[str, Any], local: str, expected: str | None) -> None:
    at = dt.datetime.fromisoformat(local).replace(tzinfo=zone_info("Europe/Stockholm"))
    instant = (at - EPOCH) // dt.timedelta(microseconds=1)
    assert bands_at(bands, "Europe/Stockholm", [instant], **more) == [expected]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"bands": {"a": "rest", "b": "rest"}}, "calendars.x.bands.b: band 'a' is already the rest"),
        ({"holidays": "QQ"}, "calendars.x.holidays: .*'QQ'"),
        ({"holidays": "DE-XX"}, "calendars.x.holidays: .*'XX'"),
    ],
)
def test_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        Engine(load({"calendars": {"x": {"bands": {"a": "rest"}, **more}}}))


# Cycles

CYCLES = [
    # name, zone, day, first instant, first instant after
    ("2026-10", "UTC", 1, "2026-10-01T00:00Z", "2026-11-01T00:00Z"),
    ("2026-10", "UTC", 15, "2026-09-15T00:00Z", "2026-10-15T00:00Z"),
    ("2026-10", "Europe/Stockholm", 1, "2026-09-30T22:00Z", "2026-10-31T23:00Z"),
    ("2026-01", "America/New_York", 28, "2025-12-28T05:00Z", "2026-01-28T05:00Z"),
    ("2012-01", "Pacific/Apia", 1, "2011-12-31T10:00Z", "2012-01-31T10:00Z"),
]


@pytest.mark.parametrize(("name", "zone", "day", "start", "end"), CYCLES)
def test_cycles(name: str, zone: str, day: int, start: str, end: str) -> None:
    assert cycle(name, zone, day) == (utc(start), utc(end))


@given(zones_and_instants, st.integers(1, 28))
def test_an_instant_lies_in_the_cycle_it_is_said_to_lie_in(case: tuple[str, int], day: int) -> None:
    zone, instant = case
    name = cycle_of(instant, zone, day)
    start, end = cycle(name, zone, day)
    assert start <= instant < end
    assert cycle_of(start, zone, day) == cycle_of(end - 1, zone, day) == name
    last_day = local_time(end - 1, zone).date()
    assert f"{last_day:%Y-%m}" == name


def test_a_midnight_that_clocks_skip() -> None:
    # São Paulo went from 00:00 to 01:00 on 4 November 2018.
    assert local_midnight(dt.date(2018, 11, 4), "America/Sao_Paulo") == utc("2018-11-04T03:00Z")
    # Samoa had no 30 December 2011.
    assert local_midnight(dt.date(2011, 12, 30), "Pacific/Apia") == utc("2011-12-30T10:00Z")
    assert local_midnight(dt.date(2011, 12, 31), "Pacific/Apia") == utc("2011-12-30T10:00Z")


def test_a_midnight_that_clocks_repeat_is_the_first() -> None:
    # Havana goes from 01:00 back to 00:00.
    assert local_midnight(dt.date(2026, 11, 1), "America/Havana") == utc("2026-11-01T04:00Z")


def test_clocks_put_back_over_the_midnight_that_begins_a_cycle() -> None:
    # At 00:01 on 28 October 2001 St. John's went back to 23:01 of the 27th.
    at = utc("2001-10-28T02:31Z")
    assert local_time(at, "America/St_Johns").isoformat() == "2001-10-27T23:01:00-03:30"
    assert cycle_of(at, "America/St_Johns", 28) == "2001-11"


@pytest.mark.parametrize(
    ("name", "day"), [("2026-13", 1), ("2026-1", 1), ("october", 1), ("2026-10", 0), ("2026-10", 29)]
)
def test_names_and_days_that_are_none(name: str, day: int) -> None:
    with pytest.raises(PeriodError):
        cycle(name, "UTC", day)


def test_calendar_sources_read_no_clock() -> None:
    sources = list((Path(__file__).parent.parent / "python/partita/calendar").glob("*.py"))
    assert len(sources) >= 4
    assert not [p.name for p in sources if ".now(" in p.read_text() or ".today(" in p.read_text()]
