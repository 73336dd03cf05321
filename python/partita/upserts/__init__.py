"""Upserts: what an engine was made from, and how rows that come later change it.

The core changes an engine at the cost of the rows that come. Here they are checked and kept in a log, from which the
merged tables are made when somebody asks for them: for a run's identity, for a pickle, for an auditor.
"""

from .change import upserted
from .origin import Origin
from .terms import Terms

__all__ = ["Origin", "Terms", "upserted"]
