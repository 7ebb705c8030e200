"""Runs each schedule over stages that cost nothing, in interleaved rounds, by CPU time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from statistics import median

import anyio

from forerun.app import Settings
from forerun.app.hybrid import Wired, wire_hybrid
from forerun.catalog import CatalogSource
from forerun.domain import Mode, Question, Rung, Stage, Turn
from forerun.lab.overhead import bare
from forerun.lab.overhead.idle import NOW, Seconds, idle_stages
from forerun.lab.overhead.report import Cost, Overhead
from forerun.lab.overhead.standing import StandInDatabase, StandInModel
from forerun.orchestrators import Tracked
from forerun.stages import Models, Resources

Run = Callable[[], Awaitable[object]]

EAGER = Settings(
    state="memory",
    enable_parallel=True,
    parallel_threshold=0.0,
    second_value=1_000.0,
    max_extra_cost_ratio=1_000.0,
    max_extra_tokens=10_000_000,
    shed_above=1_000_000,
    max_speculations=1_000_000,
    max_parallel=1_000_000,
)
EARLIER = (Turn("how many?", "how many?", "SELECT 1"),)
SKEWED: Seconds = {
    Stage.ANALYSE: 0.3,
    Stage.CONTEXTUALISE: 0.1,
    Stage.DRAFT: 0.25,
    Stage.REVIEW: 0.2,
    Stage.RUN: 0.05,
    Stage.NARRATE: 0.1,
}


def ideal_s(seconds: Seconds) -> float:
    """The critical path: context, SQL of the writer ahead, then review beside run and narrate."""
    written = seconds[Stage.CONTEXTUALISE] + seconds[Stage.DRAFT]
    sql_at = seconds[Stage.CONTEXTUALISE] + 0.6 * seconds[Stage.DRAFT]
    followed = sql_at + max(seconds[Stage.REVIEW], seconds[Stage.RUN] + seconds[Stage.NARRATE])
    return max(seconds[Stage.ANALYSE], written, followed)


async def measure_overhead(runs: int = 200, rounds: int = 5, in_flight: int = 1_000) -> Overhead:
    """Every schedule `rounds` times `runs`, one after another within each round."""
    with idle_stages():
        schedules = await _schedules()
        costs = await _costs(schedules, runs, rounds)
    skew = await _skew_ratio()
    with idle_stages({stage: wait / 10 for stage, wait in SKEWED.items()}):
        leaks = await _crowd(in_flight)
    return Overhead(costs, skew, in_flight, *leaks)


async def _schedules() -> dict[str, Run]:
    sequential = await _wired(EAGER)
    nothing = await _wired(replace(EAGER, rungs=frozenset({"none"})))
    worthless = await _wired(replace(EAGER, second_value=0.0))
    lossless = await _wired(EAGER)
    # The last rung does without the writer, and so without most of the others.
    launched = frozenset(rung.value for rung in Rung if rung is not Rung.CONFIDENT_ACCEPT)
    pair = await _wired(replace(EAGER, rungs=launched, candidates=2))
    three = await _wired(replace(EAGER, rungs=launched, candidates=3))
    schedules: dict[str, Run] = {
        "asyncio.TaskGroup, six stages": bare.six_stages,
        "anyio, fourteen tasks with timeouts": bare.fourteen_tasks,
        "sequential": _asking(sequential, Mode.SEQUENTIAL),
        "parallel, every rung switched off": _asking(nothing, Mode.PARALLEL),
        "parallel, nothing launched": _asking(worthless, Mode.PARALLEL),
        "parallel, every lossless rung": _asking(lossless, Mode.PARALLEL),
        "parallel, every rung but the last, two writers": _asking(pair, Mode.PARALLEL),
        "parallel, every rung but the last, three writers": _asking(three, Mode.PARALLEL),
    }
    graph = bare.langgraph()
    return schedules | ({"LangGraph, six stages": graph} if graph is not None else {})


async def _costs(schedules: dict[str, Run], runs: int, rounds: int) -> tuple[Cost, ...]:
    taken: dict[str, list[float]] = {name: [] for name in schedules}
    for run in schedules.values():  # first uses are dearer
        for _ in range(20):
            await run()
    for _ in range(rounds):
        for name, run in schedules.items():
            began = time.process_time()
            for _ in range(runs):
                await run()
            taken[name].append((time.process_time() - began) / runs * 1_000)
    return tuple(Cost(name, median(each), min(each)) for name, each in taken.items())


async def _skew_ratio() -> float:
    """The lossless ladder over stages of very different length, against its critical path."""
    wired = await _wired(EAGER)
    took = []
    with idle_stages(SKEWED):
        ask = _asking(wired, Mode.PARALLEL)
        for _ in range(5):
            began = anyio.current_time()
            await ask()
            took.append(anyio.current_time() - began)
    return median(took) / ideal_s(SKEWED)


async def _crowd(count: int) -> tuple[int, int, int, float]:
    """All at once, half of them left again on the way; what is still there afterwards."""
    wired = await _wired(EAGER)
    ask = _asking(wired, Mode.PARALLEL)
    before = len(asyncio.all_tasks())
    began = anyio.current_time()

    async def impatient(number: int) -> None:
        with anyio.move_on_after(0.005 + 0.0001 * number):
            await ask()

    async def patient() -> None:
        await ask()

    async with anyio.create_task_group() as crowd:
        for number in range(count):
            crowd.start_soon(impatient, number) if number % 2 else crowd.start_soon(patient)
    took_ms = (anyio.current_time() - began) * 1_000
    load = wired.hybrid.decider.load
    left = len(asyncio.all_tasks()) - before
    return left, load.questions + load.parallel, load.speculations, took_ms


async def _wired(settings: Settings) -> Wired:
    model = StandInModel()
    database = StandInDatabase()
    resources = Resources(database, CatalogSource(database), Models(model, model, model, model))
    return await wire_hybrid(resources, settings)


def _asking(wired: Wired, mode: Mode) -> Run:
    hybrid = wired.in_mode(mode)
    tracked = Tracked(hybrid, "duckdb", hybrid.name)

    async def ask() -> object:
        return await tracked(Question("how many of them?", NOW, EARLIER))

    return ask
