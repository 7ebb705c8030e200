"""`mcp`: databases as tools for models, by the Model Context Protocol."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import ConfigFile, Debug
from forerun.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from forerun.app.configuration import Configuration


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
    if not configuration.databases:
        raise BadSetting(
            "There is no database to ask.",
            "Name one: forerun mcp --db demo, or [databases.NAME] in forerun.toml.",
        )
    try:
        import forerun.mcp  # noqa: F401
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.startswith("forerun"):
            raise
        raise MissingExtra("mcp", "The MCP server") from missing
    await (_over_http if transport is Transport.HTTP else _over_stdio)(configuration)


async def _over_http(configuration: Configuration) -> None:
    from forerun.app.access import tells_askers_apart
    from forerun.app.serving import Deployment
    from forerun.app.serving.places import refuse_what_cannot_be
    from forerun.mcp import serve_http

    authenticated = await tells_askers_apart(configuration.auth, configuration.quotas)
    refuse_what_cannot_be(configuration, authenticated=authenticated)
    async with Deployment(configuration) as deployment:
        await serve_http(deployment, partial(_say_where, authenticated))


async def _over_stdio(configuration: Configuration) -> None:
    from forerun.app.serving import Deployment
    from forerun.app.settings import environment_of
    from forerun.mcp import KEY_VARIABLE, serve_stdio

    key = environment_of().get(KEY_VARIABLE, "").strip() or None
    await serve_stdio(Deployment(configuration), key)


def _say_where(authenticated: bool, url: str) -> None:
    from forerun.cli.console import safe, stderr
    from forerun.cli.serving import NO_KEYS

    stderr().print(f"MCP at {safe(url)}", highlight=False)
    if not authenticated:
        stderr().print(NO_KEYS, highlight=False)
