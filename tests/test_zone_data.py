"""Time zone data is that of the `tzdata` package: no database of the machine changes what anything costs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from partita.calendar import zone_info, zone_names

ASKS = """
import datetime as dt, json, zoneinfo
from partita import load
from partita.calendar import cycle, transitions
from partita.reference.clock import cycle_named, to_utc

wall = dt.datetime(2026, 7, 1)
catalog = load({"parties": {"n": {}}, "accounts": {"a": {"owner": "n", "currency": "SEK", "zone": "Europe/Stockholm"}}})
print(json.dumps({
    "machine": str(dt.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Stockholm")).utcoffset()),
    "transitions": transitions("Europe/Stockholm")[-3:],
    "cycle": cycle("2026-07", "Europe/Stockholm"),
    "reference": [str(to_utc(wall, "Europe/Stockholm")), str(cycle_named("2026-07", "Europe/Stockholm").end_instant)],
    "accounts": list(catalog.accounts),
}))
"""
"""What depends on a zone, in a process of its own; the first answer is the machine's, which is not ours."""


@pytest.fixture
def bogus(tmp_path: Path) -> Path:
    """A time zone database in which it is always +05:30 in Stockholm."""
    with as_file(files("tzdata").joinpath("zoneinfo", "Asia", "Kolkata")) as kolkata:
        stockholm = tmp_path / "zoneinfo" / "Europe" / "Stockholm"
        stockholm.parent.mkdir(parents=True)
        shutil.copy(kolkata, stockholm)
    return tmp_path / "zoneinfo"


def answers(tz_path: str) -> dict[str, object]:
    environment = {**os.environ, "PYTHONTZPATH": tz_path}
    told = subprocess.run([sys.executable, "-c", ASKS], env=environment, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(told.stdout)
    return found


def test_a_bogus_database_changes_nothing(bogus: Path, tmp_path: Path) -> None:
    """`PYTHONTZPATH` says where the system's database is; the system's own is such a folder as well."""
    ours, theirs, none = answers(""), answers(str(bogus)), answers(str(tmp_path / "nowhere"))
    assert theirs.pop("machine") == "5:30:00", "the machine's database is the bogus one"
    assert ours.pop("machine") == none.pop("machine") == "2:00:00"
    assert ours == theirs == none
    assert ours["reference"] == ["2026-06-30 22:00:00+00:00", "2026-07-31 22:00:00+00:00"]


def test_every_zone_of_the_package() -> None:
    assert len(zone_names()) > 500
    assert {"UTC", "Europe/Stockholm", "America/Argentina/Buenos_Aires"} <= zone_names()
    for name in zone_names():
        assert zone_info(name).key == name


def test_nothing_asks_the_machine_for_a_zone() -> None:
    """`ZoneInfo(name)` reads the system's database; there is one place that makes zones, from the package's files."""
    sources = [*(Path(__file__).parent.parent / "python/partita").rglob("*.py")]
    assert len(sources) > 100
    assert not [path.name for path in sources if "ZoneInfo(" in path.read_text("utf-8")]
