"""`serve`: the HTTP service, from its configuration to its end."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from socket import socket
from typing import TYPE_CHECKING

import anyio

from forerun.app.access import tells_askers_apart
from forerun.app.configuration import Configuration, named_databases
from forerun.app.serving import Deployment
from forerun.app.serving.listening import address_of, bind
from forerun.app.serving.places import refuse_what_cannot_be, state_place
from forerun.cli.leaving import ExitStatus
from forerun.errors import MissingExtra

if TYPE_CHECKING:
    from forerun.api.service import Beside

NO_KEYS = (
    "Warning: nobody is asked for a key. Whoever can reach this port on this machine may ask "
    "everything and administer the service. Make a first key: forerun keys create --name …"
)
MEANWHILE = "Until it is put right, every flag is its default: forerun flags status says which."


@dataclass(frozen=True, slots=True)
class Serving:
    """What the command line says over the file and the environment."""

    config: str | None = None
    databases: Sequence[str] = ()
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    log_format: str | None = None

    def configuration(self) -> Configuration:
        """All of it together. Raises `BadInput`."""
        read = Configuration.read(self.config)
        serve = replace(
            read.serve,
            host=read.serve.host if self.host is None else self.host,
            port=read.serve.port if self.port is None else self.port,
            workers=read.serve.workers if self.workers is None else self.workers,
        )
        log = read.telemetry.log if self.log_format is None else self.log_format
        databases = {**read.databases, **named_databases(list(self.databases))}
        telemetry = replace(read.telemetry, log=log)
        return replace(read, serve=serve, databases=databases, telemetry=telemetry)


def serve(job: Serving) -> ExitStatus:
    """Blocks until the service has ended."""
    configuration = job.configuration()
    authenticated = anyio.run(tells_askers_apart, configuration.auth, configuration.quotas)
    refuse_what_cannot_be(configuration, authenticated=authenticated)
    if configuration.serve.workers > 1:
        # One of several processes can only end, which its parent notices late: here it is told.
        anyio.run(Deployment(configuration).refuse_what_cannot_be)
    try:
        from forerun.api import running
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra("serve", "The HTTP service") from missing
    beside = _mcp() if configuration.serve.mcp else None
    listening = bind(configuration.serve)
    _warn_of_flags(configuration)
    told = partial(_tell, listening, configuration, authenticated=authenticated)
    if configuration.serve.workers > 1:
        told()
        running.run(configuration, listening, beside=beside)
    else:
        running.run(configuration, listening, partial(_opened, told), beside)
    return ExitStatus.ANSWERED


@asynccontextmanager
async def _opened(
    told: Callable[[], None], configuration: Configuration
) -> AsyncGenerator[Deployment]:
    async with Deployment(configuration) as deployment:
        told()
        yield deployment


def _warn_of_flags(configuration: Configuration) -> None:
    """A file that is broken or gone keeps nobody from being answered, and is followed until it is
    good. Raises `MissingExtra`."""
    followed = {configuration.settings_of(name).flags for name in configuration.databases}
    if not (paths := sorted(path for path in followed if path is not None)):
        return
    from forerun.app.flagging import problem_of_file  # what it loads takes a while

    for path in paths:
        if (problem := problem_of_file(path)) is not None:
            print(f"Warning: {problem} {MEANWHILE}", file=sys.stderr, flush=True)


def _tell(listening: socket, configuration: Configuration, *, authenticated: bool) -> None:
    print(f"Forerun listens on {address_of(listening)}", flush=True)
    place = state_place(configuration.serve)
    if "://" not in place:  # else whoever reads this has said where, and with which password
        print(f"Answers and what it is taught are kept in {place}, by database name.", flush=True)
    if not authenticated:
        print(NO_KEYS, file=sys.stderr, flush=True)


def _mcp() -> Beside:
    """Raises `MissingExtra` without the SDK."""
    from forerun.api.service import Beside

    try:
        from forerun.mcp import PATH, over_http
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra("mcp", "MCP at /mcp ([serve] mcp)") from missing
    return Beside(PATH, over_http)
