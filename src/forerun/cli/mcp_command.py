"""`mcp`: databases as tools for models, by the Model Context Protocol."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import ConfigFile, Debug
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
    config: ConfigFile = None,
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

    async def serve() -> ExitStatus:
        from forerun.cli.serving import Serving

        job = Serving(config, db or (), host, port, workers=1)
        await _serve(job.configuration(), transport)
        return ExitStatus.ANSWERED

    run(serve, debug=debug)


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
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
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
