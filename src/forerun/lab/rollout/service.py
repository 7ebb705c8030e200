"""A service as it runs anywhere, but for its models and its clock: those are simulated.

The hybrid orchestrator, flags in a file, experiments in SQLite, the conductor: all real. What the
background does every second elsewhere is done here between two questions, as virtual time passes.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import anyio

from forerun import demo
from forerun.app import connect
from forerun.app.experimenting import open_experiments
from forerun.app.hybrid import wire_hybrid
from forerun.domain import Answer, Answerer, Question, TraceId
from forerun.lab.latency.driving import Bench, resources_of, settings_of, simulated_models
from forerun.lab.latency.strategies import Strategy, strategies
from forerun.lab.rollout.planted import Regression, planted
from forerun.orchestrators import Tracked
from forerun.orchestrators.auditing import AuditedDatabase
from forerun.orchestrators.trials import Trials
from forerun.rollout.experiments.conducting import Conductor
from forerun.rollout.experiments.watching import Watch
from forerun.rollout.flags import ROLLOUT, Editor, Flags, Overrides, Rollout
from forerun.testing.simulator import Case, SimulatedDatabase

GATE_OPEN = Overrides(enabled=True)
PEOPLE = "whoever runs the simulation"
CANDIDATE = "hedge"
"""The row of the bench that the parallel path is: every rung that never changes an answer."""


@dataclass
class Service:
    """One process that answers questions, and what its rollout is worked with."""

    answerer: Answerer
    conductor: Conductor
    regression: Regression
    cases: Iterator[Case]
    names: Iterator[str]
    asked: int = 0

    @property
    def flags(self) -> Flags:
        return self.conductor.flags

    @property
    def watch(self) -> Watch:
        return self.conductor.watch

    async def ask(self, name: str | None = None) -> tuple[Answer, float]:
        """One more question, and how many virtual seconds its answer took.

        `name` is what the question's arm hangs on; by default the next one.
        """
        case, self.asked = next(self.cases), self.asked + 1
        id_ = TraceId(name or next(self.names))
        question = Question(case.asked, demo.TODAY, case.conversation, id=id_)
        began_at = anyio.current_time()
        answer = await self.answerer(question)
        return answer, anyio.current_time() - began_at


@asynccontextmanager
async def serving(folder: Path, bench: Bench) -> AsyncIterator[Service]:
    """A service over the demo database, with its flag file and its experiments in `folder`."""
    flags = Flags(folder / "flags.json", GATE_OPEN)
    await flags.open()
    editor = Editor(flags)
    await editor.begin(who=PEOPLE, why="The rollout begins.")
    _hold_out_the_same(folder / "flags.json", bench.seed)
    flags.reload()
    watch = Watch(Rollout(flags), _virtual_time)
    luck = random.Random(f"rollout {bench.seed}")  # noqa: S311 - the same experiment again
    conductor = Conductor(
        open_experiments(str(folder / "experiments.sqlite")),
        flags,
        editor,
        watch,
        _virtual_time,
        lambda size: luck.randbytes(size).hex(),
    )
    inner = connect(str(demo.path()))
    database = SimulatedDatabase(inner, bench.profile.statement_s, bench.seed)
    try:
        yield await _service(bench, database, conductor)
    finally:
        flags.close()
        await conductor.store.aclose()
        await inner.aclose()


def _hold_out_the_same(file: Path, seed: int) -> None:
    """People as another run of the same seed holds them out."""
    written = json.loads(file.read_text("utf-8"))
    written["flags"][ROLLOUT]["metadata"]["holdout_salt"] = f"holdout {seed}"
    file.write_text(json.dumps(written), "utf-8")


async def _service(bench: Bench, database: SimulatedDatabase, conductor: Conductor) -> Service:
    strategy, regression = candidate(), Regression()
    audited = AuditedDatabase(database)
    models = simulated_models(strategy, bench.engine(strategy), bench.profile)
    wired = await wire_hybrid(
        resources_of(strategy, bench, audited, models),
        settings_of(strategy, bench),
        trials=Trials(conductor.watch.of("demo")),
    )
    hybrid = replace(wired.hybrid, ahead=planted(wired.hybrid.ahead, regression))
    names = (f"{bench.seed}-{number}" for number in range(10**9))
    return Service(
        Tracked(hybrid, audited.dialect, hybrid.name), conductor, regression,
        cycle(bench.cases), names,
    )  # fmt: skip


def candidate() -> Strategy:
    return next(row for row in strategies() if row.name == CANDIDATE)


def _virtual_time() -> float:
    """Seconds since 1970: the demo's day, and what has passed of it on the virtual clock."""
    return demo.TODAY.timestamp() + anyio.current_time()
