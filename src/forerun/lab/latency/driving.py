"""Asks a strategy its questions, one after another, and measures each on the clock of the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from forerun import demo
from forerun.app import Settings
from forerun.app.hybrid import wire_hybrid
from forerun.catalog import CatalogSource
from forerun.domain import Answer, Answerer, Question, Role
from forerun.events import Event, RowsArrived, listening
from forerun.lab.latency import two_call
from forerun.lab.latency.measuring import Measured, Times, measured
from forerun.lab.latency.questions import SLICE_TABLES
from forerun.lab.latency.strategies import Strategy
from forerun.orchestrators import Tracked
from forerun.orchestrators.auditing import AuditedDatabase
from forerun.ports import Database, Model
from forerun.stages import Models, Policy, Resources
from forerun.testing.simulator import Case, Engine, Profile, SimulatedModel, simulated_drafter


@dataclass(frozen=True, slots=True)
class Bench:
    """What one run of the bench is about."""

    profile: Profile
    cases: tuple[Case, ...]
    seed: int = 0
    settings: Settings = field(default_factory=lambda: Settings(state="memory"))
    catalog: CatalogSource | None = None
    """Of the database, where several strategies share one; else each reads its own."""

    def cases_of(self, strategy: Strategy) -> Sequence[Case]:
        """The sequential path is asked all, so that each other row can be held against it."""
        if strategy.mixed:
            return self.cases[: len(self.cases) * 2 // 3]
        if strategy.name == "sequential":
            return self.cases
        return [case for case in self.cases if case.complex]

    def engine(self, strategy: Strategy) -> Engine:
        return Engine(
            self.profile,
            self.cases,
            self.seed,
            strategy.errors,
            prose=strategy.prose,
            jobs=two_call.JOBS,
        )


async def drive(
    strategy: Strategy, bench: Bench, database: Database, on_done: Callable[[], None]
) -> list[Measured]:
    """All questions of one strategy, in process. What it learns, it learns as it runs."""
    engine = bench.engine(strategy)
    models = simulated_models(strategy, engine, bench.profile)
    answerer = await answerer_of(strategy, bench, database, models)
    found = []
    for case in bench.cases_of(strategy):
        found.append(await ask(answerer, case))
        on_done()
    return found


async def ask(answerer: Answerer, case: Case) -> Measured:
    """One question, with the time until its first rows."""
    rows_at: list[float] = []

    def hear(event: Event) -> None:
        if isinstance(event, RowsArrived):
            rows_at.append(event.at)

    question = Question(case.asked, demo.TODAY, case.conversation)
    began_at = anyio.current_time()
    with listening(hear):
        answer: Answer = await answerer(question)
    seconds = anyio.current_time() - began_at
    first_s = rows_at[0] - began_at if rows_at else None
    times = Times(began_at, seconds, first_s)
    follow_up = bool(case.conversation)
    return measured(case.question, case.complex, answer, times, follow_up=follow_up)


async def answerer_of(
    strategy: Strategy, bench: Bench, database: Database, models: Models
) -> Answerer:
    """The strategy over these models, tracked like any other."""
    audited = AuditedDatabase(database)
    if strategy.mode is None:
        assert models.writer is not None  # noqa: S101 - every role has a model here
        peer = two_call.TwoCall(audited, models.writer)
        return Tracked(peer, audited.dialect, peer.name)
    wired = await wire_hybrid(
        resources_of(strategy, bench, audited, models), settings_of(strategy, bench)
    )
    return Tracked(wired.in_mode(strategy.mode), audited.dialect, strategy.name)


def resources_of(
    strategy: Strategy, bench: Bench, database: AuditedDatabase, models: Models
) -> Resources:
    """What the schedules of the strategy work with."""
    drafter = simulated_drafter(bench.cases, bench.seed, strategy.errors)
    catalog = bench.catalog or CatalogSource(database, max_age_s=1e9)
    return Resources(database, catalog, models, Policy(slice_tables=SLICE_TABLES), drafter)


def settings_of(strategy: Strategy, bench: Bench) -> Settings:
    """The bench's settings, with the strategy's rungs and ceilings; the switch is on."""
    changed: dict[str, Any] = dict(strategy.ceilings)
    return replace(
        bench.settings,
        rungs=frozenset(rung.value for rung in strategy.rungs) or frozenset({"none"}),
        enable_parallel=True,
        **changed,
    )


def simulated_models(strategy: Strategy, engine: Engine, profile: Profile) -> Models:
    """The strong model, and the small one in its roles."""
    strong = SimulatedModel(engine, profile.strong)
    small = SimulatedModel(engine, profile.small, "simulated:small")

    def of(role: Role) -> Model:
        return small if role in strategy.small else strong

    return Models(of(Role.ANALYST), of(Role.WRITER), of(Role.REVIEWER), of(Role.NARRATOR))
