"""The commands `serve` and `config`. Each loads what it needs only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from forerun.cli.leaving import ExitStatus, leave
from forerun.cli.options import AsJSON, ConfigFile, Debug

config = typer.Typer(help="Check and show the configuration of the service.", no_args_is_help=True)


def serve(  # noqa: PLR0913 - each is an option
    db: Annotated[
        list[str] | None,
        typer.Option(
            "--db",
            metavar="NAME=URL",
            help="A database and the name that it is asked by; may be given several times.",
        ),
    ] = None,
    config: ConfigFile = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="H", help="Address to listen on.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="P", min=0, max=65_535, help="Port; 0: a free one."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", min=1, help="Processes.")
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            "--log-format",
            metavar="FORMAT",
            help="Of log lines: json, console, none (of questions), or auto, by where they go.",
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Answer questions over HTTP."""

    def work() -> ExitStatus:
        from forerun.cli import serving

        return serving.serve(serving.Serving(config, db or (), host, port, workers, log_format))

    leave(work, debug=debug)


@config.command("check")
def config_check(config: ConfigFile = None, debug: Debug = False) -> None:
    """Say whether the service could be started with it. No database is opened."""

    def work() -> ExitStatus:
        from forerun.cli import configuring

        return configuring.check(config)

    leave(work, debug=debug)


@config.command("show")
def config_show(config: ConfigFile = None, as_json: AsJSON = False, debug: Debug = False) -> None:
    """Show every value that is in force, and where it comes from; secrets are masked."""

    def work() -> ExitStatus:
        from forerun.cli import configuring

        return configuring.show(config, as_json=as_json)

    leave(work, as_json=as_json, debug=debug)
