"""Agreements: a small graph of flows of money between roles (models.md §2).

A template (`models/*.yaml`) has the same shape with blanks; an agreement that names a `model` is the template with
its blanks filled, merged before it is typed (`templates.py`). What is typed here has no blanks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from .charge import Flat, Number, Rounding, Unit, When, fills
from .scalars import Country, Currency, Exact, Id, Model, Moment


class FromColumn(Model):
    """A role played by whom a column of the usage record names."""

    column: Id


class FromSubscription(Model):
    """A role played by whom a field of the subscription names."""

    subscription: Literal["sold_by", "introduced_by"]


def _bound_to(value: Any) -> str:
    if isinstance(value, FromSubscription) or (isinstance(value, dict) and "subscription" in value):
        return "<subscription>"
    return "<column>" if isinstance(value, (dict, FromColumn)) else "<party>"


Binding = Annotated[
    Annotated[Id, Tag("<party>")]
    | Annotated[FromColumn, Tag("<column>")]
    | Annotated[FromSubscription, Tag("<subscription>")],
    Discriminator(_bound_to),
]
"""Whom a role is bound to: the account owner, a record's column, a subscription's field, or a party's id."""


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Ids = Annotated[tuple[Id, ...], BeforeValidator(_one_or_many, json_schema_input_type=Id | tuple[Id, ...])]


class AppliesTo(Model):
    """Which rated lines an agreement shares: those of these plans, charges and services (none given: of any)."""

    plans: Ids = ()
    charges: Ids = ()
    services: Ids = ()
    when: When = When()


class Validity(Model):
    """From a moment (inclusive) until another (exclusive), in the agreement's zone."""

    valid_from: Moment | None = Field(default=None, alias="from")
    valid_until: Moment | None = Field(default=None, alias="until")


class CheckedTerms(Model):
    """Terms that are checked, not only stored (models.md §3)."""

    territory: Annotated[
        tuple[Country, ...],
        BeforeValidator(_one_or_many, json_schema_input_type=Country | tuple[Country, ...]),
    ] = ()
    imposed_price: Exact | None = None
    exclusive: bool = False
    notice: str | None = None
    renewal: str | None = None


class PerUnit(Unit):
    """A unit price on the record's quantity, or on the billed quantity of a charge of the retail plan."""

    of: Literal["quantity", "billed_quantity"] = "quantity"

    short_form: ClassVar[Any] = Number

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return fills("price", value)


class CostPlus(Model):
    """(1 + rate) × the line of a cost plan."""

    rate: Number
    plan: Id


class Recurring(Flat):
    """A fee for each calendar month that the agreement is in force, in its zone; prorated by day."""

    every: Literal["month"] = "month"
    per: Literal["agreement", "subscription", "party"] = "agreement"
    prorate: Literal["day", "none"] = "day"


def _flow_or_amount(value: Any) -> str:
    if isinstance(value, Decimal):
        return "<amount>"
    return "<amount>" if isinstance(value, str) and re.fullmatch(r"[-+.0-9 ]+%?", value) else "<flow>"


class Extreme(Model):
    """`greater_of`: the largest of flows and amounts, on sums over the period per payer, payee and currency, or per
    subscription. Flows named here are measured, not paid. What amounts and fees add to the flows on usage, the true-up
    of a guarantee, is a line and a share of its own, named FLOW/true_up."""

    of: tuple[
        Annotated[Annotated[Id, Tag("<flow>")] | Annotated[Exact, Tag("<amount>")], Discriminator(_flow_or_amount)],
        ...,
    ] = Field(min_length=2)
    per: Literal["period", "subscription"] = "period"

    short_form: ClassVar[Any] = tuple[Any, ...]

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"of": value} if isinstance(value, (list, tuple)) else value


KINDS = (
    "percent",
    "plan",
    "retail_minus",
    "cost_plus",
    "per_event",
    "per_unit",
    "recurring",
    "split",
    "remainder",
    "greater_of",
    "standalone",
)


class Flow(Model):
    """One arrow of money: from the payer role to the payee role, a base, and what is charged on it.

    The base is `lines` (the rated lines that the agreement applies to) or `of` other flows, less those in `minus`.
    At most one kind; none takes the base whole. `payable: false` makes a flow that is only measured: it is a base
    for others, and nobody pays it. A `standalone` whose components are all roles or parties is loaded as the `split`
    among them that it is (`bound.py`). A flow on `lines` from the account owner to the seller is the sale itself, which
    the customer's bill carries.
    """

    payer: Id | None = None
    payee: Id | None = None
    base: Literal["lines"] | None = None
    of: Ids = ()
    minus: Ids = ()
    percent: Number | None = None
    plan: Id | None = None
    retail_minus: Number | None = None
    cost_plus: CostPlus | None = None
    per_event: Flat | None = None
    per_unit: PerUnit | None = None
    recurring: Recurring | None = None
    split: dict[Id, Number] | None = None
    remainder: Ids | None = None
    greater_of: Extreme | None = None
    standalone: dict[Id, Number] | None = None
    when: When = When()
    valid: Validity = Validity()
    round: Rounding | None = None
    payable: bool = True
    recognition: Literal["gross", "net"] = "gross"
    tax_category: Id = "standard"

    @property
    def kind(self) -> str:
        """One of `KINDS`, or `whole`."""
        return next((name for name in KINDS if getattr(self, name) is not None), "whole")

    @model_validator(mode="after")
    def _one_kind(self) -> Flow:
        given = [name for name in KINDS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"a flow has one of {', '.join(KINDS)}; this one has {' and '.join(given)}")
        return self


TRUE_UP = "/true_up"
"""What ends the item of the line, and the flow of the share, of what a guarantee adds to what was measured."""


def is_sale(flow: Flow) -> bool:
    """Whether a flow is the lines themselves, which the customer's bill carries."""
    return flow.kind == "whole" and not flow.of


def payer_of(flows: Mapping[str, Flow], flow: Flow, seen: tuple[Flow, ...] = ()) -> str | None:
    """The role that pays a flow: left out, the payee of its base; None is the seller of the lines."""
    if flow.payer is not None or not flow.of or flow.of[0] not in flows or flow in seen:
        return flow.payer
    return payee_of(flows, flows[flow.of[0]], (*seen, flow))


def payee_of(flows: Mapping[str, Flow], flow: Flow, seen: tuple[Flow, ...] = ()) -> str | None:
    """The role that a flow is paid to: left out, the first of a split, the seller of a sale, or else the payer."""
    if flow.payee is not None or is_sale(flow):
        return flow.payee
    return next(iter(flow.split)) if flow.split else payer_of(flows, flow, seen)


class AgreementVersion(Model):
    """What an agreement is from a moment on: its flows and terms, whole."""

    valid_from: Moment = Field(alias="from")
    flows: dict[Id, Flow]
    terms: CheckedTerms = CheckedTerms()


class Agreement(Model):
    """A partnership model with parties bound to its roles, terms, and the lines it shares."""

    name: str | None = None
    model: str | None = None
    roles: dict[Id, Binding]
    applies_to: AppliesTo = AppliesTo()
    valid: Validity = Validity()
    currency: Currency | None = None
    zone: str = "UTC"
    terms: CheckedTerms = CheckedTerms()
    flows: dict[Id, Flow] = {}
    versions: tuple[AgreementVersion, ...] = ()
    documents: Literal["each", "consolidated"] = "each"
    negative: Literal["bill", "carry"] = "bill"
    require: bool = False
    over_shared: Literal["reject", "allow"] = "reject"
    if_unshared: Id | Literal["reject"] = "reject"
