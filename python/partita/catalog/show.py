"""A catalog to read: its plans with their prices in words, and who pays whom under each agreement.

C (account owner) ── retail: the lines ──▶ D (nordtel)
├── D (nordtel) ── wholesale: 70 % of retail ──▶ B (musicco)
└── D (nordtel) keeps margin: retail less wholesale
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from . import words
from .agreement import Agreement, Flow, payer_of
from .catalog import Catalog, Plan
from .party import FileTable


def show(catalog: Catalog, console: Console | None = None) -> None:
    """Print a catalog: a line of what it holds, its plans, and the money of its agreements."""
    (console or Console()).print(render(catalog))


def render(catalog: Catalog) -> RenderableType:
    """A catalog as something that rich can print."""
    parts: list[RenderableType] = [Text(_holds(catalog))]
    for key, plan in catalog.plans.items():
        parts += [Text(), _plan(key, plan)]
    for key, agreement in catalog.agreements.items():
        parts += [Text(), *_agreement(key, agreement)]
    return Group(*parts)


def _holds(catalog: Catalog) -> str:
    counts = []
    for name in (
        "parties",
        "accounts",
        "subscriptions",
        "usage",
        "zones",
        "calendars",
        "tables",
        "plans",
        "agreements",
    ):
        part = getattr(catalog, name)
        if isinstance(part, FileTable):
            counts.append(f"{name} from {part.file}")
        elif isinstance(part, dict) and part:
            counts.append(f"{len(part)} {_one(name) if len(part) == 1 else name}")
    return ", ".join(counts) or "an empty catalog"


def _one(name: str) -> str:
    return "party" if name == "parties" else "usage" if name == "usage" else name.removesuffix("s")


def _plan(key: str, plan: Plan) -> RenderableType:
    seller = plan.seller if isinstance(plan.seller, str) else "who sold the subscription"
    calendar = f", calendar {plan.calendar}" if plan.calendar else ""
    title = f"plan {key}: {plan.name + ', ' if plan.name else ''}sold by {seller}, {plan.currency}{calendar}"
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("charge", "when", "price"):
        table.add_column(heading, overflow="fold")
    for name, charge in plan.charges.items():
        named = name if charge.component == "main" else f"{name} (+ {charge.component})"
        split = " (split by band)" if charge.across == "split" else ""
        rounded = f", rounded to {charge.round.decimals} decimals" if charge.round else ""
        table.add_row(named, words.when(charge.when) + split, "\n".join(words.charge(charge)) + rounded)
    return Group(Text(title, style="bold"), Padding(table, (0, 0, 0, 2)))


def _agreement(key: str, agreement: Agreement) -> Iterator[RenderableType]:
    model = f" ({agreement.model})" if agreement.model else ""
    yield Text(f"agreement {key}{model}: {_scope(agreement)}", style="bold")
    if agreement.flows:
        yield Padding(Group(*_drawn(agreement, agreement.flows)), (0, 0, 0, 2))
    for version in agreement.versions:
        yield Text(f"  from {version.valid_from}:")
        yield Padding(Group(*_drawn(agreement, version.flows)), (0, 0, 0, 2))


def _scope(agreement: Agreement) -> str:
    applies = agreement.applies_to
    parts = [f"{name} {', '.join(ids)}" for name in ("plans", "charges", "services") if (ids := getattr(applies, name))]
    held = words.when(applies.when)
    text = "; ".join([*parts, *([held] if held else [])]) or "all lines"
    terms = agreement.terms
    text += words.validity(agreement.valid)
    text += f", in {', '.join(terms.territory)}" if terms.territory else ""
    text += f", at {terms.imposed_price:f}" if terms.imposed_price is not None else ""
    return text + (", exclusive" if terms.exclusive else "")


def _drawn(agreement: Agreement, flows: Mapping[str, Flow]) -> Iterator[RenderableType]:
    """The flows as trees: what is computed from a flow hangs below it (below the first, where it is from several)."""
    below: dict[str | None, list[str]] = {}
    for name, flow in flows.items():
        below.setdefault(next((base for base in flow.of if base in flows), None), []).append(name)
    for name in below.get(None, []):
        tree = Tree(_arrow(agreement, flows, name))
        _hang(tree, name, agreement, flows, below)
        yield tree


def _hang(
    tree: Tree, base: str, agreement: Agreement, flows: Mapping[str, Flow], below: Mapping[str | None, list[str]]
) -> None:
    for name in below.get(base, []):
        _hang(tree.add(_arrow(agreement, flows, name)), name, agreement, flows, below)


def _arrow(agreement: Agreement, flows: Mapping[str, Flow], name: str) -> Text:
    """`D (nordtel) ── wholesale: 70 % of retail ──▶ B (musicco)`; one party keeps, or measures."""
    flow = flows[name]
    payer, payee = payer_of(flows, flow), flow.payee
    text = Text()
    if payee is None or payer == payee:
        text.append(words.party(agreement, payee or payer), style="cyan").append(" keeps ")
        return text.append(name, style="bold").append(f": {words.flow(flow)}")
    text.append(words.party(agreement, payer), style="cyan").append(" ── ").append(name, style="bold")
    text.append(f": {words.flow(flow)}").append(" ──▶ " if flow.payable else " ┄┄▷ ")
    text.append(words.party(agreement, payee), style="cyan")
    return text if flow.payable else text.append(" (measured, not paid)", style="dim")
