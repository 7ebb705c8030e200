"""A service without its interface: databases by name, questions under way, what is kept.

A question that was let in runs in the application's task group, so that it can outlive the request
that brought it. When it has ended, nothing is left of it but its events for a while, and its
answer in the store.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.abc import TaskGroup

from forerun.access import Identity, Scope
from forerun.adapters.relays import open_relay
from forerun.adapters.stores import open_sql
from forerun.app.access import Access, open_access
from forerun.app.configuration import Configuration
from forerun.app.conversation import InItsLight, Remembered
from forerun.app.forerun import Forerun
from forerun.app.opening import rollout_of
from forerun.app.questions import refuse_paste
from forerun.app.serving.accounting import Accounts
from forerun.app.serving.admission import Admission
from forerun.app.serving.answering import Answering
from forerun.app.serving.asked import Asked, Owner, owner_of, question_id, storable
from forerun.app.serving.databases import Databases, OpenForerun
from forerun.app.serving.elsewhere import Elsewhere
from forerun.app.serving.ending import finished, without_answer
from forerun.app.serving.event_log import Frame
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.known import Found, Known
from forerun.app.serving.places import state_place, teaching_place, telemetry_place
from forerun.app.serving.relaying import Relaying, stream_name
from forerun.app.serving.running import Ask, nobody_waits, was_cancelled
from forerun.app.serving.store import KeptAnswer, ServingStore
from forerun.app.serving.tables import LAYOUT
from forerun.app.serving.teaching import Glossary, Teaching, teaching_in
from forerun.app.serving.teaching.tables import LAYOUT as TAUGHT
from forerun.app.telemetry import open_telemetry
from forerun.domain import Answer
from forerun.errors import Draining, ForerunError
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.gauges import Gauges
from forerun.telemetry.telemetry import Telemetry

if TYPE_CHECKING:
    from forerun.app.rolling_out import RollingOut

FOLLOWED_AGAIN_S = 2.0
THREADS_BESIDE_STATEMENTS = 16
"""For stores and files, so that slow statements never keep them waiting."""

Watching: TypeAlias = Callable[[Ask], None]


class Deployment:
    """Use as `async with`; owns the task group in which questions run."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        answering: OpenForerun = Forerun,
        watching: Watching | None = None,
    ) -> None:
        """`answering` is what answers for each database; `watching` is told of every question that
        has ended, and must not raise."""
        self.configuration = configuration
        self._answering_with = answering
        self._watching = watching
        self.admission = Admission(configuration.limits)
        self.draining = False
        self._stack = AsyncExitStack()
        self._asks: dict[tuple[Owner, str], Ask] = {}
        self._group: TaskGroup
        self._relaying: Relaying | None = None
        self._known: Known
        self._answering: Answering
        self.rollout: RollingOut | None = None
        """Of all databases; None where there is no flag file, and nothing is killed."""
        self.accounts: Accounts
        self.access: Access
        """Who may ask, how much, and what is written down of it."""
        self.databases: Databases
        self.keeper: Keeper
        self.teaching: Teaching
        self.glossary: Glossary
        self.telemetry: Telemetry

    async def __aenter__(self) -> Deployment:
        async with AsyncExitStack() as stack:
            self._build(stack)
            await self.databases.enter(stack)
            self._widen_threads()
            self._group = await stack.enter_async_context(anyio.create_task_group())
            stack.callback(self._group.cancel_scope.cancel)
            own = (
                self.access.run,
                self.keeper.run,
                self.telemetry.run,
                partial(self._known.forget_ended, self.configuration.serve.linger_s),
                self.databases.warm_up,
            )
            for work in own:
                self._group.start_soon(work)
            if self._relaying is not None:
                self._relaying.start(self._group)
            if self.rollout is not None:
                await self.rollout.start(self._group, self._contradicted)
            await self._group.start(self.teaching.spreading.run)
            self._group.start_soon(self.teaching.spreading.tell_misfits)
            self._stack = stack.pop_all()
        return self

    async def refuse_what_cannot_be(self) -> None:
        """Raises what would keep it from being opened, as far as that can be told from here: files,
        addresses, names, keys. Nobody is connected to."""
        async with AsyncExitStack() as stack:
            self._build(stack)
            await self.databases.load_models()

    def _build(self, stack: AsyncExitStack) -> None:
        """All the parts, of which none does anything yet; closed with the stack. Raises what is
        wrong with the configuration."""
        serve, limits = self.configuration.serve, self.configuration.limits
        self.access = open_access(self.configuration.auth, self.configuration.quotas)
        stack.push_async_callback(self.access.aclose)
        self.accounts = Accounts(self.access)
        if (rollout := rollout_of(self.configuration.settings)) is not None:
            stack.push_async_callback(rollout.aclose)
        self.rollout = rollout
        self.databases = Databases.of(self.configuration, stack, rollout, self._answering_with)
        store = ServingStore(open_sql(state_place(serve), LAYOUT))
        self.keeper = Keeper(store, serve.keep_s, serve.keep_answers)
        stack.push_async_callback(self.keeper.aclose)
        self.telemetry = open_telemetry(self._telemetry_config(), self._gauges())
        stack.push_async_callback(self.telemetry.aclose)
        self._answering = Answering(self.admission, self.keeper, self._ended)
        taught = open_sql(teaching_place(serve), TAUGHT)
        stack.push_async_callback(taught.aclose)
        if serve.redis is not None:
            relay = open_relay(serve.redis, serve.linger_s)
            self._relaying = Relaying(relay, limits.followers)
            stack.push_async_callback(self._relaying.aclose)
        self._known = Known(self._asks, self.keeper, self._relaying)
        self.teaching, self.glossary = teaching_in(
            taught, self.databases, self.accounts, self.kept_answer
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def begin(self, asked: Asked, identity: Identity, operation: str) -> Found:
        """Let a question in and begin it; or find it, where its id is known already.

        Raises what keeps it from being begun: `Forbidden`, `NotFound`, `BadInput`, `IdTaken`,
        `LimitReached`, `Overloaded`, and, where the conversation cannot be read, `Unavailable`.
        """
        refuse_paste(asked.question)
        asked = self._bounded(asked)
        try:
            with self.accounts.turning_away(asked, identity, operation):
                identity.require(Scope.ASK)
                owner, id_ = owner_of(identity), question_id(asked.id)
                if asked.id is not None and (
                    known := await self._known.asked_before(owner, id_, asked)
                ):
                    return known
                return await self._begun(owner, id_, asked, identity, operation)
        except ForerunError as error:
            self.telemetry.turned_away(error.code)
            raise

    async def _begun(
        self, owner: Owner, id_: str, asked: Asked, identity: Identity, operation: str
    ) -> Found:
        name, forerun, queued_s = await self._let_in(asked, identity)
        with self._left_on_failure():
            words, seen = await self._in_its_light(owner, asked, name)
            ask = Ask(id_, owner, name, asked, words, operation, queued_s, seen)
            self._show(ask, identity)
            other = await self._known.claim(ask)
        if other is not None:
            self.admission.leave()
            return other
        self._group.start_soon(self._answering.run, ask, forerun, identity)
        self._group.start_soon(self._cancel_unless_resumed, ask)  # it may be left before it is read
        return ask

    async def _let_in(self, asked: Asked, identity: Identity) -> tuple[str, Forerun, float]:
        """Which database it is for, and the seconds that it waited. `admission.leave` must
        follow."""
        if self.draining:
            raise about_to_stop()
        await self.access.gatekeeper.admit(identity)  # who looks for databases pays for looking
        named = await self._named(asked, identity)
        name, forerun = self.databases.find(named, identity)
        waited_s = await self.admission.admit(name, asked.timeout_s or forerun.settings.timeout)
        if self.draining:  # it was called up because another one was cancelled
            self.admission.leave()
            raise about_to_stop()
        return name, forerun, waited_s

    async def _named(self, asked: Asked, identity: Identity) -> str | None:
        """A conversation says which of several databases it is about."""
        goes_on = asked.conversation_id
        if asked.database is not None or goes_on is None:
            return asked.database
        if len(self.databases.seen_by(identity)) < 2:
            return None
        return await self.keeper.database_of(owner_of(identity), goes_on)

    @contextmanager
    def _left_on_failure(self) -> Iterator[None]:
        """The place of what was let in is another's if it cannot be begun."""
        try:
            yield
        except BaseException:
            self.admission.leave()
            raise

    def _show(self, ask: Ask, identity: Identity) -> None:
        """What the asker may see, and must be told of that."""
        ask.place = self.databases.place_of(ask.database)
        ask.asker = self.databases.asker(ask.database, identity)
        ask.warnings = self.databases.out_of_sight(ask.database, identity, ask.asker)

    async def sql(self, asked: Asked, identity: Identity) -> Answer:
        """Run a query of the asker's own, `asked.question`: let in, bounded, paid and written down
        like a question. Raises what `begin` does; who stops waiting cancels it."""
        asked = self._bounded(asked)
        with self.accounts.turning_away(asked, identity, "sql"):
            identity.require(Scope.ASK)
            id_ = question_id(asked.id)
            owner, words = owner_of(identity), InItsLight(asked.question, ())
            name, forerun, queued_s = await self._let_in(asked, identity)
            with self._left_on_failure():
                ask = Ask(id_, owner, name, asked, words, "sql", queued_s)
                self._show(ask, identity)
        self._known.queries.add(ask)
        try:
            return await self._answering.run_sql(ask, forerun, identity)
        finally:
            self._known.queries.remove(ask)

    async def find(self, owner: Owner, id_: str) -> Found:
        """The question of that id, or at least its answer. Raises `NotFound`."""
        return await self._known.find(owner, id_)

    async def kept_answer(self, owner: Owner, id_: str) -> KeptAnswer:
        """The answer as it was served. Raises `NotFound`."""
        return await self._known.kept_answer(owner, id_)

    async def answered(self, found: Found) -> bytes:
        """Its AnswerJSON. Who stops waiting, as the only one, cancels it with all that it does."""
        if isinstance(found, Elsewhere):
            return await found.answered()
        found.readers += 1
        try:
            return await found.result()
        finally:
            found.readers -= 1
            if not found.readers and not found.done.is_set():
                found.cancel(nobody_waits())
                with anyio.CancelScope(shield=True):
                    await found.done.wait()

    def follow(self, found: Found, after: int) -> AsyncGenerator[Sequence[Frame]]:
        """Its events. Once nobody has followed it for `resume_s`, it is cancelled. Raises
        `Overloaded` at once where too many follow questions of other processes."""
        if isinstance(found, Elsewhere):
            found.relaying.must_have_room()
            return found.follow(after)
        return self._followed(found, after)

    async def _followed(self, found: Ask, after: int) -> AsyncGenerator[Sequence[Frame]]:
        found.readers += 1
        try:
            async with aclosing(found.told(after)) as told:
                async for frames in told:
                    yield frames
        finally:
            found.readers -= 1
            if not found.readers and not found.done.is_set():
                self._group.start_soon(self._cancel_unless_resumed, found)

    async def cancel(self, owner: Owner, id_: str) -> bool:
        """Cancel a question, here or elsewhere; False where it had ended. Raises `NotFound`."""
        match await self.find(owner, id_):
            case Ask() as ask:
                ended = ask.done.is_set()
                ask.cancel(was_cancelled())
                return not ended
            case Elsewhere() as elsewhere:
                await elsewhere.cancel()
                return await self.keeper.answer(owner, id_) is None

    async def drain(self) -> None:
        """Begin no question any more; give those under way their time, then cancel them."""
        self.draining = True
        with anyio.move_on_after(self.configuration.serve.drain_s):
            while under_way := self._known.under_way():
                await under_way[0].done.wait()
        for ask in self._known.under_way():
            ask.cancel(Draining("The service stops.", "Ask again: another one goes on.", 1.0))
        while under_way := self._known.under_way():
            await under_way[0].done.wait()

    def _bounded(self, asked: Asked) -> Asked:
        """Rows are made into text on the event loop, where everybody waits for them."""
        rows = asked.max_rows and min(asked.max_rows, self.configuration.limits.rows)
        return replace(asked, question=storable(asked.question), max_rows=rows)

    def _ended(self, ask: Ask, answer: Answer | None, identity: Identity) -> None:
        told = without_answer(ask) if answer is None else answer
        self.accounts.ended(ask, told, identity)
        self.telemetry.observe(finished(ask, told, identity))
        if self._watching is not None:
            self._watching(ask)

    def _contradicted(self, trace_id: str) -> None:
        """A shadow run may take longer than its question is remembered."""
        named = (ask.database for ask in self._asks.values() if ask.id == trace_id)
        self.telemetry.mismatched(trace_id, next(named, "unknown"))

    def _telemetry_config(self) -> TelemetryConfig:
        return replace(self.configuration.telemetry, store=telemetry_place(self.configuration))

    def _gauges(self) -> Gauges:
        """Breakers go by the clock of the event loop: a thread has to ask for them there."""
        return Gauges(
            lambda: self.admission.running,
            lambda: self.admission.waiting,
            lambda: anyio.from_thread.run_sync(self.databases.breakers),
        )

    async def _in_its_light(
        self, owner: Owner, asked: Asked, database: str
    ) -> tuple[InItsLight, int]:
        if asked.conversation_id is None:
            return Remembered().next(asked.question), 0
        remembered, seen = await self.keeper.remembered(
            owner, asked.conversation_id, database, self.databases.place_of(database)
        )
        return remembered.next(asked.question), seen

    async def _cancel_unless_resumed(self, ask: Ask) -> None:
        with anyio.move_on_after(self.configuration.serve.resume_s):
            await ask.done.wait()
        if ask.readers or ask.done.is_set():
            return
        if self._relaying is not None:
            while await self._relaying.is_followed(stream_name(ask.owner, ask.id)):
                with anyio.move_on_after(FOLLOWED_AGAIN_S):
                    await ask.done.wait()
                    return
        if not ask.readers:
            ask.cancel(nobody_waits())

    def _widen_threads(self) -> None:
        """Every statement has a thread of its own, up to what the settings allow."""
        limiter = anyio.to_thread.current_default_thread_limiter()
        statements = sum(each.settings.max_statements for each in self.databases.opened.values())
        limiter.total_tokens = max(limiter.total_tokens, statements + THREADS_BESIDE_STATEMENTS)


def about_to_stop() -> Draining:
    return Draining("The service is about to stop.", "Ask again: another one goes on.", 1.0)
