"""The command line. Nothing but this file is loaded until a command is known."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command that the arguments name, and leave with its exit status."""
    status = 130
    try:
        status = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # whoever read our output has left; there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _run() -> int:
    from forerun.cli.commands import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # data may hold signs that the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="forerun")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    return 0
