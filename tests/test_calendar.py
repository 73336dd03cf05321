"""Bands, cycles and offsets, against a definition that asks `zoneinfo` about one instant at a time."""

from __future__ import annotations

import datetime as dt
import struct
import time
from bisect import bisect_right
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.calendar import band_edges, cycle, cycle_of, local_midnight, transitions
from partita.calendar.zones import zone_info
from partita.catalog.reference_data import DAYS, Calendar, Hours
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


def calendar(bands: dict[str, Any], **more: Any) -> Calendar:
    return Calendar.model_validate({"bands": bands, **more})


def band_at(names: list[str], edges: list[tuple[int, int]], instant: int) -> str | None:
    index = edges[bisect_right(edges, (instant, 10**9)) - 1][1]
    return None if index == -1 else names[index]


def naive_band(rules: Calendar, holidays: set[dt.date], local: dt.datetime) -> str | None:
    """The definition: first band in order that holds the local time, or else `rest`."""

    def kind(day: dt.date) -> str:
        return "holiday" if day in holidays else DAYS[day.weekday()]

    def holds(hours: Hours) -> bool:
        clock = f"{local:%H:%M}"
        today, yesterday = kind(local.date()), kind(local.date() - dt.timedelta(days=1))
        if hours.start < hours.end:
            return today in hours.days and hours.start <= clock < hours.end
        return (today in hours.days and hours.start <= clock) or (yesterday in hours.days and clock < hours.end)

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
)
some_bands = st.dictionaries(st.sampled_from("abcd"), st.lists(hours, max_size=3), min_size=1, max_size=3)
with_rest = st.tuples(some_bands, st.sampled_from(["first", "last", "none"])).map(
    lambda case: {
        "first": {"rest": "rest", **case[0]},
        "last": {**case[0], "rest": "rest"},
        "none": case[0],
    }[case[1]]
)


@given(with_rest, zones_and_instants, st.lists(st.integers(-3, 3), max_size=4))
def test_an_instants_band_is_that_of_its_local_time(
    bands: dict[str, Any], case: tuple[str, int], days_off: list[int]
) -> None:
    zone, instant = case
    local = local_time(instant, zone)
    holidays = {local.date() + dt.timedelta(days=n) for n in days_off}
    rules = calendar(bands, holiday_dates=sorted(holidays))
    year = min(max(local.year, 1970), 2099)
    names, edges = band_edges(rules, "x", zone, year, year)
    if edges[0][0] <= instant < edges[-1][0]:
        assert band_at(names, edges, instant) == naive_band(rules, holidays, local)


@given(with_rest, st.sampled_from(ZONES), st.integers(1970, 2097), st.integers(0, 2))
def test_edges_rise_and_each_changes_the_band(bands: dict[str, Any], zone: str, year: int, more: int) -> None:
    names, edges = band_edges(calendar(bands), "x", zone, year, year + more)
    assert names == list(bands)
    assert [at for at, _ in edges] == sorted({at for at, _ in edges})
    assert all(one[1] != other[1] for one, other in pairwise(edges[:-1]))
    assert edges[0][0] == max(local_midnight(dt.date(year, 1, 1), zone), 0)
    assert edges[-1] == (min(local_midnight(dt.date(year + more + 1, 1, 1), zone), END_US), -1)


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
    _, edges = band_edges(calendar({"night": {"to": "04:00"}}), "x", zone, date.year, date.year)
    start_of_day = local_midnight(date, zone)
    until = local_midnight(date + dt.timedelta(days=1), zone)
    lengths = [
        min(end, until) - max(start, start_of_day)
        for (start, band), (end, _) in pairwise(edges)
        if band == 0 and end > start_of_day and start < until
    ]
    assert sum(lengths) == expected * HOUR_US


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
    names, edges = band_edges(calendar(bands, **more), "x", "Europe/Stockholm", 2026, 2026)
    at = dt.datetime.fromisoformat(local).replace(tzinfo=zone_info("Europe/Stockholm"))
    assert band_at(names, edges, (at - EPOCH) // dt.timedelta(microseconds=1)) == expected


def test_new_years_eve_reaches_into_the_first_compiled_year() -> None:
    rules = calendar({"night": {"days": "holiday", "from": "22:00", "to": "06:00"}}, holiday_dates=["2025-12-31"])
    _, edges = band_edges(rules, "x", "UTC", 2026, 2026)
    assert edges[:2] == [(utc("2026-01-01T00:00Z"), 0), (utc("2026-01-01T06:00Z"), -1)]


@pytest.mark.parametrize(
    ("bands", "more", "years", "message"),
    [
        ({"a": "rest", "b": "rest"}, {}, (2026, 2026), "calendars.x.bands: only one"),
        ({"a": "rest"}, {"holidays": "QQ"}, (2026, 2026), "calendars.x.holidays: 'QQ' is not a country"),
        ({"a": "rest"}, {"holidays": "DE-XX"}, (2026, 2026), "calendars.x.holidays: 'DE-XX'"),
        ({"a": "rest"}, {}, (1969, 2026), "calendars.x: years"),
        ({"a": "rest"}, {}, (2030, 2026), "calendars.x: years"),
        ({"a": "rest"}, {}, (2030, 2100), "calendars.x: years"),
    ],
)
def test_refused(bands: dict[str, Any], more: dict[str, Any], years: tuple[int, int], message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        band_edges(calendar(bands, **more), "x", "UTC", *years)


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


def test_a_calendar_is_compiled_once_for_all_zones() -> None:
    rules = calendar({"peak": OFFICE, "off": "rest"}, holidays="SE")
    band_edges(rules, "x", "Europe/Stockholm")
    start = time.perf_counter()
    for zone in ZONES:
        band_edges(rules, "x", zone)
    assert time.perf_counter() - start < 5  # some 0.2 s; without the sharing, many times that
