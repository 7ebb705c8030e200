"""The whole bench: every strategy on its questions, spread over the machine's cores.

On the virtual clock a strategy's questions take CPU only. Each worker process keeps one database
whose real rows it remembers, so that no statement is really run twice in it, nor checked twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import cache
from typing import Any

from forerun import demo
from forerun.app import connect
from forerun.catalog import CatalogSource
from forerun.checking.remembering import remember_up_to
from forerun.domain import Mode
from forerun.lab.latency.driving import Bench, drive
from forerun.lab.latency.measuring import Measured
from forerun.lab.latency.questions import SLICE_TABLES, cases
from forerun.lab.latency.reporting import Beside, Report, beside, row_of, simple_of
from forerun.lab.latency.strategies import DEARER, PEER, Strategy, strategies, variants
from forerun.lab.workers import worker_processes
from forerun.testing.simulator import PROFILES, ErrorRates, SimulatedDatabase
from forerun.testing.virtual_clock import run_virtually

COMPLEX_SHARE = 2 / 3
QUERIES_REMEMBERED = 8_192
"""By the gate: all that come up in a run."""
OnProgress = Callable[[int, int, str], None]
"""Told how many strategies are done, of how many, and which was the last."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What is repeated over HTTP; `scale` is how much of its time the provider takes."""

    profile: str
    questions: int
    seed: int
    scale: float


def run_bench(
    profile: str, questions: int, seed: int, on_progress: OnProgress = lambda *_: None
) -> Report:
    """Every strategy and variant on `questions` complex questions, on the virtual clock."""
    demo.path()  # made once, not by each worker
    rows = [*strategies(), *variants()]
    found = dict(_measured(rows, profile, questions, seed, on_progress))
    return report_of(profile, questions, seed, found)


def _measured(
    rows: Sequence[Strategy], profile: str, questions: int, seed: int, on_progress: OnProgress
) -> Iterator[tuple[str, list[Measured]]]:
    with worker_processes(remember_up_to, QUERIES_REMEMBERED) as workers:
        running = {workers.submit(measure, row, profile, questions, seed): row.name for row in rows}
        for done, future in enumerate(as_completed(running), start=1):
            on_progress(done, len(rows), running[future])
            yield running[future], future.result()


def measure(row: Strategy, profile: str, questions: int, seed: int) -> list[Measured]:
    """One strategy, in this process."""
    database, catalog = _database(profile, seed), _catalog(profile, seed)
    bench = Bench(PROFILES[profile], _cases(questions, seed), seed, catalog=catalog)

    async def driven() -> list[Measured]:
        return await drive(row, bench, database, lambda: None)

    return run_virtually(driven)


@cache
def _cases(questions: int, seed: int) -> Any:
    return cases(round(questions / COMPLEX_SHARE), seed)


@cache
def _database(profile: str, seed: int) -> SimulatedDatabase:
    return SimulatedDatabase(connect(str(demo.path())), PROFILES[profile].statement_s, seed)


@cache
def _catalog(profile: str, seed: int) -> CatalogSource:
    return CatalogSource(_database(profile, seed), max_age_s=math.inf)


def report_of(
    profile: str,
    questions: int,
    seed: int,
    found: dict[str, list[Measured]],
    scale: float = 1.0,
) -> Report:
    """Rows in their order, each held against the row it is compared with."""
    by_question = {name: {m.question: m for m in measured} for name, measured in found.items()}

    def row(strategy: Strategy) -> Any:
        measured = found[strategy.name]
        if not strategy.mixed:
            measured = [each for each in measured if each.complex]
        against = by_question[strategy.against]
        # Over HTTP the prediction starts from seconds that are not scaled: it says nothing.
        predicts = strategy.mixed and scale == 1.0
        return row_of(strategy.name, measured, against, mixed=predicts)

    return Report(
        profile,
        scale,
        seed,
        questions,
        tuple(row(strategy) for strategy in strategies() if strategy.name in found),
        tuple(row(strategy) for strategy in variants() if strategy.name in found),
        assumptions(profile),
        simple_of(found["hybrid"], by_question["sequential"]) if "hybrid" in found else None,
        tuple(_beside_two_call(found, by_question)),
    )


def _beside_two_call(
    found: Mapping[str, list[Measured]], by_question: Mapping[str, Mapping[str, Measured]]
) -> Iterator[Beside]:
    for row in (*strategies(), *variants()):
        if row.mode is not Mode.PARALLEL or not {PEER, row.name} <= found.keys():
            continue
        if (one := beside(row.name, found[row.name], by_question[PEER])) is not None:
            yield one


def assumptions(name: str) -> dict[str, Any]:
    """Everything that the figures hang on, for the reader to judge."""
    profile, errors = PROFILES[name], ErrorRates()
    return {
        "models": {
            which: {
                "first_token_median_s": speed.first_token_s,
                "tokens_per_s": speed.tokens_per_s,
                "usd_per_million_input": speed.input_usd,
                "usd_per_million_cached": speed.cached_usd,
                "usd_per_million_output": speed.output_usd,
            }
            for which, speed in (("strong", profile.strong), ("small", profile.small))
        },
        "output_tokens_median": {
            kind: {job: [tokens.said, tokens.prose] for job, tokens in by_job.items()}
            for kind, by_job in (("complex", profile.complex), ("simple", profile.simple))
        },
        "statement_median_s": profile.statement_s,
        "rates": {name: getattr(errors, name) for name in ErrorRates.__slots__},
        "stall_factor": profile.stall_factor,
        "cached_first_token_factor": profile.cached_factor,
        "prefix_caching": "on for every strategy",
        "draft_takes_s": 0.02,
        "slice_tables": SLICE_TABLES,
        "candidates_and_confident_accept": {**DEARER, "writers": 3, "accept_precision": 0.95},
        "complex_follow_ups": 0.5,
    }
