"""The scalars of a catalog: exact numbers, dates, ids.

The loader hands every scalar down as text, so `0.10` is a decimal, `0700` a prefix and `NO` a country; what a
scalar means is decided here, by its type, and nowhere else. Binary floats are refused.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    Tag,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

DECIMALS = 12
"""Decimals of every number (design §5); a non-zero decimal beyond the 12th is refused, never dropped."""

_LIMIT = Decimal(10) ** (38 - DECIMALS)


class Model(BaseModel):
    """What every part of a catalog is: immutable, and without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, ser_json_temporal="iso8601")

    short_form: ClassVar[Any] = None
    """The type of what may be written in place of the mapping, when there is such a form: for the JSON Schema."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        written = handler(schema)
        if cls.short_form is None:
            return written
        return {"anyOf": [handler(TypeAdapter(cls.short_form).core_schema), written]}


def shape(value: Any) -> str:
    """What was written: `<mapping>`, `<list>` or `<text>`. It tells the members of a union apart, so that only what
    fits is tried, and named in errors. The signs mark it as a name of ours in the path of a pydantic error."""
    if isinstance(value, (dict, BaseModel)):
        return "<mapping>"
    return "<list>" if isinstance(value, (list, tuple)) else "<text>"


BY_SHAPE = Discriminator(shape)
TEXT, MAPPING, LIST = Tag("<text>"), Tag("<mapping>"), Tag("<list>")


def parse_decimal(value: Any) -> Decimal:
    """An exact decimal from text (`"0.10"`, `"70%"`), an `int` or a `Decimal`.

    Raises `ValueError` for floats, for anything that is not a plain decimal number, for more than 12 decimals
    and for more than 26 digits before the point.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise ValueError("a number is a decimal such as 0.10, or a percentage such as 70%")
    text = str(value).strip() if not isinstance(value, Decimal) else format(value, "f")
    percent = text.endswith("%")
    digits = text.removesuffix("%").rstrip() if percent else text
    if not digits or not all(c in "+-.0123456789" for c in digits):
        raise ValueError("a number is a decimal such as 0.10, or a percentage such as 70%")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise ValueError("a number is a decimal such as 0.10, or a percentage such as 70%") from None
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    number = Decimal((sign, figures, exponent - 2)) if percent else number
    return _within_range(number)


def _within_range(number: Decimal) -> Decimal:
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    while exponent < -DECIMALS and figures[-1] == 0:
        figures, exponent = figures[:-1] or (0,), exponent + 1
    if exponent < -DECIMALS:
        raise ValueError(f"a number has at most {DECIMALS} decimals")
    number = Decimal((sign, figures, exponent))
    if abs(number) >= _LIMIT:
        raise ValueError(f"a number has at most {38 - DECIMALS} digits before the point")
    return number


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _positive(number: Decimal) -> Decimal:
    if number <= 0:
        raise ValueError("must be above 0")
    return number


_DECIMAL_SCHEMA = WithJsonSchema(
    {
        "type": ["string", "number"],
        "pattern": r"^[+-]?[0-9]*\.?[0-9]*%?$",
        "description": "an exact decimal; 70% is 0.70",
    }
)
_AS_TEXT = PlainSerializer(lambda number: format(number, "f"), return_type=str, when_used="json")

Exact = Annotated[Decimal, BeforeValidator(parse_decimal), _AS_TEXT, _DECIMAL_SCHEMA]
"""A decimal with at most 12 decimals."""
NotNegative = Annotated[Decimal, BeforeValidator(lambda v: _not_negative(parse_decimal(v))), _AS_TEXT, _DECIMAL_SCHEMA]
Positive = Annotated[Decimal, BeforeValidator(lambda v: _positive(parse_decimal(v))), _AS_TEXT, _DECIMAL_SCHEMA]


def matching(pattern: str, words: str) -> Any:
    """Metadata of a text that must match, with the words that say what is allowed; the JSON Schema shows both."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise ValueError(words)
        return text

    return (AfterValidator(check), Field(json_schema_extra={"pattern": f"^(?:{pattern})$", "description": words}))


Id = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
"""The name of a party, account, subscription, plan, charge, flow, service, zone or band."""
Country = Annotated[str, *matching(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", "a country is an ISO 3166 code such as SE or US-CA")]
"""ISO 3166-1 alpha-2, or 3166-2."""
Currency = Annotated[str, *matching(r"[A-Z]{3}", "a currency is an ISO 4217 code such as EUR")]
"""ISO 4217."""


def parse_moment(value: Any) -> dt.date | dt.datetime:
    """A date (midnight in the zone of whom it concerns) or an instant with a UTC offset."""
    if isinstance(value, dt.datetime):
        moment: dt.date | dt.datetime = value
    elif isinstance(value, dt.date):
        return value
    else:
        text = str(value).strip()
        try:
            moment = dt.date.fromisoformat(text) if len(text) == 10 else dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(
                "a moment is a date such as 2026-10-01, or an instant such as 2026-10-01T08:00:00+02:00"
            ) from None
    if isinstance(moment, dt.datetime) and moment.tzinfo is None:
        raise ValueError("an instant needs its UTC offset: 2026-10-01T08:00:00+02:00, or ...Z")
    return moment


Moment = Annotated[
    dt.date | dt.datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema({"type": "string", "description": "2026-10-01, or 2026-10-01T08:00:00+02:00"}),
]
"""A date or an instant. Pydantic keeps which of the two it was."""
