"""The catalog: everything that a user writes, typed. Built by `load`, read by the engine and by the reference."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from .agreement import Agreement
from .bound import bound
from .charge import Charge
from .party import AccountRows, Party, SubscriptionRows
from .reference_data import Calendar, Table, Zone
from .scalars import BY_SHAPE, MAPPING, TEXT, Currency, Id, Model
from .usage import Usage


class SoldBy(Model):
    """The seller is the subscription's `sold_by`."""

    subscription: Literal["sold_by"]


class Plan(Model):
    """A set of charges sold by a seller."""

    name: str | None = None
    seller: Annotated[Annotated[Id, TEXT] | Annotated[SoldBy, MAPPING], BY_SHAPE]
    currency: Currency
    calendar: Id | None = None
    charges: dict[Id, Charge]


class Billing(Model):
    """Choices for a whole catalog."""

    zero_documents: Literal["issue", "skip"] = "issue"
    digits: dict[Currency, Annotated[int, Field(ge=0, le=12)]] = Field(
        default={}, description="minor-unit digits that differ from ISO 4217, or that it does not give (XDR, XAU)"
    )


class Catalog(Model):
    """A whole catalog. Mappings keep the order of the files."""

    partita: Literal["1"] = "1"
    parties: dict[Id, Party] = {}
    accounts: AccountRows = {}
    subscriptions: SubscriptionRows = {}
    usage: dict[Id, Usage] = {}
    zones: dict[Id, Zone] = {}
    calendars: dict[Id, Calendar] = {}
    tables: dict[Id, Table] = {}
    plans: dict[Id, Plan] = {}
    agreements: dict[Id, Agreement] = {}
    billing: Billing = Billing()
    folder: str = Field(default=".", exclude=True, description="where relative file names start; set by `load`")

    @model_validator(mode="before")
    @classmethod
    def _version_as_text(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("partita"), int):
            return {**value, "partita": str(value["partita"])}
        return value

    @field_validator("agreements")
    @classmethod
    def _with_payees(cls, agreements: dict[str, Agreement], info: ValidationInfo) -> dict[str, Agreement]:
        parties = info.data.get("parties", {})
        return {name: bound(agreement, parties) for name, agreement in agreements.items()}
