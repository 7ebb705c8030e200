"""Everything wired: one database, its models, and the Answerer over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from forerun import demo, parsing, stages
from forerun.adapters.databases import connect
from forerun.app.caching import CacheStatus, open_caches, version_ttl_s
from forerun.app.conversation import Conversation
from forerun.app.hybrid import Wired, foreseen, stage_policy, wire_hybrid
from forerun.app.knowing import knowledge_file, known_of
from forerun.app.lessons import Faults, Lessons
from forerun.app.models import Roles, open_roles
from forerun.app.opening import DEMO, rollout_of, url_of
from forerun.app.permitting import AskingFor, Sights, must_see_everything, sendable
from forerun.app.questions import chosen_mode, question_of, sentence
from forerun.app.settings import Settings
from forerun.app.warned import Warned
from forerun.catalog import CatalogSource, Sampling
from forerun.domain import (
    LOSSLESS,
    Answer,
    Answerer,
    Asker,
    Catalog,
    Decision,
    Draft,
    Explanation,
    Mode,
    Origin,
    Progress,
    Question,
    Taught,
    TraceId,
    Turn,
    Verdict,
    new_trace_id,
)
from forerun.errors import EmptyQuestion
from forerun.orchestrators import Direct, Hybrid, SequentialPath, Tracked
from forerun.orchestrators.auditing import AuditedDatabase
from forerun.orchestrators.breaker import State
from forerun.orchestrators.crowding import crowding
from forerun.orchestrators.performance import Performance
from forerun.orchestrators.versions import ReusedVersions
from forerun.ports import Database

if TYPE_CHECKING:
    from forerun.app.rolling_out import RollingOut


class Forerun:
    """Answers questions about one database.

        async with Forerun("sales.duckdb", model="openai:gpt-5.1") as fr:
            answer = await fr.ask("how many customers are there per region?")

    `database` is a URL, a path to a file or folder, or `demo`. What the asker can put right
    (a missing file, an empty question) raises `BadInput`; whatever else goes wrong is told by
    an Answer with status `failed`.
    """

    def __init__(
        self,
        database: str | PathLike[str],
        *,
        model: str | None = None,
        settings: Settings | None = None,
        samples: bool | None = None,
        rollout: RollingOut | None = None,
    ) -> None:
        """`rollout` is shared with other databases: its owner starts and closes it."""
        settings = settings or Settings.read()
        if model is not None:
            settings = replace(settings, model=model)
        if samples is not None:
            settings = replace(settings, samples=samples)
        self.settings = settings
        self._is_demo = database == DEMO
        url = url_of(database)
        self.knowledge_file = knowledge_file(settings.knowledge, url)
        """Where what the team knows of the database is written; None where nothing is."""
        opened = self._connected(url)
        known = known_of(self.knowledge_file)
        self._caches = open_caches(settings, url, opened.dialect, repr(known.said))
        versioned = ReusedVersions(opened, version_ttl_s(settings, url))
        self._database = AuditedDatabase(crowding(versioned, settings.max_statements))
        self._own_rollout = rollout_of(settings) if rollout is None else None
        self._rollout = rollout or self._own_rollout
        self._catalog = CatalogSource(
            self._caches.of_structure(self._database),
            Sampling(settings.samples, settings.sample_limit, settings.sample_skip),
            settings.catalog_max_age,
            known.enrich,
        )
        self._sights = Sights(self._catalog)
        self._roles: Roles | None = None
        self._wired: Wired | None = None
        self.performance = Performance()
        """What was measured so far, by operation."""
        self._opening = anyio.Lock(fast_acquire=True)
        self._warning = anyio.Lock(fast_acquire=True)
        self._warnings: tuple[str, ...] | None = None
        self._background: TaskGroup | None = None
        """Work that outlives a question; within `async with` only."""

    async def __aenter__(self) -> Forerun:
        await self._resources()
        self._background = await anyio.create_task_group().__aenter__()
        try:
            self._caches.start(self._background)
            if self._own_rollout is not None:
                await self._own_rollout.start(self._background)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._caches.stop()
            background, self._background = self._background, None
            if background is not None:
                background.cancel_scope.cancel()
                await background.__aexit__(None, None, None)
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close every connection to the database and the models. Safe to call twice."""
        with anyio.CancelScope(shield=True):
            try:
                if self._wired is not None:
                    await self._wired.aclose()
                if self._roles is not None:
                    await self._roles.aclose()
            finally:
                await self._database.aclose()
                await self._caches.aclose()
                if self._own_rollout is not None:
                    await self._own_rollout.aclose()

    async def ask(  # noqa: PLR0913 - each is the asker's to choose
        self,
        text: str,
        *,
        max_rows: int | None = None,
        timeout_s: float | None = None,
        conversation: Sequence[Turn] = (),
        now: datetime | None = None,
        draft: Draft | None = None,
        mode: Mode | str = Mode.HYBRID,
        sequential: SequentialPath | None = None,
        guess: bool | None = None,
        asker: Asker | None = None,
        anew: bool = False,
        conversation_id: str | None = None,
        id_: TraceId | None = None,
    ) -> Answer:
        """Answer a question; `conversation` holds the turns it may refer to, oldest first.

        `now` is what "today" means: by default this moment, in the demo the end of its data.
        `draft` is the reading that the asker chose from a clarification. `mode` is `hybrid`
        (parallel where that is switched on and pays), `parallel` or `sequential`. `sequential`
        takes the place of our own sequential path, which it cannot for an asker who may not see
        everything. `guess` allows answers that are only likely, each with a warning; None leaves it
        to the settings. `asker` says for whom it is, and what he may see: what is kept of one
        tenant's answers, or for other permissions, is never given to another's. `anew` passes by
        what is kept. `conversation_id` names the conversation, for experiments that compare these.
        `id_` becomes the answer's `trace_id`; by default a new one.
        """
        question = replace(
            question_of(self.settings, sentence(text), now or self._now(), max_rows, timeout_s),
            conversation=tuple(conversation),
            guess=self.settings.guess if guess is None else guess,
            asker=asker or Asker(),
            anew=anew,
            conversation_id=conversation_id,
            id=id_ or new_trace_id(),
        )
        question = sendable(question)
        hybrid = self._sights.hybrid(await self.orchestrator(chosen_mode(mode)), question.asker)
        if sequential is not None:
            must_see_everything(question.asker)
            hybrid = replace(hybrid, sequential=lambda _: sequential, cache=None)
        if hybrid.mode is Mode.SEQUENTIAL and not self.settings.rungs <= set(LOSSLESS):
            hybrid = replace(hybrid, cache=None)  # the other path may have answered otherwise

        async def going_on(question: Question) -> Answer:
            return await hybrid(question, Progress(draft=draft))

        return await self._answered(going_on, question, hybrid.name)

    def foresee(
        self,
        text: str,
        conversation: Sequence[Turn] = (),
        mode: Mode | str = Mode.HYBRID,
    ) -> Decision:
        """Which path a question would take now, as far as can be told without asking anybody."""
        question = replace(
            Question(sentence(text), now=self._now()), conversation=tuple(conversation)
        )
        return foreseen(
            question, chosen_mode(mode), self._wired, self.settings, self._database.name
        )

    def conversation(self, asker: Asker | None = None) -> Conversation:
        """A conversation of one asker, whose questions may refer to earlier ones."""
        return Conversation(self if asker is None else AskingFor(self, asker))

    async def sql(
        self,
        sql: str,
        *,
        max_rows: int | None = None,
        timeout_s: float | None = None,
        asker: Asker | None = None,
    ) -> Answer:
        """Run a query of the asker's own: checked, bounded and read-only like any other.

        It gives what it would give if there were no more than the asker may see.
        """
        if not sql.strip():
            raise EmptyQuestion("There is no SQL.", "Give one SELECT statement.")
        question = question_of(self.settings, sql.strip(), self._now(), max_rows, timeout_s)
        question = replace(question, asker=asker or Asker())
        direct = Direct(self._sights.resources(await self._resources(), question.asker))
        return await self._answered(direct, question, direct.name)

    async def check(self, sql: str, *, asker: Asker | None = None) -> Verdict:
        """What the gate and the database's planner say of a query. Nothing runs.

        `statement.sql` is what would run, `statement.shown` what the asker may see of it.
        """
        draft = Draft(sql, Origin.USER, confidence=1.0)
        resources = self._sights.resources(await self._resources(), asker or Asker())
        return await stages.check(draft, resources)

    async def explain(
        self, text: str, *, now: datetime | None = None, asker: Asker | None = None
    ) -> Explanation:
        """How the built-in parser understands a question, and why it hesitates.

        No model is asked, whichever is set, and nothing runs.
        """
        question = question_of(self.settings, sentence(text), now or self._now())
        seen = self._sights.catalog(asker or Asker())
        resources = stages.Resources(self._database, seen, policy=stage_policy(self.settings))
        slice_ = await stages.link(question, resources)
        about = question.text, slice_.catalog, question.now
        return await parsing.aside(parsing.explain, *about)

    async def catalog(
        self, *, samples: bool | Collection[str] = False, asker: Asker | None = None
    ) -> Catalog:
        """Tables, columns and keys that the asker may see, on request with sampled values, of all
        tables or of those that `samples` names by their keys.

        Raises `BadPolicy` where the asker's permissions do not fit the database.
        """
        seen = self._sights.catalog(asker or Asker())
        catalog = await seen.structure()
        if samples is False:
            return catalog
        keys = [table.key for table in catalog.tables] if samples is True else samples
        return await seen.sampled(keys)

    async def teach(self, tenant: str, taught: Taught) -> None:
        """From the next question of `tenant` on, this is known beside the knowledge file."""
        lessons = Lessons(taught)
        if self._catalog.known is not None:  # else with the first question
            await lessons.learn(self._catalog.known)
        self._sights.teach(tenant, lessons)
        self._caches.forget_examples(tenant)

    async def faults(self, tenant: str, taught: Taught | None = None) -> Faults:
        """Why something of what `tenant` has taught, or is about to, is not used."""
        lessons = self._sights.lessons(tenant) if taught is None else Lessons(taught)
        return await lessons.learn(await self._catalog.structure())

    async def load_models(self) -> None:
        """Ask none. Raises `BadSetting` or `MissingExtra` for one that there cannot be."""
        await self._resources()

    async def reach(self) -> None:
        """Ask the database for a sign of life. Raises `Unavailable` where it gives none."""
        await self._database.version()

    async def orchestrator(self, mode: Mode = Mode.HYBRID) -> Hybrid:
        """The hybrid orchestrator itself, for who drives it without what `ask` adds."""
        return (await self._hybrid()).in_mode(mode)

    async def cache_status(self) -> CacheStatus:
        """What is kept of earlier answers, and hits, misses and more since the start."""
        return await self._caches.status()

    async def purge_cache(self, *, tenant: str | None = None, table: str | None = None) -> int:
        """Drop what is kept of answers about this database; how many entries.

        Of one tenant or one table only, where given. Every process that shares the cache drops
        it. Raises `Unavailable` where the shared cache could not be told.
        """
        return await self._caches.purge(tenant, table)

    @property
    def dialect(self) -> str:
        """sqlglot's name of the database's SQL dialect."""
        return self._database.dialect

    @property
    def today(self) -> datetime:
        """What "today" means: this moment; in the demo the end of its data."""
        return self._now()

    def _connected(self, url: str) -> Database:
        """The database itself. Another one where somebody measures or simulates."""
        return connect(url)

    def _opened_roles(self) -> Roles:
        """The models, likewise."""
        return open_roles(self.settings)

    async def _resources(self) -> stages.Resources:
        async with self._opening:
            if self._roles is None:
                # A provider's SDK takes seconds to load: in a thread, so that others go on.
                self._roles = await anyio.to_thread.run_sync(self._opened_roles)
        return stages.Resources(
            self._sights.discreet(self._database),
            self._catalog,
            self._roles.models,
            stage_policy(self.settings),
            self._roles.drafter,
        )

    async def _hybrid(self) -> Wired:
        resources = await self._resources()
        async with self._opening:
            if self._wired is None:
                cache = self._caches.of_answers(resources)
                trials = None
                if self._rollout is not None:
                    await self._rollout.open()
                    trials = self._rollout.trials(self._database.name)
                self._wired = await wire_hybrid(resources, self.settings, cache, trials)
            return self._wired

    async def _answered(self, answerer: Answerer, question: Question, name: str) -> Answer:
        began_at = anyio.current_time()
        try:
            warned = Warned(answerer, self.warnings, self._warnings)
            answer = await Tracked(warned, self._database.dialect, name)(question)
        except Exception:
            self.performance.failed(name, anyio.current_time() - began_at)
            raise
        self.performance.observe(name, answer)
        if self._wired is not None:
            await self._wired.experience.save_when_due()
        return answer

    @property
    def prediction_error(self) -> float | None:
        """How far predictions of the sequential path were off, as a share of what it took.

        The median of the last hundred; None before there was one.
        """
        return None if self._wired is None else self._wired.experience.latencies.error()

    @property
    def breakers(self) -> Mapping[str, State]:
        """The states of the breakers; none before the first question."""
        wired = self._wired
        return {} if wired is None else wired.hybrid.decider.breakers.states()

    async def warnings(self) -> tuple[str, ...]:
        """What to know about the connection, e.g. that it may do more than read."""
        async with self._warning:  # of its own: a database that is down holds up only this
            if self._warnings is None:
                self._warnings = await self._database.warnings()
            return self._warnings

    def _now(self) -> datetime:
        return demo.TODAY if self._is_demo else datetime.now().astimezone()
