"""The numbers of charges and flows: look-ups that find their table and column, tiers that rise, steps that fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from partita.catalog.charge import ChargeModel, Graduated, Lookup, Number, Percentage, Step, Tier, Unit
from partita.catalog.document import Path
from partita.catalog.refusal import shown, unknown
from partita.catalog.scalars import Model

from .scene import Found, Scene


def lookups(scene: Scene, value: Any, path: Path) -> Iterator[Found]:
    """That every look-up within a charge or flow names a table, its key columns and one of its value columns."""
    if isinstance(value, Decimal | str):
        return
    if isinstance(value, Lookup):
        yield from _lookup(scene, value, path)
    elif isinstance(value, Model):
        for name, part in value.__dict__.items():
            if isinstance(part, (Model, tuple, dict)):
                yield from lookups(scene, part, (*path, name))
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            yield from lookups(scene, part, (*path, index))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from lookups(scene, part, (*path, key))


def _lookup(scene: Scene, lookup: Lookup, path: Path) -> Iterator[Found]:
    yield from scene.refer("tables", "table", lookup.table, (*path, "table"))
    table = scene.catalog.tables.get(lookup.table)
    if table is None:
        return
    if len(lookup.by) != len(table.by):
        yield (
            (*path, "by"),
            f"[{', '.join(lookup.by)}] do not fit the key columns of table {lookup.table!r}: [{', '.join(table.by)}]",
        )
    if lookup.column not in table.columns:
        yield (*path, "column"), unknown(f"column of table {lookup.table!r}", lookup.column, table.columns)


def model(charge: ChargeModel, path: Path) -> Iterator[Found]:
    """That the bounds of a charge model fit each other."""
    if isinstance(charge, Graduated):
        yield from _rising(charge.tiers, "tiers", path)
    elif isinstance(charge, Unit) and charge.steps is not None:
        yield from _of_each_step(charge, path)
        wrong = list(_rising(charge.steps, "steps", path))
        yield from wrong
        if not wrong:
            yield from _blocks(charge.steps, path)
    elif isinstance(charge, Percentage):
        yield from _clamp(charge, path)


def weights(given: Mapping[str, Number], path: Path) -> Iterator[Found]:
    """That a sum can be divided by weights: none is negative, and not all are 0."""
    for name, weight in given.items():
        if isinstance(weight, Decimal) and weight < 0:
            yield (*path, name), f"{weight} is negative; a weight is 0 or more"
    if all(weight == 0 for weight in given.values()):
        yield path, "has no weight above 0 to divide by"


def _of_each_step(unit: Unit, path: Path) -> Iterator[Found]:
    """Blocks and units are those of each step; beside steps they would say nothing."""
    for name, otherwise in (("per", 1), ("minimum", 0), ("increment", None)):
        if getattr(unit, name) != otherwise:
            yield (*path, name), f"{name} belongs to each of the steps, not beside them"


def _clamp(charge: Percentage, path: Path) -> Iterator[Found]:
    least, most = charge.min, charge.max
    if isinstance(least, Decimal) and isinstance(most, Decimal) and least > most:
        yield (*path, "min"), f"{least} is above max ({most})"


def _rising(parts: Sequence[Tier | Step], name: str, path: Path) -> Iterator[Found]:
    """That bounds rise, that each part but the last has one, and the last has none."""
    word = name.removesuffix("s")
    below: Decimal | None = None
    for index, part in enumerate(parts):
        at = (*path, name, index)
        if index == len(parts) - 1:
            if part.up_to is not None:
                yield (*at, "up_to"), f"the last {word} has no up_to (this one has {part.up_to}): it holds the rest"
        elif part.up_to is None:
            yield at, f"needs up_to: only the last {word} is without"
        if part.up_to is not None and below is not None and part.up_to <= below:
            how = "is the bound before it" if part.up_to == below else f"is below the bound before it ({below})"
            yield (*at, "up_to"), f"{part.up_to} {how}; bounds must rise"
        below = part.up_to if part.up_to is not None else below


def _blocks(steps: tuple[Step, ...], path: Path) -> Iterator[Found]:
    """That each step holds a whole number of its blocks, so that no block crosses into the next."""
    start = Fraction(0)
    for index, step in enumerate(steps):
        if step.up_to is None:
            return
        rest = Fraction(step.up_to) - start - Fraction(step.minimum)
        whole = rest >= 0 and (step.increment is None or rest % Fraction(step.increment) == 0)
        if not whole:
            blocks = f"minimum {step.minimum}" + (
                f" + n × increment {step.increment}" if step.increment else " or more"
            )
            yield (
                (*path, "steps", index, "up_to"),
                f"{step.up_to} less its start {shown(start)} must be {blocks}, so that no block crosses a step",
            )
        start = Fraction(step.up_to)
