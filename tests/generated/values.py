"""Numbers, look-ups, conditions: what charges and flows are made of."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn
KINDS = ("song", "album")
SERVICES = ("voice", "data")
MODES = ("half_even", "half_up", "half_down", "up", "down", "ceiling", "floor")
TERRITORIES = ("SE", "NO", "SE-AB")

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

_KEYS = (["kind", "territory"], ["service", "kind"], ["territory", "kind"], ["zone", "kind"], ["kind", "band"])
_MORE_KEYS = (["partner", "territory"], ["plan", "kind"], ["account", "subscription"])


@st.composite
def numbers(draw: Draw, literal: st.SearchStrategy[str] = amounts, column: str = "price") -> Any:
    """A literal, or now and then a look-up: by the table's columns, or by others that stand for them."""
    if draw(st.integers(0, 9)) < 9:
        return draw(literal)
    by = draw(st.sampled_from([*_KEYS, *_MORE_KEYS]))
    otherwise = draw(st.sampled_from([{"else": "0.25"}, {"else": "0"}, {"else": "reject"}, {}]))
    return {"table": "prices", "by": by, "column": column, **otherwise}


@st.composite
def tables(draw: Draw, whole: bool = False) -> dict[str, Any]:
    """One look-up table; a `whole` one has a number for everything."""
    keys = [(kind, territory) for kind in (*KINDS, "basic", None) for territory in ("SE", "data", "s1", "peak", None)]
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=6))
    rows = [
        {"kind": kind, "territory": territory, "price": draw(st.none() | amounts), "share": draw(st.none() | rates)}
        for kind, territory in chosen
    ]
    if whole:
        rows = [{**row, "price": row["price"] or "1", "share": row["share"] or "1%"} for row in rows]
        rows = [row for row in rows if row["kind"] or row["territory"]]
        rows.append({"kind": None, "territory": None, "price": "0.3", "share": "2%"})
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
        territory = st.sampled_from(["SE", {"prefix": "SE"}, {"null": True}])
        optional = {"kind": kind, "size": size, "territory": territory}
        tests["attributes"] = draw(st.fixed_dictionaries({}, optional=optional))
    return tests


@st.composite
def roundings(draw: Draw) -> dict[str, Any]:
    return {"decimals": draw(st.sampled_from([0, 2, 4, 12])), "mode": draw(st.sampled_from(MODES))}


def rare(common: st.SearchStrategy[Any], *odd: Any) -> st.SearchStrategy[Any]:
    """Mostly the one, now and then something odd."""
    return st.integers(0, 19).flatmap(lambda at: common if at else st.sampled_from(odd))
