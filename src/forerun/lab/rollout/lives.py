"""One experiment from its start to its end: questions, looks, and what was done at each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from math import isfinite

import anyio

from forerun.domain import Strategy
from forerun.lab.rollout.service import PEOPLE, Service
from forerun.rollout.experiments import Experiment, Plan, State
from forerun.rollout.experiments.conducting import By
from forerun.rollout.flags import Context
from forerun.rollout.statistics.decide import Decision

EVALUATED = 2_000
"""Units whose flag is evaluated once it is over."""
ASKED, ASKED_HELD_OUT = 15, 5
"""Questions that are really asked then."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was known at one look, and what was done about it."""

    at_s: float
    """Virtual seconds since the experiment began."""
    questions: int
    """Asked since then."""
    percentage: float
    """Of units on the parallel arm when it was looked."""
    control: int
    """Questions of the arm that were seen since the step began."""
    candidate: int
    action: str
    """What the statistics said."""
    ratio: float | None
    """Of mean times, parallel over sequential; None while nothing can be said."""
    low: float | None
    high: float | None
    why: tuple[str, ...]
    done: str | None
    """What changed, in words; None where nothing did."""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What is served once it is over: by the flags, and by asking."""

    assigned_parallel: float
    """Share of units, 0 to 1."""
    served_parallel: float
    """Share of questions outside the holdout."""
    held_out: int
    """Questions of the holdout, from the beginning on."""
    held_out_parallel: int
    """Of these, those that the parallel path answered."""
    audit_holds: bool


@dataclass(frozen=True, slots=True)
class Life:
    """What became of one experiment."""

    name: str
    decision: str
    """The state that it ended in."""
    reason: str
    questions: int
    questions_since_planted: int | None
    """Since its candidate was made worse; None where it was not."""
    looks: tuple[Look, ...]
    afterwards: Afterwards


@dataclass(frozen=True, slots=True)
class Planted:
    """When the candidate is made worse, and by how much."""

    from_percentage: float
    late_s: float


@dataclass(frozen=True, slots=True)
class Pace:
    """How often it is looked, and when it is given up."""

    look_every_s: float
    """Virtual seconds."""
    most_questions: int


@dataclass
class Living:
    """One experiment that runs."""

    service: Service
    experiment: Experiment
    pace: Pace
    began_at: float
    on_look: Callable[[Look], None] = lambda look: None
    asked: int = 0
    held_out: int = 0
    held_out_parallel: int = 0

    async def ask(self, name: str) -> bool:
        """Whether the parallel path answered."""
        answer, _ = await self.service.ask(name)
        parallel = answer.orchestrator == Strategy.PARALLEL
        if self.is_held_out(name):
            self.held_out += 1
            self.held_out_parallel += parallel
        return parallel

    def is_held_out(self, name: str) -> bool:
        """Whether the question is to stay sequential for good."""
        holdout = self.service.flags.holdout()
        return holdout is not None and holdout.holds(holdout.bucket_of(f"question {name}"))

    async def until_the_next_look(self) -> None:
        began_at = anyio.current_time()
        while anyio.current_time() - began_at < self.pace.look_every_s:
            await self.ask(f"{self.experiment.id}-{self.asked}")
            self.asked += 1

    async def look(self) -> Look:
        """What the background does: store, judge, act; then follow the flag file."""
        conductor, before = self.service.conductor, self.experiment
        await conductor.refresh()
        decision = await conductor.judge()
        self.service.flags.reload()
        self.experiment = await conductor.store.read(before.id)
        look = self._told(before, decision)
        self.on_look(look)
        return look

    def _told(self, before: Experiment, decision: Decision | None) -> Look:
        assert decision is not None  # noqa: S101 - it was running
        interval, counts, after = decision.primary.interval, decision.counts, self.experiment
        known = isfinite(interval.high)
        return Look(
            anyio.current_time() - self.began_at,
            self.asked,
            before.percentage,
            counts["sequential"].questions,
            counts["parallel"].questions,
            decision.action.value,
            interval.estimate if known else None,
            interval.low if known else None,
            interval.high if known else None,
            decision.reasons,
            after.reason if after.version != before.version else None,
        )

    async def give_up(self) -> None:
        """Stop what goes on for ever."""
        if self.experiment.state is State.RUNNING:
            by = By(PEOPLE, f"It was asked {self.asked:,} questions: enough.")
            self.experiment = await self.service.conductor.pause(self.experiment.id, by)
            self.service.flags.reload()

    async def afterwards(self) -> Afterwards:
        """Flags evaluated and questions asked, once it is over."""
        assign = self.service.watch.flags.assign
        contexts = (Context(f"question {self.experiment.id}-{n}") for n in range(EVALUATED))
        parallel = sum(assign(context).arm is Strategy.PARALLEL for context in contexts)
        names = [f"{self.experiment.id}-after-{n}" for n in range(EVALUATED)]
        for name in islice(filter(self.is_held_out, names), ASKED_HELD_OUT):
            await self.ask(name)
        others = [name for name in names if not self.is_held_out(name)][:ASKED]
        served = sum([await self.ask(name) for name in others])
        misfit = await self.service.conductor.store.verify_audit()
        return Afterwards(
            parallel / EVALUATED,
            served / ASKED,
            self.held_out,
            self.held_out_parallel,
            misfit is None,
        )


async def begun(
    service: Service, plan: Plan, pace: Pace, on_look: Callable[[Look], None]
) -> Living:
    """A new experiment at its first step."""
    experiment = await service.conductor.create(plan, By(PEOPLE, "It was thought out."))
    experiment = await service.conductor.start(experiment.id, By(PEOPLE, "To see."))
    service.flags.reload()
    return Living(service, experiment, pace, anyio.current_time(), on_look)


async def lived(living: Living, planted: Planted | None = None) -> Life:
    """Asked and looked at until it has ended, by itself or because it is given up."""
    looks, planted_at, regression = [], None, living.service.regression
    while living.experiment.state is State.RUNNING and living.asked < living.pace.most_questions:
        if planted is not None and living.experiment.percentage >= planted.from_percentage:
            planted_at = living.asked if planted_at is None else planted_at
            regression.late_s = planted.late_s
        await living.until_the_next_look()
        looks.append(await living.look())
    regression.late_s = 0.0
    await living.give_up()
    return Life(
        living.experiment.plan.name,
        living.experiment.state.value,
        living.experiment.reason or "",
        living.asked,
        None if planted_at is None else living.asked - planted_at,
        tuple(looks),
        await living.afterwards(),
    )
