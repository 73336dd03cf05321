"""Charges: the models of semantics §1, when they apply, and how their amounts are rounded.

One class a charge model; `MODELS` is the closed list of them. A charge has exactly one, or `versions` that each
have one of the same kind.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from .scalars import BY_SHAPE, MAPPING, TEXT, Exact, Id, Model, Moment, NotNegative, Positive

RoundingMode = Literal["half_even", "half_up", "half_down", "up", "down", "ceiling", "floor"]
Scope = Literal["subscription", "account", "record"]
Reset = Literal["cycle", "month", "never"]


def _word_or_number(value: Any) -> str:
    return "<word>" if value == "reject" else "<number>"


class Lookup(Model):
    """A number read from a table: the most specific row, by the order of `by`, that fits the record."""

    table: Id
    by: tuple[Id, ...] = Field(min_length=1)
    column: Id
    otherwise: Annotated[
        Annotated[Exact, Tag("<number>")] | Annotated[Literal["reject"], Tag("<word>")], Discriminator(_word_or_number)
    ] = Field(default="reject", alias="else")

    def attributes(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The record's attributes in the order of a table's key columns: by name where `by` has the same names, else
        one for one."""
        return keys if set(self.by) == set(keys) else self.by


Number = Annotated[Annotated[Exact, TEXT] | Annotated[Lookup, MAPPING], BY_SHAPE]
"""Any number of a charge or a flow: a literal, or a look-up."""


def fills(field: str, value: Any) -> Any:
    """The short form of a model whose one necessary part is a number: the number, or its look-up, alone."""
    return {field: value} if not isinstance(value, dict) or "table" in value else value


class Rounding(Model):
    """`round: {decimals, mode}`; wherever it is written, the mode defaults to half_up (semantics §2)."""

    decimals: Annotated[int, Field(ge=0, le=12)]
    mode: RoundingMode = "half_up"


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_ONE_OR_MANY = BeforeValidator(_texts, json_schema_input_type=str | tuple[str, ...])


class Test(Model):
    """A test of one attribute, written as a mapping. All the parts given must hold; a null fits only `null: true`.

    `above` and `at_least`, `below` and `up_to` compare as exact numbers.
    """

    equals: Annotated[tuple[str, ...] | None, _ONE_OR_MANY] = Field(default=None, alias="in")
    prefix: Annotated[tuple[str, ...] | None, _ONE_OR_MANY] = None
    above: Exact | None = None
    at_least: Exact | None = None
    below: Exact | None = None
    up_to: Exact | None = None
    null: bool | None = None

    short_form: ClassVar[Any] = str | tuple[str, ...]

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"in": [value]}
        if isinstance(value, (list, tuple)):
            return {"in": list(value)}
        return value


class When(Model):
    """A condition: a conjunction of tests on service, zone, band and attributes. Empty: always."""

    service: Test | None = None
    zone: Test | None = None
    band: Test | None = None
    attributes: dict[Id, Test] = {}


class Flat(Model):
    """A fee per record, or per period when recurring or one-time."""

    fee: Number

    short_form: ClassVar[Any] = Number

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return fills("fee", value)


class Step(Model):
    """A part of one record, up to a quantity, with its own price and blocks."""

    up_to: Positive | None = None
    price: Number
    per: Positive = Field(default="1", validate_default=True)
    minimum: NotNegative = Field(default="0", validate_default=True)
    increment: Positive | None = None


