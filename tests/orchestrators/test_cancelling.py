"""The asker may leave at any moment: nothing runs on, and nothing is half written."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from forerun.adapters.databases import connect
from forerun.adapters.stores import SQLiteStore
from forerun.app import Settings
from forerun.domain import (
    LOSSLESS,
    Answer,
    Catalog,
    Column,
    Fate,
    Limits,
    Mode,
    Role,
    Rows,
    Rung,
    Statement,
    Table,
)
from forerun.orchestrators.latency import FIRST_TOKENS_NEEDED
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import Plan, Version
from forerun.testing.virtual_clock import VirtualClockLoop
from tests.orchestrators.world import EAGER, World, make_shop, question_of, world_of

SEVERAL = replace(
    EAGER, rungs=EAGER.rungs | {Rung.CANDIDATES.value}, candidates=3, max_speculative_queries=16
)
HEDGED = replace(EAGER, hedge_share=1.0)
ACCEPTING = replace(EAGER, rungs=EAGER.rungs | {Rung.CONFIDENT_ACCEPT.value}, accept_precision=0.0)
"""Any draft will do."""
LOSSLESS_SEEDS = (0, 8, 30, 45)
"""Worlds that between them use and waste every rung that is on by default, but hedges; in one the
writer's query is repaired."""
OTHER_RUNGS = ((51, SEVERAL), (23, HEDGED), (41, ACCEPTING))
"""And the others. Of hedges none is used, for the second call takes as long as the first."""


@dataclass(frozen=True)
class RememberedDatabase(PassingDatabase):
    """Real rows, kept after the first time, so that every run takes the same steps."""

    rows: dict[str, Rows | Exception] = field(default_factory=dict)
    plans: dict[str, Plan | Exception] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)
    structures: list[Catalog] = field(default_factory=list)
    samples: dict[str, list[Column]] = field(default_factory=dict)

    async def version(self) -> Version:
        return Version("as it was", "as it was")

    async def read_structure(self) -> Catalog:
        if not self.structures:
            self.structures.append(await self.inner.read_structure())
        await anyio.lowlevel.checkpoint()
        return self.structures[0]

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        if table.key not in self.samples:
            self.samples[table.key] = await self.inner.sample(table, columns, limit)
        await anyio.lowlevel.checkpoint()
        return self.samples[table.key]

    async def explain(self, statement: Statement) -> Plan:
        if statement.sql not in self.plans:
            try:
                self.plans[statement.sql] = await self.inner.explain(statement)
            except Exception as error:  # noqa: BLE001 - kept, to be raised again
                self.plans[statement.sql] = error
        await anyio.lowlevel.checkpoint()
        found = self.plans[statement.sql]
        if isinstance(found, Exception):
            raise found
        return found

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        self.under_way.append(statement.sql)
        try:
            if statement.sql not in self.rows:
                try:
                    self.rows[statement.sql] = await self.inner.run(statement, limits)
                except Exception as error:  # noqa: BLE001 - kept, to be raised again
                    self.rows[statement.sql] = error
            for _ in range(3):
                await anyio.lowlevel.checkpoint()
            found = self.rows[statement.sql]
            if isinstance(found, Exception):
                raise found
            return found
        finally:
            self.under_way.remove(statement.sql)


