"""One making of an answer: what is recalled on the way, and what is kept of it in the end.

Kept is what everybody may be shown again: answers, and for a short while questions asked back;
never what failed, was cut by a deadline or a limit, or would be different a moment later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import anyio

from forerun.caching.entries import Alias, Entry, Value
from forerun.caching.keys import QuestionKeys
from forerun.caching.layers import Found
from forerun.caching.leasing import tell_unkept
from forerun.caching.serving import without_costs
from forerun.caching.single_flight import Flight
from forerun.domain import Answer, CacheUse, Context, Draft, Origin, Question, Shelf, Slice, Status
from forerun.errors import ForerunError
from forerun.ports import VIEW, Labels, Recalled, Version

TOO_LARGE = "It is too large for other processes to find."

if TYPE_CHECKING:
    from forerun.caching.answers import Asked


class Meaning(Protocol):
    """What the caches cannot know of questions and SQL. Handed in by `app`."""

    def is_dated(self, question: Question, answer: Answer) -> bool | None:
        """Whether the answer hangs on today's date; None where it hangs on the moment."""

    async def of_question(
        self, slice_: Slice, context: Context, is_kept: Callable[[str], Awaitable[bool]]
    ) -> tuple[str, ...]:
        """Texts that only questions share that mean the same; none where that is not sure.

        `is_kept` says whether something is kept under a text. What it has to be kept under first
        is quick to tell, what a question means is not.
        """

    async def of_answered(
        self, question: Question, slice_: Slice, context: Context, answer: Answer
    ) -> tuple[str, ...]:
        """The same of a question that was answered, and what must be kept for it to be found."""

    def told_writer(self, slice_: Slice, context: Context) -> str | None:
        """All that the writer is told, the time left out; None where no writer is asked."""

    def ages(self, answer: Answer) -> bool:
        """Whether what it read may change by itself, or cannot be told to be a table."""

    async def like(
        self, slice_: Slice, context: Context, earlier: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, str], ...]:
        """Of earlier questions and their SQL those that may help a writer with this one."""


