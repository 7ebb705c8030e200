"""How long a branch waits for the stage it is at. One timer a branch, set anew for each stage."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import anyio

from forerun.clock import now
from forerun.domain import Stage
from forerun.errors import ForerunError

P = ParamSpec("P")
T = TypeVar("T")


class StageTooSlow(ForerunError):
    """A stage took much longer than it usually does."""

    code = "stage_too_slow"

    def __init__(self, stage: Stage, seconds: float) -> None:
        super().__init__(f"{stage.value} had not ended after {seconds:.1f} s.")
        self.stage = stage


class Patience:
    """Of one task, which is at one stage at a time."""

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self._stage: Stage | None = None
        self._seconds = math.inf

    def begin(self, stage: Stage, seconds: float) -> None:
        """From now on the stage has so many seconds."""
        self._stage, self._seconds = stage, seconds
        self.scope.deadline = now() + seconds

    def end(self) -> None:
        """The stage has ended, well or badly."""
        self._stage = None
        self.scope.deadline = math.inf

    @property
    def failure(self) -> StageTooSlow | None:
        """Why the scope was cancelled, where it was by the timer."""
        if self._stage is None or now() < self.scope.deadline:
            return None
        return StageTooSlow(self._stage, self._seconds)


_current: ContextVar[Patience] = ContextVar("forerun_patience")


def current_patience() -> Patience:
    """Of the branch that this task is on."""
    return _current.get()


@contextmanager
def patient(patience: Patience) -> Iterator[None]:
    """The block is what `patience` is about. What it does not wait for raises `StageTooSlow`."""
    token = _current.set(patience)
    try:
        with patience.scope:
            yield
    finally:
        _current.reset(token)
    if patience.scope.cancelled_caught and (failure := patience.failure) is not None:
        raise failure


@dataclass(frozen=True, slots=True)
class Paced:
    """Runs stages, on whatever branch, each within its time."""

    budget_s: Callable[[Stage], float]
    failed_at: dict[int, Stage]
    """Stages by the identity of the errors that they failed with: filled in here."""

    async def __call__(
        self, stage: Stage, work: Callable[P, Awaitable[T]], *args: P.args, **named: P.kwargs
    ) -> T:
        patience = current_patience()
        patience.begin(stage, self.budget_s(stage))
        try:
            return await work(*args, **named)
        except ForerunError as error:
            self.failed_at.setdefault(id(error), stage)
            raise
        finally:
            if not patience.scope.cancel_called:
                patience.end()
