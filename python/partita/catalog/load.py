"""From files, or a Python mapping, to a typed and checked catalog, with every problem found at once.

The stages: read (`document.py`), merge the files by top-level key, fill the templates (`templates.py`), type
(`refusal.py` words what pydantic refuses), check across parts (`check`). What one stage refuses is left out, by the id
it stands under, or another value takes its place (`stand_in.py`), and the next stage looks at the rest, so that one
mistake does not hide another.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from partita.errors import CatalogError, Problem

from . import document
from .catalog import Catalog
from .check import check
from .document import Block, Items, dotted, locate, place
from .mapping import plain
from .overlay import Found
from .refusal import Refused, allowed_fields, problems_of, unknown, written
from .stand_in import StandIns
from .templates import fill

SUFFIXES = (".yaml", ".yml", ".json")
_TABLES = ("accounts", "subscriptions")
"""Sections that are a mapping of ids, or `{file: ...}`."""


def load(
    source: str | os.PathLike[str] | Mapping[str, Any], *, folder: str | os.PathLike[str] | None = None
) -> Catalog:
    """The catalog of a folder of YAML and JSON files, of one file, or of a Python mapping.

    `folder` is where the catalog's relative file names start; by default the folder itself, the file's folder, or
    the working directory. Scalars of a mapping are text, int, Decimal, bool or date; floats are refused.

    Raises `CatalogError` with all problems: of form, of type, and between the parts.

    >>> catalog = load({"parties": {"nordtel": {"name": "Nordtel AB"}}})
    >>> catalog.parties["nordtel"].name
    'Nordtel AB'
    """
    if isinstance(source, Mapping):
        data, problems = plain(source)
        base = Path(folder or ".")
    else:
        path = Path(source)
        data, problems = read(path)
        base = Path(folder) if folder is not None else path if path.is_dir() else path.parent
    catalog, more = build(data, str(base))
    problems = [*problems, *more]
    if problems or catalog is None:
        raise CatalogError(in_order(problems))
    return catalog


def build(data: Mapping[str, Any], folder: str) -> tuple[Catalog | None, list[Problem]]:
    """The catalog of a document's data, and all that is wrong with it; None when nothing of it can be typed."""
    filled, found = fill(data)
    if "folder" in data:
        found.append((("folder",), unknown("field", "folder", allowed_fields(Catalog, ()))))
    kept = _without(filled, [path for path, _ in found])
    catalog, refused = _typed(kept, folder)
    if catalog is not None:
        more = _checked(catalog, data, ())
    else:
        catalog, more = _beside(kept, refused, folder, data)
    found += [(path, message) for path, message, *_ in refused]
    found += [(written(path, filled), message) for path, message in more]
    return catalog, [Problem(dotted(path), message, locate(filled, path)) for path, message in found]


def _beside(
    kept: Mapping[str, Any], refused: list[Refused], folder: str, data: Mapping[str, Any]
) -> tuple[Catalog | None, Found]:
    """What else is wrong, whatever is meant by the values that were refused."""
    stand_ins = StandIns(kept, refused, lambda part: _typed(part, folder)[1])
    gone = [*(one.path for one in refused if one.path not in stand_ins.values), *stand_ins.entries]
    catalogs = [_typed(_without(stand_ins.variant(kept, which), gone), folder)[0] for which in (0, 1)]
    found = [_checked(one, data, gone) if one is not None else [] for one in catalogs]
    more = [one for one in found[0] if one in found[1] and not stand_ins.concern(one[0])]
    return catalogs[0], [*((path, message) for path, message, *_ in stand_ins.more), *more]


def _checked(catalog: Catalog, data: Mapping[str, Any], gone: Iterable[document.Path]) -> Found:
    """What is wrong between the parts, when `gone` are the paths of what was left out."""
    known = {section: frozenset(ids) if isinstance(ids, dict) else None for section, ids in data.items()}
    torn = frozenset(str(path[1]) for path in gone if path[:1] == ("plans",) and len(path) > 1)
    return list(check(catalog, known, torn))


def _typed(data: Mapping[str, Any], folder: str) -> tuple[Catalog | None, list[Refused]]:
    try:
        return Catalog.model_validate({**data, "folder": folder}), []
    except ValidationError as error:
        return None, problems_of(error, Catalog, data)


