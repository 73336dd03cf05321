"""Parties, accounts and subscriptions: who sells, who pays, and whose usage is whose (design §2)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag

from .scalars import Country, Currency, Id, Model, Moment


class Party(Model):
    """A legal entity or person."""

    name: str | None = None


class Account(Model):
    """Where a party is billed or paid."""

    owner: Id
    group: Id | None = None
    currency: Currency
    zone: str = "UTC"
    cycle_day: Annotated[int, Field(ge=1, le=28)] = 1
    territory: Country | None = None
    tax_category: Id = "standard"
    payment_days: Annotated[int, Field(ge=0)] = 30


class Holding(Model):
    """One row of a subscription's history: a plan, from one moment until another. A date is midnight in the
    account's zone; none is since ever, or without end."""

    plan: Id
    valid_from: Moment | None = Field(default=None, alias="from")
    valid_until: Moment | None = Field(default=None, alias="until")


def _plans(value: Any) -> Any:
    return [{"plan": value}] if isinstance(value, str) else value


class Subscription(Model):
    """What an account holds. Of several subscriptions of one key, the one of highest priority whose plan has a
    matching charge rates the record."""

    account: Id
    keys: tuple[Id, ...] = ()
    sold_by: Id | None = None
    introduced_by: Id | None = None
    priority: int = 0
    billed_until: Moment | None = None
    plans: Annotated[tuple[Holding, ...], BeforeValidator(_plans, json_schema_input_type=Id | tuple[Holding, ...])] = (
        Field(min_length=1)
    )


class FileTable(Model):
    """Rows from a file (Parquet, CSV or Arrow IPC), relative to the catalog's folder."""

    file: str


def _where_rows_are(value: Any) -> str:
    if isinstance(value, FileTable) or (isinstance(value, dict) and isinstance(value.get("file"), str)):
        return "<file>"
    return "<rows>"


AccountRows = Annotated[
    Annotated[FileTable, Tag("<file>")] | Annotated[dict[Id, Account], Tag("<rows>")], Discriminator(_where_rows_are)
]
SubscriptionRows = Annotated[
    Annotated[FileTable, Tag("<file>")] | Annotated[dict[Id, Subscription], Tag("<rows>")],
    Discriminator(_where_rows_are),
]
