"""The audit of a run: what it has stored, once more by the reference; and one line in all its steps."""

from .differences import Difference
from .explanation import Explanation, explain
from .verification import Verification, verify

__all__ = ["Difference", "Explanation", "Verification", "explain", "verify"]
