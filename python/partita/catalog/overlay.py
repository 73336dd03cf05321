"""An agreement laid over the template of its model (`templates.py`).

What the agreement says stands; the rest comes from the template and is placed, for messages, at the agreement's
`model:` line. A flow of the agreement that has a kind of its own replaces the template's kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from . import document
from .agreement import KINDS
from .document import Block, Path

REQUIRED = "required"
"""What stands in a template where an agreement has to say something."""
_OWN = ("model", "name", "prose", "roles", "flows", "optional", "about", "blanks", "terms")
"""Keys of a template that describe it; the others are defaults of the agreement."""

Found = list[tuple[Path, str]]
"""Problems: a path and what is wrong there."""


def blanks(value: Any, path: Path) -> Iterator[Path]:
    """Where a part of an agreement still says `required`."""
    if value == REQUIRED:
        yield path
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from blanks(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from blanks(part, (*path, index))


def blank_kind(flow: Mapping[str, Any]) -> str | None:
    """The kind that a template's flow leaves open."""
    return next((kind for kind, value in flow.items() if value == REQUIRED), None)


def like(old: Any, new: Any) -> Any:
    """`new` with the positions of `old`."""
    if not isinstance(old, (document.Block, document.Items)):
        return new
    kept: Any = type(old)(old.file)
    kept.lines = dict(old.lines)
    (kept.update if isinstance(kept, dict) else kept.extend)(new)
    return kept


