"""Question → Answer, from what was answered before where that is still true.

    fresh in memory                 shown at once
    fresh in the second level       shown
    being made at this moment       waited for, here or in another process
    else                            made, shown and kept
    cannot be made                  what is too old is shown all the same, with its age

A hit is the asker's own answer: own words, own trace, no usage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import anyio

from forerun.caching.entries import Entry
from forerun.caching.freshness import Policy, ago
from forerun.caching.keys import Keys, QuestionKeys
from forerun.caching.layers import Found, Layers
from forerun.caching.leasing import taking_turns
from forerun.caching.making import Making, Meaning
from forerun.caching.serving import coalesced, for_asker, stand_in, unshared
from forerun.caching.single_flight import Background, Flight, SingleFlight
from forerun.clock import now
from forerun.domain import Answer, CacheUse, Question, Shelf, Status
from forerun.errors import BadInput, DeadlineExceeded, ForerunError
from forerun.events import unheard
from forerun.ports import MakeAnswer, Version

STAND_IN_RESERVE_S = 0.05
"""This long before the deadline waiting ends where there is something to show instead."""
NEW = "Not asked before."
ANEW = "The asker wanted it answered anew."


@dataclass
class KeptAnswers:
    """Wraps whatever makes answers about one database."""

    keys: Keys
    layers: Layers
    version: Callable[[], Awaitable[Version]]
    """What the database holds now. Raises `ForerunError`."""
    meaning: Meaning
    background: Background | None = None
    """Without one nobody waits for another's answer, and none is made anew ahead of time."""
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        self.flights: SingleFlight[Answer] = SingleFlight(self.background)

    async def answer(self, question: Question, make: MakeAnswer) -> Answer:
        """The answer, kept or made. Raises what `make` raises where nothing can stand in."""
        asked = Asked(self, question, self.keys.of_question(question), await self._version(), make)
        if question.anew:
            return await asked.made_alone()
        near = self.layers.near(asked.keys.both, question.asker.tenant)
        return asked.fresh(near) or await asked.far_or_made(near)

    async def _version(self) -> Version | None:
        try:
            return await self.version()
        except ForerunError:  # why, the question itself will find out
            return None


@dataclass
class Asked:
    """One question at one moment, and what the database held then."""

    cache: KeptAnswers
    question: Question
    keys: QuestionKeys
    version: Version | None
    make: MakeAnswer
    reason: str = NEW
    """Why it is not answered from the cache."""

    def fresh(self, found: Found | None) -> Answer | None:
        """What was found, as this asker's answer, where it may be shown."""
        if found is None or not isinstance(found.entry.value, Answer):
            return None
        policy, layers, entry = self.cache.policy, self.cache.layers, found.entry
        time = layers.clock()
        fault = policy.fault(entry, self.version, time)
        if fault is not None or self.version is None:
            self.reason = fault or self.reason
            return None
        if policy.is_due(entry, self.version, time):
            self._refresh()
        age_s = entry.age_s(time)
        layers.tally.hit(Shelf.ANSWERS, found.layer, age_s)
        use = CacheUse(hit=True, layer=found.layer, age_s=age_s, reason=_why(age_s, self.version))
        return for_asker(found.entry.value, self.question, use)

    async def far_or_made(self, near: Found | None) -> Answer:
        """From the second level, or made; what is too old only where neither can be had."""
        far = await self._far()
        if (answer := self.fresh(far)) is not None:
            return answer
        old = self._standing_in(far) or self._standing_in(near)
        return await (self._together() if old is None else self._together_or(old))

    async def made_alone(self) -> Answer:
        """Past all that is kept; and kept in its place."""
        self.reason = ANEW
        alone: SingleFlight[Answer] = SingleFlight(None)
        answer, _, _ = await alone.join(None, Making(self).onto, self.cache.layers.clock())
        return answer

    async def _far(self) -> Found | None:
        return await self.cache.layers.far(self.keys.both, self.question.asker.tenant)

    def _standing_in(self, found: Found | None) -> Entry | None:
        """What may be shown where nothing better can be had."""
        if found is None or not isinstance(found.entry.value, Answer):
            return None
        answered = found.entry.value.status is Status.ANSWERED
        may = self.cache.policy.may_stand_in(found.entry, self.cache.layers.clock())
        return found.entry if answered and may else None

    async def _together_or(self, old: Entry) -> Answer:
        late = "it was not there in time."
        deadline = self.question.deadline
        with anyio.CancelScope() as scope:
            if deadline is not None:
                scope.deadline = deadline - STAND_IN_RESERVE_S
            try:
                answer = await self._together()
                if answer.failure is None:
                    return answer
                late = answer.failure.message
            except BadInput:
                raise
            except ForerunError as error:
                late = error.message
        layers = self.cache.layers
        layers.tally.stale[Shelf.ANSWERS] += 1
        return stand_in(old, self.question, late, layers.clock())

    async def _together(self) -> Answer:
        """Made for this question, or for an equal one that is under way."""
        key = (self.keys.dated, self.version)
        clock = self.cache.layers.clock
        flights = self.cache.flights
        try:
            answer, flight, ours = await flights.join(key, self._work, clock())
            if ours or not answer.partial:
                if ours:
                    return unshared(answer)
                return self._coalesced(answer, clock() - flight.began_at)
        except DeadlineExceeded:
            if self.question.deadline is None or self.question.deadline <= now():
                raise
        # Who began it had less time than is left here.
        answer, _, _ = await flights.join((*key, self.question.id), self._work, clock())
        return answer

    def _coalesced(self, answer: Answer, age_s: float) -> Answer:
        found = coalesced(answer, self.question, max(0.0, age_s))
        self.cache.layers.tally.coalesced[Shelf.ANSWERS] += 1
        return found

    async def _work(self, flight: Flight[Answer]) -> None:
        async with taking_turns(self.cache.layers, self.keys.dated, self._look_far) as theirs:
            if theirs is not None:
                flight.land(theirs)
            else:
                await Making(self).onto(flight)

    async def _look_far(self) -> Answer | None:
        return self.fresh(await self._far())

    def _refresh(self) -> None:
        """Make it anew for who asks next, unless somebody does already."""
        policy, layers = self.cache.policy, self.cache.layers
        question = replace(self.question, deadline=now() + policy.refresh_s)
        anew = replace(self, question=question)

        async def within(flight: Flight[Answer]) -> None:
            with anyio.move_on_after(policy.refresh_s):
                await Making(anew).onto(flight)

        with unheard():
            if self.cache.flights.begin((self.keys.dated, "refresh"), within, layers.clock()):
                layers.tally.refreshed[Shelf.ANSWERS] += 1


def _why(age_s: float, version: Version) -> str:
    if version.data is None:
        return f"Answered {ago(age_s)}, from a database that cannot tell of changes."
    return f"Answered {ago(age_s)}; nothing has changed since."
