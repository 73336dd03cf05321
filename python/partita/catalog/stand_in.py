"""Stand-ins for values that were refused, so that one wrong price does not hide what else is wrong beside it.

A refused value is one that is not known. The catalog is typed and checked with two values in its place, and what is
wrong with both is wrong whatever the author meant. Where no value can stand (a field that nobody knows, a mapping in
place of a number), the entry around it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .document import Path
from .refusal import Refused

_PAIRS = (("0", "1"), ("1", "2"), ("EUR", "SEK"), ("SE", "NO"), ("2000-01-01", "2100-01-01"))
"""Two values of each sort that a scalar can be."""


class StandIns:
    """Two values for each refused one that has them.

    `refusals` says what is refused of a document. `more` is what only shows with values in place, and `entries` are
    the paths of what is still refused then.
    """

    def __init__(
        self,
        data: Mapping[str, Any],
        refused: Iterable[Refused],
        refusals: Callable[[Mapping[str, Any]], list[Refused]],
    ) -> None:
        self.values: dict[Path, tuple[str, str]] = {}
        concerned = _only(data, [one.path for one in refused])
        told = {one.path for one in refused}
        left = {one.path: list(one.choices) or list(_PAIRS) for one in refused if _has_room(data, one)}
        while left:
            self.values |= {path: pairs.pop(0) for path, pairs in left.items()}
            wrong = {one.path for one in refusals(self.variant(concerned, 0))}
            left = {path: pairs for path, pairs in left.items() if path in wrong and pairs}
        found = [refusals(self.variant(concerned, which)) for which in (0, 1)]
        self.more = [one for one in found[0] if one in found[1] and one.path not in told]
        self.entries = [one.path for one in (*found[0], *found[1])]

    def variant(self, data: Mapping[str, Any], which: int) -> Mapping[str, Any]:
        """The data with the first or the second value in each place."""
        tree: dict[Any, Any] = {}
        for path, pair in self.values.items():
            here = tree
            for step in path[:-1]:
                here = here.setdefault(step, {})
            here[path[-1]] = pair[which]
        replaced: Mapping[str, Any] = _replaced(data, tree)
        return replaced

    def concern(self, path: Path) -> bool:
        """Whether a path leads to a value that stands in for another, or into it."""
        return any(path[:length] in self.values for length in range(1, len(path) + 1))


def _has_room(data: Any, refused: Refused) -> bool:
    """Whether a scalar is, or should be, at the path."""
    here = data
    for step in refused.path[:-1]:
        here = here[step]
    last = refused.path[-1:]
    there = here.get(last[0]) if isinstance(here, dict) and last else here[last[0]] if last else here
    return refused.scalar and not isinstance(there, (dict, list))


def _only(data: Mapping[str, Any], paths: Iterable[Path]) -> Mapping[str, Any]:
    """The entries of a document that paths lead into."""
    found: dict[str, Any] = {}
    for path in paths:
        section = data.get(str(path[0])) if path else None
        if isinstance(section, dict) and path[1:2] and path[1] in section:
            found.setdefault(str(path[0]), {})[path[1]] = section[path[1]]
        elif path and path[0] in data:
            found[str(path[0])] = section
    return found


def _replaced(value: Any, tree: Any) -> Any:
    """A copy of mappings and lists as far as the tree of what takes the place of their parts reaches."""
    if not isinstance(tree, dict):
        return tree
    copy = list(value) if isinstance(value, list) else dict(value)
    for step, below in tree.items():
        there = copy.get(step) if isinstance(copy, dict) else copy[step]
        if isinstance(below, dict) and not isinstance(there, (dict, list)):
            continue  # what was there is left out
        copy[step] = _replaced(there, below)
    return copy
