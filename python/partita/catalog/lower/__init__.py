"""Lowering: a typed catalog to the plain document that the engine compiles, and the Arrow tables beside it.

A catalog is written for people: names, local hours, dates, defaults that follow from what stands elsewhere. The engine
wants a document for a machine: every number as decimal text, every date of an agreement as microseconds, every band as
edges on the UTC line, every flow after its bases with its payer and payee spelled out. One file a subject; each has a
function of the name of what it lowers.
"""

from .document import RULES, Lowered, lower

__all__ = ["RULES", "Lowered", "lower"]
