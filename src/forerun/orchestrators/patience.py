"""How long a branch waits for the stage it is at. One timer a branch, set anew for each stage."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

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
    """Of one task, which is at one stage at a time.

    A block, entered once a branch: what it does not wait for raises `StageTooSlow`.
    """

    __slots__ = ("_before", "_seconds", "_stage", "scope")

    def __init__(self) -> None:
        self.scope = anyio.CancelScope()
        self._before: Token[Patience]
        self._stage: Stage | None = None
        self._seconds = math.inf

    def __enter__(self) -> Self:
        self._before = _current.set(self)
        self.scope.__enter__()
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        try:
            caught = self.scope.__exit__(type_, error, traceback)
        finally:
            _current.reset(self._before)
            del self._before  # it holds the task's context, which holds the branch: a ring
        if caught and self._stage is not None and now() >= self.scope.deadline:
            raise StageTooSlow(self._stage, self._seconds)
        return caught

    def begin(self, stage: Stage, seconds: float) -> None:
        """From now on the stage has so many seconds.

        Where the one before ended in the very moment in which its time was up, it counts as too
        slow: what begins now will be cancelled all the same, and must not take the blame.
        """
        if self.scope.cancel_called:
            return
        self._stage, self._seconds = stage, seconds
        self.scope.deadline = now() + seconds

    def end(self) -> None:
        """The stage has ended, well or badly."""
        self._stage = None
        self.scope.deadline = math.inf


_current: ContextVar[Patience] = ContextVar("forerun_patience")


def current_patience() -> Patience:
    """Of the branch that this task is on."""
    return _current.get()


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
