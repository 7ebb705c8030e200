"""One database after the other: ask about it, close it, compare."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar

import anyio
from anyio import to_thread
from anyio.lowlevel import checkpoint_if_cancelled

from forerun.app import Conversation
from forerun.app.conversation import Asks
from forerun.domain import Status
from forerun.errors import BadSetting, ForerunError, MissingExtra, UnreadableFile
from forerun.lab.evaluation.loading import scratch_database
from forerun.lab.evaluation.locating import Source
from forerun.lab.evaluation.marking import Mark, mark, not_run
from forerun.lab.evaluation.predictions import Prediction, Predictions
from forerun.lab.evaluation.reading import Dialogue, Item
from forerun.lab.evaluation.scoring import Examiner

T = TypeVar("T")

OpenAsker: TypeAlias = Callable[[str], AbstractAsyncContextManager[Asks]]
"""Opens what is examined on one database, named by a path or URL."""


@dataclass(frozen=True, slots=True)
class Examination:
    """Who is examined, and where the predictions go."""

    open_asker: OpenAsker
    predictions: Predictions
    postgres: str | None
    """URL of a server for scratch databases."""
    on_asked: Callable[[Item], None]

    async def of_database(self, source: Source | None, group: Sequence[Dialogue]) -> list[Mark]:
        """The marks of all dialogues about one database."""
        if source is None:
            return _not_run(group, "no file of its database was found")
        if source.dialect == "postgres" and self.postgres is None:
            return _not_run(group, "its PostgreSQL dump needs a server: name one with --postgres")
        try:
            async with self._reachable(source) as where:
                await self._ask([d for d in group if not self._is_known(d)], where)
                return await self._compare(group, source, where)
        except UnreadableFile as error:
            return _not_run(group, error.message)

    @asynccontextmanager
    async def _reachable(self, source: Source) -> AsyncIterator[str]:
        if self.postgres is None or source.dialect != "postgres":
            yield str(source.path)
            return
        async with scratch_database(self.postgres, source.path) as url:
            yield url

    def _is_known(self, dialogue: Dialogue) -> bool:
        """Yesterday's SQL may hold yesterday's date; half a conversation cannot be gone on with."""
        return all(
            item.id in self.predictions and not item.time_relative for item in dialogue.items
        )

    async def _ask(self, group: Sequence[Dialogue], where: str) -> None:
        """Get the predictions. The database is closed again before others open it."""
        if not group:
            return
        try:
            async with self.open_asker(where) as asks:
                for dialogue in group:
                    conversation = Conversation(asks)
                    for item in dialogue.items:
                        self.predictions.add(await predict(conversation, item))
                        self.on_asked(item)
        except (BadSetting, MissingExtra):  # no question could be asked: that is no result
            raise
        except ForerunError as error:  # the database does not open
            for item in _items(group):
                if item.id not in self.predictions:
                    self.predictions.add(_failed(item, time.perf_counter(), error.code))

    async def _compare(self, group: Sequence[Dialogue], source: Source, where: str) -> list[Mark]:
        marks = []
        with Examiner(source, where) as examiner:
            for item in _items(group):
                judge = partial(mark, item, self.predictions[item.id], examiner, source.dialect)
                marks.append(await interruptibly(judge, examiner.stop))
        return marks


async def predict(conversation: Conversation, item: Item) -> Prediction:
    """Ask one question. Whatever it raises is that question's failure, and nobody else's."""
    started = time.perf_counter()
    try:
        answer = await conversation.ask(item.question)
    except ForerunError as error:
        return _failed(item, started, error.code)
    except Exception as error:  # noqa: BLE001 - one question's fault must not cost the others
        return _failed(item, started, f"{type(error).__name__}: {error}")
    return Prediction(
        item.id,
        answer.sql or None,
        answer.status,
        answer.confidence,
        _ms_since(started),
        answer.failure.code if answer.failure else None,
    )


async def interruptibly(work: Callable[[], T], interrupt: Callable[[], None]) -> T:
    """Run blocking work in a thread; cancelled, it is interrupted and waited for."""
    done = False

    async def watch() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            if not done:
                interrupt()

    async with anyio.create_task_group() as group:
        group.start_soon(watch)
        result = await to_thread.run_sync(work)
        done = True
        group.cancel_scope.cancel()
    await checkpoint_if_cancelled()
    return result


def _items(group: Sequence[Dialogue]) -> list[Item]:
    return [item for dialogue in group for item in dialogue.items]


def _not_run(group: Sequence[Dialogue], reason: str) -> list[Mark]:
    return [not_run(item, reason) for item in _items(group)]


def _failed(item: Item, started: float, problem: str) -> Prediction:
    return Prediction(item.id, None, Status.FAILED, None, _ms_since(started), problem)


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1_000, 3)
