"""The terminal, or the pipe in its place."""

from __future__ import annotations

import sys
from functools import cache

from rich.console import Console
from rich.markup import escape

_PIPE_WIDTH = 10_000
"""In a pipe nothing is cut and nothing is wrapped."""


@cache
def stdout() -> Console:
    """Where answers go."""
    return _console(stderr=False)


@cache
def stderr() -> Console:
    """Where progress, warnings and errors go."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(
        stderr=stderr, width=None if terminal else _PIPE_WIDTH, highlight=False, emoji=False
    )


def safe(text: str) -> str:
    """Text of strangers: no markup, and no control characters that steer a terminal."""
    return escape(printable(text))


def printable(text: str) -> str:
    """One line; control characters are shown as a space."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