class Unit(Model):
    """connect_fee + price × billed(q) / per; or `steps` within one record."""

    price: Number | None = None
    per: Positive = Field(default="1", validate_default=True)
    connect_fee: Number = Field(default="0", validate_default=True)
    connect_at_zero: bool = False
    minimum: NotNegative = Field(default="0", validate_default=True)
    increment: Positive | None = None
    steps: tuple[Step, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _price_or_steps(self) -> Self:
        if (self.price is None) == (self.steps is None):
            raise ValueError("a unit charge has either a price or steps")
        return self


class Tier(Model):
    """Units above the tier before, up to and including `up_to`, at `price`; `flat` once, when entered."""

    up_to: Positive | None = None
    price: Number = Field(default="0", validate_default=True)
    flat: Number = Field(default="0", validate_default=True)


class Graduated(Model):
    """Σ over tiers of the units in the tier × its price / per + its flat fee if entered. Tiers count billed units."""

    tiers: tuple[Tier, ...] = Field(min_length=1)
    per: Positive = Field(default="1", validate_default=True)
    connect_fee: Number = Field(default="0", validate_default=True)
    connect_at_zero: bool = False
    minimum: NotNegative = Field(default="0", validate_default=True)
    increment: Positive | None = None
    scope: Scope = "subscription"
    reset: Reset = "cycle"
    at_zero: Literal["charge", "skip"] = "charge"


class Package(Model):
    """ceil((q - free) / size) × price, never below 0, over what its scope counts."""

    size: Positive
    price: Number
    free: NotNegative = Field(default="0", validate_default=True)
    scope: Scope = "subscription"
    reset: Reset = "cycle"


class Percentage(Model):
    """clamp(rate × chargeable amount + fixed, min, max); free records, then free amount, are consumed first."""

    rate: Number
    fixed: Number = Field(default="0", validate_default=True)
    min: Number | None = None
    max: Number | None = None
    free_records: Annotated[int, Field(ge=0)] = 0
    free_amount: NotNegative = Field(default="0", validate_default=True)
    scope: Scope = "subscription"
    reset: Reset = "cycle"

    short_form: ClassVar[Any] = Number

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return fills("rate", value)


class Dynamic(Model):
    """The record carries its amount, or its unit price; times `factor`."""

    amount_column: Id | None = None
    price_column: Id | None = None
    factor: Number = Field(default="1", validate_default=True)

    @model_validator(mode="after")
    def _one_column(self) -> Self:
        if (self.amount_column is None) == (self.price_column is None):
            raise ValueError("a dynamic charge has either amount_column or price_column")
        return self


ChargeModel = Flat | Unit | Graduated | Package | Percentage | Dynamic
MODELS: dict[str, type[Model]] = {
    "flat": Flat,
    "unit": Unit,
    "graduated": Graduated,
    "package": Package,
    "percentage": Percentage,
    "dynamic": Dynamic,
}


class Terms(Model):
    """The charge model of a charge or of one of its versions: exactly one of the fields."""

    flat: Flat | None = None
    unit: Unit | None = None
    graduated: Graduated | None = None
    package: Package | None = None
    percentage: Percentage | None = None
    dynamic: Dynamic | None = None

    @property
    def kind(self) -> str:
        """The name of the charge model: a key of `MODELS`."""
        return next(name for name in MODELS if getattr(self, name) is not None)

    @property
    def model(self) -> ChargeModel:
        """The charge model."""
        found: ChargeModel = getattr(self, self.kind)
        return found

    def _given(self) -> list[str]:
        return [name for name in MODELS if getattr(self, name) is not None]


def _listed(names: list[str]) -> str:
    return " and ".join(names) or "none of them"


class Version(Terms):
    """The terms of a charge from a moment on, until the next version."""

    valid_from: Moment = Field(alias="from")

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if len(self._given()) != 1:
            raise ValueError(f"a version has exactly one of {', '.join(MODELS)}; this one has {_listed(self._given())}")
        return self


class Charge(Terms):
    """One charge of a plan: when it applies, its kind (usage, recurring, one-time), and its charge model."""

    when: When = When()
    component: Id = "main"
    priority: int = 0
    every: Literal["month"] | None = None
    once: Literal["activation"] | None = None
    timing: Literal["arrears", "advance"] = "arrears"
    prorate: Literal["day", "none"] = "day"
    across: Literal["start", "split"] = "start"
    round: Rounding | None = None
    negative: Literal["reject", "allow"] = "reject"
    tax_category: Id = "standard"
    versions: tuple[Version, ...] = ()

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        given = [*self._given(), *(["versions"] if self.versions else [])]
        if len(given) != 1:
            raise ValueError(
                f"a charge has exactly one of {', '.join(MODELS)} or versions; this one has {_listed(given)}"
            )
        if self.every and self.once:
            raise ValueError("a charge is either recurring (every) or one-time (once)")
        return self

    @property
    def dated(self) -> tuple[tuple[dt.date | dt.datetime | None, ChargeModel], ...]:
        """(valid from, charge model) of each version in order; None: since ever."""
        if not self.versions:
            return ((None, self.model),)
        return tuple((version.valid_from, version.model) for version in self.versions)

    @property
    def usage(self) -> bool:
        """Whether the charge rates usage records (neither recurring nor one-time)."""
        return not (self.every or self.once)
