"""Where a service keeps what it keeps, and whether its processes can share it."""

from __future__ import annotations

import os
from errno import EACCES, EISDIR
from pathlib import Path

from forerun.adapters.stores import IN_MEMORY, must_not_be_newer
from forerun.app.configuration import Configuration
from forerun.app.sections import ServeSection
from forerun.app.serving.tables import LAYOUT as STATE
from forerun.app.serving.teaching.tables import LAYOUT as TAUGHT
from forerun.errors import BadSetting
from forerun.ports import Layout

NOWHERE = "none"
OF_TELEMETRY, OF_TEACHING = ".telemetry.sqlite", ".teaching.sqlite"
"""After the name of the file that holds the state: a file has one layout."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


def state_place(serve: ServeSection) -> str:
    """A file in the user's state folder, unless another place is named."""
    if serve.state is not None:
        return serve.state
    import platformdirs

    return str(platformdirs.user_state_path("forerun") / "service.sqlite")


def teaching_place(serve: ServeSection) -> str:
    """Beside the state."""
    return _beside(state_place(serve), OF_TEACHING)


def telemetry_place(configuration: Configuration) -> str | None:
    """Beside the state, unless another place is named, or none."""
    store = configuration.telemetry.store
    if store is not None:
        return None if store == NOWHERE else store
    return _beside(state_place(configuration.serve), OF_TELEMETRY)


def _beside(state: str, ending: str) -> str:
    is_file = state != IN_MEMORY and "://" not in state
    return f"{state}{ending}" if is_file else state


def refuse_what_cannot_be(configuration: Configuration, *, authenticated: bool) -> None:
    """Raises `BadSetting`, or `Unavailable` for a state of a newer Forerun, where a service must
    not be started, and says why."""
    serve = configuration.serve
    if not configuration.databases:
        raise BadSetting(
            "There is no database to ask.",
            "Name one: forerun serve --db demo, or [databases.NAME].",
        )
    if serve.workers > 1:
        _refuse_unshared(serve)
        if configuration.telemetry.store == IN_MEMORY:
            raise BadSetting(
                f"{serve.workers} processes would each have traces and figures of their own.",
                "Set store in [telemetry] to a file or to postgresql://…, or use one worker.",
            )
    _refuse_unwritable(state_place(serve), "[serve] state")
    _refuse_newer(state_place(serve), STATE)
    _refuse_newer(teaching_place(serve), TAUGHT)
    if (telemetry := telemetry_place(configuration)) is not None:
        _refuse_unwritable(telemetry, "[telemetry] store")
    if serve.host not in LOOPBACK_HOSTS and not authenticated:
        raise BadSetting(
            f"Nobody is asked for a key, so that everybody who reaches {serve.host} could ask.",
            "Make a key first (forerun keys create --name …, with the same [auth]), or have tokens "
            "taken: see docs/access.md. Or listen on 127.0.0.1.",
        )


def _refuse_unshared(serve: ServeSection) -> None:
    if serve.mcp:
        raise BadSetting(
            f"{serve.workers} processes cannot serve MCP at one address: a session is known to its "
            "own process alone.",
            "Use one worker, or set mcp in [serve] to false and start `forerun mcp --transport "
            "http` beside.",
        )
    if serve.redis is None:
        raise BadSetting(
            f"{serve.workers} processes need Redis: without it a stream could only be resumed, "
            "and a question only be cancelled, in the process that happens to answer it.",
            "Set redis in [serve] (FORERUN_SERVE_REDIS=redis://…), or use one worker.",
        )
    if serve.state == IN_MEMORY:
        raise BadSetting(
            f"{serve.workers} processes need a state that they share; `memory` is one process's.",
            "Set state in [serve] to a file or to postgresql://…, or use one worker.",
        )


def _refuse_newer(place: str, layout: Layout) -> None:
    """A server is looked at when it is first asked: it may be down for the moment."""
    if place != IN_MEMORY and "://" not in place:
        must_not_be_newer(Path(place).expanduser(), layout)


def _refuse_unwritable(place: str, named: str) -> None:
    """A server that is down may come back; a file that cannot be written stays so."""
    if place == IN_MEMORY or "://" in place:
        return
    file = Path(place).expanduser()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            raise IsADirectoryError(EISDIR, "It is a folder")
        if not os.access(file if file.exists() else file.parent, os.W_OK):
            raise PermissionError(EACCES, "It may not be written")
    except OSError as error:
        raise BadSetting(
            f"Nothing can be kept in {file}: {error.strerror or error}.",
            f"Name a file in a folder that may be written as {named}, or memory.",
        ) from None
