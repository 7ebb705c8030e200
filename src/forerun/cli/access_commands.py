"""The commands of `forerun keys` and `forerun audit`. Each loads what it needs only when it
runs."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, ConfigFile, Debug

keys = typer.Typer(help="Make, list and revoke keys of the service.", no_args_is_help=True)
audit = typer.Typer(
    help="Look into the audit log: who asked what, and what was sent to the database.",
    no_args_is_help=True,
)

Store: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PLACE",
        help="Where keys and the audit log are kept: a file, or postgresql://…. Default: what "
        "auth.keys of the configuration says, or a file in your state folder.",
    ),
]


@keys.command("create")
def keys_create(  # noqa: PLR0913 - each is an option
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="To tell keys from each other.")
    ],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="[bold]ask[/] (the default) or [bold]admin[/]. May be given several times.",
        ),
    ] = None,
    tenant: Annotated[
        str,
        typer.Option(
            "--tenant", metavar="NAME", help="Whose it is: nothing is shared between tenants."
        ),
    ] = "default",
    user: Annotated[
        str, typer.Option("--user", metavar="NAME", help="Who has it, within the tenant.")
    ] = "",
    database: Annotated[
        list[str] | None,
        typer.Option(
            "--database",
            metavar="NAME",
            help="May be asked with it; may be given several times. Default: all.",
        ),
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            "--attribute",
            metavar="K=V",
            help="For row policies, e.g. region=North. May be given several times.",
        ),
    ] = None,
    expires_in: Annotated[
        str | None,
        typer.Option("--expires-in", metavar="T", help="90m, 12h, 30d, 4w. Default: never."),
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option("--per-minute", metavar="N", min=1, help="Requests a minute.")
    ] = None,
    tokens_per_day: Annotated[
        int | None,
        typer.Option("--tokens-per-day", metavar="N", min=0, help="Tokens of models a day."),
    ] = None,
    usd_per_day: Annotated[
        float | None, typer.Option("--usd-per-day", metavar="X", min=0, help="US dollars a day.")
    ] = None,
    store: Store = None,
    config: ConfigFile = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Make a key and print it: this once, for it is not kept."""

    async def work() -> ExitStatus:
        from forerun.access.identity import Allowance
        from forerun.access.keys import Grant
        from forerun.app.access import auth_from
        from forerun.app.configuration import Configuration
        from forerun.cli import granting

        grant = Grant(
            name,
            tenant,
            user,
            granting.scopes(scope),
            None if database is None else frozenset(database),
            granting.attributes(attribute),
            Allowance(per_minute, tokens_per_day, usd_per_day),
        )
        if store is None or config is not None:
            granting.warn_of_names(grant, Configuration.read(config).databases)
        return await granting.create(grant, expires_in, auth_from(config, store), as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@keys.command("list")
def keys_list(
    store: Store = None,
    config: ConfigFile = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show all keys, the latest first; never their text."""

    async def work() -> ExitStatus:
        from forerun.app.access import auth_from
        from forerun.cli import granting

        return await granting.list_keys(auth_from(config, store), as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@keys.command("revoke")
def keys_revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The key, as `list` names it.")],
    store: Store = None,
    config: ConfigFile = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Revoke a key; every process refuses it within seconds."""

    async def work() -> ExitStatus:
        from forerun.app.access import auth_from
        from forerun.cli import granting

        return await granting.revoke(id_, auth_from(config, store), as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@audit.command("list")
def audit_list(  # noqa: PLR0913 - each is an option
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="T", help="So long ago (12h, 7d), or a day or time in UTC."
        ),
    ] = None,
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="NAME", help="Of this tenant alone.")
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="Lines at most, the latest first.")
    ] = 100,
    store: Store = None,
    config: ConfigFile = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show who asked what, and what came of it."""

    async def work() -> ExitStatus:
        from forerun.app.access import auth_from
        from forerun.cli import auditing

        auth = auth_from(config, store)
        return await auditing.list_lines(since, tenant, most, auth, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@audit.command("verify")
def audit_verify(
    store: Store = None,
    config: ConfigFile = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Say whether the chain of lines holds, and its last hash, to be noted elsewhere."""

    async def work() -> ExitStatus:
        from forerun.app.access import auth_from
        from forerun.cli import auditing

        return await auditing.verify(auth_from(config, store), as_json=as_json)

    run(work, as_json=as_json, debug=debug)
