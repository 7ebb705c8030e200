"""The commands of `forerun experiment` that look at what was seen. They load the statistics only
when they run."""

from __future__ import annotations

from typing import Annotated

import typer

from forerun.cli.experiment_commands import experiment
from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, Debug
from forerun.cli.rollout_options import Id, Store

__all__ = ["experiment"]  # with these commands, too


@experiment.command("results")
def experiment_results(
    id_: Id, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Show both arms since the step began, with intervals that hold whenever one looks."""

    async def work() -> ExitStatus:
        from forerun.cli import figures

        return await figures.results(id_, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("decision")
def experiment_decision(
    id_: Id, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Say what is to be done by the plan, and why; nothing is done."""

    async def work() -> ExitStatus:
        from forerun.cli import figures

        return await figures.decision(id_, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("timeseries")
def experiment_timeseries(
    id_: Id, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Show how the interval of the primary metric has narrowed, at 50 points at most."""

    async def work() -> ExitStatus:
        from forerun.cli import figures

        return await figures.timeseries(id_, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("shadows")
def experiment_shadows(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="[ID]", help="The experiment; by default those of the stage shadow."
        ),
    ] = "shadow",
    store: Store = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show how fast the parallel path was unseen, and how often it said something else."""

    async def work() -> ExitStatus:
        from forerun.cli import figures

        return await figures.shadows(id_, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("mismatches")
def experiment_mismatches(
    id_: Annotated[
        str,
        typer.Argument(
            metavar="[ID]", help="The experiment; by default those of the stage shadow."
        ),
    ] = "shadow",
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, help="The latest N at most.")
    ] = 100,
    store: Store = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show questions that both paths answered, and answered differently."""

    async def work() -> ExitStatus:
        from forerun.cli import trails

        return await trails.mismatches(id_, most, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("audit")
def experiment_audit(
    id_: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="The experiment; by default all.")
    ] = None,
    store: Store = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Show who did what and why, and whether the chain of lines holds; status 1 where not."""

    async def work() -> ExitStatus:
        from forerun.cli import trails

        return await trails.audit(id_, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)
