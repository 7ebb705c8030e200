"""A service without its interface: databases by name, questions under way, what is kept.

The story of a question: let in, begun, told, ended, kept. Each runs in the application's task
group, so that it can outlive the request that brought it; nothing of it is left when it has ended
but its events for a while, and its answer in the store.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from types import TracebackType

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from forerun.access import Identity
from forerun.adapters.stores import open_sql
from forerun.app.configuration import Configuration
from forerun.app.conversation import InItsLight, Remembered, asked_back_of, turn_of
from forerun.app.forerun import Forerun
from forerun.app.serving.admission import Admission
from forerun.app.serving.asked import Asked, Owner, owner_of
from forerun.app.serving.databases import Databases
from forerun.app.serving.event_log import Frame
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.places import state_place
from forerun.app.serving.running import Ask, nobody_waits, was_cancelled
from forerun.app.serving.store import KeptAnswer, KeptTurn, ServingStore
from forerun.app.serving.tables import LAYOUT
from forerun.clock import now
from forerun.domain import Answer, Asker, Status, TraceId, new_trace_id
from forerun.errors import (
    BadInput,
    Draining,
    ForerunError,
    IdTaken,
    InternalError,
    NotFound,
)
from forerun.events import listening
from forerun.wire import answer_to_json
from forerun.wire.encoding import encoded

log = logging.getLogger(__name__)

MOST_ENDED = 2_000
FORGOTTEN_EVERY_S = 1.0
THREADS_BESIDE_STATEMENTS = 16
"""For stores and files, so that slow statements never keep them waiting."""


class Deployment:
    """Use as `async with`; owns the task group in which questions run."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.admission = Admission(configuration.limits)
        self.draining = False
        self._stack = AsyncExitStack()
        self._asks: dict[tuple[Owner, str], Ask] = {}
        self._group: TaskGroup
        self.databases: Databases
        self.keeper: Keeper

    async def __aenter__(self) -> Deployment:
        serve = self.configuration.serve
        async with AsyncExitStack() as stack:
            self.databases = await Databases.open(self.configuration, stack)
            self._widen_threads()
            store = ServingStore(open_sql(state_place(serve), LAYOUT))
            self.keeper = Keeper(store, serve.keep_s, serve.keep_answers)
            stack.push_async_callback(self.keeper.aclose)
            self._group = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(self._group.cancel_scope.cancel)
            for work in (self.keeper.run, self._forget_ended, self.databases.warm_up):
                self._group.start_soon(work)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    # --- questions -------------------------------------------------------------------------

    async def begin(self, asked: Asked, identity: Identity, operation: str) -> Ask:
        """Let a question in and begin it; the same one, where its id is known already.

        Raises what keeps it from being begun: `NotFound`, `Forbidden`, `BadInput`, `IdTaken`,
        `Overloaded`, and what is kept in the store not being to be had, `Unavailable`.
        """
        owner = owner_of(identity)
        id_ = question_id(asked.id)
        if asked.id is not None and (known := await self._known(owner, id_, asked)) is not None:
            return known
        if self.draining:
            raise Draining("The service is about to stop.", "Ask again: another one goes on.", 1.0)
        name, forerun = self.databases.find(asked.database, identity)
        timeout_s = asked.timeout_s or forerun.settings.timeout
        queued_s = await self.admission.admit(timeout_s)
        try:
            words, seen = await self._in_its_light(owner, asked)
            if (owner, id_) in self._asks:  # the same question came twice, and both waited
                self.admission.leave()
                return self._asks[owner, id_]
            ask = Ask(id_, owner, name, asked, words, operation, queued_s, seen)
            self._asks[owner, id_] = ask
            self._group.start_soon(self._run, ask, forerun, identity)
        except BaseException:
            self.admission.leave()
            raise
        return ask

    async def answered(self, ask: Ask) -> bytes:
        """Its AnswerJSON. Who stops waiting, as the only one, cancels it with all that it does."""
        ask.readers += 1
        try:
            return await ask.result()
        finally:
            ask.readers -= 1
            if not ask.readers and not ask.done.is_set():
                ask.cancel(nobody_waits())
                with anyio.CancelScope(shield=True):
                    await ask.done.wait()

    async def follow(self, ask: Ask, after: int) -> AsyncIterator[Sequence[Frame]]:
        """Its events. Once nobody has followed it for `resume_s`, it is cancelled."""
        ask.readers += 1
        try:
            async for frames in ask.log.follow(after):
                yield frames
        finally:
            ask.readers -= 1
            if not ask.readers and not ask.done.is_set():
                self._group.start_soon(self._cancel_unless_resumed, ask)

    def under_way(self, owner: Owner, id_: str) -> Ask | None:
        """The question of that id, while its events are known here."""
        return self._asks.get((owner, id_))

    async def find(self, owner: Owner, id_: str) -> Ask:
        """The same, or at least its answer. Raises `NotFound`."""
        return self.under_way(owner, id_) or Ask.recalled(await self.kept_answer(owner, id_))

    async def cancel(self, owner: Owner, id_: str) -> bool:
        """Cancel a question; False where it had ended. Raises `NotFound`."""
        ask = self.under_way(owner, id_)
        if ask is None:
            await self.kept_answer(owner, id_)
            return False
        ended = ask.done.is_set()
        ask.cancel(was_cancelled())
        return not ended

    async def kept_answer(self, owner: Owner, id_: str) -> KeptAnswer:
        """The answer as it was served. Raises `NotFound`."""
        kept = await self.keeper.answer(owner, id_)
        if kept is None:
            raise NotFound(
                f"There is no question {id_} of yours.", "It may have been too long ago."
            )
        return kept

    async def drain(self) -> None:
        """Begin no question any more; give those under way their time, then cancel them."""
        self.draining = True
        under_way = [ask for ask in self._asks.values() if not ask.done.is_set()]
        with anyio.move_on_after(self.configuration.serve.drain_s):
            for ask in under_way:
                await ask.done.wait()
        for ask in under_way:
            ask.cancel(Draining("The service stops.", "Ask again: another one goes on.", 1.0))
        for ask in under_way:
            await ask.done.wait()

    # --- the life of one question ------------------------------------------------------------

    async def _run(self, ask: Ask, forerun: Forerun, identity: Identity) -> None:
        """To its end, however it ends. Nothing that goes wrong here reaches another question."""
        answer = None
        try:
            with ask.scope:
                answer = await self._ask(ask, forerun, identity)
                wire = encoded(answer_to_json(answer))
                await self._keep(ask, answer, wire)
                ask.answered(answer, wire)
            if not ask.done.is_set():
                ask.failed(ask.why_cancelled or was_cancelled())
        except ForerunError as error:
            ask.failed(error)
        except Exception as error:  # noqa: BLE001 - the asker is told, and the log what it was
            ask.failed(logged(error))
        finally:
            if not ask.done.is_set():
                ask.failed(was_cancelled())
            answered = answer is not None and answer.status is Status.ANSWERED
            self.admission.leave(now() - ask.began_at if answered else None)

    async def _ask(self, ask: Ask, forerun: Forerun, identity: Identity) -> Answer:
        asked = ask.asked
        with listening(ask.teller.hear):
            return await forerun.ask(
                ask.words.text,
                max_rows=asked.max_rows,
                timeout_s=asked.timeout_s,
                conversation=ask.words.turns,
                draft=ask.words.draft,
                mode=asked.mode,
                guess=asked.guess,
                asker=Asker(identity.tenant, user=identity.user),
                anew=asked.anew,
                conversation_id=asked.conversation_id,
                id_=TraceId(ask.id),
            )

    async def _keep(self, ask: Ask, answer: Answer, wire: bytes) -> None:
        kept = KeptAnswer(
            ask.owner, ask.id, ask.database, ask.asked.question, time.time(), wire.decode()
        )
        if ask.asked.conversation_id is None:
            self.keeper.keep(kept)
            return
        turn = KeptTurn(
            ask.owner,
            ask.asked.conversation_id,
            ask.database,
            ask.seen_turns,
            ask.id,
            kept.at,
            ask.asked.question,
            answer.status.value,
            turn_of(answer, ask.words.text),
            asked_back_of(answer),
        )
        await self.keeper.keep_turn(kept, turn)

    async def _in_its_light(self, owner: Owner, asked: Asked) -> tuple[InItsLight, int]:
        if asked.conversation_id is None:
            return Remembered().next(asked.question), 0
        remembered, seen = await self.keeper.store.remembered(owner, asked.conversation_id)
        return remembered.next(asked.question), seen

    async def _known(self, owner: Owner, id_: str, asked: Asked) -> Ask | None:
        """What came of the same question before. Raises `IdTaken` where it was another one."""
        known = self.under_way(owner, id_)
        if known is None and (kept := await self.keeper.answer(owner, id_)) is not None:
            known = Ask.recalled(kept)
        if known is not None and known.asked.question != asked.question:
            raise IdTaken(
                f"The id {id_} stands for another question of yours.", "Take a new id for each."
            )
        return known

    async def _cancel_unless_resumed(self, ask: Ask) -> None:
        with anyio.move_on_after(self.configuration.serve.resume_s):
            await ask.done.wait()
        if not ask.readers:
            ask.cancel(nobody_waits())

    async def _forget_ended(self) -> None:
        """Events of ended questions, once they have been there long enough, or are too many."""
        while True:
            await anyio.sleep(FORGOTTEN_EVERY_S)
            ended = [key for key, ask in self._asks.items() if ask.ended_at is not None]
            before = now() - self.configuration.serve.linger_s
            for number, key in enumerate(ended):
                ended_at = self._asks[key].ended_at or 0.0
                if ended_at < before or number < len(ended) - MOST_ENDED:
                    del self._asks[key]

    def _widen_threads(self) -> None:
        """Every statement has a thread of its own, up to what the settings allow."""
        limiter = anyio.to_thread.current_default_thread_limiter()
        statements = sum(each.settings.max_statements for each in self.databases.opened.values())
        limiter.total_tokens = max(limiter.total_tokens, statements + THREADS_BESIDE_STATEMENTS)


def question_id(given: str | None) -> str:
    """32 hex digits; a UUID may be written as usual. Raises `BadInput`."""
    if given is None:
        return new_trace_id()
    try:
        return uuid.UUID(given).hex
    except ValueError:
        raise BadInput(
            f"{given[:80]!r} is no id for a question.", "Use 32 hex digits, such as a UUID."
        ) from None


def logged(error: Exception) -> InternalError:
    """What is told of a fault of our own; the log has the rest under the same id."""
    id_ = uuid.uuid4().hex[:12]
    log.error("error %s: %s", id_, type(error).__name__, exc_info=error)
    return InternalError(id_)
