"""Pydantic's errors as problems that a catalog's author can act on.

Each names its path as written (short forms leave no trace), the value, and what is allowed there. An unknown field
names the known ones, and the nearest.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError

from .document import Path


class Refused(NamedTuple):
    """One thing that pydantic refuses: its path as written, the message, and whether another scalar could stand there;
    `choices` are two of them, where there is a list of what is allowed."""

    path: Path
    message: str
    scalar: bool
    choices: tuple[tuple[str, str], ...]


def problems_of(error: ValidationError, root: type[BaseModel], data: Any) -> list[Refused]:
    """Each problem of `data`, which was to be a `root`."""
    found = []
    for detail in error.errors(include_url=False):
        if _is_of_its_items(detail):
            continue
        location = detail["loc"]
        scalar = detail["type"] != "extra_forbidden"
        words = _words(detail["ctx"]["expected"]) if detail["type"] == "literal_error" else []
        choices = ((words[0], words[-1]),) if words else ()
        found.append(Refused(_written(location, detail, data), _message(detail, root, location), scalar, choices))
    return found


def _is_of_its_items(detail: Any) -> bool:
    """Whether a list is too short only because some of its items are refused, each by a problem of its own."""
    return bool(detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"])


def _written(location: tuple[str | int, ...], detail: Any, data: Any) -> Path:
    """The path as written: without the names of union members, and without fields that a short form implies."""
    steps = [step for step in location if not _is_tag(step)]
    path = written(tuple(steps), data)
    missing = detail["type"] == "missing" and path[-1:] != (steps[-1],)
    return (*path, steps[-1]) if missing else path


def written(path: Path, data: Any) -> Path:
    """A path into the typed catalog as a path into the data, where short forms leave parts out."""
    found: list[str | int] = []
    here = data
    for step in path:
        inside = _inside(here, step)
        if inside is not None:
            found.append(step)
            here = inside[0]
    return tuple(found)


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def _inside(here: Any, step: str | int) -> tuple[Any] | None:
    if isinstance(here, dict):
        return (here[step],) if step in here else None
    if isinstance(here, (list, tuple)) and isinstance(step, int) and step < len(here):
        return (here[step],)
    return None


_BY_TYPE = {
    "missing": "is needed",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "date_parsing": "a date such as 2026-10-01",
    "date_from_datetime_parsing": "a date such as 2026-10-01",
    "date_type": "a date such as 2026-10-01",
    "string_too_short": "text that is not empty",
}


def _message(detail: Any, root: type[BaseModel], location: tuple[str | int, ...]) -> str:
    kind, context, value = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "missing":
        return "is needed" + _purpose(root, location)
    if kind == "value_error":
        return str(context["error"]) if isinstance(value, (dict, BaseModel)) else f"{shown(value)}: {context['error']}"
    if kind == "extra_forbidden":
        return unknown("field", str(location[-1]), allowed_fields(root, location[:-1]))
    if kind == "literal_error":
        return one_of(value, _words(context["expected"]))
    if kind == "union_tag_invalid":
        return f"{shown(value)} is not allowed here; write {_tags(str(context['expected_tags']))}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound, words = (context["ge"], "at least") if kind[0] == "g" else (context["le"], "at most")
        return f"{shown(value)} must be {words} {bound}"
    if kind == "too_short":
        return f"at least {context['min_length']} are needed, not {context['actual_length']}"
    allowed = _BY_TYPE.get(kind)
    return f"{shown(value)} is not {allowed}" if allowed else f"{shown(value)}: {detail['msg']}"


def _words(expected: Any) -> list[str]:
    """The literals that pydantic lists as `'a', 'b' or 'c'`."""
    return [part.strip("'") for part in str(expected).replace(" or ", ", ").split(", ")]


def _tags(expected: str) -> str:
    words = {"<text>": "text", "<mapping>": "a mapping", "<list>": "a list"}
    return " or ".join(words.get(tag.strip(" '"), tag.strip(" '<>")) for tag in expected.split(","))


def _purpose(root: type[BaseModel], location: tuple[str | int, ...]) -> str:
    """What the needed field is for, where its description says so."""
    model = _reach(root, location[:-1])
    for name, field in model.model_fields.items() if model else ():
        if location[-1] in (name, field.alias) and field.description:
            return f": {field.description}"
    return ""


def shown(value: Any) -> str:
    """A value in a message: text in quotes unless it is a number; what is not text by its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value)
    return text if text.lstrip("+-").replace(".", "", 1).isdigit() else repr(text[:80])


def one_of(value: Any, allowed: Iterable[str]) -> str:
    """That a value is none of those allowed, and which it may have meant."""
    names = list(allowed)
    return f"{shown(value)} is not one of {', '.join(names)}" + nearest(str(value), names)


def unknown(what: str, name: str, known: Iterable[str], limit: int = 12) -> str:
    """`unknown plan 'strat'; did you mean 'start'? known: start, plus`: at most `limit` of the known ones."""
    names = list(known)
    rest = f", and {len(names) - limit} more" if len(names) > limit else ""
    word = "allowed" if what == "field" else "known"
    listed = f"; {word}: {', '.join(names[:limit])}{rest}" if names else f"; there is no {what} at all"
    return f"unknown {what} {name!r}{nearest(name, names)}{listed}"


def nearest(name: str, names: list[str]) -> str:
    """`; did you mean 'start'?`, or nothing."""
    close = difflib.get_close_matches(name, names[:2000], n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close and close[0] != name else ""


def allowed_fields(root: type[BaseModel], location: Path) -> list[str]:
    """The names that may be written in the mapping at `location` of a `root`."""
    model = _reach(root, location)
    fields = model.model_fields if model else {}
    return [field.alias or name for name, field in fields.items() if not field.exclude]


def _reach(kind: Any, location: Path) -> type[BaseModel] | None:
    """The model at `location`, which names fields, keys, positions and union members from `kind` on."""
    for tag, member in _members(kind):
        if not location:
            if isinstance(member, type) and issubclass(member, BaseModel):
                return member
            continue
        step, rest = location[0], location[1:]
        if isinstance(step, str) and step.startswith("<"):
            found = _reach(member, rest) if tag == step else None
        else:
            found = _into(member, step, rest)
        if found is not None:
            return found
    return None


def _into(member: Any, step: str | int, rest: Path) -> type[BaseModel] | None:
    if isinstance(member, type) and issubclass(member, BaseModel):
        for name, field in member.model_fields.items():
            if step in (name, field.alias):
                return _reach(field.annotation, rest)
        return None
    origin, parts = get_origin(member), get_args(member)
    if origin is dict:
        return _reach(parts[1], rest)
    return _reach(parts[0], rest) if origin in (tuple, list) else None


def _members(kind: Any, tag: str | None = None) -> list[tuple[str | None, Any]]:
    """The members of a union, each with its tag; of any other type, itself."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        tag = next((part.tag for part in parts[1:] if isinstance(part, Tag)), tag)
        return _members(parts[0], tag)
    if origin in (Union, types.UnionType):
        return [member for part in parts for member in _members(part, tag)]
    return [(tag, kind)]
