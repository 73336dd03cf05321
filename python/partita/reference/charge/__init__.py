"""The charge models, one file each (semantics §1). Each says what an exact quantity or amount costs, unrounded."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from partita.catalog.charge import Lookup

Numbers = Callable[[Decimal | Lookup], Fraction]
"""Reads a number of a charge: a literal, or the value its look-up finds for the record."""