class Making:
    """Of one answer, for one who asks; or `ahead` of the end of the one that is kept."""

    def __init__(self, asked: Asked, *, ahead: bool = False) -> None:
        self._asked = asked
        self._ahead = ahead
        self._cache = asked.cache
        self._layers = asked.cache.layers
        self._question = asked.question
        self._since = self._layers.memory.purges
        self._began_at = self._layers.clock()
        self._understood: tuple[Slice, Context] | None = None
        self._target: str | None = None
        """Where the answer to another wording is kept, once it is found there."""
        self._of_draft: QuestionKeys | None = None
        """Where the writer's query is kept, once that was found out; None also without a writer."""
        self._recalled: Entry | None = None
        """The SQL that is tried again."""

    async def onto(self, flight: Flight[Answer]) -> None:
        """Make the answer and land it, as soon as it would be found again; then see under what
        else it may be found, and share what is kept of it.

        Our turn lasts until then. Nobody waits longer for that: others look for the answer, not for
        the end of the turn. And who looked just before it was there does not find the turn free,
        which would have him make it again.
        """
        answer = await self._asked.make(self._question, self.recall)
        if not answer.cache.hit:
            self._layers.tally.misses[Shelf.ANSWERS] += 1
            answer = replace(answer, cache=CacheUse(reason=self._asked.reason))
        is_shown = False
        async for entry in self._kept(answer):
            here = self._layers.memory.put(entry, self._since)
            if not is_shown and self._layers.is_too_large(entry):
                use = replace(answer.cache, reason=f"{answer.cache.reason} {TOO_LARGE}")
                answer = replace(answer, cache=use)
            flight.land(answer)
            keep_s = self._cache.policy.keep_s(entry.lasts_s)
            there = await self._layers.share(entry, self._since, keep_s)
            if not is_shown:
                await self._tell_where(here=here, there=there)
                if self._cache.background is not None:
                    await anyio.sleep(self._cache.policy.learn_after_s)
            is_shown = True
        flight.land(answer)
        if not is_shown and not answer.cache.hit:
            await self._tell_where(here=False, there=False)
        if self._recalled is not None and answer.status is not Status.ANSWERED:
            await self._layers.forget(self._recalled)

    async def _tell_where(self, *, here: bool, there: bool) -> None:
        """Count what only this process keeps, or none; others who wait for it need wait no more."""
        tally, shared = self._layers.tally, self._layers.shared
        if there and (here or shared is not None):
            return
        (tally.unshared if here else tally.unkept)[Shelf.ANSWERS] += 1
        await tell_unkept(self._layers, self._asked.turn, self._labels(Shelf.ANSWERS))

    async def recall(self, slice_: Slice, context: Context) -> Recalled:
        """See `Recall`."""
        self._understood, self._of_draft = (slice_, context), None
        try:
            return await self._remembered(slice_, context)
        except ForerunError:  # why, the question itself will find out
            return Recalled()

    async def _remembered(self, slice_: Slice, context: Context) -> Recalled:
        question, meaning = self._question, self._cache.meaning
        if not question.anew and not self._ahead:
            for text in await meaning.of_question(slice_, context, self._is_kept):
                for found in await self._found(self._cache.keys.of_meaning(question, text)):
                    if (answer := self._asked.fresh(found)) is not None:
                        self._target = found.entry.key
                        return Recalled(replace(answer, standalone=context.question))
        keys = self._draft_keys(slice_, context)
        if keys is None:
            return Recalled()
        draft = None if question.anew else self._draft(await self._found(keys))
        if draft is not None:
            return Recalled(draft=draft)
        earlier = self._layers.earlier.of(question.asker)
        return Recalled(examples=await meaning.like(slice_, context, earlier))

    def _draft_keys(self, slice_: Slice, context: Context) -> QuestionKeys | None:
        told = self._cache.meaning.told_writer(slice_, context)
        if told is not None:
            self._of_draft = self._cache.keys.of_draft(self._question, told)
        return self._of_draft

    async def _is_kept(self, text: str) -> bool:
        return bool(await self._found(self._cache.keys.of_meaning(self._question, text)))

    async def _found(self, keys: QuestionKeys) -> Sequence[Found]:
        tenant = self._question.asker.tenant
        near = self._layers.near(keys.both, tenant)
        return near or await self._layers.far(keys.both, tenant)

    def _draft(self, found: Sequence[Found]) -> Draft | None:
        tally, time = self._layers.tally, self._layers.clock()
        for one in found:
            age_s = one.entry.age_s(time)
            if isinstance(one.entry.value, Draft) and age_s <= one.entry.lasts_s:
                tally.hit(Shelf.DRAFTS, one.layer, age_s)
                self._recalled = one.entry
                return one.entry.value
        tally.misses[Shelf.DRAFTS] += 1
        return None

    async def _kept(self, answer: Answer) -> AsyncIterator[Entry]:
        policy, keys = self._cache.policy, self._asked.keys
        if answer.partial or answer.volatile or (answer.rows is not None and answer.rows.truncated):
            return
        if answer.status is Status.CLARIFY and not answer.cache.hit:
            lasts_s = policy.lifetime_s(policy.negative_ttl_s)
            yield self._entry(keys.dated, Shelf.ANSWERS, without_costs(answer), answer, lasts_s)
        if answer.status is not Status.ANSWERED:
            return
        dated = self._cache.meaning.is_dated(self._question, answer)
        if dated is None:
            return
        # What is said beside an answer, of a model that was busy, is soon no longer true.
        lasts_s = policy.lifetime_s(policy.negative_ttl_s if answer.warnings else policy.ttl_s)
        key = keys.dated if dated else keys.timeless
        if self._target is not None and answer.cache.hit:
            if self._target != key:  # else it came there while it was looked for elsewhere
                alias = Alias(self._target, answer.standalone)
                yield self._entry(key, Shelf.ANSWERS, alias, answer, lasts_s)
            return
        yield self._entry(key, Shelf.ANSWERS, without_costs(answer), answer, lasts_s)
        async for shelf, other, value in self._learned(key, answer, dated=dated):
            yield self._entry(other, shelf, value, answer, lasts_s)

    async def _learned(
        self, key: str, answer: Answer, *, dated: bool
    ) -> AsyncIterator[tuple[Shelf, str, Value]]:
        """Under what else the answer can be found, and the SQL for when the data has changed."""
        if self._understood is None:
            return
        keys, meaning = self._cache.keys, self._cache.meaning
        slice_, context = self._understood
        try:
            texts = await meaning.of_answered(self._question, slice_, context, answer)
        except ForerunError:  # it is answered all the same
            texts = ()
        for text in texts:
            alias = keys.of_meaning(self._question, text).either(dated=dated)
            if alias != key:
                yield Shelf.ANSWERS, alias, Alias(key)
        of_draft = self._of_draft or self._draft_keys(slice_, context)
        if of_draft is not None and answer.sql is not None and not answer.warnings:
            of_it = of_draft.either(dated=dated)
            draft = Draft(answer.sql, Origin.MODEL, answer.confidence or 0.0, answer.reading)
            yield Shelf.DRAFTS, of_it, draft
            if self._layers.memory.purges == self._since:
                self._layers.earlier.add(self._question.asker, context.question, answer.sql)

    def _entry(self, key: str, shelf: Shelf, value: Value, answer: Answer, lasts_s: float) -> Entry:
        version = self._asked.version or Version()
        ages = answer.status is Status.ANSWERED and self._cache.meaning.ages(answer)
        labels = self._labels(shelf, answer.tables | ({VIEW} if ages else frozenset()))
        return Entry(key, labels, version, self._began_at, lasts_s, value, ages)

    def _labels(self, shelf: Shelf, tables: frozenset[str] = frozenset()) -> Labels:
        database = self._cache.keys.circumstances.database
        lower = frozenset(table.lower() for table in tables)
        return Labels(shelf, self._question.asker.tenant, database, lower)
