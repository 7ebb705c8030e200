"""Question → Answer, from what was answered before where that is still true.

    fresh in memory                 shown at once
    fresh in the second level       shown
    being made at this moment       waited for, here or in another process
    else                            made, shown and kept
    cannot be made                  what is too old is shown all the same, with its age

A hit is the asker's own answer: own words, own trace, no usage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import inf

import anyio

from forerun.caching.freshness import Policy, ago
from forerun.caching.keys import Keys, QuestionKeys
from forerun.caching.layers import Found, Layers
from forerun.caching.leasing import taking_turns
from forerun.caching.making import Making, Meaning
from forerun.caching.serving import coalesced, for_asker, stand_in, unshared
from forerun.caching.single_flight import Background, Flight, SingleFlight
from forerun.clock import now
from forerun.domain import Answer, CacheUse, Question, Shelf, Status
from forerun.errors import (
    BadInput,
    DatabaseDenied,
    DeadlineExceeded,
    ForerunError,
    ModelDenied,
)
from forerun.events import emit, unheard
from forerun.ports import MakeAnswer, Version

STAND_IN_RESERVE_S = 0.05
"""This long before the deadline waiting ends where there is something to show instead."""
OUT_OF_TIME_S = 0.1
"""Work that ends less than this before its deadline ended for that: there it cuts itself off."""
LATE = "it was not there in time."
DENIED = (DatabaseDenied.code, ModelDenied.code)
"""Who may not ask any more is not shown what could be asked before."""
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

    def understanding(self, meaning: Meaning, keys: Keys | None = None) -> KeptAnswers:
        """The same answers and flights, for who understands questions in another way; and, with
        `keys` of his own, finds only what was answered to his like."""
        other = replace(self, meaning=meaning, keys=keys or self.keys)
        other.flights = self.flights
        return other

    async def answer(self, question: Question, make: MakeAnswer) -> Answer:
        """The answer, kept or made. Raises what `make` raises where nothing can stand in."""
        version = await self._version(question)
        since = self.layers.memory.purges
        asked = Asked(self, question, self.keys.of_question(question), version, make, since)
        if question.anew:
            return await asked.made_alone()
        near = self.layers.near(asked.keys.both, question.asker.tenant)
        return asked.first_fresh(near) or await asked.far_or_made(near)

    async def _version(self, question: Question) -> Version | None:
        """None where it cannot be had, or not in time to show something else instead."""
        with anyio.CancelScope() as scope:
            if question.deadline is not None:
                scope.deadline = question.deadline - 2 * STAND_IN_RESERVE_S
            try:
                return await self.version()
            except ForerunError:  # why, the question itself will find out
                return None
        return None


@dataclass
class Asked:
    """One question at one moment, and what the database held then."""

    cache: KeptAnswers
    question: Question
    keys: QuestionKeys
    version: Version | None
    make: MakeAnswer
    since: int
    """Purges that came before it."""
    reason: str = NEW
    """Why it is not answered from the cache."""

    def first_fresh(self, found: Sequence[Found]) -> Answer | None:
        """The first of what was found that may be shown."""
        answers = map(self.fresh, found)
        return next((answer for answer in answers if answer is not None), None)

    def fresh(self, found: Found) -> Answer | None:
        """What was found, as this asker's answer, where it may be shown."""
        if not isinstance(found.entry.value, Answer):
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

    async def far_or_made(self, near: Sequence[Found]) -> Answer:
        """From the second level, or made; what is too old only where neither can be had."""
        far = await self._far()
        if (answer := self.first_fresh(far)) is not None:
            return answer
        old = [found for found in (*far, *near) if self._may_stand_in(found)]
        if not old:
            return await self._together()
        return await self._together_or(max(old, key=lambda found: found.entry.read_at))

    async def made_alone(self) -> Answer:
        """Past all that is kept; and kept in its place, for which nobody waits."""
        self.reason = ANEW
        nobody_elses = replace(self._wanted(), key=object())
        flight, _ = await self.cache.flights.join(nobody_elses, Making(self).onto)
        return unshared(flight.given())

    async def _far(self) -> Sequence[Found]:
        return await self.cache.layers.far(self.keys.both, self.question.asker.tenant)

    def _may_stand_in(self, found: Found) -> bool:
        """Whether it may be shown where nothing better can be had."""
        value, layers = found.entry.value, self.cache.layers
        return (
            isinstance(value, Answer)
            and value.status is Status.ANSWERED
            and self.cache.policy.may_stand_in(found.entry, layers.clock())
            and not layers.memory.was_purged(found.entry, self.since)
        )

    async def _together_or(self, old: Found) -> Answer:
        late = LATE
        deadline = self.question.deadline
        with anyio.CancelScope() as scope:
            if deadline is not None:
                scope.deadline = deadline - STAND_IN_RESERVE_S
            try:
                answer = await self._together()
                denied = answer.failure is not None and answer.failure.code in DENIED
                if answer.failure is None or denied or not self._may_stand_in(old):
                    return answer
                late = answer.failure.message
            except (BadInput, DatabaseDenied, ModelDenied):
                raise
            except ForerunError as error:
                if not self._may_stand_in(old):
                    raise
                late = error.message
        if not self._may_stand_in(old):  # it was purged meanwhile
            raise DeadlineExceeded(
                "No answer was there in time.", "Allow more time (--timeout, timeout_s)."
            )
        layers = self.cache.layers
        layers.tally.stale[Shelf.ANSWERS] += 1
        return stand_in(old, self.question, late, layers.clock())

    async def _together(self) -> Answer:
        """Made for this question, or for an equal one that is under way."""
        while True:
            flight, ours = await self.cache.flights.join(self._wanted(), self._work, self._oldest())
            if ours:
                return unshared(flight.given())
            if not self._has_more_time_than(flight):
                return self._coalesced(flight)

    def _wanted(self) -> Flight[Answer]:
        """Work for who holds the same for true: a write or a purge makes it another's."""
        layers, deadline = self.cache.layers, self.question.deadline
        key = (self.keys.dated, self.version, layers.memory.purges)
        return Flight(key, layers.clock(), inf if deadline is None else deadline)

    def _oldest(self) -> float:
        """When work must have begun where nobody can tell whether the database has changed."""
        if self.version is not None and self.version.data is not None:
            return -inf
        return self.cache.layers.clock() - self.cache.policy.max_stale_s

    def _has_more_time_than(self, flight: Flight[Answer]) -> bool:
        """Whether it fell short for want of time, and would not if it were ours."""
        deadline = self.question.deadline
        left_s = inf if deadline is None else deadline - now()
        answer = flight.result
        if answer is not None and answer.partial:
            return left_s > flight.had_s
        is_whole = answer is not None and answer.status in (Status.ANSWERED, Status.CLARIFY)
        is_late = now() > flight.until - OUT_OF_TIME_S
        return is_late and not is_whole and left_s > OUT_OF_TIME_S

    def _coalesced(self, flight: Flight[Answer]) -> Answer:
        for event in flight.bequest.taken():
            emit(event)
        answer, layers = flight.given(), self.cache.layers
        age_s = max(0.0, layers.clock() - flight.began_at, answer.cache.age_s or 0.0)
        layers.tally.coalesced[Shelf.ANSWERS] += 1
        return coalesced(answer, self.question, age_s)

    async def _work(self, flight: Flight[Answer]) -> None:
        left_s = inf if self.question.deadline is None else self.question.deadline - now()
        turn = taking_turns(self.cache.layers, self.turn, self._look_far, left_s / 3)
        async with turn as theirs:
            if theirs is not None:
                flight.land(theirs)
            else:
                await Making(self).onto(flight)

    @property
    def turn(self) -> str:
        """A question about other data is another one, also to other processes."""
        version = self.version or Version()
        seen = blake2b(repr((version.data, version.schema)).encode(), digest_size=8)
        return f"{self.keys.dated}:{seen.hexdigest()}"

    async def _look_far(self) -> Answer | None:
        return self.first_fresh(await self._far())

    def _refresh(self) -> None:
        """Make it anew for who asks next, unless somebody does already."""
        policy, layers = self.cache.policy, self.cache.layers
        question = replace(self.question, deadline=now() + policy.refresh_s)
        anew = replace(self, question=question)

        async def within(flight: Flight[Answer]) -> None:
            with anyio.move_on_after(policy.refresh_s):
                await Making(anew, ahead=True).onto(flight)

        with unheard():
            flight = Flight[Answer]((self.keys.dated, "refresh"), layers.clock())
            if self.cache.flights.begin(flight, within):
                layers.tally.refreshed[Shelf.ANSWERS] += 1


def _why(age_s: float, version: Version) -> str:
    if version.data is None:
        return f"Answered {ago(age_s)}, from a database that cannot tell of changes."
    return f"Answered {ago(age_s)}; nothing has changed since."
