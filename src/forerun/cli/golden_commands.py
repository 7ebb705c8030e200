"""The commands of `forerun golden`. Each loads what it needs only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, DatabaseThere, Debug

golden = typer.Typer(
    help="Take golden queries out of a service, and into another.", no_args_is_help=True
)

ServiceURL: TypeAlias = Annotated[
    str,
    typer.Option(
        "--server",
        metavar="URL",
        help="The service; FORERUN_KEY is its key, with the scope [bold]admin[/].",
    ),
]


@golden.command("export")
def golden_export(
    server: ServiceURL,
    file: Annotated[
        Path,
        typer.Argument(metavar="[FILE]", help="A new file. Default, or -: standard output."),
    ] = Path("-"),
    database: DatabaseThere = None,
    debug: Debug = False,
) -> None:
    """Write all golden queries that are accepted, as a knowledge file has them."""

    async def work() -> ExitStatus:
        from forerun.cli import handing_over

        return await handing_over.export(server, database, file)

    run(work, debug=debug)


@golden.command("import")
def golden_import(  # noqa: PLR0913 - each is an option
    server: ServiceURL,
    file: Annotated[
        Path, typer.Argument(metavar="[FILE]", help="Default, or -: standard input.")
    ] = Path("-"),
    database: DatabaseThere = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="Kept with each review.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Also in the place of others accepted for a question."),
    ] = False,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Have the golden queries of a file accepted, however many an export has written."""

    async def work() -> ExitStatus:
        from forerun.cli import handing_over

        job = handing_over.Import(server, database, file, why, replace)
        return await handing_over.import_(job, as_json=as_json)

    run(work, as_json=as_json, debug=debug)
