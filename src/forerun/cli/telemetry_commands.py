"""`forerun performance` and `forerun traces`. Each loads what it needs only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, Debug

traces = typer.Typer(help="See where the time of finished questions went.", no_args_is_help=True)

Place: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PLACE",
        help="Where they are kept: a file, or postgresql://…. Default: where the service of "
        "forerun.toml here, or of the environment, keeps them.",
    ),
]
Window: TypeAlias = Annotated[
    str,
    typer.Option("--window", metavar="SPAN", help="How far to look back: 90s, 30m, 24h, 7d."),
]
OneDatabase: TypeAlias = Annotated[
    str | None, typer.Option("--database", metavar="NAME", help="Only of this database.")
]
OneOperation: TypeAlias = Annotated[
    str | None, typer.Option("--operation", metavar="NAME", help="Only these: ask, stream, mcp, …")
]
OneTenant: TypeAlias = Annotated[
    str | None, typer.Option("--tenant", metavar="NAME", help="Only of this tenant.")
]


def performance(  # noqa: PLR0913 - each is an option
    window: Window = "24h",
    operation: OneOperation = None,
    database: OneDatabase = None,
    tenant: OneTenant = None,
    store: Place = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show how often, how well and how fast questions were answered, parallel and sequential."""

    async def work() -> ExitStatus:
        from forerun.cli import performing
        from forerun.cli.tracing import Looking

        looking = Looking(store, window, operation, database, tenant)
        return await performing.performance(looking, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@traces.command("list")
def traces_list(  # noqa: PLR0913 - each is an option
    window: Window = "72h",
    operation: OneOperation = None,
    database: OneDatabase = None,
    tenant: OneTenant = None,
    status: Annotated[
        str | None,
        typer.Option(
            "--status", metavar="S", help="answered, clarify, refused, failed or cancelled."
        ),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option("--arm", metavar="ARM", help="That answered: parallel, sequential or none."),
    ] = None,
    slower_than: Annotated[
        float | None,
        typer.Option("--slower-than", metavar="S", min=0, help="Took more than S seconds."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=200, help="N at most.")
    ] = 50,
    cursor: Annotated[
        str | None,
        typer.Option("--cursor", metavar="C", help="Those after: what `next` said."),
    ] = None,
    store: Place = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """List the traces that are kept, the latest first."""

    async def work() -> ExitStatus:
        from forerun.cli import tracing

        looking = tracing.Looking(store, window, operation, database, tenant)
        wanted = looking.wanted(status, arm, slower_than)
        return await tracing.list_traces(looking, wanted, limit, cursor, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@traces.command("show")
def traces_show(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="The trace, as `list` or an answer names it.")
    ],
    chrome: Annotated[
        Path | None,
        typer.Option(
            "--chrome",
            metavar="FILE",
            help="Write it to FILE for ui.perfetto.dev or chrome://tracing.",
        ),
    ] = None,
    store: Place = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Draw one trace: a row a stage and model call, the critical path and waste marked."""

    async def work() -> ExitStatus:
        from forerun.cli import tracing

        return await tracing.show(id_, chrome, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)