def _without(data: Mapping[str, Any], paths: Iterable[document.Path]) -> Mapping[str, Any]:
    """The data less the entries (`plans.start`, or only `plans.start.charges.data`) that paths lead to."""
    kept = dict(data)
    for path in paths:
        entry = path[:4] if path[:1] == ("plans",) and path[2:3] == ("charges",) and len(path) > 3 else path[:2]
        _drop(kept, entry)
    return kept


def _drop(data: dict[str, Any], entry: document.Path) -> None:
    """Take one entry out, on copies of the mappings that lead to it."""
    if not entry or entry[0] not in data:
        return
    key = str(entry[0])
    if len(entry) == 1 or not isinstance(data[key], dict):
        del data[key]
    else:
        data[key] = dict(data[key])
        _drop(data[key], entry[1:])


def read(path: Path) -> tuple[Mapping[str, Any], list[Problem]]:
    """The merged data of a file or of a folder's files, in the order of their names.

    Raises `CatalogError` when there is nothing to read, or a file is not YAML.
    """
    problems: list[Problem] = []
    broken = False
    parts: list[Block] = []
    for file, name in _files(path):
        data, wrong = _compose(file, name)
        problems += wrong
        broken = broken or (data is None and bool(wrong))
        if isinstance(data, Block):
            parts.append(data)
        elif data is not None:
            problems.append(Problem("", "a catalog file is a mapping: parties, accounts, plans, ...", f"{name}:1"))
    if broken:
        raise CatalogError(in_order(problems))
    merged = _merge(parts, problems)
    return merged, problems


def _files(path: Path) -> list[tuple[Path, str]]:
    """The catalog's files, each with its name as problems show it."""
    if path.is_file():
        return [(path, path.name)]
    if not path.is_dir():
        raise CatalogError(f"{path}: no such file or folder")
    found = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    inside = [(file, file.relative_to(path)) for file in found]
    named = [(file, name.as_posix()) for file, name in inside if not any(_is_ours(part) for part in name.parts)]
    if not named:
        raise CatalogError(f"{path}: no {', '.join(SUFFIXES)} file in this folder")
    return named


def _is_ours(part: str) -> bool:
    """Whether a part of a path is hidden, or the folder of a book's runs."""
    return part.startswith(".") or part.endswith(".runs")


def _compose(file: Path, name: str) -> tuple[Any, list[Problem]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        return None, [Problem("", f"is not UTF-8 text: byte {wrong.start} is {wrong.object[wrong.start]:#04x}", name)]
    except OSError as wrong:
        return None, [Problem("", f"cannot be read: {wrong.strerror}", name)]
    return document.compose(text, name)


def _merge(parts: list[Block], problems: list[Problem]) -> Block:
    """One document of several: sections are joined, and what is written in two files is a problem."""
    merged = Block()
    for part in parts:
        for key, value in part.items():
            here = _origin(part, key)
            if key not in merged:
                merged[key] = value
                merged.lines[key] = here
            elif isinstance(value, Block) and isinstance(merged[key], Block) and not _is_file(key, value, merged[key]):
                merged[key] = _joined(key, merged[key], value, problems)
            elif value != merged[key] or isinstance(value, (Block, Items)):
                problems.append(_twice((key,), merged, part))
    return merged


def _is_file(section: str, *parts: Block) -> bool:
    return section in _TABLES and any(isinstance(part.get("file"), str) for part in parts)


def _joined(section: str, first: Block, second: Block, problems: list[Problem]) -> Block:
    joined = Block()
    for part in (first, second):
        for key, value in part.items():
            if key in joined:
                problems.append(_twice((section, key), first, second))
            else:
                joined[key] = value
                joined.lines[key] = _origin(part, key)
    return joined


def _origin(part: Block, key: str) -> tuple[str, int]:
    line = part.lines[key]
    return line if isinstance(line, tuple) else (part.file or "", line)


def _twice(path: document.Path, first: Block, second: Block) -> Problem:
    key = path[-1]
    return Problem(dotted(path), f"is already in {place(first, key)}; an id is written once", place(second, key))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, by file and line; those without a place last."""

    def rank(problem: Problem) -> tuple[bool, str, int]:
        file, _, line = (problem.where or "").rpartition(":")
        return (problem.where is None, file, int(line)) if re.fullmatch(r"[0-9]+", line) else (not line, line, 0)

    return sorted(dict.fromkeys(problems), key=rank)
