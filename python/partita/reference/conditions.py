"""Conditions: whether a `when` holds for a record, a line or a fee.

A condition is a conjunction of tests on texts. A null fits only `null: true`; the numeric tests compare as exact
decimals, and a text that is not a number, or not one that a table could store, fits none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from partita.catalog.charge import Dynamic, Lookup, Test, When

from .numbers import LIMIT, STORED_DECIMALS, parse_number

RESERVED = ("service", "zone", "band", "plan", "account", "subscription", "territory", "currency")
"""Names that conditions and look-ups know of themselves; every other is an attribute of the record."""


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True)
class Circumstances:
    """What conditions and look-ups can ask about: the reserved names, and the record's attributes by name."""

    known: Mapping[str, str | None] = field(default_factory=dict)
    attribute: Callable[[str], str | None] = _nothing

    def __getitem__(self, name: str) -> str | None:
        return self.known.get(name) if name in RESERVED else self.attribute(name)

    def but(self, **known: str | None) -> Circumstances:
        """The same with some of the reserved names set."""
        return Circumstances({**self.known, **known}, self.attribute)


def holds(when: When, circumstances: Circumstances) -> bool:
    """Whether all tests of a condition fit."""
    tests = [("service", when.service), ("zone", when.zone), ("band", when.band), *when.attributes.items()]
    return all(fits(test, circumstances[name]) for name, test in tests if test is not None)


def fits(test: Test, value: str | None) -> bool:
    """Whether one value fits one test: all its parts.

    >>> fits(Test.model_validate({"prefix": ["46", "47"]}), "4670")
    True
    >>> fits(Test.model_validate({"above": "10"}), "10.0")
    False
    """
    if value is None:
        return test.null is True and _parts(test) == 0
    if test.null is True:
        return False
    if test.equals is not None and value not in test.equals:
        return False
    if test.prefix is not None and not value.startswith(test.prefix):
        return False
    return _in_range(test, value)


def _parts(test: Test) -> int:
    parts = (test.equals, test.prefix, test.above, test.at_least, test.below, test.up_to)
    return sum(part is not None for part in parts)


def _in_range(test: Test, value: str) -> bool:
    if test.above is None and test.at_least is None and test.below is None and test.up_to is None:
        return True
    number = parse_number(value)
    if number is None or abs(number) >= LIMIT or (number * 10**STORED_DECIMALS).denominator != 1:
        return False
    return (
        (test.above is None or number > test.above)
        and (test.at_least is None or number >= test.at_least)
        and (test.below is None or number < test.below)
        and (test.up_to is None or number <= test.up_to)
    )


def attributes_read(catalog: object) -> set[str]:
    """The names of the record's attributes that any condition, look-up, role or charge of the catalog refers to."""
    found: set[str] = set()
    for part in parts_of(catalog):
        if isinstance(part, When):
            found.update(part.attributes)
        elif isinstance(part, Lookup):
            found.update(part.by)
        elif type(part).__name__ == "FromColumn":
            found.add(part.column)
        elif isinstance(part, Dynamic):
            found.update(name for name in (part.amount_column, part.price_column) if name)
    return found - set(RESERVED)


def parts_of(thing: Any) -> Iterator[Any]:
    """The models that a part of a catalog is made of, itself included."""
    if isinstance(thing, BaseModel):
        yield thing
        children: Any = [getattr(thing, name) for name in type(thing).model_fields]
    elif isinstance(thing, dict):
        children = thing.values()
    else:
        children = thing if isinstance(thing, tuple) else ()
    for child in children:
        yield from parts_of(child)
