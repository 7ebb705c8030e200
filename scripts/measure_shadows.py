"""What a shadow run costs whoever asks: the same questions with and without one, in real time.

    PYTHONPATH=. python scripts/measure_shadows.py [--questions 60] [--at-once 1] [--scale 0.1]

Models are simulated and take `scale` times as long as they say; everything else is real and takes
as long as it takes, so that a small scale makes shadows look dearer than they are. Questions are
asked in blocks, each once with and once without shadows, in a random order, with the same luck
(with several `at-once`, who comes first has other luck, and intervals are wide).
Nobody's shadow is under way when the other half of a block begins. The interval of a ratio is that
of 95 % of bootstrapped blocks, both halves of each together. Since both have the same luck, each
question has a ratio of its own too: `of a question`, the geometric mean of these.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean

import anyio
from tests.orchestrators.test_shadowing import (
    NEVER_CONTROL,
    Notes,
    background,
    with_models_ahead,
    without_shadows,
)

from forerun import demo
from forerun.app import Settings, connect
from forerun.app.hybrid import wire_hybrid
from forerun.domain import Answerer, Question
from forerun.lab.latency.driving import Bench, resources_of, settings_of, simulated_models
from forerun.lab.latency.questions import cases
from forerun.lab.rollout.service import candidate
from forerun.orchestrators import Tracked
from forerun.orchestrators.auditing import AuditedDatabase
from forerun.orchestrators.shadowing import Shadows
from forerun.orchestrators.trials import Trials
from forerun.ports import Database
from forerun.stages import Models
from forerun.testing.simulator import PROFILES, Case, Profile, SimulatedDatabase
from forerun.testing.simulator.profiles import Speed

BLOCK = 4
RESAMPLES = 2_000


@dataclass(frozen=True)
class Block:
    """Seconds that askers waited for the same questions."""

    alone: list[float]
    beside: list[float]


def scaled(profile: Profile, scale: float) -> Profile:
    def speed(of: Speed) -> Speed:
        first_s, pace = of.first_token_s * scale, of.tokens_per_s / scale
        return replace(of, first_token_s=first_s, tokens_per_s=pace)

    return replace(
        profile,
        strong=speed(profile.strong),
        small=speed(profile.small),
        statement_s=profile.statement_s * scale,
        prefill_tokens_per_s=profile.prefill_tokens_per_s / scale,
    )


@dataclass(frozen=True)
class Askers:
    """Several at once, over one database."""

    profile: Profile
    database: Database
    at_once: int

    async def waited(self, asked: tuple[Case, ...], seed: int, *, shadowed: bool) -> list[float]:
        """In the questions' order. Returns when the last shadow has come to its end."""
        settings = Settings(state="memory", parallel_threshold=0.0)
        bench, strategy = Bench(self.profile, asked, seed, settings), candidate()

        def models() -> Models:
            return simulated_models(strategy, bench.engine(strategy), bench.profile)

        simulated = SimulatedDatabase(self.database, bench.profile.statement_s, seed)
        resources = resources_of(strategy, bench, AuditedDatabase(simulated), models())
        hybrid = (await wire_hybrid(resources, settings_of(strategy, bench))).hybrid
        seconds: list[float] = []
        async with anyio.create_task_group() as group:
            notes = Notes()
            policy = replace(NEVER_CONTROL, at_once=self.at_once)
            shadows = Shadows(background(group), notes, policy, random.Random(seed))  # noqa: S311
            told = with_models_ahead(replace(hybrid, trials=Trials(notes, shadows)), models())
            answerer = Tracked(told if shadowed else without_shadows(hybrid), "duckdb", "")
            seconds.extend(await self._asked(answerer, asked))
        return seconds

    async def _asked(self, answerer: Answerer, asked: Sequence[Case]) -> list[float]:
        seconds, room = [0.0] * len(asked), anyio.CapacityLimiter(self.at_once)

        async def ask(number: int, case: Case) -> None:
            async with room:
                began_at = anyio.current_time()
                await answerer(Question(case.asked, demo.TODAY, case.conversation))
                seconds[number] = anyio.current_time() - began_at

        async with anyio.create_task_group() as group:
            for number, case in enumerate(asked):
                group.start_soon(ask, number, case)
        return seconds


def of_a_question(blocks: Sequence[Block]) -> float:
    logs = (
        math.log(beside / alone)
        for block in blocks
        for alone, beside in zip(block.alone, block.beside, strict=True)
    )
    return math.exp(fmean(logs))


def of_quantile(q: float, blocks: Sequence[Block]) -> float:
    alone = sorted(second for block in blocks for second in block.alone)
    beside = sorted(second for block in blocks for second in block.beside)
    at = round(q * (len(alone) - 1))
    return beside[at] / alone[at]


def tell(blocks: Sequence[Block]) -> None:
    luck = random.Random(1)  # noqa: S311 - no secret
    ratios: dict[str, Callable[[Sequence[Block]], float]] = {
        "p50": partial(of_quantile, 0.5),
        "p95": partial(of_quantile, 0.95),
        "of a question": of_a_question,
    }
    for name, ratio in ratios.items():
        again = sorted(ratio(luck.choices(blocks, k=len(blocks))) for _ in range(RESAMPLES))
        low, high = again[RESAMPLES // 40], again[-RESAMPLES // 40]
        found = f"{name}, with over without shadows: {ratio(blocks):.4f}"
        sys.stdout.write(f"{found} ({low:.4f} to {high:.4f})\n")


async def measure(questions: int, at_once: int, scale: float) -> None:
    complex_ = [case for case in cases(2 * questions, 3) if case.complex][:questions]
    database, luck = connect(str(demo.path())), random.Random(2)  # noqa: S311 - no secret
    askers = Askers(scaled(PROFILES["modern"], scale), database, at_once)
    blocks = []
    await askers.waited(tuple(complex_[:BLOCK]), 0, shadowed=True)  # loads what is loaded late
    for begin in range(0, len(complex_), BLOCK):
        asked = tuple(complex_[begin : begin + BLOCK])
        halves = [False, True]
        luck.shuffle(halves)
        found = {half: await askers.waited(asked, begin, shadowed=half) for half in halves}
        blocks.append(Block(found[False], found[True]))
    await database.aclose()
    tell(blocks)
    every = sorted(second for block in blocks for second in block.alone)
    sys.stdout.write(f"{len(every)} questions, {every[len(every) // 2]:.2f} s at the median\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.1)
    given = parser.parse_args()
    anyio.run(measure, given.questions, given.at_once, given.scale)


if __name__ == "__main__":
    main()
