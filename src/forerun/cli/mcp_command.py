"""`mcp`: databases as tools for models, by the Model Context Protocol."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import Debug
from forerun.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from forerun.app.configuration import Configuration

KEY_VARIABLE = "FORERUN_KEY"


class Transport(StrEnum):
    STDIO = "stdio"
    HTTP = "http"


def mcp(
    db: Annotated[
        list[str] | None,
        typer.Option(
            "--db",
            metavar="NAME=URL",
            help="A database and the name to call it by; may be given several times. Without a "
            "name it is called after its file. As in `ask`: a URL, a path, or [bold]demo[/].",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="The configuration. Default: FORERUN_CONFIG, else forerun.toml here, if there "
            "is one.",
        ),
    ] = None,
    transport: Annotated[
        Transport,
        typer.Option(
            "--transport",
            metavar="HOW",
            help="[bold]stdio[/]: spoken with whoever starts this. [bold]http[/]: listen for "
            "clients, at /mcp.",
        ),
    ] = Transport.STDIO,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="HOST",
            help="With http: the address to listen on. Any but a loopback address needs keys.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option("--port", metavar="PORT", min=0, max=65_535, help="With http: the port."),
    ] = 8081,
    debug: Debug = False,
) -> None:
    """Give the databases to a model's host as tools (MCP)."""
    named = db or []

    async def serve() -> ExitStatus:
        configuration = _configuration(named, config, host, port)
        await _serve(configuration, transport)
        return ExitStatus.ANSWERED

    run(serve, debug=debug)


def _configuration(named: list[str], file: Path | None, host: str, port: int) -> Configuration:
    from forerun.app.configuration import Configuration, named_databases

    read = Configuration.read(file)
    return replace(
        read,
        databases={**read.databases, **named_databases(named)},
        serve=replace(read.serve, host=host, port=port, workers=1),
    )


async def _serve(configuration: Configuration, transport: Transport) -> None:
    """Raises `BadSetting` for what must not be started, and `MissingExtra` without the SDK."""
    from forerun.app.serving.places import refuse_what_cannot_be
    from forerun.app.settings import environment_of

    over_http = transport is Transport.HTTP
    if not configuration.databases:
        raise BadSetting(
            "There is no database to ask.",
            "Name one: forerun mcp --db demo, or [databases.NAME] in forerun.toml.",
        )
    refuse_what_cannot_be(configuration, authenticated=not over_http)
    try:
        from forerun import mcp as protocol
    except ModuleNotFoundError as missing:
        raise MissingExtra("mcp", "The MCP server") from missing
    from forerun.app.serving import Deployment

    door = protocol.OpenDoor()
    if over_http:
        async with Deployment(configuration) as deployment:
            await protocol.serve_http(deployment, door, _say_where)
    else:
        key = environment_of().get(KEY_VARIABLE, "").strip() or None
        await protocol.serve_stdio(Deployment(configuration), door, key)


def _say_where(url: str) -> None:
    from forerun.cli.console import safe, stderr

    stderr().print(f"MCP at {safe(url)}", highlight=False)
