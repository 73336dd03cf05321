"""Catalogs and usage that Hypothesis makes up: small, but with every charge model, scope, condition and kind of flow.

All is plain data, so that a failure prints what reproduces it. What the loader would refuse is mostly avoided here
(unequal priorities, rising bounds, steps that hold whole blocks); what is left is skipped by the tests.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn
KEYS = ("k1", "k2", "k3")
KINDS = ("song", "album")
SERVICES = ("voice", "data")
PARTNERS = ("maker", "label", "nobody")
MODELS = ("flat", "unit", "steps", "graduated", "package", "percentage", "dynamic")
MODES = ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor")
CALENDARS: dict[str, Any] = {
    "tariff": {
        "zone": "Europe/Stockholm",
        "holiday_dates": ["2026-10-06"],
        "bands": {"peak": {"days": "mon-fri", "from": "08:00", "to": "19:00"}, "off_peak": "rest"},
    },
    "local": {"bands": {"night": {"from": "22:00", "to": "06:00"}, "peak": {"from": "06:00", "to": "12:00"}}},
}
BANDS = {"tariff": ("peak", "off_peak"), "local": ("night", "peak")}

amounts = st.one_of(
    st.sampled_from(["0", "0.01", "0.07", "0.5", "1", "2.50", "109", "0.333333333333"]),
    st.decimals("0", "20", places=4).map(str),
)
positive = st.sampled_from(["0.5", "1", "2", "3", "7", "10", "60", "2.5", "0.000001"])
quantities = st.one_of(
    st.sampled_from(["0", "1", "3", "10", "59.5", "60", "61", "125", "0.000000000001", "-2"]),
    st.decimals("0", "400", places=3).map(str),
)
rates = st.sampled_from(["0", "1%", "7.5%", "30%", "33.333333%", "0.123456789012"])


@st.composite
def numbers(draw: Draw, literal: st.SearchStrategy[str] = amounts, column: str = "price") -> Any:
    """A literal, or now and then a look-up."""
    if draw(st.integers(0, 9)) < 9:
        return draw(literal)
    by = draw(st.sampled_from([["kind", "territory"], ["service", "kind"]]))
    otherwise = draw(st.sampled_from([{"else": "0.25"}, {"else": "0"}, {"else": "reject"}, {}]))
    return {"table": "prices", "by": by, "column": column, **otherwise}


@st.composite
def tables(draw: Draw) -> dict[str, Any]:
    keys = [(kind, territory) for kind in (*KINDS, None) for territory in ("SE", "data", None)]
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=5))
    rows = [
        {"kind": kind, "territory": territory, "price": draw(st.none() | amounts), "share": draw(st.none() | rates)}
        for kind, territory in chosen
    ]
    return {"prices": {"by": ["kind", "territory"], "columns": {"price": "number", "share": "percent"}, "rows": rows}}


@st.composite
def conditions(draw: Draw, bands: tuple[str, ...] = ()) -> dict[str, Any]:
    """A `when`, often empty."""
    tests: dict[str, Any] = {}
    if draw(st.integers(0, 2)) == 0:
        tests["service"] = draw(st.sampled_from([*SERVICES, list(SERVICES)]))
    if draw(st.integers(0, 5)) == 0:
        tests["zone"] = draw(st.sampled_from(["near", {"in": ["near", "far"]}, {"null": True}]))
    if bands and draw(st.integers(0, 2)) == 0:
        tests["band"] = draw(st.sampled_from([*bands, *([{"null": True}] if "night" in bands else [])]))
    if draw(st.integers(0, 3)) == 0:
        kind = st.sampled_from(["song", {"prefix": "al"}, {"null": True}, {"in": list(KINDS)}])
        size = st.sampled_from([{"above": "2"}, {"at_least": "1", "below": "5"}, {"up_to": "2.5"}])
        tests["attributes"] = draw(st.fixed_dictionaries({}, optional={"kind": kind, "size": size}))
    return tests


@st.composite
def models(draw: Draw, kind: str, scope: Any = None) -> dict[str, Any]:
    """Terms of a charge model, under its name. `scope` is that of the charge's other versions."""
    scope = draw(_scopes()) if scope is None else scope
    if kind == "flat":
        return {"flat": draw(numbers())}
    if kind == "unit":
        return {"unit": {"price": draw(numbers()), "per": draw(positive), **draw(_blocks()), **draw(_connects())}}
    if kind == "steps":
        return {"unit": {"steps": draw(_steps()), **draw(_connects())}}
    if kind == "graduated":
        own = {"tiers": draw(_tiers()), "per": draw(positive), **draw(_blocks()), **draw(_connects())}
        return {"graduated": {**own, **scope}}
    if kind == "package":
        free = draw(st.sampled_from(["0", "10", "2.5"]))
        return {"package": {"size": draw(positive), "price": draw(numbers()), "free": free, **scope}}
    if kind == "percentage":
        optional = {"fixed": numbers(), "min": amounts, "max": amounts, "free_amount": positive}
        own = draw(st.fixed_dictionaries({"rate": numbers(rates, "share")}, optional=optional))
        return {"percentage": {**own, "free_records": draw(st.integers(0, 2)), **scope}}
    column = draw(st.sampled_from(["amount_column", "price_column"]))
    return {"dynamic": {column: "price", "factor": draw(numbers())}}


