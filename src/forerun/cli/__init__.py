"""The command line. Nothing but this file is loaded until a command is known."""

from __future__ import annotations

import os
import re
import sys

__all__ = ["main"]

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C has ended."""
_STARTS_WITH_COMMENT = re.compile(r"--[^=\s]*\s")
"""SQL, not an option: no option has a space in its name."""


def main() -> None:
    """Run the command that the arguments name, and leave with its exit status."""
    _open_closed_streams()
    status = INTERRUPTED
    try:
        status = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # whoever read our output has left; there is nobody to tell
        _drop_output()
    except OSError as failed:  # a full disk, mostly
        status = 1
        _drop_output()
        sys.stderr.write(f"Error: The output cannot be written: {failed.strerror}.\n")
    sys.exit(status)


def _run() -> int:
    import typer

    from forerun.cli.commands import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # data may hold signs that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    arguments = [f" {a}" if _STARTS_WITH_COMMENT.match(a) else a for a in sys.argv[1:]]
    as_json = "--json" in arguments
    try:
        status = app(arguments, prog_name="forerun", standalone_mode=not as_json)
    except SystemExit as leaving:
        status = leaving.code
    except typer.TyperException as wrong:
        status = _tell_usage(wrong.format_message())
    return status if isinstance(status, int) else 1


def _tell_usage(problem: str) -> int:
    """Wrong arguments, to a program that asked for JSON."""
    from forerun.cli.leaving import ExitStatus, tell
    from forerun.errors import BadInput

    tell(BadInput(problem, "forerun --help tells what there is."), "", as_json=True)
    return ExitStatus.BAD_INPUT


def _open_closed_streams() -> None:
    """Python has None for a stream that the shell has closed (`2>&-`)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nothing, mode, encoding="utf-8"))


def _drop_output() -> None:
    """What is still to be flushed goes nowhere, instead of failing once more at the exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
