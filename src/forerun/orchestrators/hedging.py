"""A second call where the first has not begun to answer in time. Insurance, not speed.

The trigger is the time to the first token, not the whole time, which is a matter of length; so a
loser has cost its input only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import anyio

from forerun.domain import Fate, Role, Rung
from forerun.events import (
    MAIN,
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


@dataclass
class TokenBucket:
    """Each call earns a share of a hedge; a hedge takes a whole one."""

    share: float = 0.1
    most: float = 5.0
    held: float = 1.0

    def earn(self) -> None:
        self.held = min(self.held + self.share, self.most)

    def take(self) -> bool:
        if self.held < 1:
            return False
        self.held -= 1
        return True


@dataclass(frozen=True, slots=True)
class HedgedModel(PassingModel):
    """A Model whose calls get a rival when they are slow to begin."""

    delay_s: Callable[[Role], float | None]
    """The usual p95 of the time to the first token; None while it is unknown."""
    observe: Callable[[Role, float], None]
    """Told the seconds to the first token of each call."""
    bucket: TokenBucket = field(default_factory=TokenBucket)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        self.bucket.earn()
        after_s = self.delay_s(prompt.role)
        pair = _Pair(self, prompt, on_text)
        if after_s is None:
            return await pair.alone()
        try:
            completion = await hedged(
                pair.first,
                pair.second,
                after_s=after_s,
                alive=pair.alive,
                may_start=self.bucket.take,
                accept=lambda completion: completion is not None,
            )
        except NoWinner as nobody:
            raise nobody.failures[0] from None
        assert completion is not None  # noqa: S101 - said by accept
        return completion


class _Pair:
    """Two calls for one prompt, of which one is heard."""

    def __init__(self, model: HedgedModel, prompt: Prompt, on_text: OnText | None) -> None:
        self._model = model
        self._prompt = prompt
        self._on_text = on_text
        self._began_at = anyio.current_time()
        self._heard: int | None = None
        self._scopes = (anyio.CancelScope(), anyio.CancelScope())
        self._said: tuple[list[str], list[str]] = ([], [])
        self._hedge: str | None = None
        self.alive = anyio.Event()

    async def alone(self) -> Completion:
        return await self._model.inner.complete(self._prompt, self._hear_from(0))

    async def first(self) -> Completion | None:
        return await self._call(0)

    async def second(self) -> Completion | None:
        number = next(self._model.numbers)
        here = current_branch()
        name = Rung.HEDGE.value if here == MAIN else f"{here}/{Rung.HEDGE.value}"
        self._hedge = name if number == 1 else f"{name}#{number}"
        emit(RungLaunched(Rung.HEDGE, self._hedge))
        fate = Fate.WASTED
        began_at = anyio.current_time()
        try:
            completion = await self._call(1)
            if completion is not None:
                fate = Fate.USED
            return completion
        finally:
            # Whoever was not heard has cost its prompt; it is counted on the hedge's branch.
            loser = 0 if fate is Fate.USED else 1
            with branch(self._hedge):
                self._tell_of(loser, self._began_at if loser == 0 else began_at)
            emit(RungSettled(Rung.HEDGE, self._hedge, fate))

    async def _call(self, number: int) -> Completion | None:
        """The reply; None where the other call was heard first."""
        with self._scopes[number]:
            completion = await self._model.inner.complete(self._prompt, self._hear_from(number))
            return completion if self._claim(number) else None
        return None

    def _hear_from(self, number: int) -> OnText:
        async def hear(text: str) -> None:
            if not self._said[number]:
                self._model.observe(self._prompt.role, anyio.current_time() - self._began_at)
            self._said[number].append(text)
            if self._claim(number) and self._on_text is not None:
                await self._on_text(text)

        return hear

    def _claim(self, number: int) -> bool:
        """Whether this call is the one that is heard; the other one is cancelled."""
        if self._heard is None:
            self._heard = number
            self.alive.set()
            self._scopes[1 - number].cancel()
        return self._heard == number

    def _tell_of(self, loser: int, began_at: float) -> None:
        usage = self._model.estimate(self._prompt, "".join(self._said[loser]))
        emit(
            ModelCalled(
                role=self._prompt.role,
                model=self._model.name,
                prompt=self._prompt.name,
                started_at=began_at,
                first_token_at=None,
                usage=usage,
                outcome="cancelled",
            )
        )
