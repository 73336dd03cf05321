"""Usage records, some of them wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .values import KINDS, SERVICES, TERRITORIES, Draw, quantities, rare

TIMES = (
    *(f"2026-10-0{day}T{hour}" for day in range(1, 8) for hour in ("03:59:30Z", "05:59:00Z", "16:59:30Z", "21:59:50Z")),
    "2026-10-25T02:30:00",
    "2026-03-29T02:30:00",
    "2026-10-31T23:30:00Z",
    "2026-09-30T22:30:00Z",
    "2026-10-05 12:00:00.123456789",
)


@st.composite
def records(draw: Draw, most: int = 10) -> list[dict[str, Any]]:
    """Usage, as text: some of it wrong, some of it twice or almost so."""
    row = st.fixed_dictionaries(
        {
            "id": rare(st.sampled_from([str(n) for n in range(12)]), None),
            "switch": st.sampled_from(["x", "y", None]),
            "time": rare(st.sampled_from(TIMES), None, "soon", "1969-12-31T23:59:59Z", "2100-01-01T00:00:00Z"),
            "key": rare(st.sampled_from(["k1", "k1", "k2"]), "k9", None),
            "service": st.sampled_from([*SERVICES, *SERVICES, None]),
            "quantity": rare(quantities, None, "many", "0.0000000000001", "9" * 26, "9" * 27, "-" + "9" * 27),
            "seconds": rare(quantities, None, "many"),
            "amount": rare(quantities, None, "-1.50", "1e3"),
            "price": rare(quantities, None, "free"),
            "to": rare(st.sampled_from(["46701", "+4680", "4", "99", None]), "46-70", ""),
            "country": st.sampled_from([*TERRITORIES, None]),
            "status": st.sampled_from(["ok", "ok", "bad", None]),
            "kind": st.sampled_from([*KINDS, None]),
            "size": st.sampled_from(["1", "2.5", "10", "big", None]),
            "partner": rare(st.sampled_from(["maker", "label"]), "nobody", None),
        }
    )
    rows = draw(st.lists(row, min_size=1, max_size=most))
    for _ in range(draw(st.integers(0, 2))):
        again = {**draw(st.sampled_from(rows)), **draw(st.sampled_from(_TWICE))}
        rows.insert(draw(st.integers(0, len(rows))), again)
    return rows


_TWICE: tuple[dict[str, Any], ...] = (
    {},
    {"kind": "song"},
    {"kind": None},
    {"size": "10"},
    {"partner": "label"},
    {"to": "4"},
    {"seconds": "7"},
    {"quantity": "1.0"},
)
"""What a record that comes twice has different the second time: nothing, what only some terms read, or something."""
