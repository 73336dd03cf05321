"""The run: usage of a period into the book, restartable at any point.

`run` and `close` make what counts, `undo` takes the latest of it back, `send_back` writes rejected records out to be
corrected. The steps are in the files of this folder, in this order: `plan`, `gather` (with `spool`, `owners` and
`fingerprint`), `seen`, `part`, `rejected`, `closing`, `commit`. `work` takes them one after the other,
and `verbs` is where they meet the engine.
"""

from .commands import close, run, undo
from .result import Run
from .sendback import send_back

__all__ = ["Run", "close", "run", "send_back", "undo"]
