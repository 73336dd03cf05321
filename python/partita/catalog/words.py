"""Charges, conditions and flows in words, as a reader of a catalog would say them."""

from __future__ import annotations

from decimal import Decimal

from .agreement import Agreement, Binding, Flow, FromColumn, FromSubscription, Validity
from .charge import Charge, ChargeModel, Dynamic, Flat, Graduated, Lookup, Number, Package, Percentage, Test, Unit, When


def number(value: Number) -> str:
    """A literal as written, or where a look-up finds it."""
    if isinstance(value, Lookup):
        return f"{value.table}.{value.column} by {', '.join(value.by)}"
    return f"{value:f}"


def percent(value: Number) -> str:
    """A rate as a percentage."""
    return f"{(value * 100).normalize():f} %" if isinstance(value, Decimal) else number(value)


def test(name: str, one: Test) -> str:
    """A test of an attribute: `zone nordic or europe`, `x from 5 to below 10`."""
    if one.null is not None:
        return f"{name} is {'' if one.null else 'not '}null"
    parts = []
    if one.equals is not None:
        parts.append(" or ".join(one.equals))
    if one.prefix is not None:
        parts.append(" or ".join(f"{prefix}..." for prefix in one.prefix))
    bounds = (("above", one.above), ("from", one.at_least), ("below", one.below), ("up to", one.up_to))
    parts += [f"{word} {bound:f}" for word, bound in bounds if bound is not None]
    return f"{name} {' and '.join(parts) or 'is not null'}"


def when(condition: When) -> str:
    """A condition: `service voice, zone nordic`; nothing for always."""
    tests = (("service", condition.service), ("zone", condition.zone), ("band", condition.band))
    named = [*tests, *condition.attributes.items()]
    return ", ".join(test(name, one) for name, one in named if one is not None)


def charge(one: Charge) -> list[str]:
    """A charge's price in words, one line for each of its versions."""
    often = " a month" + (" in advance" if one.timing == "advance" else "") if one.every else ""
    often = " once, on activation" if one.once else often
    lines = []
    for since, model in one.dated:
        words = price(model) + (often or (" each" if isinstance(model, Flat) else ""))
        lines.append(f"{words}, from {since}" if since is not None else words)
    return lines


def price(model: ChargeModel) -> str:
    """A charge model with its numbers."""
    match model:
        case Flat():
            return number(model.fee)
        case Unit():
            return _unit(model)
        case Graduated():
            return _graduated(model)
        case Package():
            free = f" after {model.free:f} free" if model.free else ""
            return f"{number(model.price)} for each started {model.size:f}{free}{_scope(model.scope)}"
        case Percentage():
            return _percentage(model)
        case Dynamic():
            factor = "" if model.factor == 1 else f" × {number(model.factor)}"
            what = (
                f"the amount in {model.amount_column}" if model.amount_column else f"the price in {model.price_column}"
            )
            return what + factor


def _unit(model: Unit) -> str:
    if model.price is not None:
        text = _per(model.price, model.per) + _blocks(model.minimum, model.increment)
    else:
        text = ", then ".join(
            _per(step.price, step.per)
            + (f" up to {step.up_to:f}" if step.up_to else "")
            + _blocks(step.minimum, step.increment)
            for step in model.steps or ()
        )
    return text + _connect(model.connect_fee)


def _graduated(model: Graduated) -> str:
    tiers = []
    for tier in model.tiers:
        flat = f" + {number(tier.flat)}" if tier.flat != 0 else ""
        tiers.append(number(tier.price) + flat + (f" up to {tier.up_to:f}" if tier.up_to else ""))
    unit = f", per {model.per:f}" if model.per != 1 else ""
    blocks = _blocks(model.minimum, model.increment)
    return ", then ".join(tiers) + unit + blocks + _connect(model.connect_fee) + _scope(model.scope)


def _percentage(model: Percentage) -> str:
    text = percent(model.rate)
    for word, value in (("+", model.fixed), ("at least", model.min), ("at most", model.max)):
        if value is not None and value != 0:
            text += f" {word} {number(value)}" if word == "+" else f", {word} {number(value)}"
    free = [f"{model.free_records} records"] if model.free_records else []
    free += [f"an amount of {model.free_amount:f}"] if model.free_amount else []
    return text + (f", {' and '.join(free)} free{_scope(model.scope)}" if free else "")


def _per(value: Number, per: Decimal) -> str:
    return number(value) + (f" per {per:f}" if per != 1 else " per unit")


def _blocks(minimum: Decimal, increment: Decimal | None) -> str:
    if increment is None:
        return f" (at least {minimum:f})" if minimum else ""
    return f" (first {minimum:f}, then by {increment:f})" if minimum else f" (by {increment:f})"


def _connect(fee: Number) -> str:
    return "" if fee == 0 else f", and {number(fee)} to connect"


def _scope(scope: str) -> str:
    return "" if scope == "subscription" else f", counted per {scope}"


def binding(bound: Binding) -> str:
    """Whom a role is bound to."""
    if isinstance(bound, FromColumn):
        return f"by column {bound.column}"
    if isinstance(bound, FromSubscription):
        return f"who {bound.subscription.replace('_by', '')} it"
    return bound.replace("_", " ") if bound == "account_owner" else bound


def party(agreement: Agreement, role: str | None) -> str:
    """A role with whom it is bound to, or the party itself."""
    if role is None:
        return "the seller"
    return f"{role} ({binding(agreement.roles[role])})" if role in agreement.roles else role


def flow(one: Flow) -> str:
    """What a flow charges, and when."""
    held = when(one.when)
    return _terms(one) + (f", if {held}" if held else "") + validity(one.valid)


def validity(valid: Validity) -> str:
    """`, from 2026-01-01, until 2028-01-01`, as far as there are limits."""
    limits = (("from", valid.valid_from), ("until", valid.valid_until))
    return "".join(f", {word} {moment}" for word, moment in limits if moment is not None)


def _terms(one: Flow) -> str:
    bases = " + ".join(one.of) + "".join(f" - {name}" for name in one.minus)
    base = bases or "the lines"
    if one.percent is not None:
        return f"{percent(one.percent)} of {base}"
    if one.plan is not None:
        return f"by plan {one.plan}"
    if one.retail_minus is not None:
        return f"{base} less {percent(one.retail_minus)}"
    if one.cost_plus is not None:
        return f"cost by plan {one.cost_plus.plan} plus {percent(one.cost_plus.rate)}"
    if one.per_event is not None:
        return f"{price(one.per_event)} for each record"
    if one.per_unit is not None:
        return price(one.per_unit) + (" billed" if one.per_unit.of == "billed_quantity" else "")
    if one.recurring is not None:
        return f"{price(one.recurring)} a month, per {one.recurring.per}"
    if one.split is not None:
        return f"{base}, split " + " : ".join(f"{name} {number(weight)}" for name, weight in one.split.items())
    if one.remainder is not None:
        return f"{base} less {' and '.join(one.remainder)}" if one.remainder else base
    if one.greater_of is not None:
        items = [item if isinstance(item, str) else f"{item:f}" for item in one.greater_of.of]
        return f"the greater of {' and '.join(items)}, per {one.greater_of.per}"
    if one.standalone is not None:
        return f"{base} by component: " + ", ".join(
            f"{name} {number(weight)}" for name, weight in one.standalone.items()
        )
    return base
