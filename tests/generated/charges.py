"""Charges of every model, fees, and the plans that hold them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from .values import Draw, amounts, conditions, numbers, positive, rates, roundings

MODELS = ("flat", "unit", "steps", "graduated", "package", "percentage", "dynamic")
CALENDARS: dict[str, Any] = {
    "tariff": {
        "zone": "Europe/Stockholm",
        "holiday_dates": ["2026-10-06"],
        "bands": {"peak": {"days": "mon-fri", "from": "08:00", "to": "19:00"}, "off_peak": "rest"},
    },
    "local": {"bands": {"night": {"from": "22:00", "to": "06:00"}, "peak": {"from": "06:00", "to": "12:00"}}},
}
BANDS = {"tariff": ("peak", "off_peak"), "local": ("night", "peak")}
STARTS = (["2026-01-01", "2026-10-05"], ["2026-10-02", "2026-10-05T12:00:00Z"])
"""From when the versions of a charge are; before the first there is none."""


@st.composite
def models(draw: Draw, kind: str, scope: Any = None) -> dict[str, Any]:
    """Terms of a charge model, under its name. `scope` is that of the charge's other versions."""
    scope = draw(_scopes()) if scope is None else scope
    if kind == "flat":
        return {"flat": draw(numbers())}
    if kind == "unit":
        return {"unit": {"price": draw(numbers()), "per": draw(positive), **draw(blocks()), **draw(_connects())}}
    if kind == "steps":
        return {"unit": {"steps": draw(_steps()), **draw(_connects())}}
    if kind == "graduated":
        own = {"tiers": draw(_tiers()), "per": draw(positive), **draw(blocks()), **draw(_connects())}
        at_zero = draw(st.sampled_from([{}, {}, {"at_zero": "skip"}]))
        return {"graduated": {**own, **scope, **at_zero}}
    if kind == "package":
        free = draw(st.sampled_from(["0", "10", "2.5"]))
        return {"package": {"size": draw(positive), "price": draw(numbers()), "free": free, **scope}}
    if kind == "percentage":
        optional = {"fixed": numbers(), "min": numbers(), "max": numbers(), "free_amount": positive}
        own = draw(st.fixed_dictionaries({"rate": numbers(rates, "share")}, optional=optional))
        if isinstance(own.get("min"), str) and isinstance(own.get("max"), str):
            own["min"], own["max"] = sorted((own["min"], own["max"]), key=Decimal)
        return {"percentage": {**own, "free_records": draw(st.integers(0, 2)), **scope}}
    column = draw(st.sampled_from(["amount_column", "price_column"]))
    return {"dynamic": {column: "price", "factor": draw(numbers())}}


@st.composite
def blocks(draw: Draw) -> dict[str, Any]:
    return draw(
        st.fixed_dictionaries({}, optional={"minimum": st.sampled_from(["0", "1", "30", "2.5"]), "increment": positive})
    )


@st.composite
def _connects(draw: Draw) -> dict[str, Any]:
    return draw(st.fixed_dictionaries({}, optional={"connect_fee": numbers(), "connect_at_zero": st.booleans()}))


@st.composite
def _scopes(draw: Draw) -> dict[str, Any]:
    scopes, resets = (
        st.sampled_from(["subscription", "account", "record"]),
        st.sampled_from(["cycle", "month", "never"]),
    )
    return draw(st.fixed_dictionaries({}, optional={"scope": scopes, "reset": resets}))


@st.composite
def _steps(draw: Draw) -> list[dict[str, Any]]:
    """Steps that hold whole blocks: the minimum and some increments."""
    steps: list[dict[str, Any]] = []
    start = 0
    for _ in range(draw(st.integers(0, 2))):
        minimum, increment, count = draw(st.tuples(st.integers(0, 5), st.integers(1, 30), st.integers(1, 3)))
        start += minimum + increment * count
        blocks_of = {"minimum": str(minimum), "increment": str(increment)}
        steps.append({"up_to": str(start), "price": draw(numbers()), "per": draw(positive), **blocks_of})
    return [*steps, {"price": draw(numbers()), **draw(blocks())}]


@st.composite
def _tiers(draw: Draw) -> list[dict[str, Any]]:
    bounds = sorted(draw(st.lists(st.sampled_from([1, 2, 5, 10, 60, 100]), unique=True, max_size=3)))
    prices = st.fixed_dictionaries({}, optional={"price": numbers(), "flat": numbers()})
    return [{**draw(prices), **({"up_to": str(bound)} if bound else {})} for bound in [*bounds, None]]


@st.composite
def charges(draw: Draw, priority: int, calendar: str | None) -> dict[str, Any]:
    """A usage charge; its priority is its own, so that no two rate a record by chance."""
    kind = draw(st.sampled_from(MODELS))
    bands = BANDS[calendar] if calendar else ()
    charge: dict[str, Any] = {"when": draw(conditions(bands)), "priority": priority}
    charge["component"] = draw(st.sampled_from(["main", "main", "extra"]))
    if calendar:
        charge["across"] = draw(st.sampled_from(["start", "split"]))
    optional = {"round": roundings(), "negative": st.sampled_from(["allow", "reject"])}
    charge |= draw(st.fixed_dictionaries({}, optional=optional))
    if draw(st.integers(0, 3)):
        return charge | draw(models(kind))
    scope = draw(_scopes())
    versions = [{"from": start, **draw(models(kind, scope))} for start in draw(st.sampled_from(STARTS))]
    return charge | {"versions": versions}


@st.composite
def fees(draw: Draw) -> dict[str, Any]:
    """A recurring or one-time charge."""
    often = [{"every": "month"}, {"every": "month", "timing": "advance"}, {"once": "activation"}]
    charge: dict[str, Any] = dict(draw(st.sampled_from(often)))
    territory = st.sampled_from(["SE", {"null": True}])
    when = st.sampled_from([{}, {}, {"attributes": {"territory": draw(territory)}}])
    optional = {"prorate": st.just("none"), "round": roundings(), "when": when}
    charge |= draw(st.fixed_dictionaries({}, optional=optional))
    if draw(st.integers(0, 3)):
        return charge | {"flat": draw(numbers())}
    return charge | {"versions": [{"from": at, "flat": draw(amounts)} for at in draw(st.sampled_from(STARTS))]}


@st.composite
def plans(draw: Draw) -> dict[str, Any]:
    calendar = draw(st.sampled_from([None, "tariff", "local"]))
    seller = draw(st.sampled_from(["shop", "shop", {"subscription": "sold_by"}]))
    count = draw(st.integers(1, 3))
    own = {f"c{place}": draw(charges(place, calendar)) for place in range(count)}
    if draw(st.integers(0, 4)):
        own["any"] = {"priority": -1, **draw(models(draw(st.sampled_from(MODELS))))}
    own |= {f"fee{place}": draw(fees()) for place in range(draw(st.integers(0, 2)))}
    currency = draw(st.sampled_from([*["EUR"] * 9, "SEK"]))
    plan = {"seller": seller, "currency": currency, "charges": own}
    return plan | ({"calendar": calendar} if calendar else {})
