"""The command `forerun experiment simulate`. It loads what it needs only when it runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forerun.cli.leaving import ExitStatus, leave
from forerun.cli.options import AsJSON, Debug
from forerun.cli.reporting_commands import experiment

__all__ = ["experiment"]


class Profile(StrEnum):
    """Of the simulated models."""

    ORIGIN = "origin"
    MODERN = "modern"


@experiment.command()
def simulate(  # noqa: PLR0913 - each is an option
    profile: Annotated[
        Profile, typer.Option("--profile", help="How fast the simulated models are.")
    ] = Profile.MODERN,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Luck.")] = 0,
    runs: Annotated[
        int,
        typer.Option(
            "--runs", metavar="N", min=1, max=10_000, help="Experiments of control with control."
        ),
    ] = 1_000,
    late: Annotated[
        float,
        typer.Option(
            "--late",
            metavar="X",
            min=0.0,
            max=100.0,
            help="How bad the planted regression is: delay of each call, in times of one writing.",
        ),
    ] = 1.5,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw what was known to FILE: .png or .svg."),
    ] = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Replay an experiment's life with simulated models: noise, a rollback, a promotion, a kill."""

    def work() -> ExitStatus:
        from forerun.rollout.experiments.judging import need_extra

        need_extra()
        from forerun.cli import simulating

        return simulating.simulated(profile.value, seed, runs, late, plot, as_json=as_json)

    leave(work, as_json=as_json, debug=debug)
