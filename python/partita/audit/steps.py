"""The steps from a record, or a fee, to its shares: figures by name, and sentences that say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from partita.reference.agreements import is_sale
from partita.reference.lines import LATE, OUT_OF_ORDER, Line
from partita.reference.records import Record
from partita.reference.split import LineShares
from partita.reference.texts import text_of

from .material import Material
from .replay import Traced, candidates, numbers_of


@dataclass(frozen=True)
class Step:
    """One step: a name for programs, a title for people, and what happens in it for both."""

    name: str
    title: str
    facts: Any
    words: list[str] = field(default_factory=list)

    def to_dict(self) -> Any:
        return plain(self.facts)


def steps_of(material: Material, traced: Traced) -> list[Step]:
    """All steps as far as the shares; a record that was rejected ends with why."""
    steps: list[Step] = []
    if traced.record is not None:
        steps.append(_record(traced.record))
    if traced.held:
        steps.append(_guide(traced))
    if traced.reject is not None:
        return [*steps, _reject(traced.reject)]
    if traced.record is None and traced.line is None:
        return [Step("skipped", "Why it is not rated", {}, ["the usage mapping leaves this row out (`where`)"])]
    if traced.line is not None:
        steps.append(_charge(material, traced, traced.line))
        steps.append(_price(material, traced.line))
        steps.append(_shares(traced, traced.line))
    return steps


# The record, and whose it is ----------------------------------------------------------------------------------------


def _record(record: Record) -> Step:
    columns = {name: text_of(record.cell(name)) for name in record.columns}
    facts = {
        "file": record.file,
        "row": record.row,
        "source": record.source,
        "id": record.id,
        "time": record.time.isoformat(),
        "key": record.key,
        "columns": columns,
    }
    who = f"id {record.id} of source {record.source or '(none)'}" if record.id is not None else "a record without an id"
    held = ", ".join(f"{name} {value}" for name, value in columns.items() if value is not None)
    words = [f"row {record.row} of {record.file}: {who}, at {record.time.isoformat()}", f"it holds {held}"]
    return Step("record", "The usage record", facts, words)


def _guide(traced: Traced) -> Step:
    held = traced.held[-1][0]
    tried = [{"subscription": one.id, "priority": one.terms.priority, "matches": fits} for one, fits in traced.held]
    facts: dict[str, Any] = {"subscription": held.id, "account": held.account_id, "owner": held.account.owner}
    words = [f"{one['subscription']} (priority {one['priority']}) has no matching charge" for one in tried[:-1]]
    if traced.met is None:
        words.append(f"subscription {held.id} is held by account {held.account_id} of {held.account.owner}")
        return Step("guide", "Whose it is", facts, words)
    met, around = traced.met, traced.met.around
    names = ("service", "zone", "territory")
    facts |= {"tried": tried, "plan": met.plan_id, "band": met.start_band, **{name: around[name] for name in names}}
    words.append(
        f"key {met.record.key} leads to subscription {held.id} of account {held.account_id}, plan {met.plan_id}"
    )
    known = [f"{name} {facts[name]}" for name in (*names, "band") if facts[name] is not None]
    words.append(f"it is of {', '.join(known)}" if known else "it has no service, zone, territory or band")
    return Step("guide", "Whose it is", facts, words)


def _reject(reject: Mapping[str, Any]) -> Step:
    facts = {name: reject[name] for name in ("code", "name", "field", "value")}
    words = [f"{reject['code']} {reject['name']}: {reject['field']} is {reject['value'] or 'null'}"]
    return Step("reject", "Why it was rejected", facts, words)


# The charge and its amount --------------------------------------------------------------------------------------------


def _charge(material: Material, traced: Traced, line: Line) -> Step:
    charge = material.inputs.catalog.plans[line.plan].charges[line.charge]
    valid_from = charge.dated[line.version][0]
    since = "since ever" if valid_from is None else f"from {valid_from.isoformat()}"
    facts: dict[str, Any] = {"plan": line.plan, "charge": line.charge, "component": charge.component}
    facts |= {"priority": charge.priority, "version": line.version, "valid_from": valid_from and valid_from.isoformat()}
    words: list[str] = []
    if traced.met is None:
        words.append(f"{line.plan}/{line.charge} is a {line.kind.replace('_', '-')} charge")
    else:
        facts["candidates"] = candidates(traced.met, line.around["band"])
        words.extend(_candidate(one) for one in facts["candidates"])
    words.append(f"version {line.version} of {line.charge} is in force, {since}")
    return Step("charge", "Which charge, and why", facts, words)


def _candidate(one: Mapping[str, Any]) -> str:
    why = "it does not match" if not one["matches"] else "it matches and has the highest priority"
    if one["matches"] and not one["chosen"]:
        why = "it matches, but another of its component has a higher priority"
    return f"{one['charge']} (component {one['component']}, priority {one['priority']}): {why}"


def _price(material: Material, line: Line) -> Step:
    charge = material.inputs.catalog.plans[line.plan].charges[line.charge]
    model = charge.dated[line.version][1]
    rounding = {"decimals": 12, "mode": "half_even"} if charge.round is None else charge.round.model_dump()
    facts = {
        "model": type(model).__name__.lower(),
        "terms": numbers_of(material.reference.terms, model, line.around, f"{line.plan}/{line.charge}"),
        "quantity": line.quantity,
        "billed_quantity": line.billed,
        "counter_before": line.before,
        "counter_after": line.after,
        "exact": line.exact,
        "round": rounding,
        "amount": line.amount,
        "currency": line.currency,
        "fraction": line.fraction if line.kind == "recurring" else None,
        "period": line.period,
        "service_period": line.service_period,
        "flags": line.flags,
    }
    return Step("price", "What it costs", facts, list(_price_words(facts, line)))


def _price_words(facts: Mapping[str, Any], line: Line) -> Iterator[str]:
    yield f"{facts['model']}: {_told(facts['terms'])}"
    if line.quantity is not None:
        billed = "" if line.billed is None else f", of which {number(line.billed)} is billed"
        yield f"the quantity is {number(line.quantity)}{billed}"
    if line.before is not None:
        yield f"its counter goes from {number(line.before)} to {number(line.after)}"
    if line.kind == "recurring":
        yield f"it covers {line.fraction} of cycle {line.service_period}"
    rounding = facts["round"]
    how = f"rounded to {rounding['decimals']} decimals, {rounding['mode']}"
    yield f"exactly {number(line.exact)} {line.currency}; {how}: {number(line.amount)} {line.currency}"
    if line.flags & LATE:
        yield f"it is late: its own cycle {line.service_period} was closed, so it is billed in {line.period}"
    if line.flags & OUT_OF_ORDER:
        yield "it is older than a record counted before it, and priced in the order of arrival"


# Shares ---------------------------------------------------------------------------------------------------------------


def _shares(traced: Traced, line: Line) -> Step:
    own = [sharing for sharing in traced.shared if sharing.line.line_id == line.line_id]
    facts = [fact for sharing in own for fact in _flows(sharing)]
    words = [_share_words(fact) for fact in facts] or ["no agreement shares it"]
    return Step("shares", "Who gets what of it", facts, words)


def _flows(sharing: LineShares) -> Iterator[dict[str, Any]]:
    for name, flow in sharing.stands.flows.items():
        figures = {
            "agreement": sharing.stands.id,
            "version": sharing.stands.version,
            "flow": name,
            "kind": "sale" if is_sale(flow) else flow.kind,
            "base": sharing.bases.get(name),
            "rate": sharing.rates.get(name),
            "exact": sharing.exact.get(name),
        }
        shares = sharing.shares.get(name, [])
        for share in shares:
            yield {**figures, "payer": share.payer, "payee": share.payee, "amount": share.amount, "paid": share.paid}
        if not shares and name in sharing.present:
            yield {**figures, "payer": None, "payee": None, "amount": sharing.values[name], "paid": False}


def _share_words(fact: Mapping[str, Any]) -> str:
    flow = f"{fact['agreement']}/{fact['flow']}"
    if fact["kind"] == "sale":
        return f"{flow}: the sale itself, {number(fact['amount'])}, which the bill carries"
    who = "" if fact["payer"] is None else f", {fact['payer']} → {fact['payee']}"
    base = "" if fact["base"] is None else f" of {number(fact['base'])}"
    rate = "" if fact["rate"] is None else f" {number(fact['rate'])}"
    figured = "" if fact["exact"] is None else f", exactly {number(fact['exact'])}"
    paid = "" if fact["paid"] else " (only measured)"
    return f"{flow}: {fact['kind']}{rate}{base}{figured}: {number(fact['amount'])}{who}{paid}"


# Figures --------------------------------------------------------------------------------------------------------------


def number(value: Fraction | None) -> str:
    """A figure as decimal text where it has one, else as a fraction."""
    if value is None:
        return "null"
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    if denominator != 1:
        return str(value)
    decimals = 0
    while (value * 10**decimals).denominator != 1:
        decimals += 1
    return f"{Decimal(int(value * 10**decimals)).scaleb(-decimals):f}" if decimals < 25 else str(value)


def plain(value: Any) -> Any:
    """Figures as text, all else as it is."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return number(value) if isinstance(value, Fraction) else value


def _told(terms: Any) -> str:
    if isinstance(terms, Mapping):
        return ", ".join(f"{name} {_told(value)}" for name, value in terms.items())
    if isinstance(terms, (list, tuple)):
        return "[" + "; ".join(_told(item) for item in terms) + "]"
    if isinstance(terms, bool):
        return "yes" if terms else "no"
    return number(terms) if isinstance(terms, Fraction) else str(terms)
