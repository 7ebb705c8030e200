"""A second call where the first has not begun to answer in time. Insurance, not speed.

The trigger is the time to the first token, not the whole time, which is a matter of length; so a
loser has cost its input only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import anyio

from forerun.domain import Fate, Role, Rung, Usage
from forerun.domain.branches import below
from forerun.errors import ForerunError, ModelBusy, ModelDenied
from forerun.events import (
    ModelCalled,
    RungLaunched,
    RungSettled,
    branch,
    current_branch,
    emit,
)
from forerun.orchestrators.passing import PassingModel
from forerun.orchestrators.race import NoWinner, hedged
from forerun.ports import Completion, OnText, Prompt

_numbers = count(1)
"""Shared, because one question may ask several hedged models, and a branch names one hedge."""


@dataclass
class TokenBucket:
    """Each call earns a share of a hedge; a hedge takes a whole one."""

    share: float = 0.1
    burst: float = 5.0
    """The most that is held: so many hedges may follow each other."""
    held: float = 0.0

    def earn(self) -> None:
        self.held = min(self.held + self.share, self.burst)

    def take(self) -> bool:
        if self.held < 1:
            return False
        self.held -= 1
        return True


@dataclass(frozen=True, slots=True)
class HedgedModel(PassingModel):
    """A Model whose calls get a rival when they are slow to begin."""

    delay_s: Callable[[Role], float | None]
    """The usual p95 of the time to the first token; None while it is unknown: no rival then."""
    on_first_token: Callable[[Role, float], None] = lambda role, seconds: None
    """Told the seconds from the beginning of each `complete` to the first token of either call.

    By one clock for both, so that what was hedged stays above the p95 and does not pull it down.
    """
    bucket: TokenBucket = field(default_factory=TokenBucket)
    numbers: Iterator[int] = _numbers

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        """The reply of the call that speaks first, or ends first; the other one is cancelled.

        A call that fails before it speaks leaves the other one to answer. Raises what the call
        failed with that was heard or, where none was, what the first one failed with.
        """
        self.bucket.earn()
        pair = _Pair(self, prompt, on_text)
        after_s = self.delay_s(prompt.role)
        if after_s is None:
            return await pair.alone()
        try:
            return await pair.hedged(after_s)
        except NoWinner as nobody:
            failure = pair.failure(nobody)
        finally:
            pair.settle()
        try:
            raise failure  # not in the handler, so that it keeps its own cause
        finally:
            del failure  # it holds this frame


@dataclass
class _Attempt:
    """One call of the two."""

    began_at: float = field(default_factory=anyio.current_time)
    first_token_at: float | None = None
    ended_at: float | None = None
    said: list[str] = field(default_factory=list)
    failed: type[ForerunError] | None = None
    replied: bool = False
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


class _Pair:
    """Two calls for one prompt, of which one is heard."""

    def __init__(self, model: HedgedModel, prompt: Prompt, on_text: OnText | None) -> None:
        self._model = model
        self._prompt = prompt
        self._on_text = on_text
        self._first = _Attempt()
        self._second: _Attempt | None = None
        self._hedge = ""
        self._heard: _Attempt | None = None
        self._alive = anyio.Event()

    async def alone(self) -> Completion:
        return await self._model.inner.complete(self._prompt, self._hear_from(self._first))

    async def hedged(self, after_s: float) -> Completion:
        completion = await hedged(
            self._begin_first,
            self._begin_second,
            after_s=after_s,
            alive=self._alive,
            may_start=self._model.bucket.take,
            accept=lambda completion: completion is not None,
        )
        assert completion is not None  # noqa: S101 - said by accept
        return completion

    def failure(self, nobody: NoWinner) -> Exception:
        """Of the call that was heard, else of the first; there is none if both were cut off."""
        if not nobody.failures:
            return nobody
        return nobody.failures[-1 if self._second_is_heard else 0]

    def settle(self) -> None:
        """Tell what became of the hedge, and of the call that the caller does not hear of."""
        if self._second is None:
            return
        used = self._second_is_heard and self._second.replied
        with branch(self._hedge):
            self._tell_of(self._first if self._second_is_heard else self._second)
        emit(RungSettled(Rung.HEDGE, self._hedge, Fate.USED if used else Fate.WASTED))

    async def _begin_first(self) -> Completion | None:
        return await self._call(self._first)

    async def _begin_second(self) -> Completion | None:
        if self._heard is not None:  # the first has spoken just now
            return None
        name, number = below(current_branch(), Rung.HEDGE), next(self._model.numbers)
        self._hedge = name if number == 1 else f"{name}#{number}"
        self._second = _Attempt()
        emit(RungLaunched(Rung.HEDGE, self._hedge))
        return await self._call(self._second)

    async def _call(self, attempt: _Attempt) -> Completion | None:
        """The reply; None where the other call was heard first."""
        try:
            with attempt.scope:
                hear = self._hear_from(attempt)
                completion = await self._model.inner.complete(self._prompt, hear)
                attempt.replied = True
                return completion if self._claim(attempt) else None
            return None
        except ForerunError as error:
            attempt.failed = type(error)
            raise
        finally:
            attempt.ended_at = anyio.current_time()

    def _hear_from(self, attempt: _Attempt) -> OnText:
        async def hear(text: str) -> None:
            speaks_first = self._heard is None
            if attempt.first_token_at is None:
                attempt.first_token_at = anyio.current_time()
            attempt.said.append(text)
            if not self._claim(attempt):
                return
            if speaks_first:
                waited_s = attempt.first_token_at - self._first.began_at
                self._model.on_first_token(self._prompt.role, waited_s)
            if self._on_text is not None:
                await self._on_text(text)

        return hear

    def _claim(self, attempt: _Attempt) -> bool:
        """Whether this call is the one that is heard; the other one is cancelled."""
        if self._heard is None:
            self._heard = attempt
            self._alive.set()
            other = self._second if attempt is self._first else self._first
            if other is not None:
                other.scope.cancel()
        return self._heard is attempt

    @property
    def _second_is_heard(self) -> bool:
        return self._second is not None and self._heard is self._second

    def _tell_of(self, loser: _Attempt) -> None:
        """As `prompts.ask` tells of the call that the caller hears of."""
        failed = loser.failed
        usage = self._model.estimate(self._prompt, "".join(loser.said))
        if failed is not None and issubclass(failed, ModelBusy | ModelDenied):  # it was turned away
            usage = Usage(model_calls=1)
        ended_at = loser.ended_at
        emit(
            ModelCalled(
                role=self._prompt.role,
                model=self._model.name,
                prompt=self._prompt.name,
                started_at=loser.began_at,
                first_token_at=loser.first_token_at,
                usage=usage,
                outcome="cancelled" if failed is None else failed.code,
                at=anyio.current_time() if ended_at is None else ended_at,
            )
        )
