"""How a command ends: its exit status, and one clear message for whatever went wrong."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from functools import partial
from typing import NoReturn

import typer

from forerun.domain import Status
from forerun.errors import BadInput, ForerunError
from forerun.wire import error_to_json


class ExitStatus(IntEnum):
    """What the shell is told."""

    ANSWERED = 0
    FAILED = 1
    BAD_INPUT = 2
    UNDECIDED = 3
    """A clarification or a refusal: nothing failed, but there is no answer."""


_OF_STATUS = {
    Status.ANSWERED: ExitStatus.ANSWERED,
    Status.CLARIFY: ExitStatus.UNDECIDED,
    Status.REFUSED: ExitStatus.UNDECIDED,
    Status.FAILED: ExitStatus.FAILED,
}


class UnexpectedError(ForerunError):
    """A fault of Forerun itself."""

    code = "internal_error"


def status_of(status: Status) -> ExitStatus:
    return _OF_STATUS[status]


def print_json(document: Mapping[str, object]) -> None:
    """One object on one line of standard output."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(document, ensure_ascii=not utf8, allow_nan=False) + "\n")
    sys.stdout.flush()


def run(
    command: Callable[[], Awaitable[ExitStatus]],
    *,
    asked: str = "",
    as_json: bool = False,
    debug: bool = False,
) -> NoReturn:
    """Run a command to its end and leave with its status. No traceback unless `debug`.

    With `as_json`, an error is told by the same object as an answer, with `error`.
    """
    import anyio

    leave(partial(anyio.run, command), asked=asked, as_json=as_json, debug=debug)


def leave(
    command: Callable[[], ExitStatus],
    *,
    asked: str = "",
    as_json: bool = False,
    debug: bool = False,
) -> NoReturn:
    """The same for a command that keeps an event loop of its own."""
    try:
        status = command()
    except ForerunError as error:
        tell(error, asked, as_json=as_json)
        bad_input = isinstance(error, BadInput)
        status = ExitStatus.BAD_INPUT if bad_input else ExitStatus.FAILED
    except BrokenPipeError:
        raise
    except Exception as error:
        if debug or _disk_is_full(error):
            raise
        tell(_unexpected(error), asked, as_json=as_json)
        status = ExitStatus.FAILED
    raise typer.Exit(status)


def tell(error: ForerunError, asked: str, *, as_json: bool) -> None:
    """Say what happened, why, and what to do next."""
    if as_json:
        print_json(error_to_json(error, asked))
        return
    from forerun.cli.console import safe, stderr

    stderr().print(f"[bold red]Error:[/] {safe(error.message)}", highlight=False)
    if error.hint:
        stderr().print(f"[dim]{safe(error.hint)}[/]", highlight=False)


def _disk_is_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.ENOSPC


def _unexpected(error: Exception) -> ForerunError:
    return UnexpectedError(
        f"Something unexpected went wrong in Forerun ({type(error).__name__}).",
        "Run the same command with --debug to see where, and please report it.",
    )
