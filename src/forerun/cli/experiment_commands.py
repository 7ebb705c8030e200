"""The commands of `forerun experiment` that plan, list and act. Each loads what it needs only when
it runs; those that look at what was seen are in `result_commands`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from forerun.cli.leaving import ExitStatus, run
from forerun.cli.options import AsJSON, Debug
from forerun.cli.rollout_options import Expect, Flags, Id, Key, Store, Who, Why

experiment = typer.Typer(
    help="Compare the parallel path with the sequential one, and act on what is seen.",
    no_args_is_help=True,
)


@experiment.command("create")
def experiment_create(  # noqa: PLR0913 - each is an option
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="1 to 100 characters.")
    ] = None,
    hypothesis: Annotated[
        str | None, typer.Option("--hypothesis", metavar="TEXT", help="What is expected.")
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            "--unit", metavar="U", help="What stays in one arm: question, conversation or asker."
        ),
    ] = None,
    primary: Annotated[
        str | None,
        typer.Option(
            "--primary",
            metavar="METRIC",
            help="What must be better: mean_time, p50_time, p95_time or success.",
        ),
    ] = None,
    guardrail: Annotated[
        list[str] | None,
        typer.Option(
            "--guardrail",
            metavar="METRIC=MARGIN",
            help="What must not be worse by more: p95_time=0.1, success=0.02; none for none. "
            "May be given several times.",
        ),
    ] = None,
    ramp: Annotated[
        str | None,
        typer.Option("--ramp", metavar="P,P,…", help="Percentages, rising, e.g. 1,5,25,50."),
    ] = None,
    per_step: Annotated[
        int | None,
        typer.Option("--per-step", metavar="N", help="Units of each arm before the next step."),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option("--horizon", metavar="N", help="Units of each arm at which it ends."),
    ] = None,
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", metavar="A", help="Probability of promoting what is no better."),
    ] = None,
    holdout: Annotated[
        float | None,
        typer.Option("--holdout", metavar="P", help="Percent that stay sequential for good."),
    ] = None,
    control_only: Annotated[
        bool, typer.Option("--control-only", help="Both arms sequential, to learn the noise.")
    ] = False,
    shadow_days: Annotated[
        float | None,
        typer.Option(
            "--shadow-days",
            metavar="D",
            help="How long before it shadow runs count for how often the paths differ.",
        ),
    ] = None,
    auto_rollback: Annotated[
        bool | None,
        typer.Option(
            "--auto-rollback/--no-auto-rollback",
            help="Whether it rolls back by itself. Default: yes, but not with --control-only.",
        ),
    ] = None,
    auto_promote: Annotated[
        bool, typer.Option("--auto-promote", help="Promote by itself where it is proven.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PLAN.json", help="A plan; options win over it."),
    ] = None,
    store: Store = None,
    who: Who = None,
    why: Annotated[
        str | None,
        typer.Option("--why", metavar="TEXT", help="Why. Default: the hypothesis."),
    ] = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Plan an experiment and print its id. Nothing happens before it is started."""

    async def work() -> ExitStatus:
        from forerun.cli import experimenting, planning

        given: dict[str, Any] = {
            "name": name,
            "hypothesis": hypothesis,
            "unit": unit,
            "primary": primary,
            "guardrails": planning.guardrails(guardrail),
            "ramp": planning.ramp(ramp),
            "per_step": per_step,
            "horizon": horizon,
            "alpha": alpha,
            "holdout": holdout,
            "control_only": control_only or None,
            "shadow_days": shadow_days,
            "auto_rollback": auto_rollback,
            "auto_promote": auto_promote or None,
        }
        plan = planning.plan(file, given)
        act = experimenting.Act(None, store, who, why or str(plan.get("hypothesis")), None, key)
        return await experimenting.create(plan, act, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("list")
def experiment_list(store: Store = None, as_json: AsJSON = False, debug: Debug = False) -> None:
    """Show all experiments, the latest first."""

    async def work() -> ExitStatus:
        from forerun.cli import experimenting

        return await experimenting.list_experiments(store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("show")
def experiment_show(
    id_: Id, store: Store = None, as_json: AsJSON = False, debug: Debug = False
) -> None:
    """Show one experiment: where it stands and what was planned."""

    async def work() -> ExitStatus:
        from forerun.cli import experimenting

        return await experimenting.show_experiment(id_, store, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


def _act(  # noqa: PLR0913 - each is an option
    id_: str,
    verb: str,
    flags: str | None,
    store: str | None,
    who: str | None,
    why: str,
    expect: int | None,
    key: str | None,
    as_json: bool,
    debug: bool,
    step: int | None = None,
) -> None:
    async def work() -> ExitStatus:
        from forerun.cli import experimenting

        act = experimenting.Act(flags, store, who, why, expect, key)
        if verb == "rollback":
            return await experimenting.roll_back(id_, act, as_json=as_json)
        return await experimenting.change(id_, verb, act, step, as_json=as_json)

    run(work, as_json=as_json, debug=debug)


@experiment.command("start")
def experiment_start(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Begin with the first step of the ramp. One experiment runs at a time."""
    _act(id_, "start", flags, store, who, why, expect, key, as_json, debug)


@experiment.command("pause")
def experiment_pause(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Send nobody ahead until it is resumed."""
    _act(id_, "pause", flags, store, who, why, expect, key, as_json, debug)


@experiment.command("resume")
def experiment_resume(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Go on at the step where it was paused; what was seen before no longer counts."""
    _act(id_, "resume", flags, store, who, why, expect, key, as_json, debug)


@experiment.command("ramp")
def experiment_ramp(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    step: Annotated[
        int | None,
        typer.Option("--step", metavar="N", min=0, help="Counted from 0. Default: the next one."),
    ] = None,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Go to another step of the ramp."""
    _act(id_, "ramp", flags, store, who, why, expect, key, as_json, debug, step)


@experiment.command("promote")
def experiment_promote(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Send everybody ahead but the holdout. Look at the decision first."""
    _act(id_, "promote", flags, store, who, why, expect, key, as_json, debug)


@experiment.command("stop")
def experiment_stop(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """End it undecided: everybody is sequential, nothing is killed. Also gives up a draft."""
    _act(id_, "stop", flags, store, who, why, expect, key, as_json, debug)


@experiment.command("rollback")
def experiment_rollback(  # noqa: PLR0913 - each is an option
    id_: Id,
    why: Why,
    flags: Flags = None,
    store: Store = None,
    who: Who = None,
    expect: Expect = None,
    key: Key = None,
    as_json: AsJSON = False,
    debug: Debug = False,
) -> None:
    """Send nobody ahead any more: the flag is killed in the file, whatever else is down."""
    _act(id_, "rollback", flags, store, who, why, expect, key, as_json, debug)
