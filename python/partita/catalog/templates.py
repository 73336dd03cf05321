"""The partnership models as templates: roles and flows with blanks (models.md §4), and how an agreement fills them.

A template is a data file under `partita/models`. Its flows are written as an agreement's, with `required` where a
price is open; `about` says what each is for, `blanks` gives an example for each open one and the kinds that may take
its place, `optional` names the flows that are there only when the agreement takes them up. A role may be `several`:
bound as B1, B2, ... its flows are repeated for each, named `wholesale-B1`. An agreement that names a `model` is laid
over its template before it is typed (`overlay.py`), so that what is typed has no blanks.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from . import document
from .document import Path
from .greater_of import expand
from .overlay import REQUIRED, Found, Overlay, blank_kind, blanks, like
from .refusal import unknown


def models() -> list[str]:
    """The models that have a template, in their order."""
    files = resources.files("partita").joinpath("models").iterdir()
    names = [file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")]
    return sorted(names, key=lambda name: [int(part) if part.isdigit() else 0 for part in name.split(".")])


@cache
def template(model: str) -> Mapping[str, Any]:
    """The template of a model. Raises `KeyError` for a model that has none."""
    if model not in models():
        raise KeyError(model)
    text = resources.files("partita").joinpath("models", f"{model}.yaml").read_text("utf-8")
    data, problems = document.compose(text, f"{model}.yaml")
    assert not problems, problems
    found: Mapping[str, Any] = data
    return found


def fill(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], Found]:
    """The document with every agreement whole, and what its author has left open."""
    agreements = data.get("agreements")
    if not isinstance(agreements, dict):
        return data, []
    found: Found = []
    whole = {
        key: _whole(agreement, ("agreements", key), found) if isinstance(agreement, dict) else agreement
        for key, agreement in agreements.items()
    }
    return like(data, {**data, "agreements": like(agreements, whole)}), found


def _whole(agreement: dict[str, Any], path: Path, found: Found) -> dict[str, Any]:
    model = agreement.get("model")
    if model is not None:
        if model not in models():
            found.append(((*path, "model"), unknown("model", str(model), models())))
            return agreement
        agreement = Overlay(template(str(model)), agreement, path, found).agreement()
    else:
        found.extend((at, "is a blank that nothing fills") for at in blanks(agreement, path))
    return _expanded(agreement)


def _expanded(agreement: dict[str, Any]) -> dict[str, Any]:
    """The agreement with the short forms of `greater_of` written out, in each of its versions."""
    whole = dict(agreement)
    if isinstance(agreement.get("flows"), dict):
        whole["flows"] = expand(agreement["flows"])
    versions = agreement.get("versions")
    if isinstance(versions, list):
        whole["versions"] = like(versions, [_expanded(v) if isinstance(v, dict) else v for v in versions])
    laid = like(agreement, whole)
    assert isinstance(laid, dict)
    return laid


def write_template(model: str, key: str = "my-agreement") -> str:
    """A commented agreement of a model, as YAML, with `required` where something is to be filled in; `key` is its id.

    Raises `KeyError` for a model that has no template.

    >>> print(write_template("A.4").splitlines()[0])
    # Distributor (B2D2C), model A.4.
    """
    spec = template(model)
    lines = [f"# {spec['name']}, model {model}.", *_prose(spec["prose"], "# "), "agreements:", f"  {_as_key(key)}:"]
    lines.append(f"    model: {model}")
    lines += ["    roles:", *_role_lines(spec["roles"])]
    lines += _scope_lines(spec.get("applies_to") or {})
    lines.append("    valid: {from: 2026-01-01}                # until: the first day without")
    if spec.get("terms"):
        lines += ["    # terms:", *(f"    #   {term}: {_TERMS[term]}" for term in spec["terms"])]
    lines += ["    flows:", *_flow_lines(spec)]
    return "\n".join(lines) + "\n"


_TERMS = {
    "territory": "[SE, FI]                    # countries; a line from elsewhere is rejected",
    "imposed_price": "109.00                  # the retail price that every plan has to have",
    "exclusive": "true                        # no second agreement for the same lines, territory and time",
    "notice": "90 days",
}


def _as_key(key: str) -> str:
    """A key as YAML: in quotes, where it is not only letters, digits, and signs that mean nothing there."""
    return key if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", key) else json.dumps(key)


def _role_lines(roles: Mapping[str, Any]) -> Iterator[str]:
    for role, spec in roles.items():
        example = f"; for example {spec['example']}" if "example" in spec else ""
        bound = f" (bound to {spec['bind']} by the template)" if spec["bind"] != REQUIRED else ""
        yield f"      # {role}: {spec['is']}{bound}{example}"
        if spec["bind"] == REQUIRED and not spec.get("optional"):
            yield f"      {role}: {REQUIRED}"


def _scope_lines(applies_to: Mapping[str, Any]) -> Iterator[str]:
    yield "    applies_to:                              # the lines that are shared"
    if not applies_to:
        yield _commented("      plans: [required]", "plans; charges and services narrow it further")
    for part in applies_to:
        yield _commented(f"      {part}: [{REQUIRED}]", f"only the lines of these {part}")


def _flow_lines(spec: Mapping[str, Any]) -> Iterator[str]:
    for name, flow in spec["flows"].items():
        kind = blank_kind(flow)
        if kind is None:
            yield f"      # {name}: {spec['about'][name]} (as the template says)"
            continue
        blank = spec["blanks"][name]
        yield f"      # {name}: {spec['about'][name]}"
        yield f"      #   for example {{{kind}: {blank['example']}}}"
        if "variants" in blank:
            yield f"      #   instead of {kind}: {', '.join(blank['variants'])}"
        yield f"      {'# ' if name in spec.get('optional', ()) else ''}{name}: {{{kind}: {REQUIRED}}}"


def _commented(text: str, comment: str) -> str:
    return f"{text:<44} # {comment}"


def _prose(text: str, margin: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent=margin, subsequent_indent=margin)
