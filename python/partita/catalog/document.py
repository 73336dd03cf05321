"""Catalog files as plain data in which every scalar is text and every key knows its line.

YAML would turn `NO` into false, `0700` into 448 and `19:30` into 1170; what a scalar means is decided by the typed
catalog and by nothing else, so here a scalar stays the text that was written. Only an unquoted `null`, `~` or nothing
at all is None. JSON is read as the YAML that it is. Positions live beside the data (`Block.lines`), not in it, so
pydantic sees ordinary dicts and lists.

The tree is built from the parser's events in one pass, libyaml's where PyYAML has it (ten times as fast).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

from partita.errors import Problem

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Path = tuple[str | int, ...]
"""Where something is in a catalog: keys and list positions from the top."""

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_MAX_NODES = 20_000_000
"""Values of one file with its aliases written out: a file that names itself over and over is refused."""


class Block(dict[str, Any]):
    """A mapping with the line of each key; `lines` holds (file, line) for a key that came from another file."""

    __slots__ = ("file", "lines")

    def __init__(self, file: str | None = None) -> None:
        super().__init__()
        self.file = file
        self.lines: dict[str | int, int | tuple[str, int]] = {}


class Items(list[Any]):
    """A list with the line of each item."""

    __slots__ = ("file", "lines")

    def __init__(self, file: str | None = None) -> None:
        super().__init__()
        self.file = file
        self.lines: dict[str | int, int | tuple[str, int]] = {}


def place(container: Any, key: str | int) -> str | None:
    """`file:line` of one key of a mapping or one item of a list, if it came from a file."""
    if not isinstance(container, (Block, Items)):
        return None
    line = container.lines.get(key)
    if isinstance(line, tuple):
        return f"{line[0]}:{line[1]}"
    return None if line is None or container.file is None else f"{container.file}:{line}"


def locate(root: Any, path: Path) -> str | None:
    """`file:line` of the deepest part of `path` that is written in the document."""
    here, found = root, None
    for step in path:
        found = place(here, step) or found
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            break
    return found


def dotted(path: Path) -> str:
    """A path as a user reads it: `plans.start.charges.data.graduated.tiers[1].up_to`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.search(r'[][."\s]', step) or not step:
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text


def compose(text: str, file: str) -> tuple[Any, list[Problem]]:
    """The data of one file and what is wrong with its form; after a syntax error the data is None."""
    composer = _Composer(file)
    try:
        for event in yaml.parse(_without_surrogates(text), Loader=_LOADER):
            composer.take(event)
    except yaml.YAMLError as wrong:
        return None, [*composer.problems, _syntax_problem(wrong, file)]
    return composer.root, composer.problems


def _without_surrogates(text: str) -> str:
    """JSON writes characters beyond the 16th bit as two escapes; YAML knows only whole characters."""
    pair = r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    return re.sub(pair, lambda m: bytes.fromhex(m[1] + m[2]).decode("utf-16-be"), text)


def _syntax_problem(wrong: Any, file: str) -> Problem:
    mark = getattr(wrong, "problem_mark", None)
    line = getattr(mark, "line", None)
    said = getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or str(wrong)
    context = getattr(wrong, "context", None)
    message = f"cannot be read as YAML: {said}" + (f" ({context})" if context else "")
    return Problem("", message, file if line is None else f"{file}:{line + 1}")


class _Frame:
    """A mapping or list that is not finished yet."""

    __slots__ = ("anchor", "before", "data", "key", "line")

    def __init__(self, data: Block | Items, anchor: str | None, line: int, before: int) -> None:
        self.data, self.anchor, self.line, self.before = data, anchor, line, before
        self.key: str | None = None


class _Composer:
    """Parser events, one after the other, into blocks and items."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Any = None
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._documents = 0
        self._by_event: dict[str, Callable[[Any], None]] = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": lambda event: self._begin(event, Block(self.file)),
            "SequenceStartEvent": lambda event: self._begin(event, Items(self.file)),
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }

    def take(self, event: Any) -> None:
        """Take the next event."""
        take = self._by_event.get(event.__class__.__name__)
        if take is not None:
            take(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents == 2:
            self._problem("a file holds one document; this begins a second", event)

    def _scalar(self, event: Any) -> None:
        self._nodes += 1
        value: str | None = event.value
        line: int = event.start_mark.line + 1
        frame = self._stack[-1] if self._stack else None
        plain = event.implicit[0]
        if event.tag is not None and not plain and event.tag not in ("!", "tag:yaml.org,2002:str"):
            self._problem(f"the tag {event.tag} has no meaning here", event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        if frame is not None and frame.key is None and frame.data.__class__ is Block:
            self._key(frame, str(value), line)
            return
        self._put(None if plain and value in _NULLS else value, line)

    def _key(self, frame: _Frame, key: str, line: int) -> None:
        if key in frame.data:
            first = place(frame.data, key)
            message = f"the key {key!r} is written twice in this mapping, first at {first}"
            self.problems.append(Problem(dotted((*self._path(), key)), message, f"{self.file}:{line}"))
        frame.key, frame.line = key, line

    def _put(self, value: Any, line: int) -> None:
        if not self._stack:
            if self._documents == 1:
                self.root = value
            return
        frame = self._stack[-1]
        data = frame.data
        if isinstance(data, Items):
            data.lines[len(data)] = line
            data.append(value)
        elif frame.key is None:
            self.problems.append(Problem(dotted(self._path()), "a key must be text", f"{self.file}:{line}"))
            frame.key = "?"
        else:
            data[frame.key] = value
            data.lines[frame.key] = frame.line
            frame.key = None

    def _begin(self, event: Any, data: Block | Items) -> None:
        line = event.start_mark.line + 1
        if event.tag not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            self._problem(f"the tag {event.tag} has no meaning here", event)
        self._stack.append(_Frame(data, event.anchor, line, self._nodes))
        self._nodes += 1

    def _end(self, _event: Any) -> None:
        frame = self._stack.pop()
        if "<<" in frame.data:
            self._merge(frame)
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.data, self._nodes - frame.before)
        self._put(frame.data, frame.line)

    def _alias(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if event.anchor not in self._anchors:
            self._problem(f"nothing before here is anchored as &{event.anchor}", event)
        value, nodes = self._anchors.get(event.anchor, (None, 0))
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            self._problem(f"more than {_MAX_NODES} values, counting every alias", event)
            value, self._nodes = None, 0
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is None and isinstance(frame.data, Block) and isinstance(value, str):
            self._key(frame, value, line)
        else:
            self._put(value, line)

    def _merge(self, frame: _Frame) -> None:
        """`<<: *other`: the keys of other mappings, under those written here; of several the first wins."""
        data = frame.data
        assert isinstance(data, Block)
        own, lines = dict(data), dict(data.lines)
        sources = own.pop("<<")
        data.clear()
        for source in reversed(sources if isinstance(sources, list) else [sources]):
            if isinstance(source, Block):
                data.update(source)
                data.lines.update(source.lines)
            else:
                message = "<< takes a mapping, or a list of mappings"
                self.problems.append(Problem(dotted((*self._path(), "<<")), message, f"{self.file}:{lines['<<']}"))
        data.update(own)
        data.lines.update(lines)

    def _path(self) -> Path:
        path: list[str | int] = []
        for frame in self._stack:
            if isinstance(frame.data, Items):
                path.append(len(frame.data))
            elif frame.key is not None:
                path.append(frame.key)
        return tuple(path)

    def _problem(self, message: str, event: Any) -> None:
        self.problems.append(Problem(dotted(self._path()), message, f"{self.file}:{event.start_mark.line + 1}"))
