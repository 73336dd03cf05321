"""Who paid whom, drawn: from those who only pay, along the arrows, to those who only earn.

1,000 customers
└── 120,345.00 SEK by bills ──▶ nordtel
    └── 76,300.00 SEK under music ──▶ musicco
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text
from rich.tree import Tree

from .out import money

Arrow = Mapping[str, Any]


def picture(arrows: Sequence[Arrow]) -> Tree:
    """A tree of the arrows (rows of `reports.totals`), each drawn once."""
    root = Tree(Text("Who pays whom"), hide_root=False, guide_style="dim")
    left = list(arrows)
    for payer in _payers(arrows):
        own = [arrow for arrow in left if _payer(arrow) == payer]
        if own:
            _grow(root.add(Text(payer)), payer, left)
    return root


def _payers(arrows: Sequence[Arrow]) -> list[str]:
    """Those who pay: first who only pays, then the others, for what goes round in a circle."""
    payees = {arrow["payee"] for arrow in arrows}
    payers = list(dict.fromkeys(_payer(arrow) for arrow in arrows))
    return sorted(payers, key=lambda payer: payer in payees)


def _grow(tree: Tree, payer: str, left: list[Arrow]) -> None:
    """Draw what a payer pays, and what its payees pay on; drawn arrows are taken out of `left`."""
    own = [arrow for arrow in left if _payer(arrow) == payer]
    left[:] = [arrow for arrow in left if _payer(arrow) != payer]
    for arrow in own:
        how = "by bills" if arrow["kind"] == "bill" else f"under {arrow['contract']}"
        branch = tree.add(Text(f"{money(arrow['gross'])} {arrow['currency']} {how} ──▶ {arrow['payee']}"))
        _grow(branch, arrow["payee"], left)


def _payer(arrow: Arrow) -> str:
    if arrow["payer"] is not None:
        return str(arrow["payer"])
    return str(arrow["one"]) if arrow["payers"] == 1 else f"{arrow['payers']:,} customers of {arrow['payee']}"
