"""Plans, charges and charge models, as the engine reads them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from partita.catalog.catalog import Plan
from partita.catalog.charge import (
    Charge,
    ChargeModel,
    Dynamic,
    Flat,
    Graduated,
    Package,
    Percentage,
    Step,
    Unit,
)
from partita.catalog.reference_data import Table

from .scalars import Json, moment, number, optional_text, rounding, text, when

Tables = Mapping[str, Table]


def plan(name: str, terms: Plan, tables: Tables) -> Json:
    return {
        "id": name,
        "seller": terms.seller if isinstance(terms.seller, str) else None,
        "currency": terms.currency,
        "calendar": terms.calendar,
        "charges": [charge(key, part, tables) for key, part in terms.charges.items()],
    }


def charge(name: str, terms: Charge, tables: Tables) -> Json:
    return {
        "id": name,
        "kind": "recurring" if terms.every else "one_time" if terms.once else "usage",
        "when": when(terms.when),
        "component": terms.component,
        "priority": terms.priority,
        "advance": terms.timing == "advance",
        "prorate": terms.prorate == "day",
        "across_split": terms.across == "split",
        "round": rounding(terms.round),
        "allow_negative": terms.negative == "allow",
        "tax_category": terms.tax_category,
        "versions": [
            {"from": None if start is None else moment(start), "model": model(part, tables)}
            for start, part in terms.dated
        ],
    }


def model(terms: ChargeModel, tables: Tables) -> Json:
    """A charge model under its name.

    >>> model(Flat.model_validate("0.50"), {})
    {'flat': {'fee': '0.50'}}
    """
    match terms:
        case Flat():
            return {"flat": flat(terms, tables)}
        case Unit():
            return {"unit": unit(terms, tables)}
        case Graduated():
            return {"graduated": graduated(terms, tables)}
        case Package():
            return {"package": package(terms, tables)}
        case Percentage():
            return {"percentage": percentage(terms, tables)}
        case Dynamic():
            return {"dynamic": dynamic(terms, tables)}


def flat(terms: Flat, tables: Tables) -> Json:
    return {"fee": number(terms.fee, tables)}


def unit(terms: Unit, tables: Tables) -> Json:
    """A unit price is a single step without an end."""
    return {
        "connect_fee": number(terms.connect_fee, tables),
        "connect_at_zero": terms.connect_at_zero,
        "steps": [step(part, part.up_to, tables) for part in terms.steps]
        if terms.steps
        else [step(terms, None, tables)],
    }


def step(terms: Step | Unit, up_to: Decimal | None, tables: Tables) -> Json:
    """A step, or a unit price without steps as one."""
    assert terms.price is not None
    return {
        "up_to": optional_text(up_to),
        "price": number(terms.price, tables),
        "per": text(terms.per),
        "minimum": text(terms.minimum),
        "increment": optional_text(terms.increment),
    }


def graduated(terms: Graduated, tables: Tables) -> Json:
    return {
        "tiers": [
            {
                "up_to": optional_text(tier.up_to),
                "price": number(tier.price, tables),
                "flat": number(tier.flat, tables),
            }
            for tier in terms.tiers
        ],
        "per": text(terms.per),
        "connect_fee": number(terms.connect_fee, tables),
        "connect_at_zero": terms.connect_at_zero,
        "minimum": text(terms.minimum),
        "increment": optional_text(terms.increment),
        "scope": terms.scope,
        "reset": terms.reset,
        "charge_at_zero": terms.at_zero == "charge",
    }


def package(terms: Package, tables: Tables) -> Json:
    return {
        "size": text(terms.size),
        "price": number(terms.price, tables),
        "free": text(terms.free),
        "scope": terms.scope,
        "reset": terms.reset,
    }


def percentage(terms: Percentage, tables: Tables) -> Json:
    return {
        "rate": number(terms.rate, tables),
        "fixed": number(terms.fixed, tables),
        "min": None if terms.min is None else number(terms.min, tables),
        "max": None if terms.max is None else number(terms.max, tables),
        "free_records": terms.free_records,
        "free_amount": text(terms.free_amount),
        "scope": terms.scope,
        "reset": terms.reset,
    }


def dynamic(terms: Dynamic, tables: Tables) -> Json:
    column = terms.amount_column if terms.price_column is None else terms.price_column
    return {
        "column": column,
        "times_quantity": terms.price_column is not None,
        "factor": number(terms.factor, tables),
    }
