"""Usage mappings: which columns of a usage file or table are what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from .charge import Test
from .scalars import BY_SHAPE, MAPPING, TEXT, Id, Model, matching


class Constant(Model):
    """A fixed value in place of a column."""

    constant: str


Column = Annotated[Annotated[Id, TEXT] | Annotated[Constant, MAPPING], BY_SHAPE]
"""A column, or `{constant: x}`."""


_SIGN: Final = r"[\x01-\x09\x0B\x0C\x0E-\x7F]"


def _of_text(encoding: str) -> str:
    """An encoding of text: Python's codecs also know some of bytes, such as hex."""
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        raise ValueError("an encoding of text that Python knows is needed, such as utf-8, latin-1 or cp1252") from None
    return encoding


class Csv(Model):
    """The dialect of delimited files."""

    delimiter: Annotated[str, *matching(_SIGN, "a delimiter is one ASCII character, and no line end")] = ","
    quote: Annotated[
        str, *matching(f"({_SIGN})?", "a quote is one ASCII character and no line end; or empty, for none")
    ] = '"'
    decimal: Literal[".", ","] = "."
    header: bool = True
    columns: tuple[Id, ...] | None = None
    encoding: Annotated[str, AfterValidator(_of_text)] = "utf-8"
    skip: Annotated[int, Field(ge=0)] = 0
    time: str | None = None
    zone: str | None = None
    null: tuple[str, ...] = ("",)


def _patterns(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Usage(Model):
    """A named mapping. Without `files` it serves tables handed over in memory.

    `time_zone` is the zone of times without one; `decimals` says at how many decimals a float column is read.
    `attributes` names attributes whose column is called otherwise; every other column is an attribute under its
    own name, read only when something refers to it.

    Texts are read strictly. A number is an optional sign and digits with at most one point (`-0.50`), and no more: no
    exponent, no separators; with `decimal: ","` in `csv`, a comma in place of the point. A time is ISO 8601:
    `2026-10-05`, or with T or a space `2026-10-05T10:00`, seconds and a fraction after a point or a comma if there are
    any, and at once, without a blank, `Z` or an offset of hours and minutes (`+02:00`, `+0200`, `+02`) if it has one.
    Blanks around a number or a time do not count; in all other texts every sign does.

    `time_format` is another pattern for times of text, of these directives: `%Y` `%y` (years from 1970 to 2069), `%m`,
    `%b` `%B` (English names), `%d` `%e`, `%j` (day of the year), `%a` `%A` (the right weekday), `%H`, `%I` with `%p`,
    `%M`, `%S`, `.%f` (a fraction of any length, or none), `%f` (six digits), `%z` (`+0200`, `+02:00`),
    `%F` for `%Y-%m-%d`, `%T` for `%H:%M:%S`; or `%s` alone, seconds from 1970, with `time_zone: UTC`. Numbers may have
    fewer digits than they could, and blanks before them; a blank of the pattern is any blanks, or none.
    """

    files: Annotated[tuple[str, ...], BeforeValidator(_patterns, json_schema_input_type=str | tuple[str, ...])] = ()
    format: Literal["parquet", "csv", "jsonl", "arrow"] | None = None
    csv: Csv | None = None
    where: dict[Id, Test] = {}
    source: Column = Field(default=Constant(constant=""))
    id: Id = Field(default="none", description="a column; none when records have no id")
    time: Id = "time"
    time_format: str | None = None
    time_zone: str | None = None
    dst: Literal["first", "reject"] = "first"
    key: Id = "key"
    service: Column = "service"
    quantity: Column | None = None
    amount: Id | None = None
    duration: Id | None = None
    destination: Id | None = None
    territory: Id | None = None
    attributes: dict[Id, Id] = {}
    decimals: dict[Id, Annotated[int, Field(ge=0, le=12)]] = {}

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The column `service`, where the mapping says nothing of it: read if it is there."""
        return () if "service" in self.model_fields_set else ("service",)

    @model_serializer(mode="wrap")
    def _as_written(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A `service` that was not written stays so: once it stood there, every record would need one."""
        written: dict[str, Any] = whole(self)
        for name in self.unwritten:
            written.pop(name, None)
        return written


IMPLICIT: Final = {"default": Usage(id="id", quantity="quantity", amount="amount")}
"""The mapping of a catalog that has none: every column is called what it is."""


def mappings(usage: Mapping[str, Usage]) -> dict[str, Usage]:
    """The catalog's mappings, or the implicit one."""
    return dict(usage) or IMPLICIT
