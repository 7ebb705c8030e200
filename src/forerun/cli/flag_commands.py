"""The commands of `forerun flags`. Each loads what it needs only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, Debug
from forerun.cli.rollout_options import Expect, FlagFile, Key, Store, Who, Why

flags = typer.Typer(
    help="See and change the flags: how far the parallel path is rolled out.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The flag.")]
ROLLOUT = "parallel"


@flags.command("list")
def flags_list(file: FlagFile = None, as_json: AsJSON = False, debug: Debug = False) -> None:
    """Show every flag: its value, who gave it and why, and who answers for it."""

    async def work() -> ExitStatus:
        from forerun.cli import flagging

        return await flagging.list_flags(file, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("show")
def flags_show(
    name: Name, file: FlagFile = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Show one flag, with its variants and rules."""

    async def work() -> ExitStatus:
        from forerun.cli import flagging

        return await flagging.show_flag(name, file, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("status")
def flags_status(
    file: FlagFile = None, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Show where the rollout stands: stage, kill, the experiment that runs, and what is amiss."""

    async def work() -> ExitStatus:
        from forerun.cli import flagging

        return await flagging.status(file, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("lint")
def flags_lint(file: FlagFile = None, as_json: AsJSON = False, debug: Debug = False) -> None:
    """Name flags that have expired or that nobody answers for; status 1 where there are any."""

    async def work() -> ExitStatus:
        from forerun.cli import flagging

        return await flagging.lint(file, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("init")
def flags_init(
    file: FlagFile = None,
    who: Who = None,
    why: Why = "The rollout begins.",
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Write a first flag file, with the rollout off."""

    async def work() -> ExitStatus:
        from forerun.cli import changing_flags

        return await changing_flags.begin(file, changing_flags.by(who, why), as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("set")
def flags_set(  # noqa: PLR0913 - each is an option
    why: Why,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="The flag.")] = ROLLOUT,
    stage: Annotated[
        str | None,
        typer.Option("--stage", metavar="S", help="off, shadow, canary, live or complete."),
    ] = None,
    percentage: Annotated[
        float | None,
        typer.Option("--percentage", metavar="P", help="0 to 100, of shadow and canary."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="S",
            help="Predicted seconds from which a question goes parallel.",
        ),
    ] = None,
    no_threshold: Annotated[
        bool, typer.Option("--no-threshold", help="Take the file's threshold away.")
    ] = False,
    holdout: Annotated[
        float | None,
        typer.Option("--holdout", metavar="P", help="Percent that stay sequential for good."),
    ] = None,
    serve: Annotated[
        str | None,
        typer.Option("--serve", metavar="VARIANT", help="For whomever no rule catches."),
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Who answers for the flag.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="DATE", help="Until when it is to be gone."),
    ] = None,
    file: FlagFile = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Change a flag in the file, by default how far the parallel path is rolled out."""

    async def work() -> ExitStatus:
        from forerun.cli import changing_flags

        terms = {"stage": stage, "percentage": percentage, "threshold": threshold}
        metadata = {"holdout": holdout, "owner": owner, "expires": expires}
        gone = ("threshold",) if no_threshold else ()
        wanted = changing_flags.wanted(name, serve, terms, metadata, gone)
        by = changing_flags.by(who, why, expect, key)
        return await changing_flags.change(file, wanted, by, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("kill")
def flags_kill(
    name: Name,
    why: Why,
    file: FlagFile = None,
    who: Who = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Switch a flag off for everybody, whatever else is said; the file tells every process."""

    async def work() -> ExitStatus:
        from forerun.cli import changing_flags

        by = changing_flags.by(who, why)
        return await changing_flags.kill(name, file, by, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("lift")
def flags_lift(
    name: Name,
    why: Why,
    file: FlagFile = None,
    who: Who = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Take a kill back. What the environment kills stays killed."""

    async def work() -> ExitStatus:
        from forerun.cli import changing_flags

        by = changing_flags.by(who, why)
        return await changing_flags.lift(name, file, by, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@flags.command("audit")
def flags_audit(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The flag; by default all.")
    ] = None,
    file: FlagFile = None,
    store: Store = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show who changed which flag and why, and whether the chain of lines holds; 1 where not."""

    async def work() -> ExitStatus:
        from forerun.cli import trails

        return await trails.flag_audit(name, file, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)
