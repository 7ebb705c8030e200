"""Two processes that share a cache, and what happens to them at about the same time.

A scene is a few acts, each at its moment, in virtual time; it is over when nothing is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel

from forerun.caching import Circumstances, KeptAnswers, Keys, Layers, Memory, Policy
from forerun.domain import (
    Answer,
    Asker,
    Catalog,
    Clarification,
    Context,
    Failure,
    Kind,
    Limits,
    Question,
    ResultColumn,
    Rows,
    Slice,
    Status,
    Turn,
    Usage,
)
from forerun.errors import DatabaseUnreachable, DeadlineExceeded, ForerunError, Unavailable
from forerun.orchestrators.breaker import Breaker, BreakerPolicy
from forerun.ports import Recall, Scope, Version
from forerun.testing import SharedMemory
from forerun.testing.virtual_clock import VirtualClockLoop
from tests.caching.shop import AGAIN, OPEN, Shop, Topic, topic_of

BEGINNING = datetime(2026, 3, 4, 23, 59, tzinfo=UTC).timestamp()
POLICY = Policy(
    ttl_s=600.0,
    max_stale_s=5.0,
    negative_ttl_s=30.0,
    stale_if_error_s=300.0,
    refresh_s=20.0,
    learn_after_s=0.0,
)
ALL_DATABASES = ("north", "south")
MAKERS = (("north", "old model"), ("north", "new model"), ("south", "old model"))
"""By database and makers: three caches a process, which must never take each other's answers."""
STOPPED = "The question took longer than it was allowed to."


@dataclass(frozen=True)
class Who:
    """Everything about an asker that answers hang on."""

    tenant: str = "red"
    permissions: str = OPEN
    guess: bool = False
    max_rows: int = 50
    zone_h: int = 0
    makers: int = 0


@dataclass(frozen=True)
class Fate:
    """How making the answer goes, where it comes to that."""

    before_s: float = 0.0
    after_s: float = 0.0
    ends: str = "well"
    """Or `raises`, `fails`, `partial`."""


@dataclass(frozen=True)
class Ask:
    text: str
    who: Who = Who()
    process: int = 0
    before: str | None = None
    """What the conversation was about, where there is one."""
    patience_s: float = 60.0
    anew: bool = False
    fate: Fate = Fate()
    at_s: float = 0.0


@dataclass(frozen=True)
class Write:
    database: str
    tenant: str
    value: int
    alters: bool = False
    at_s: float = 0.0


@dataclass(frozen=True)
class Purge:
    scope: Scope
    process: int = 0
    at_s: float = 0.0


@dataclass(frozen=True)
class Break:
    """Something is out of order for a while: `database`, or the second level in some way."""

    what: str
    for_s: float
    at_s: float = 0.0


Act: TypeAlias = Ask | Write | Purge | Break


@dataclass
class Made:
    """One making: for whom, when, and a copy of what came of it."""

    ask: Ask
    question: Question
    began_at: float
    answer: Answer | None = None
    rows: str = ""
    more: bool = False
    """Whether the asker's limit cut some rows off."""


@dataclass
class Shown:
    """A copy of what an asker got, and when."""

    ask: Ask
    question: Question
    asked_at: float
    at: float
    answer: Answer | None
    error: ForerunError | None = None


@dataclass
class Purged:
    scope: Scope
    began_at: float
    ended_at: float


class Meanings:
    """What the caches are told of questions; see `forerun.caching.making.Meaning`."""

    def is_dated(self, question: Question, answer: Answer) -> bool | None:
        name = topic_of(question).name
        return None if name == "moment" else name == "today"

    async def of_question(
        self, slice_: Slice, context: Context, is_kept: Callable[[str], Awaitable[bool]]
    ) -> tuple[str, ...]:
        return (context.question,)

    async def of_answered(
        self, question: Question, slice_: Slice, context: Context, answer: Answer
    ) -> tuple[str, ...]:
        return (context.question,)

    def told_writer(self, slice_: Slice, context: Context) -> str | None:
        return None if context.question == "both" else f"writer: {context.question}"

    def ages(self, answer: Answer) -> bool:
        return False

    async def like(
        self, slice_: Slice, context: Context, earlier: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, str], ...]:
        return tuple(earlier)


class SceneLoop(VirtualClockLoop):
    """Runs one scene after another; in none is a thread at work."""

    def threads_at_work(self) -> bool:
        return False


