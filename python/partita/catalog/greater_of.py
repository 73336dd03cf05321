"""The short forms of `greater_of`, written out.

`wholesale: {greater_of: [70%, 60.00]}` names a percentage that is no flow yet. Each percentage, and each mapping with
a kind of its own (`{recurring: {fee: 60.00, per: subscription}}`), becomes a flow between the same parties on the
same base that is measured and not paid (`payable: false`), and `greater_of` then names it. Amounts and the names of
flows stay.
"""

from __future__ import annotations

from typing import Any

from .agreement import KINDS
from .document import Block

_SHARED = ("payer", "payee", "base", "of", "minus", "when", "valid", "round")
"""What a measured flow takes from the flow that names it."""


def expand(flows: dict[str, Any]) -> dict[str, Any]:
    """The flows of an agreement with the measured flows of every short `greater_of` before it."""
    whole: Any = Block(flows.file) if isinstance(flows, Block) else {}
    for name, flow in flows.items():
        measured, rest = _written_out(name, flow, set(flows) | set(whole))
        for key, value in {**measured, name: rest}.items():
            whole[key] = value
            if isinstance(flows, Block):
                whole.lines[key] = flows.lines[name]
    found: dict[str, Any] = whole
    return found


def _written_out(name: str, flow: Any, taken: set[str]) -> tuple[dict[str, Any], Any]:
    extreme = flow.get("greater_of") if isinstance(flow, dict) else None
    items = extreme.get("of") if isinstance(extreme, dict) else extreme
    if not isinstance(items, list):
        return {}, flow
    measured: dict[str, Any] = {}
    named: list[Any] = []
    for item in items:
        terms = _terms(item)
        if terms is None:
            named.append(item)
            continue
        key = _free(f"{name}-{next((kind for kind in KINDS if kind in terms), 'measured')}", taken | set(measured))
        shared = {part: flow[part] for part in _SHARED if part in flow}
        measured[key] = _placed({**shared, **terms, "payable": "false"}, flow, "greater_of")
        named.append(key)
    if not measured:
        return {}, flow
    extreme = {**extreme, "of": named} if isinstance(extreme, dict) else {"of": named}
    return measured, _placed({**flow, "greater_of": _placed(extreme, flow, "greater_of")}, flow, "greater_of")


def _terms(item: Any) -> dict[str, Any] | None:
    """The flow that an item stands for; None for an amount or the name of a flow."""
    if isinstance(item, str) and item.rstrip().endswith("%"):
        return {"percent": item}
    return item if isinstance(item, dict) else None


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name}-{number}"
    return free


def _placed(part: dict[str, Any], flow: Any, key: str) -> dict[str, Any]:
    """`part` with the positions that its keys have in `flow`, or else that of `key`."""
    if not isinstance(flow, Block):
        return part
    placed = Block(flow.file)
    placed.update(part)
    placed.lines = {name: flow.lines.get(name, flow.lines[key]) for name in part}
    return placed
