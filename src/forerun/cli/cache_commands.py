"""The commands of `forerun cache`. Each loads what it needs only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, Debug

cache = typer.Typer(help="See and drop what is kept of earlier answers.", no_args_is_help=True)


@cache.command("status")
def cache_status(as_json: AsJSON = False, debug: Debug = False) -> None:
    """Show what the cache of FORERUN_CACHE holds: a file or Redis, not a process's memory."""

    async def work() -> ExitStatus:
        from forerun.cli import keeping

        return await keeping.status(as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@cache.command("clear")
def cache_clear(
    db: Annotated[
        str | None, typer.Option("--db", metavar="URL", help="Only of this database.")
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="T", help="Only answers that read table T.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="T", help="Only of this tenant.")
    ] = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Drop what is kept, in every process that shares the cache."""

    async def work() -> ExitStatus:
        from forerun.cli import keeping

        return await keeping.clear(db, table, tenant, as_json=as_json)

    run(work, as_json=as_json, debug=debug)