@dataclass
class Process:
    layers: Layers
    caches: list[KeptAnswers]

    @property
    def is_idle(self) -> bool:
        return not any(cache.flights._flights for cache in self.caches)


@dataclass
class World:
    """The files, the processes, and a log of all that happened."""

    folder: Path
    tells: str = "all"
    """What a version tells: `all`, the `schema` alone, or `nothing`."""
    max_bytes: int = 1_000_000
    shared: SharedMemory = field(default_factory=SharedMemory)
    made: list[Made] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    purged: list[Purged] = field(default_factory=list)
    failures: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=SceneLoop)
        self.shops = {name: Shop(self.folder / f"{name}.sqlite") for name in ALL_DATABASES}
        for number, shop in enumerate(self.shops.values()):
            for tenant in ("red", "blue"):
                for value in (number + 1, number + 3, number + 11):
                    shop.write(self.clock() - 1, tenant, value, self.today)
        self.is_down = False
        self.shared.clock = self.clock
        self.processes = [self._process(), self._process()]

    def close(self) -> None:
        self._runner.close()
        for shop in self.shops.values():
            shop.close()

    def clock(self) -> float:
        return BEGINNING + self._runner.get_loop().time()

    @property
    def today(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def wait(self, seconds: float) -> None:
        loop = self._runner.get_loop()
        assert isinstance(loop, VirtualClockLoop)
        loop.jump(seconds)

    def play(self, *acts: Act) -> list[Shown]:
        """Run a scene to its end; what was shown in it."""
        before = len(self.shown)
        self._runner.run(self._play(acts))
        return self.shown[before:]

    def shop_of(self, ask: Ask) -> Shop:
        return self.shops[MAKERS[ask.who.makers][0]]

    def _process(self) -> Process:
        breaker = Breaker("the shared cache", BreakerPolicy(minimum=3, open_s=1.0))
        layers = Layers(Memory(self.max_bytes), self.shared, breaker.guarding, clock=self.clock)
        caches = [
            KeptAnswers(
                Keys(Circumstances(database, "sqlite", makers), b"secret"),
                layers,
                self._version_of(self.shops[database]),
                Meanings(),
                policy=POLICY,
            )
            for database, makers in MAKERS
        ]
        return Process(layers, caches)

    def _version_of(self, shop: Shop) -> Callable[[], Awaitable[Version]]:
        async def version() -> Version:
            await anyio.lowlevel.checkpoint()
            if self.is_down:
                raise DatabaseUnreachable("The file is gone.")
            data = f"data {shop.now.data}" if self.tells == "all" else None
            schema = f"schema {shop.now.schema}" if self.tells != "nothing" else None
            return Version(data, schema)

        return version

    async def _play(self, acts: tuple[Act, ...]) -> None:
        async with anyio.create_task_group() as background:

            def beginning(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
                background.start_soon(work)

            for process in self.processes:
                background.start_soon(process.layers.hear_purges)
                for cache in process.caches:
                    cache.flights.background = beginning
            await anyio.sleep(0.001)
            async with anyio.create_task_group() as group:
                for act in acts:
                    group.start_soon(self._do, act)
            await anyio.sleep(0.1)  # purges are heard
            while not all(process.is_idle for process in self.processes):
                await anyio.sleep(0.1)
            background.cancel_scope.cancel()

    async def _do(self, act: Act) -> None:
        await anyio.sleep(act.at_s)
        match act:
            case Ask():
                await self._ask(act)
            case Write():
                shop = self.shops[act.database]
                if act.alters:
                    shop.alter(self.clock())
                else:
                    shop.write(self.clock(), act.tenant, act.value, self.today)
            case Purge():
                await self._purge(act)
            case Break():
                await self._break(act)

    async def _ask(self, ask: Ask) -> None:
        question, asked_at = self._question(ask), self.clock()
        cache = self.processes[ask.process].caches[ask.who.makers]

        async def make(question: Question, recall: Recall) -> Answer:
            return await self._make(ask, question, recall)

        answer: Answer | None = None
        error: ForerunError | None = DeadlineExceeded(STOPPED)
        assert question.deadline is not None
        with anyio.CancelScope(deadline=question.deadline):
            try:
                answer, error = await cache.answer(question, make), None
            except ForerunError as failed:
                error = failed
        shown = Shown(ask, question, asked_at, self.clock(), deepcopy(answer), error)
        self.shown.append(shown)
        if answer is not None:
            _spoil(answer)

    def _question(self, ask: Ask) -> Question:
        who = ask.who
        now = datetime.fromtimestamp(self.clock(), timezone(timedelta(hours=who.zone_h)))
        talk = (Turn(ask.before, ask.before, "SELECT 1"),) if ask.before is not None else ()
        return Question(
            ask.text,
            now=now,
            conversation=talk,
            asker=Asker(who.tenant, who.permissions),
            limits=Limits(max_rows=who.max_rows),
            deadline=anyio.current_time() + ask.patience_s,
            guess=who.guess,
            anew=ask.anew,
        )

    async def _make(self, ask: Ask, question: Question, recall: Recall) -> Answer:
        """As an orchestrator does: understand, look whether that is kept, run, tell."""
        made = Made(ask, question, self.clock())
        number, topic = len(self.made), topic_of(question)
        self.made.append(made)
        context = Context(topic.name, question.now, question.text == AGAIN)
        found = await recall(Slice(Catalog("shop", "sqlite", ()), whole=True), context)
        if found.answer is not None:
            return found.answer
        assert found.draft is None or found.draft.sql == topic.sql
        await anyio.sleep(ask.fate.before_s)
        if self.is_down or ask.fate.ends == "raises":
            self.failures.append(self.clock())
            raise DatabaseUnreachable("The file is gone.")
        rows, made.more = self.shop_of(ask).run(question)
        made.rows = repr((rows, made.more))
        await anyio.sleep(ask.fate.after_s)
        answer = self._answered(number, topic, question, (rows, made.more), ask.fate.ends)
        made.answer = deepcopy(answer)
        return answer

    def _answered(
        self,
        number: int,
        topic: Topic,
        question: Question,
        found: tuple[list[tuple[object, ...]], bool],
        ends: str,
    ) -> Answer:
        """`reading` says which making it was."""
        rows, more = found
        answer = Answer(
            question=question.text,
            status=Status.ANSWERED,
            dialect="sqlite",
            orchestrator="scene",
            trace_id=question.id,
            standalone=topic.name,
            reading=str(number),
            usage=Usage(model_calls=2),
        )
        if ends == "fails":
            self.failures.append(self.clock())
            failure = Failure("model_busy", "The model is busy.")
            return replace(answer, status=Status.FAILED, failure=failure)
        if topic.name == "unclear":
            asked = Clarification(f"{rows}", ("this", "that"))
            return replace(answer, status=Status.CLARIFY, clarification=asked)
        width = max((len(row) for row in rows), default=1)
        columns = [ResultColumn(f"c{i}", "INTEGER", Kind.INTEGER) for i in range(width)]
        columns.append(ResultColumn("path", "JSON", Kind.JSON))
        return replace(
            answer,
            sql=topic.sql,
            rows=Rows(tuple(columns), tuple((*row, list(row)) for row in rows), more),
            chart={"mark": "bar", "values": [list(row) for row in rows]},
            partial=ends == "partial",
            tables=topic.tables,
            volatile=topic.name == "dice",
            confidence=1.0,
        )

    async def _purge(self, act: Purge) -> None:
        began_at = self.clock()
        try:
            await self.processes[act.process].layers.purge(act.scope)
        except Unavailable:
            return  # nothing was promised
        self.purged.append(Purged(act.scope, began_at, self.clock()))

    async def _break(self, act: Break) -> None:
        """Out of order for a while, then as before."""
        says = {
            "shared is garbled": lambda key, text: text[: len(text) // 2] if text else "{}\n[",
            "shared mixes keys up": lambda key, text: next(
                (other for kept, other in self.shared.texts().items() if kept != key), text
            ),
        }.get(act.what)
        if act.what == "database":
            self.is_down = True
            await anyio.sleep(act.for_s)
            self.is_down = False
        elif act.what == "shared is down":
            self.shared.down = True
            await anyio.sleep(act.for_s)
            self.shared.down = False
        else:
            self.shared.says = says
            await anyio.sleep(act.for_s)
            self.shared.says = None


def _spoil(answer: Answer) -> None:
    """An asker does with what it got whatever it likes."""
    if isinstance(answer.chart, dict):
        answer.chart["values"].append("mine")
        answer.chart["title"] = "mine"
    for row in answer.rows.rows if answer.rows is not None else ():
        path = row[-1]
        assert isinstance(path, list)
        path.append("mine")
