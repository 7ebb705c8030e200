"""The whole simulation: noise, a regression, an improvement, a kill."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import anyio

from forerun.app import Settings
from forerun.lab.latency.driving import Bench
from forerun.lab.latency.questions import cases
from forerun.lab.rollout.killing import kill_times_ms
from forerun.lab.rollout.lives import Life, Look, Pace, Planted, begun, lived
from forerun.lab.rollout.noise import Noise, noise
from forerun.lab.rollout.service import PEOPLE, Service, serving
from forerun.rollout.experiments import Plan
from forerun.rollout.flags import ROLLOUT
from forerun.testing.simulator import PROFILES, Profile
from forerun.testing.virtual_clock import run_virtually

OnProgress = Callable[[str, Look | None], None]
"""Told what is under way, and of each look at it."""

PLAN = Plan(
    "parallel",
    "Complex questions are answered 40 % faster.",
    ramp=(10.0, 25.0, 50.0),
    auto_promote=True,
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is simulated."""

    plan: Plan = PLAN
    distinct: int = 180
    """Different questions, asked over and over in the same order: the luck differs each time."""
    alone: int = 300
    """Questions of the control's experiment with itself."""
    runs: int = 1_000
    looks: int = 30
    look_every_s: float = 900.0
    """Virtual seconds."""
    most_questions: int = 8_000
    """Of one experiment, before it is given up."""
    planted_from: float = 25.0
    """Percentage of the ramp from which on the candidate is late."""
    late: float = 1.5
    """By how much each of its calls is: times what the strong model takes to write a query. Much
    less is only what the parallel path was ahead, and no regression yet."""
    kill_rounds: int = 9


@dataclass(frozen=True, slots=True)
class Report:
    """What came out."""

    profile: str
    seed: int
    sizes: Sizes
    late_s: float
    aa: Noise
    control: Life
    """The control's own experiment with itself, whose seconds `aa` draws from."""
    regression: Life
    improvement: Life
    kills_ms: tuple[float, ...]
    seconds: float
    """Real ones."""

    @property
    def kill_ms(self) -> float:
        return median(self.kills_ms)


def simulate(
    profile: str,
    seed: int,
    sizes: Sizes = Sizes(),
    on_progress: OnProgress = lambda what, look: None,
) -> Report:
    """All of it, over one flag file and one store in a folder that is gone afterwards."""
    began_at = time.monotonic()
    asked = [case for case in cases(round(1.5 * sizes.distinct), seed) if case.complex]
    settings = Settings(state="memory", parallel_threshold=0.0)
    bench = Bench(PROFILES[profile], tuple(asked), seed, settings)
    late_s = round(sizes.late * _writing_s(bench.profile), 1)
    with tempfile.TemporaryDirectory(prefix="forerun-") as name:
        folder = Path(name)
        told = run_virtually(partial(_lives, folder, bench, sizes, late_s, on_progress))
        on_progress("A kill", None)
        kills = anyio.run(kill_times_ms, folder / "flags.json", sizes.kill_rounds)
    seconds = time.monotonic() - began_at
    return Report(profile, seed, sizes, late_s, *told, tuple(kills), seconds)


def _writing_s(profile: Profile) -> float:
    """Of a complex question, its prose included; so a regression weighs alike in every profile."""
    written = profile.complex["writer"]
    return (written.said + written.prose) / profile.strong.tokens_per_s


async def _lives(
    folder: Path, bench: Bench, sizes: Sizes, late_s: float, on_progress: OnProgress
) -> tuple[Noise, Life, Life, Life]:
    async with serving(folder, bench) as service:
        control, aa = await _with_itself(service, sizes, bench.seed, on_progress)
        pace = Pace(sizes.look_every_s, sizes.most_questions)
        what = "A regression"
        plan = replace(sizes.plan, name=what.lower())
        worse = await begun(service, plan, pace, partial(on_progress, what))
        regression = await lived(worse, Planted(sizes.planted_from, late_s))
        await _lifted(service)
        what = "An improvement"
        plan = replace(sizes.plan, name=what.lower())
        better = await begun(service, plan, pace, partial(on_progress, what))
        return aa, control, regression, await lived(better)


async def _with_itself(
    service: Service, sizes: Sizes, seed: int, on_progress: OnProgress
) -> tuple[Life, Noise]:
    """The control against itself: once through the whole service, then by its seconds alone."""
    what = "Control against control"
    plan = replace(sizes.plan, name=what.lower(), ramp=(50.0,), control_only=True)
    pace = Pace(sizes.look_every_s, sizes.alone)
    living = await begun(service, plan, pace, partial(on_progress, what))
    life = await lived(living)
    _, seen = await service.conductor.results(living.experiment.id)
    on_progress(f"{what}, {sizes.runs} times", None)
    return life, noise(living.experiment, seen, sizes.runs, sizes.looks, seed)


async def _lifted(service: Service) -> None:
    """What was wrong is mended, so that another experiment may begin."""
    why = "What was wrong is mended."
    await service.conductor.editor.lift(ROLLOUT, who=PEOPLE, why=why)
    service.flags.reload()
