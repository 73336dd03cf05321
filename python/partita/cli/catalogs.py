"""check and new: catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from partita.catalog import Catalog, load
from partita.catalog.document import compose
from partita.catalog.templates import models, template, write_template
from partita.errors import CatalogError

from . import out


def check(path: Path | None, tables: bool, json: bool, beside: Mapping[str, Any]) -> None:
    """Validate a catalog and print it; with `tables`, the columns that its tables need."""
    if path is None and not tables:
        raise typer.BadParameter("which catalog? A folder of YAML files, or one of them", param_hint="CATALOG")
    try:
        catalog = None if path is None else load(path)
        if catalog is not None:
            from partita.engine import Engine

            # The rows of its files may be wrong too. Subscriptions wait where all accounts are handed over elsewhere.
            waits = not catalog.accounts and beside["accounts"] is None
            Engine(catalog.model_copy(update={"subscriptions": {}}) if waits else catalog, **beside)
    except CatalogError as error:
        if json:
            out.data({"problems": [{"where": p.where, "path": p.path, "message": p.message} for p in error.problems]})
            raise typer.Exit(2) from None
        raise
    if tables:
        _columns(catalog, json)
    elif json and catalog is not None:
        out.data({"problems": [], "catalog": catalog.model_dump(mode="json", by_alias=True, exclude_defaults=True)})
    elif catalog is not None:
        from partita.catalog.show import show

        show(catalog, out.console())


def _columns(catalog: Catalog | None, json: bool) -> None:
    from partita.catalog.needed import columns_as_data, columns_needed

    if json:
        out.data({"problems": [], "tables": columns_as_data(catalog)})
    else:
        out.say(columns_needed(catalog))


def new(model: str | None, name: str, output: Path | None) -> None:
    """Write the template of a model; without a model, list them."""
    if model is None:
        rows = [(key, template(key)["name"], _first(template(key)["prose"])) for key in models()]
        out.table("Partnership models", ("model", "name", "for"), rows)
        return
    if model not in models():
        raise typer.BadParameter(f"{model!r} is none of {', '.join(models())}", param_hint="MODEL")
    text = write_template(model, name)
    if not name or not _is_id(name, text):
        raise typer.BadParameter(f"{name!r} cannot be the id of an agreement", param_hint="--name")
    if output is None:
        print(text, end="")
    elif output.exists():
        raise typer.BadParameter(f"{output} is there already; choose another name", param_hint="--output")
    else:
        output.write_text(text, "utf-8")
        out.say(f"wrote {output}; fill in what is `required`, then `partita check`")


def _is_id(name: str, text: str) -> bool:
    """Whether a template that was written under a name is read under it."""
    data, problems = compose(text, "")
    return not problems and list(data["agreements"]) == [name]


def _first(prose: str) -> str:
    return f"{prose.split('. ')[0].rstrip('.')}."