@st.composite
def _blocks(draw: Draw) -> dict[str, Any]:
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
        minimum, increment, blocks = draw(st.tuples(st.integers(0, 5), st.integers(1, 30), st.integers(1, 3)))
        start += minimum + increment * blocks
        blocks_of = {"minimum": str(minimum), "increment": str(increment)}
        steps.append({"up_to": str(start), "price": draw(numbers()), "per": draw(positive), **blocks_of})
    return [*steps, {"price": draw(numbers()), **draw(_blocks())}]


@st.composite
def _tiers(draw: Draw) -> list[dict[str, Any]]:
    bounds = sorted(draw(st.lists(st.sampled_from([1, 2, 5, 10, 60, 100]), unique=True, max_size=3)))
    prices = st.fixed_dictionaries({}, optional={"price": numbers(), "flat": amounts})
    return [{**draw(prices), **({"up_to": str(bound)} if bound else {})} for bound in [*bounds, None]]


@st.composite
def charges(draw: Draw, priority: int, calendar: str | None) -> dict[str, Any]:
    """A usage charge; its priority is its own, so that no two rate a record by chance."""
    kind = draw(st.sampled_from(MODELS))
    bands = BANDS[calendar] if calendar else ()
    charge: dict[str, Any] = {"when": draw(conditions(bands)), "priority": priority}
    charge["component"] = draw(st.sampled_from(["main", "main", "extra"]))
    if calendar and kind in ("unit", "steps", "graduated", "package"):
        charge["across"] = draw(st.sampled_from(["start", "split"]))
    optional = {"round": roundings(), "negative": st.sampled_from(["allow", "reject"])}
    charge |= draw(st.fixed_dictionaries({}, optional=optional))
    if draw(st.integers(0, 3)):
        return charge | draw(models(kind))
    starts = ["2026-01-01", "2026-10-05"] if draw(st.booleans()) else ["2026-10-02", "2026-10-05T12:00:00Z"]
    scope = draw(_scopes())
    return charge | {"versions": [{"from": start, **draw(models(kind, scope))} for start in starts]}


@st.composite
def roundings(draw: Draw) -> dict[str, Any]:
    return {"decimals": draw(st.sampled_from([0, 2, 4, 12])), "mode": draw(st.sampled_from(MODES))}


@st.composite
def plans(draw: Draw) -> dict[str, Any]:
    calendar = draw(st.sampled_from([None, "tariff", "local"]))
    seller = draw(st.sampled_from(["shop", "shop", {"subscription": "sold_by"}]))
    count = draw(st.integers(1, 3))
    own = {f"c{place}": draw(charges(place, calendar)) for place in range(count)}
    if draw(st.integers(0, 4)):
        own["any"] = {"priority": -1, **draw(models(draw(st.sampled_from(MODELS))))}
    plan = {"seller": seller, "currency": "EUR", "charges": own}
    return plan | ({"calendar": calendar} if calendar else {})


