"""Partita rates usage, bills customers and settles with partners.

Arrow goes in and Arrow comes out; every amount is an exact decimal, rounded once.

>>> import partita
>>> partita.load({"parties": {"nordtel": {"name": "Nordtel AB"}}}).parties["nordtel"].name
'Nordtel AB'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partita.audit import Explanation, Verification, explain, verify
    from partita.catalog import Catalog, load
    from partita.cycle import Run, run
    from partita.engine import Engine, Rated
    from partita.errors import (
        CatalogError,
        InternalError,
        MoneyError,
        PartitaError,
        PeriodError,
        Problem,
        StoreError,
        UsageSchemaError,
    )

__version__ = "0.1.0"

_HOMES = {
    "Catalog": "partita.catalog",
    "CatalogError": "partita.errors",
    "Engine": "partita.engine",
    "Explanation": "partita.audit",
    "InternalError": "partita.errors",
    "MoneyError": "partita.errors",
    "PartitaError": "partita.errors",
    "PeriodError": "partita.errors",
    "Problem": "partita.errors",
    "Rated": "partita.engine",
    "Run": "partita.cycle",
    "StoreError": "partita.errors",
    "UsageSchemaError": "partita.errors",
    "Verification": "partita.audit",
    "explain": "partita.audit",
    "load": "partita.catalog",
    "run": "partita.cycle",
    "verify": "partita.audit",
}
"""Where each public name lives; it is loaded on first use, so that importing the package costs nothing."""

__all__ = [
    "Catalog",
    "CatalogError",
    "Engine",
    "Explanation",
    "InternalError",
    "MoneyError",
    "PartitaError",
    "PeriodError",
    "Problem",
    "Rated",
    "Run",
    "StoreError",
    "UsageSchemaError",
    "Verification",
    "__version__",
    "explain",
    "load",
    "run",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'partita' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
