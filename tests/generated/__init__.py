"""Catalogs and usage that Hypothesis makes up: small, but with every charge model, scope, condition and kind of flow.

All is plain data, so that a failure prints what reproduces it. What the loader would refuse is mostly avoided here
(unequal priorities, rising bounds, steps that hold whole blocks); what is left is skipped by the tests.
"""

from .catalogs import catalogs
from .usage import records

__all__ = ["catalogs", "records"]