ROLES: dict[str, Any] = {
    "C": "account_owner",
    "D": "shop",
    "B": "maker",
    "P": {"column": "partner"},
    "S": {"subscription": "sold_by"},
}


_PENDING: dict[str, tuple[str, ...]] = {"split": ("payable",), "whole": ("round",)}


@st.composite
def flows(draw: Draw, earlier: list[str]) -> dict[str, Any]:
    """A flow on lines or on earlier flows, of any kind that is computed line by line."""
    kinds = ["percent", "percent", "retail_minus", "split", "per_event", "per_unit", "plan", "cost_plus", "remainder"]
    kind = draw(st.sampled_from([*kinds, "whole"] if earlier else kinds[:-1]))
    flow: dict[str, Any] = {"payee": draw(st.sampled_from([*ROLES, "other"]))}
    if draw(st.booleans()):
        flow["payer"] = draw(st.sampled_from([*ROLES, "other"]))
    if kind in ("percent", "retail_minus", "split", "remainder", "whole") and earlier:
        base = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=2, min_size=kind == "whole"))
        flow |= {"of": base} if base else {}
        left = [name for name in earlier if name not in base]
        if base and left and draw(st.integers(0, 3)) == 0:
            flow["minus"] = [draw(st.sampled_from(left))]
    flow |= draw(_terms(kind, earlier))
    optional = {"when": conditions(), "round": roundings(), "payable": st.just(False)}
    for name in _PENDING.get(kind, ()):
        del optional[name]
    return flow | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def _terms(draw: Draw, kind: str, earlier: list[str]) -> dict[str, Any]:
    if kind in ("percent", "retail_minus"):
        return {kind: draw(numbers(rates, "share"))}
    if kind == "split":
        return {"split": {party: draw(numbers(positive)) for party in ("B", "other", "P")[: draw(st.integers(1, 3))]}}
    if kind == "per_event":
        return {"per_event": draw(numbers())}
    if kind == "per_unit":
        of = "quantity"
        return {"per_unit": {"price": draw(numbers()), "per": draw(positive), "of": of, **draw(_blocks())}}
    if kind == "plan":
        return {"plan": "cost"}
    if kind == "cost_plus":
        return {"cost_plus": {"rate": draw(numbers(rates, "share")), "plan": "cost"}}
    if kind == "remainder":
        return {"remainder": draw(st.lists(st.sampled_from(earlier), unique=True, min_size=1, max_size=2))}
    return {}


@st.composite
def agreements(draw: Draw) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "over_shared": st.just("allow"),
        "if_unshared": st.just("suspense"),
        "require": st.booleans(),
        "currency": st.just("EUR"),
        "terms": st.sampled_from([{}, {"territory": ["SE"]}]),
        "valid": st.sampled_from([{}, {"from": "2026-10-03"}, {"from": "2026-10-01", "until": "2026-10-05"}]),
        "applies_to": st.fixed_dictionaries(
            {}, optional={"plans": st.just(["basic"]), "services": st.just(["voice"]), "when": conditions()}
        ),
    }
    own = draw(st.fixed_dictionaries({"roles": st.just(ROLES)}, optional=optional))
    own["flows"] = draw(_graph())
    if draw(st.integers(0, 3)) == 0:
        own["versions"] = [{"from": "2026-10-04", "flows": draw(_graph())}]
    return own


@st.composite
def _graph(draw: Draw) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        found["sale"] = {"payer": "C", "payee": "D", "base": "lines"}
    for place in range(draw(st.integers(1, 3))):
        found[f"f{place}"] = draw(flows(list(found)))
    return found