class Overlay:
    """One agreement over its template: `agreement()` is the whole, and what is still open goes to `found`."""

    def __init__(self, template: Mapping[str, Any], agreement: dict[str, Any], path: Path, found: Found) -> None:
        self.template, self.given, self.path, self.found = template, agreement, path, found
        self.model: str = template["model"]
        given_roles = agreement.get("roles")
        self.roles: dict[str, Any] = given_roles if isinstance(given_roles, dict) else {}
        self.played = {role: self._players(role) for role in self.template["roles"]}

    def agreement(self) -> dict[str, Any]:
        """The agreement, whole; what is still open goes to `found`."""
        laid = dict(self.given)
        for key, value in self.template.items():
            if key not in _OWN:
                own = laid.get(key)
                laid[key] = (
                    self._over(value, own)
                    if isinstance(value, dict) and isinstance(own, dict)
                    else (value if own is None else own)
                )
        laid["roles"] = self._bound()
        if isinstance(self.given.get("versions"), list):
            laid["versions"] = self._versions(self.given["versions"])
        if self.given.get("flows") is not None or "versions" not in self.given:
            flows = self.given.get("flows") or {}
            laid["flows"] = self._flows(flows, self.path) if isinstance(flows, dict) else flows
        self._unfilled(laid)
        return self._placed(laid, self.given)

    def _unfilled(self, laid: dict[str, Any]) -> None:
        """Blanks outside roles and flows, which have words of their own."""
        for key in set(laid) - {"roles", "flows", "versions"}:
            for at in blanks(laid[key], (*self.path, key)):
                what = next(step for step in reversed(at) if isinstance(step, str))
                self.found.append((at, f"model {self.model} needs to know which {what}"))

    def _versions(self, versions: list[Any]) -> Any:
        whole = []
        for index, version in enumerate(versions):
            if isinstance(version, dict) and isinstance(version.get("flows"), dict):
                flows = self._flows(version["flows"], (*self.path, "versions", index))
                version = like(version, {**version, "flows": flows})
            whole.append(version)
        return like(versions, whole)

    def _players(self, role: str) -> list[str]:
        """The roles of the agreement that play a role of the template: itself, or B1, B2, ... for several."""
        if self.template["roles"][role].get("several") and role not in self.roles:
            return [name for name in self.roles if re.fullmatch(re.escape(role) + "[0-9]+", name)] or [role]
        return [role]

    def _bound(self) -> dict[str, Any]:
        bound: dict[str, Any] = {}
        for role, spec in self.template["roles"].items():
            for name in self.played[role]:
                binding = self.roles.get(name, spec["bind"])
                if binding not in (None, REQUIRED):
                    bound[name] = binding
                elif not spec.get("optional") or self._uses(role):
                    message = f"model {self.model} needs to know who plays {name}: {spec['is']}"
                    self.found.append(((*self.path, "roles", name), message))
        for name, binding in self.roles.items():
            if name not in bound and binding != REQUIRED:
                bound[name] = binding
                self._known_role(name)
        return self._placed(bound, self.given.get("roles"))

    def _known_role(self, name: str) -> None:
        """A role that neither the template nor a flow of the agreement names is a slip of the pen."""
        flows = [flow for flow in _flow_mappings(self.given) for flow in flow.values() if isinstance(flow, dict)]
        if name in self.template["roles"] or any(name in (flow.get("payer"), flow.get("payee")) for flow in flows):
            return
        roles = [f"{role} ({spec['is']})" for role, spec in self.template["roles"].items()]
        message = f"model {self.model} has no role {name!r}, and no flow names it; its roles: {', '.join(roles)}"
        self.found.append(((*self.path, "roles", name), message))

    def _uses(self, role: str) -> bool:
        """Whether the agreement takes up an optional flow of this role."""
        flows = [set(flows) for flows in _flow_mappings(self.given)]
        return any(
            name in given and role in (flow.get("payer"), flow.get("payee"))
            for name, flow in self.template["flows"].items()
            for given in flows
        )

    def _flows(self, given: dict[str, Any], path: Path) -> dict[str, Any]:
        copies = {name: self._copies(name, given) for name in self.template["flows"]}
        whole: dict[str, Any] = {}
        for name, blank in self.template["flows"].items():
            for copy, player in copies[name].items():
                flow = self._renamed(blank, player, copies)
                whole[copy] = self._flow(name, flow, given.get(copy, given.get(name)), (*path, "flows", copy))
        kept = {name: flow for name, flow in whole.items() if name in given or not _of_nothing(flow)}
        rest = {name: flow for name, flow in given.items() if name not in kept and name not in copies}
        self.found.extend((at, "is a blank that nothing fills") for at in blanks(rest, (*path, "flows")))
        return self._placed({**kept, **rest}, given)

    def _copies(self, name: str, given: dict[str, Any]) -> dict[str, str | None]:
        """The flows that one flow of the template becomes, each with the player that stands for its `several` role."""
        flow = self.template["flows"][name]
        players = [p for role in ("payer", "payee") for p in self.played.get(flow.get(role), [])]
        several = [p for p in players if p not in self.template["roles"]]
        names: dict[str, str | None] = {f"{name}-{player}": player for player in several} or {name: None}
        if name in self.template.get("optional", ()):
            names = {copy: player for copy, player in names.items() if given.get(copy, given.get(name)) is not None}
        return {c: p for c, p in names.items() if not (c in given and given[c] is None)}

    def _renamed(
        self, flow: Mapping[str, Any], player: str | None, copies: dict[str, dict[str, str | None]]
    ) -> dict[str, Any]:
        """A template's flow with the names that its parties and its bases have in this agreement."""
        renamed = dict(flow)
        for side in ("payer", "payee"):
            if player is not None and player in self.played.get(flow.get(side, ""), ()):
                renamed[side] = player
        for part in ("of", "minus", "remainder"):
            if part in flow:
                names = [flow[part]] if isinstance(flow[part], str) else flow[part]
                chosen = [
                    c for n in names for c, p in copies.get(n, {n: None}).items() if p in (player, None) or not player
                ]
                renamed[part] = chosen[0] if isinstance(flow[part], str) and len(chosen) == 1 else chosen
        return renamed

    def _flow(self, name: str, flow: dict[str, Any], given: Any, path: Path) -> Any:
        """A template's flow with what the agreement says of it: another kind takes the place of the template's."""
        if given is not None and not isinstance(given, dict):
            return given
        laid = dict(flow)
        if given and any(kind in given for kind in KINDS):
            laid = {key: value for key, value in laid.items() if key not in KINDS}
        laid.update(given or {})
        for _ in blanks(laid, path):
            self.found.append(
                (path, f"model {self.model} leaves open {self.template['about'][name]}: {self._kinds(name)}")
            )
        return self._placed(laid, given)

    def _kinds(self, name: str) -> str:
        """What may be written for an open price."""
        kind = blank_kind(self.template["flows"][name])
        variants = self.template["blanks"][name].get("variants", ())
        return f"give {kind}" + (f", or one of {', '.join(variants)}" if variants else "")

    def _over(self, defaults: Mapping[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        return self._placed({**defaults, **given}, given)

    def _placed(self, laid: dict[str, Any], given: Any) -> dict[str, Any]:
        """`laid` with the positions of what was given, and the `model:` line for the rest."""
        if not isinstance(self.given, Block):
            return laid
        placed = Block(self.given.file)
        placed.update(laid)
        placed.lines = dict.fromkeys(laid, self.given.lines["model"])
        if isinstance(given, Block):
            own = given.file or ""
            placed.lines |= {key: (own, line) if isinstance(line, int) else line for key, line in given.lines.items()}
        return placed


def _of_nothing(flow: Any) -> bool:
    """Whether a flow is what a template's remainder becomes when none of the flows that it names is taken up."""
    return isinstance(flow, dict) and flow.get("remainder") == []


def _flow_mappings(agreement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The `flows` of an agreement and of its versions, as far as they are mappings."""
    versions = agreement.get("versions")
    parts = [agreement, *(versions if isinstance(versions, list) else [])]
    return [part["flows"] for part in parts if isinstance(part, dict) and isinstance(part.get("flows"), dict)]
