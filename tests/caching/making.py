"""A cache over answers that a test makes up, and the questions for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import anyio

from forerun.caching import Circumstances, KeptAnswers, Keys, Layers, Memory, Policy
from forerun.caching.single_flight import Background
from forerun.domain import (
    Answer,
    Catalog,
    Context,
    Kind,
    Question,
    ResultColumn,
    Rows,
    Slice,
    Status,
)
from forerun.ports import Recall, Recalled, SharedCache, Version

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SLICE = Slice(Catalog("shop", "sqlite", ()), whole=True)
VERSION = Version("data 1", "schema 1")
NUMBER = (ResultColumn("n", "INTEGER", Kind.INTEGER),)
KEYS = Keys(Circumstances("shop-1", "sqlite", "makers"), b"secret")


def question(text: str = "how many?", **more: object) -> Question:
    return replace(Question(text, now=NOW), **more)  # type: ignore[arg-type]


def answer_to(asked: Question, number: int = 1, **more: object) -> Answer:
    answer = Answer(
        asked.text,
        Status.ANSWERED,
        "sqlite",
        "test",
        asked.id,
        standalone=asked.text,
        sql="SELECT n FROM orders",
        rows=Rows(NUMBER, ((number,),)),
        tables=frozenset({"Orders"}),
    )
    return replace(answer, **more)  # type: ignore[arg-type]


@dataclass
class Plain:
    """A `Meaning` that finds questions by their words alone; see `forerun.caching.making`."""

    meanings: tuple[str, ...] = ()
    told: str | None = None

    def is_dated(self, question: Question, answer: Answer) -> bool | None:
        return "today" in question.text

    async def of_question(
        self, slice_: Slice, context: Context, is_kept: Callable[[str], Awaitable[bool]]
    ) -> tuple[str, ...]:
        return self.meanings

    async def of_answered(
        self, question: Question, slice_: Slice, context: Context, answer: Answer
    ) -> tuple[str, ...]:
        return self.meanings

    def told_writer(self, slice_: Slice, context: Context) -> str | None:
        return f"{self.told}: {context.question}" if self.told is not None else None

    def ages(self, answer: Answer) -> bool:
        return False

    async def like(
        self, slice_: Slice, context: Context, earlier: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, str], ...]:
        return tuple(earlier)


@dataclass
class Maker:
    """Makes an answer with the next number, after looking for one that is kept."""

    seconds: float = 0.0
    more: dict[str, object] = field(default_factory=dict)
    raises: Exception | None = None
    made: int = 0
    recalled: list[Recalled] = field(default_factory=list)
    on_the_way: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, asked: Question, recall: Recall) -> Answer:
        found = await recall(SLICE, Context(asked.text, asked.now))
        self.recalled.append(found)
        if found.answer is not None:
            return found.answer
        self.made += 1
        number = self.made
        await anyio.sleep(self.seconds)
        if self.on_the_way is not None:
            await self.on_the_way()
        if self.raises is not None:
            raise self.raises
        return answer_to(asked, number, **self.more)


@dataclass
class Ticking:
    """A clock that a test sets, and the version that goes with it."""

    time: float = 1_000_000.0
    version: Version | Exception = VERSION

    def now(self) -> float:
        return self.time

    async def read(self) -> Version:
        if isinstance(self.version, Exception):
            raise self.version
        return self.version


def cache_of(
    clock: Ticking,
    shared: SharedCache | None = None,
    background: Background | None = None,
    meaning: Plain | None = None,
    policy: Policy | None = None,
) -> KeptAnswers:
    """One process's cache, with a memory of its own."""
    layers = Layers(Memory(1_000_000), shared, clock=clock.now)
    policy = policy or Policy(jitter=0.0, learn_after_s=0.0)
    return KeptAnswers(KEYS, layers, clock.read, meaning or Plain(), background, policy)


def number_of(answer: Answer) -> object:
    assert answer.rows is not None, answer
    return answer.rows.rows[0][0]