class SteppingLoop(VirtualClockLoop):
    """Counts its rounds, and calls somebody at one of them."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = 0
        self.leave_at: int | None = None
        self.leave: object = None

    def _run_once(self) -> None:
        self.rounds += 1
        if self.rounds == self.leave_at and callable(self.leave):
            self.leave()
        super()._run_once()  # type: ignore[misc]


@dataclass
class Ended:
    """How one run ended."""

    answer: Answer | None
    cancelled: bool
    rounds: int
    left_running: int
    world: World


async def ask_and_leave(
    seed: int, settings: Settings, database: RememberedDatabase, state: Path, leave_at: int | None
) -> Ended:
    made = await world_of(seed, database, settings=settings)
    experience = made.wired.experience
    if settings is HEDGED:
        for role in tuple(Role) * FIRST_TOKENS_NEEDED:
            experience.latencies.observe_first_token(role, 0.001)
    experience.store, experience.save_after = SQLiteStore(state), 1
    await made.resources.catalog.structure()
    await made.resources.catalog.sampled(["customers", "orders", "products", "lines"])
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SteppingLoop)
    answer: Answer | None = None
    with anyio.CancelScope() as scope:
        loop.rounds, loop.leave_at, loop.leave = 0, leave_at, scope.cancel
        answer = await made.ask(question_of(seed), Mode.PARALLEL)
    rounds, loop.leave_at = loop.rounds, None
    current = asyncio.current_task()
    left = [task for task in asyncio.all_tasks() if task is not current]
    return Ended(answer, scope.cancelled_caught, rounds, len(left), made)


def run_stepping(
    seed: int, settings: Settings, database: RememberedDatabase, state: Path, at: int | None
) -> Ended:
    loop = {"loop_factory": SteppingLoop}
    return anyio.run(ask_and_leave, seed, settings, database, state, at, backend_options=loop)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RememberedDatabase]:
    shop = make_shop(tmp_path_factory.mktemp("cancelling") / "shop.duckdb")
    database = RememberedDatabase(connect(shop))
    yield database
    anyio.run(database.aclose)


def fates(
    worlds: Sequence[tuple[int, Settings]], database: RememberedDatabase, state: Path
) -> set[tuple[Rung, Fate]]:
    """What became of whatever was begun ahead of time, where nobody left."""
    for seed, settings in worlds:
        run_stepping(seed, settings, database, state, None)  # everything real is remembered now
    ended = [run_stepping(seed, settings, database, state, None) for seed, settings in worlds]
    answers = [each.answer for each in ended if each.answer is not None]
    return {(each.rung, each.outcome) for answer in answers for each in answer.speculation}


def test_whoever_leaves_leaves_every_rung_behind(
    database: RememberedDatabase, tmp_path: Path
) -> None:
    """Between them the worlds of the next test use every rung and waste it; but `context` is wasted
    where the analyst fails, hedges are not used here, and what was accepted is not wasted."""
    state = tmp_path / "state.sqlite"
    lossless = fates([(seed, EAGER) for seed in LOSSLESS_SEEDS], database, state)
    both = itertools.product(LOSSLESS - {Rung.HEDGE, Rung.CONTEXT}, (Fate.USED, Fate.WASTED))
    assert lossless >= {*both, (Rung.CONTEXT, Fate.USED)}
    others = fates(OTHER_RUNGS, database, state)
    assert others >= {
        (Rung.CANDIDATES, Fate.USED),
        (Rung.CANDIDATES, Fate.WASTED),
        (Rung.HEDGE, Fate.WASTED),
        (Rung.CONFIDENT_ACCEPT, Fate.USED),
    }


@pytest.mark.parametrize(
    ("seed", "settings"),
    [
        *((seed, EAGER) for seed in LOSSLESS_SEEDS),
        *(pytest.param(*other, marks=pytest.mark.slow) for other in OTHER_RUNGS),
        *(pytest.param(seed, EAGER, marks=pytest.mark.slow) for seed in (3, 11, 28, 41)),
    ],
)
def test_leaving_at_every_step_leaves_nothing(
    database: RememberedDatabase, tmp_path: Path, seed: int, settings: Settings
) -> None:
    """Cancelled at step k, for every k: one outcome, and no task, call, statement or count left."""
    state = tmp_path / "state.sqlite"
    run_stepping(seed, settings, database, state, None)  # everything real is remembered now
    whole = run_stepping(seed, settings, database, state, None)
    assert whole.answer is not None
    assert whole.rounds > 20
    cut = 0
    for step in range(1, whole.rounds + 1):
        ended = run_stepping(seed, settings, database, state, step)
        assert (ended.answer is None) == ended.cancelled
        cut += ended.cancelled
        assert ended.left_running == 0
        assert ended.world.model.under_way == 0
        assert database.under_way == []
        load = ended.world.wired.hybrid.decider.load
        assert (load.questions, load.parallel, load.speculations) == (0, 0, 0)
        arm = ended.world.wired.hybrid.decider.breakers.arm
        assert arm.refusal() is None
    assert cut > whole.rounds * 0.4  # the rest are turns in which what was learned is written
    with closing(sqlite3.connect(state)) as stored:
        assert stored.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert stored.execute("SELECT count(*) FROM timings WHERE seconds IS NULL").fetchone() == (
            0,
        )
