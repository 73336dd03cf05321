"""Usage in, Arrow out: files and tables of usage become record batches, without ever passing a binary float.

Files are found and given to their mappings (`find`, `assign`), then read batch by batch in bounded memory (`read`).
Tables that are already in memory come in by `batches`. Columns keep what their source has: text stays text, decimals
and timestamps stay what they are; rows are neither dropped nor changed, so row numbers are those of the source.
"""

from .columns import mapped_columns
from .files import UsageFile, assign, content_hash, find
from .memory import batches, choose
from .read import read

__all__ = ["UsageFile", "assign", "batches", "choose", "content_hash", "find", "mapped_columns", "read"]