@st.composite
def accounts(draw: Draw) -> dict[str, Any]:
    zones = st.sampled_from(["UTC", "Europe/Stockholm", "America/New_York"])
    return {
        name: {
            "owner": f"c-{name}",
            "currency": "EUR",
            "zone": draw(zones),
            "cycle_day": draw(st.sampled_from([1, 1, 4])),
            **draw(st.sampled_from([{}, {"territory": "SE"}, {"territory": "DE"}])),
        }
        for name in ("a1", "a2")
    }


@st.composite
def subscriptions(draw: Draw) -> dict[str, Any]:
    histories = st.sampled_from(
        [
            [{"plan": "basic"}],
            [{"plan": "plus"}],
            [{"plan": "basic", "until": "2026-10-04"}, {"plan": "plus", "from": "2026-10-04"}],
            [{"plan": "plus", "from": "2026-10-02T12:00:00Z", "until": "2026-10-06"}],
        ]
    )
    keys = {"s1": ["k1"], "s2": ["k1", "k2"], "s3": ["k2"]}
    return {
        name: {
            "account": draw(st.sampled_from(["a1", "a2"])),
            "keys": own,
            "plans": draw(histories),
            "priority": priority,
            **draw(st.sampled_from([{"sold_by": "shop"}, {"sold_by": "other"}])),
        }
        for priority, (name, own) in enumerate(keys.items())
    }


@st.composite
def catalogs(draw: Draw) -> dict[str, Any]:
    """A whole catalog as a document."""
    usage = {
        "source": draw(st.sampled_from([{"constant": "switch"}, "switch"])),
        "id": draw(st.sampled_from(["id", "id", "none"])),
        "time_zone": draw(st.sampled_from(["UTC", "Europe/Stockholm"])),
        "dst": draw(st.sampled_from(["first", "reject"])),
        "quantity": "quantity",
        "amount": "amount",
        "duration": "quantity",
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
        "plans": {name: draw(plans()) for name in ("basic", "plus", "cost")},
        "agreements": {f"deal-{n}": draw(agreements()) for n in range(draw(st.integers(0, 2)))},
    }


TIMES = (
    *(f"2026-10-0{day}T{hour}" for day in range(1, 8) for hour in ("03:59:30Z", "05:59:00Z", "16:59:30Z", "21:59:50Z")),
    "2026-10-25T02:30:00",
    "2026-03-29T02:30:00",
    "2026-10-31T23:30:00Z",
    "2026-09-30T22:30:00Z",
    "2026-10-05 12:00:00.123456789",
)


def rare(common: st.SearchStrategy[Any], *odd: Any) -> st.SearchStrategy[Any]:
    """Mostly the one, now and then something odd."""
    return st.integers(0, 19).flatmap(lambda at: common if at else st.sampled_from(odd))


@st.composite
def records(draw: Draw, most: int = 10) -> list[dict[str, Any]]:
    """Usage, as text: some of it wrong."""
    row = st.fixed_dictionaries(
        {
            "id": rare(st.sampled_from([str(n) for n in range(12)]), None),
            "switch": st.sampled_from(["x", "y", None]),
            "time": rare(st.sampled_from(TIMES), None, "soon", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
            "key": rare(st.sampled_from(["k1", "k1", "k2"]), "k9", None),
            "service": st.sampled_from([*SERVICES, *SERVICES, None]),
            "quantity": rare(quantities, None, "many", "0.0000000000001", "9" * 26, "9" * 27),
            "seconds": rare(quantities, None, "many"),
            "amount": rare(quantities, None, "-1.50", "1e3"),
            "price": rare(quantities, None, "free"),
            "to": rare(st.sampled_from(["46701", "+4680", "4", "99", None]), "46-70", ""),
            "country": st.sampled_from(["SE", "NO", None]),
            "status": st.sampled_from(["ok", "ok", "bad", None]),
            "kind": st.sampled_from([*KINDS, None]),
            "size": st.sampled_from(["1", "2.5", "10", "big", None]),
            "partner": rare(st.sampled_from(["maker", "label"]), "nobody", None),
        }
    )
    return draw(st.lists(row, min_size=1, max_size=most))
