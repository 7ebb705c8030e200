"""Experiments for tests of the command line, planned, started and asked about."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path

import anyio

from forerun.app.experimenting import open_experiments
from forerun.rollout.experiments import Arm, Exposure, Outcome, Verdict
from forerun.rollout.experiments.reporting import report
from tests.cli.conftest import Run

WHY = ("--why", "a test", "--who", "ann")


def planned(forerun: Run, *options: str) -> str:
    """The id of a new experiment: all that is printed."""
    name = () if "--name" in options else ("--name", "faster")
    done = forerun("experiment", "create", *name, "--hypothesis", "40 % faster", *options)
    assert done.status == 0, done
    return done.out.strip()


def started(forerun: Run, *options: str) -> str:
    id_ = planned(forerun, *options)
    assert forerun("experiment", "start", id_, *WHY).status == 0
    return id_


def seen(store: Path, id_: str, questions: int, faster: float = 0.5, failing: float = 0.0) -> None:
    """So many questions, every second one parallel; one in ten of those falls back."""
    luck, now = random.Random(7), time.time()
    exposures, outcomes = [], []
    for number in range(questions):
        arm = Arm.PARALLEL if number % 2 else Arm.SEQUENTIAL
        served = Arm.SEQUENTIAL if number % 20 == 1 else arm
        seconds = math.exp(luck.gauss(3.0, 0.5)) * (faster if served is Arm.PARALLEL else 1.0)
        fails = arm is Arm.PARALLEL and luck.random() < failing
        verdict = Verdict.FAILED if fails else Verdict.ANSWERED
        request, stratum = f"{id_}-{number}", "complex" if number % 4 < 2 else "moderate"
        exposures.append(Exposure(request, request, arm, stratum, now))
        outcomes.append(Outcome(request, seconds, verdict, served, now))

    async def keep() -> None:
        opened = open_experiments(str(store))
        await report(opened, id_, exposures, outcomes)
        await opened.aclose()

    anyio.run(keep)
