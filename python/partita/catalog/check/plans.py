"""Plans: what their charges refer to, when they apply, and which of them could rate the same record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from partita.catalog.catalog import Plan
from partita.catalog.charge import Charge, ChargeModel, Test, When
from partita.catalog.document import Path
from partita.catalog.refusal import shown, unknown

from . import numbers
from .condition import Condition, condition, overlapping
from .scene import Found, Scene, earliest, instant, latest

OF_FEES = ("plan", "account", "subscription", "territory", "currency")
"""What conditions of fees can ask."""


def problems(scene: Scene) -> Iterator[Found]:
    """What is wrong with plans and their charges."""
    for key, plan in scene.catalog.plans.items():
        path = ("plans", key)
        if isinstance(plan.seller, str):
            yield from scene.refer("parties", "party", plan.seller, (*path, "seller"))
        yield from scene.currency(plan.currency, (*path, "currency"))
        if plan.calendar is not None:
            yield from scene.refer("calendars", "calendar", plan.calendar, (*path, "calendar"))
        for name, charge in plan.charges.items():
            yield from _charge(scene, plan, charge, (*path, "charges", name))
        yield from _ambiguous(plan, path)


def _charge(scene: Scene, plan: Plan, charge: Charge, path: Path) -> Iterator[Found]:
    yield from names_in(scene, charge.when, (*path, "when"), plan)
    if not charge.usage:
        yield from _periodic(charge, path)
    if charge.versions:
        yield from _versions(charge, path)
        for index, version in enumerate(charge.versions):
            at = (*path, "versions", index, version.kind)
            yield from numbers.lookups(scene, version.model, at)
            yield from numbers.model(version.model, at)
    else:
        yield from numbers.lookups(scene, charge.model, (*path, charge.kind))
        yield from numbers.model(charge.model, (*path, charge.kind))


def names_in(scene: Scene, when: When, path: Path, plan: Plan | None = None) -> Iterator[Found]:
    """That a condition names zones and bands that exist: the bands of the plan's calendar, or else of any."""
    named = when.attributes
    tests = [(name, test, (*path, name)) for name, test in (("zone", when.zone), ("band", when.band))]
    tests += [(name, named.get(name), (*path, "attributes", name)) for name in ("zone", "band", "plan")]
    for name, test, at in tests:
        if test is None:
            continue
        if name == "band":
            yield from _bands(scene, test, at, plan)
        elif name == "plan":
            yield from _among(test, name, scene.names("plans"), at)
        elif scene.zone_names is not None:
            yield from _among(test, name, scene.zone_names, at)
    if condition(when) is None:
        yield path, "can never hold: its tests contradict each other"


def _among(test: Test, what: str, known: Collection[str], path: Path) -> Iterator[Found]:
    for name in test.equals or ():
        if name not in known:
            yield path, unknown(what, name, sorted(known))


def _bands(scene: Scene, test: Test, path: Path, plan: Plan | None) -> Iterator[Found]:
    if plan is None:
        yield from _among(test, "band", scene.band_names, path)
    elif plan.calendar is None:
        yield path, "tests the band, but the plan has no calendar; give it one (calendar: ...)"
    elif plan.calendar in scene.catalog.calendars:
        bands = frozenset(scene.catalog.calendars[plan.calendar].bands)
        yield from _among(test, f"band of calendar {plan.calendar!r}", bands, path)


def _periodic(charge: Charge, path: Path) -> Iterator[Found]:
    """A recurring or one-time charge has no usage to look at."""
    word = "recurring" if charge.every else "one-time"
    kinds = {version.kind for version in charge.versions} or {charge.kind}
    if kinds != {"flat"}:
        yield path, f"a {word} charge is flat, not {' and '.join(sorted(kinds))}: there is no usage to count"
    for name in ("service", "zone", "band"):
        if getattr(charge.when, name) is not None:
            yield (*path, "when", name), f"a {word} charge has no {name}; it is charged whatever is used"
    for name in charge.when.attributes:
        if name not in OF_FEES:
            yield (
                (*path, "when", "attributes", name),
                f"a {word} charge has no usage record to have {name!r}; it knows {', '.join(OF_FEES)}",
            )
    if charge.across == "split":
        yield (*path, "across"), f"a {word} charge has no bands to split across"


def _versions(charge: Charge, path: Path) -> Iterator[Found]:
    """Versions rise in every time zone, and are of one kind."""
    first = charge.versions[0]
    before: dt.date | dt.datetime | None = None
    for index, version in enumerate(charge.versions):
        at = (*path, "versions", index)
        if before is not None:
            yield from _rising(before, version.valid_from, (*at, "from"))
        if version.kind != first.kind:
            yield at, f"is {version.kind}, but versions[0] is {first.kind}; the versions of a charge are of one kind"
        else:
            yield from _one_counter(first.model, version.model, (*at, version.kind))
        before = version.valid_from


def _rising(before: dt.date | dt.datetime, start: dt.date | dt.datetime, path: Path) -> Iterator[Found]:
    """A version begins after the one before it, for every account: a date begins in some zones 26 hours before it does
    in others."""
    was, now = instant(before, None), instant(start, None)
    if now <= was:
        how = "is the date of" if now == was else "is before"
        yield path, f"{start} {how} the version before it ({before}); versions must rise"
    elif latest(before) >= earliest(start) and isinstance(before, dt.datetime) != isinstance(start, dt.datetime):
        how = "in some time zones not after the version before it"
        yield path, f"{start} begins {how} ({before}); write both as dates, or both as instants"


def _one_counter(first: ChargeModel, model: ChargeModel, path: Path) -> Iterator[Found]:
    """That the scope and reset of a version are those of the first.

    A charge's counter survives its price versions (semantics §1), so none of them can give it another owner or period.
    """
    was, now = getattr(first, "scope", None), getattr(model, "scope", None)
    if now != was:
        yield _another_counter("scope", now, was, path)
    elif now != "record" and getattr(model, "reset", None) != getattr(first, "reset", None):
        yield _another_counter("reset", getattr(model, "reset", None), getattr(first, "reset", None), path)


def _another_counter(name: str, now: str | None, was: str | None, path: Path) -> Found:
    message = (
        f"is {shown(now)}, but in versions[0] it is {shown(was)}; the versions of a charge have one counter, so write "
        f"{name}: {was}, or begin a charge of its own"
    )
    return (*path, name), message


def _ambiguous(plan: Plan, path: Path) -> Iterator[Found]:
    """Charges of one component with equal priority that one record could match."""
    groups: dict[tuple[str, int], list[tuple[str, Condition]]] = {}
    for name, charge in plan.charges.items():
        holds = condition(charge.when) if charge.usage else None
        if holds is not None:
            groups.setdefault((charge.component, charge.priority), []).append((name, holds))
    for (component, priority), group in groups.items():
        for first, second, both in overlapping([holds for _, holds in group]):
            yield (
                (*path, "charges", group[second][0]),
                f"can rate the same record as {group[first][0]!r} ({_case(both)}), and both have component "
                f"{component} and priority {priority}; exclude one by its when, or give one a higher priority or "
                "another component",
            )


def _case(both: Condition) -> str:
    if not both:
        return "any record"
    return ", ".join(f"{name} {values.example()}" for name, values in both.items())
