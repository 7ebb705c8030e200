"""Ports that misbehave on demand, each in one way and at one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import anyio

from forerun.domain import Limits, Rows, Statement, Usage
from forerun.errors import DatabaseUnreachable, ModelBusy, ModelUnreachable, StatementFailed
from forerun.ports import (
    Completion,
    Database,
    Model,
    ModelAbilities,
    OnText,
    Plan,
    Prompt,
)


class Fault(StrEnum):
    """How the outside world may misbehave."""

    ERROR = "error"
    """The connection fails."""
    HANG = "hang"
    """No answer, ever."""
    GARBAGE = "garbage"
    """An answer that means nothing."""
    SLOW = "slow"
    """A good answer, much too late."""
    REFUSED = "refused"
    """The other side says no."""


GARBAGE = "\x1b%PDF-1.7 {{{ ]] ;;\n\n<|endoftext|>"
MUCH_TOO_LATE_S = 3_600.0


@dataclass
class FaultyModel:
    """A Model that misbehaves for the prompts of one file (`writer`, `repair`, `analyst`, …)."""

    inner: Model
    prompt: str
    fault: Fault
    struck: int = 0
    """How often it has misbehaved."""

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def abilities(self) -> ModelAbilities:
        return self.inner.abilities

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        if prompt.name.partition("@")[0] != self.prompt:
            return await self.inner.complete(prompt, on_text)
        self.struck += 1
        match self.fault:
            case Fault.ERROR:
                raise ModelUnreachable("The line to the model is dead.")
            case Fault.REFUSED:
                raise ModelBusy("The model is busy.")
            case Fault.HANG:
                await anyio.sleep_forever()
            case Fault.SLOW:
                await anyio.sleep(MUCH_TOO_LATE_S)
                return await self.inner.complete(prompt, on_text)
        return Completion(GARBAGE, self.estimate(prompt, GARBAGE), self.name)

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        return self.inner.estimate(prompt, said)

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class FaultyDatabase:
    """A Database that misbehaves when it plans (`explain`) or runs (`run`) a statement."""

    inner: Database
    call: str
    fault: Fault
    struck: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    async def explain(self, statement: Statement) -> Plan:
        if self.call == "explain":
            await self._strike()
        return await self.inner.explain(statement)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        if self.call == "run":
            await self._strike()
        return await self.inner.run(statement, limits)

    async def _strike(self) -> None:
        self.struck += 1
        match self.fault:
            case Fault.ERROR:
                raise DatabaseUnreachable("The line to the database is dead.")
            case Fault.HANG:
                await anyio.sleep_forever()
            case Fault.SLOW:
                await anyio.sleep(MUCH_TOO_LATE_S)
            case Fault.REFUSED | Fault.GARBAGE:
                raise StatementFailed(GARBAGE if self.fault is Fault.GARBAGE else "No.")
