"""voice: a tariff as telcos have it. 2,000 prefixes in seven zones, peak and off-peak with holidays, a connect fee,
the first minute whole and then by the second, rounding to cents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from partita.generate import prefix_table

from .common import Figure, Settings, Target, plan
from .rating import check_against_reference, shapes

COLUMNS: Final = ("started_at", "a_number", "b_number", "duration_seconds")
MINUTES: Final = {"connect_fee": "0.05", "per": 60, "minimum": 60, "increment": 1}
TARGET: Final = Target("25 M records/s", 25)
_PREFIXES: Final = 2_000
_ABROAD: Final = tuple(f"abroad-{i}" for i in range(1, 7))
_CENTS: Final = {"peak": 30, "off_peak": 15}
"""Of a minute in the home zone; each further zone is 10 dearer, and plan p1 is 1 cheaper."""
_CALENDAR: Final = {
    "zone": "Europe/Stockholm",
    "holidays": "SE",
    "bands": {"peak": {"days": "mon-fri", "from": "08:00", "to": "19:00"}, "off_peak": "rest"},
}


def tariff(model: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Terms with a charge for each zone and band, of the charge model that `model` makes of a price."""
    zones = _zones()
    return {
        "usage": {"destination": "b_number", "duration": "duration_seconds"},
        "zones": {name: {"prefixes": prefixes} for name, prefixes in zones.items()},
        "calendars": {"tariff": _CALENDAR},
        "plans": {f"p{i}": plan(_charges(zones, model, i), calendar="tariff") for i in (0, 1)},
    }


def _charges(zones: dict[str, list[str]], model: Callable[[str], dict[str, Any]], cheaper: int) -> dict[str, Any]:
    return {
        f"{zone}-{band}": {
            "when": {"zone": zone, "band": band},
            **model(f"0.{cents + 10 * far - cheaper}"),
            "round": {"decimals": 2},
        }
        for far, zone in enumerate(zones)
        for band, cents in _CENTS.items()
    }


def _zones() -> dict[str, list[str]]:
    """The prefixes by zone: home, and six abroad by country."""
    zones: dict[str, list[str]] = {name: [] for name in ("home", *_ABROAD)}
    for row in prefix_table(_PREFIXES).to_pylist():
        country = row["zone"].partition("-")[0]
        zones["home" if country == "SE" else _ABROAD[sum(country.encode()) % len(_ABROAD)]].append(row["prefix"])
    return zones


def terms() -> dict[str, Any]:
    return tariff(lambda price: {"unit": {"price": price, **MINUTES}})


def check(records: int) -> None:
    check_against_reference(terms(), records, COLUMNS)


def measure(settings: Settings) -> Iterator[Figure]:
    yield from shapes("voice", terms(), settings, TARGET, COLUMNS)
