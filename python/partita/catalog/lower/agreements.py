"""Agreements, as the engine reads them: the flows and terms of each version, with the instants it holds between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from partita.catalog.agreement import Agreement, CheckedTerms, Flow
from partita.catalog.reference_data import Table
from partita.errors import Problem

from .flows import Flows
from .scalars import Json, optional_instant, when

Stands = tuple[dt.date | dt.datetime | None, Mapping[str, Flow], CheckedTerms]
"""From when (None: since ever), and with which flows and terms, an agreement stands."""


def agreement(name: str, terms: Agreement, tables: Mapping[str, Table], problems: list[Problem]) -> Json:
    """One agreement; what the engine cannot take of it goes to `problems`."""
    applies = terms.applies_to
    return {
        "id": name,
        "plans": list(applies.plans),
        "charges": list(applies.charges),
        "services": list(applies.services),
        "when": when(applies.when),
        "currency": terms.currency,
        "zone": terms.zone,
        "require": terms.require,
        "allow_over_shared": terms.over_shared == "allow",
        "suspense": None if terms.if_unshared == "reject" else terms.if_unshared,
        "consolidated": terms.documents == "consolidated",
        "carry_negative": terms.negative == "carry",
        "notice_when": _notice_when(terms),
        "versions": list(_versions(name, terms, tables, problems)),
    }


def _notice_when(terms: Agreement) -> Json | None:
    """A provider paid more than the business earns is worth a notice (models.md A.14)."""
    provider, business = terms.roles.get("P"), terms.roles.get("B")
    if terms.model == "A.14" and isinstance(provider, str) and isinstance(business, str):
        return {"exceeds": {"party": provider, "over": business}}
    return None


def standing(terms: Agreement) -> list[Stands]:
    """What an agreement is, in order of time: its own flows until its first version, then each version.

    A number of a version, wherever one is stored, is a place in this list.
    """
    own: list[Stands] = [(None, terms.flows, terms.terms)] if terms.flows or not terms.versions else []
    return own + [(version.valid_from, version.flows, version.terms) for version in terms.versions]


def _versions(name: str, terms: Agreement, tables: Mapping[str, Table], problems: list[Problem]) -> Iterator[Json]:
    """Each version within the agreement's validity."""
    first = optional_instant(terms.valid.valid_from, terms.zone)
    last = optional_instant(terms.valid.valid_until, terms.zone)
    stands = standing(terms)
    starts = [optional_instant(start, terms.zone) for start, _, _ in stands]
    ends = [*starts[1:], None]
    for (_, flows, checked), start, end in zip(stands, starts, ends, strict=True):
        lowered = Flows(name, terms, flows, tables)
        yield {
            "from": max((i for i in (first, start) if i is not None), default=None),
            "until": min((i for i in (last, end) if i is not None), default=None),
            "territory": list(checked.territory),
            "flows": lowered.in_order(),
        }
        problems += lowered.problems
