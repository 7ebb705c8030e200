"""The commands of `forerun experiment` for other systems, which answer questions elsewhere."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, Debug
from forerun.cli.result_commands import experiment
from forerun.cli.rollout_options import Flags, Id, Store

__all__ = ["experiment"]  # with these commands, too

Lines: TypeAlias = Annotated[
    str,
    typer.Option("--file", metavar="FILE.jsonl", help="One JSON object a line; - for a pipe."),
]


@experiment.command("assign")
def experiment_assign(
    id_: Id,
    unit: Annotated[
        str, typer.Option("--unit", metavar="NAME", help="A question, a conversation or an asker.")
    ],
    flags: Flags = None,
    store: Store = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Say which path somebody takes, and keep it for as long as the step lasts."""

    async def work() -> ExitStatus:
        from forerun.cli import reporting

        return await reporting.assign(id_, unit, flags, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("exposures")
def experiment_exposures(
    id_: Id, file: Lines, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Report who was in which arm; what was reported before counts once."""

    async def work() -> ExitStatus:
        from forerun.cli import reporting

        return await reporting.exposures(id_, file, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("outcomes")
def experiment_outcomes(
    id_: Id, file: Lines, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Report what became of questions; what was reported before counts once."""

    async def work() -> ExitStatus:
        from forerun.cli import reporting

        return await reporting.outcomes(id_, file, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)
