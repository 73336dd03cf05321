"""Accounts, subscriptions, and whole catalogs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .agreements import agreements
from .charges import CALENDARS, plans
from .values import Draw, tables


@st.composite
def accounts(draw: Draw) -> dict[str, Any]:
    zones = st.sampled_from(["UTC", "Europe/Stockholm", "America/New_York"])
    own = {
        name: {
            "owner": f"c-{name}",
            "currency": draw(st.sampled_from([*["EUR"] * 9, "SEK"])),
            "zone": draw(zones),
            "cycle_day": draw(st.sampled_from([1, 1, 4])),
            **draw(st.sampled_from([{}, {"territory": "SE"}, {"territory": "DE"}])),
        }
        for name in ("a1", "a2")
    }
    if draw(st.booleans()):
        own["till"] = {"owner": "shop", "currency": "EUR"}
    if draw(st.booleans()):
        own["a0"] = {"owner": "c-a1", "currency": "EUR"}
    return own


@st.composite
def subscriptions(draw: Draw) -> dict[str, Any]:
    histories = st.sampled_from(
        [
            [{"plan": "basic"}],
            [{"plan": "plus"}],
            [{"plan": "basic", "until": "2026-10-04"}, {"plan": "plus", "from": "2026-10-04"}],
            [{"plan": "plus", "from": "2026-10-02T12:00:00Z", "until": "2026-10-06"}],
            [{"plan": "basic", "from": "2026-10-10"}],
            [{"plan": "basic", "until": "2026-10-03"}, {"plan": "basic", "from": "2026-10-20"}],
        ]
    )
    keys = {"s1": ["k1"], "s2": ["k1", "k2"], "s3": ["k2"]}
    sellers = [{"sold_by": "shop"}, {"sold_by": "other"}, {"sold_by": "shop", "introduced_by": "maker"}]
    if draw(st.integers(0, 3)) == 0:
        sellers.append({})
    migrated = [{}, {}, {}, {"billed_until": "2026-10-15"}, {"billed_until": "2026-11-01"}]
    return {
        name: {
            "account": draw(st.sampled_from(["a1", "a2"])),
            "keys": own,
            "plans": draw(histories),
            "priority": priority,
            **draw(st.sampled_from(sellers)),
            **draw(st.sampled_from(migrated)),
        }
        for priority, (name, own) in enumerate(keys.items())
    }


@st.composite
def catalogs(draw: Draw, of_period: bool = False) -> dict[str, Any]:
    """A whole catalog as a document; with flows on whole periods if asked for."""
    usage = {
        "source": draw(st.sampled_from([{"constant": "switch"}, "switch"])),
        "id": draw(st.sampled_from(["id", "id", "none"])),
        "time_zone": draw(st.sampled_from(["UTC", "Europe/Stockholm"])),
        "dst": draw(st.sampled_from(["first", "reject"])),
        "quantity": "quantity",
        "amount": "amount",
        "duration": draw(st.sampled_from(["quantity", "quantity", "seconds"])),
        "destination": "to",
        "territory": draw(st.sampled_from([None, "country"])),
        "where": draw(st.sampled_from([{}, {}, {"status": "ok"}])),
    }
    return {
        "parties": {name: {} for name in ("shop", "maker", "label", "other", "suspense", "c-a1", "c-a2")},
        "accounts": draw(accounts()),
        "subscriptions": draw(subscriptions()),
        "usage": {"events": {name: value for name, value in usage.items() if value is not None}},
        "zones": {"near": {"prefixes": ["46", "4670"]}, "far": {"prefixes": ["4", "467"]}},
        "calendars": CALENDARS,
        "tables": draw(tables()),
        "plans": {"basic": draw(plans()), "plus": draw(plans()), "cost": draw(plans())},
        "agreements": {f"deal-{n}": draw(agreements(of_period)) for n in range(draw(st.integers(0, 2)))},
    }
