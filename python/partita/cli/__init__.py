"""The command line: `partita check`, `run`, `report` and the others.

Exit codes: 0 done; 1 a difference was found; 2 command, catalog or usage; 3 period or store; 4 done, but with rejects
(only with `--fail-on-rejects`); 70 internal; 130 interrupted. What is heavy is loaded by the command that needs it.
"""

from .doorway import main, outcome

__all__ = ["main", "outcome"]
