"""The commands of `forerun bench`. Each loads what it needs only when it runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forerun.cli.leaving import ExitStatus, leave, run
from forerun.cli.options import AsJSON, Debug, Schedule
from forerun.domain import Mode


class Profile(StrEnum):
    """Of the simulated models."""

    ORIGIN = "origin"
    MODERN = "modern"
    FASTSILICON = "fastsilicon"


bench = typer.Typer(
    help="Measure the schedules on a simulated provider, and what orchestration itself costs.",
    no_args_is_help=True,
)


@bench.command()
def latency(  # noqa: PLR0913 - each is an option
    profile: Annotated[
        Profile, typer.Option("--profile", help="How fast the simulated models are.")
    ] = Profile.MODERN,
    questions: Annotated[
        int,
        typer.Option(
            "--questions", metavar="N", min=6, max=560, help="Complex questions a strategy."
        ),
    ] = 500,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Luck.")] = 0,
    over_http: Annotated[
        bool,
        typer.Option("--http", help="Repeat a sample over a real HTTP server, in real time."),
    ] = False,
    scale: Annotated[
        float,
        typer.Option(
            "--scale", metavar="X", min=0.001, max=1.0, help="With --http: how much faster."
        ),
    ] = 0.02,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the table to FILE: .png or .svg."),
    ] = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Compare every rung of the ladder with the sequential path, on the demo database."""

    def work() -> ExitStatus:
        from forerun.cli import benching
        from forerun.lab.latency import Sample

        if over_http:
            sample = Sample(profile.value, questions, seed, scale)
            return benching.latency_over_http(sample, plot, as_json=as_json)
        return benching.latency(profile.value, questions, seed, plot, as_json=as_json)

    leave(work, as_json=as_json, debug=debug)


@bench.command()
def cache(
    redis: Annotated[
        str, typer.Option("--redis", metavar="URL", help="Measured where it answers.")
    ] = "redis://127.0.0.1:6379/0",
    postgres: Annotated[
        str, typer.Option("--postgres", metavar="URL", help="Measured where it answers.")
    ] = "postgresql://postgres@127.0.0.1:5432/postgres",
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Measure what an answer costs that is kept: in memory, on disk, in Redis."""

    async def work() -> ExitStatus:
        from forerun.cli import benching_caches
        from forerun.lab.caches import Where

        return await benching_caches.caches(Where(redis, postgres), as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@bench.command()
def overhead(as_json: AsJSON = False, debug: Debug = False) -> None:
    """Measure the CPU of orchestration, beside a bare task group and LangGraph."""

    async def work() -> ExitStatus:
        from forerun.cli import benching

        return await benching.overhead(as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@bench.command()
def load(  # noqa: PLR0913 - each is an option
    askers: Annotated[
        int, typer.Option("--askers", metavar="N", min=1, help="People who ask at once.")
    ] = 200,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=1, help="How long they begin questions.")
    ] = 60.0,
    questions: Annotated[
        int | None,
        typer.Option(
            "--questions",
            metavar="N",
            min=1,
            help="Ask so many instead, and fail if memory grows with them.",
        ),
    ] = None,
    profile: Annotated[
        Profile, typer.Option("--profile", help="How fast the simulated models are.")
    ] = Profile.MODERN,
    scale: Annotated[
        float,
        typer.Option("--scale", metavar="X", min=0.001, max=1.0, help="How much faster they are."),
    ] = 1.0,
    mode: Schedule = Mode.HYBRID,
    db: Annotated[
        str, typer.Option("--db", metavar="URL", help="A database with the demo's tables.")
    ] = "demo",
    over_http: Annotated[
        bool,
        typer.Option("--http", help="Ask the models through a provider's SDK, of another process."),
    ] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Luck.")] = 0,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Measure the service with hundreds of askers: its own time, memory, what it leaves behind."""

    def work() -> ExitStatus:
        from forerun.cli import benching_load
        from forerun.lab.load import Load

        about = Load(askers, seconds, questions, profile.value, scale, mode, db, over_http, seed)
        return benching_load.load(about, as_json=as_json)

    leave(work, as_json=as_json, debug=debug)
