"""The doorway of the command line: what is raised becomes a message that a person can act on, and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Final

from typer.core import TyperGroup
from typer.exceptions import Abort
from typer.main import get_command

from partita.errors import (
    CatalogError,
    InternalError,
    MoneyError,
    PartitaError,
    PeriodError,
    StoreError,
    UsageSchemaError,
)

from .app import app

_INTERRUPTED: Final = 130
_INTERNAL: Final = 70
_STOPPED_QUERY: Final = "Query interrupted"
"""What DuckDB raises, as a plain RuntimeError, when Ctrl-C stops it at work."""
_CODES: Final[dict[type[Exception], int]] = {
    CatalogError: 2,
    UsageSchemaError: 2,
    MoneyError: 2,
    PeriodError: 3,
    StoreError: 3,
    InternalError: _INTERNAL,
}
_NAMES: Final = {
    CatalogError: "catalog",
    UsageSchemaError: "usage",
    MoneyError: "money",
    PeriodError: "period",
    StoreError: "store",
    InternalError: "internal error",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    What the standard output cannot encode, such as the lines of a drawing, it shows as `?`.
    """
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")
    sys.exit(outcome(sys.argv[1:] if arguments is None else arguments))


def outcome(arguments: Sequence[str]) -> int:
    """Run the command line; its exit code comes back."""
    command = get_command(app)
    assert isinstance(command, TyperGroup)
    try:
        code = command.main(list(arguments), prog_name="partita", standalone_mode=False)
    except (KeyboardInterrupt, Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except PartitaError as error:
        return _told(error)
    except OSError as error:
        return _of_a_file(error)
    except Exception as error:
        if hasattr(error, "show"):  # a command line that cannot be read
            error.show()
            return 2
        if str(error) != _STOPPED_QUERY:
            return _unforeseen(error)
        code = _INTERRUPTED
    if code == _INTERRUPTED:
        print("interrupted; what is finished is kept, and the same command goes on from there", file=sys.stderr)
    return code if isinstance(code, int) else 0


def _told(error: PartitaError) -> int:
    kind = next(known for known in _CODES if isinstance(error, known))
    print(f"{_NAMES[kind]}: {error}", file=sys.stderr)
    return _CODES[kind]


def _of_a_file(error: OSError) -> int:
    """A file that was named and cannot be read or written is a matter of the command line; a full or failing disk is
    one of the store."""
    if error.errno is None:
        return _unforeseen(error)
    shown = error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    print(f"file: {shown}", file=sys.stderr)
    return 3 if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS) else 2


def _unforeseen(error: Exception) -> int:
    """Something that should not happen: its last line by default, all of it on request."""
    if os.environ.get("PARTITA_TRACEBACK"):
        traceback.print_exception(error)
    print(f"internal error: {type(error).__name__}: {error}", file=sys.stderr)
    print("please report it, with what PARTITA_TRACEBACK=1 in the environment shows", file=sys.stderr)
    return _INTERNAL
