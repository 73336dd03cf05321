"""Usage mappings, as the engine reads them."""

from __future__ import annotations

import re
from typing import Final

from partita.catalog.usage import IMPLICIT, Column, Usage

from .scalars import Json, test

_IMPLICIT_OPTIONAL: Final = ("service", "quantity", "amount", "id")


def optional(mapping: Usage) -> list[str]:
    """The columns that a table may lack though the mapping has a use for them."""
    if mapping is IMPLICIT["default"]:
        return list(_IMPLICIT_OPTIONAL)
    return list(mapping.unwritten)


def mapping(name: str, terms: Usage) -> Json:
    zone, pattern = time_zone(terms), time_pattern(terms)
    return {
        "id": name,
        "where": [[terms.attributes.get(key, key), test(part)] for key, part in terms.where.items()],
        "source": column(terms.source),
        "record_id": None if terms.id == "none" else terms.id,
        "time": terms.time,
        "time_format": None if pattern is None else strptime(pattern),
        "time_zone": zone,
        "refuse_ambiguous_time": terms.dst == "reject",
        "key": terms.key,
        "service": column(terms.service),
        "quantity": None if terms.quantity is None else column(terms.quantity),
        "amount": terms.amount,
        "duration": terms.duration,
        "destination": terms.destination,
        "territory": terms.territory,
        "attributes": dict(terms.attributes),
        "decimals": dict(terms.decimals),
        "optional": optional(terms),
    }


def columns_of(lowered: Json) -> list[str]:
    """The columns that a lowered mapping names."""
    named = [lowered[role] for role in ("record_id", "time", "key", "amount", "duration", "destination", "territory")]
    named += [(lowered[role] or {}).get("column") for role in ("source", "service", "quantity")]
    named += [*lowered["attributes"].values(), *(name for name, _ in lowered["where"])]
    return list(dict.fromkeys(name for name in named if name is not None))


def column(value: Column) -> Json:
    return {"column": value} if isinstance(value, str) else {"constant": value.constant}


def time_zone(terms: Usage) -> str | None:
    """The zone of times that carry none."""
    return terms.time_zone or (terms.csv.zone if terms.csv else None)


def time_pattern(terms: Usage) -> str | None:
    return terms.time_format or (terms.csv.time if terms.csv else None)


def strptime(pattern: str) -> str:
    """A pattern of Python's strptime as the engine's date library has it: fractions of a second with their point are
    `%.f`, and six digits without one `%6f`.

    >>> strptime("%d.%m.%Y %H:%M:%S.%f")
    '%d.%m.%Y %H:%M:%S%.f'
    """
    return re.sub(r"\.%f|%.", lambda found: {".%f": "%.f", "%f": "%6f"}.get(found[0], found[0]), pattern)
