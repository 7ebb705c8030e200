"""What happens while a question is answered. Silent unless somebody listens.

Events carry times from `now()`, the clock of deadlines; a listener turns them into milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, Self, TypeAlias, TypeVar

from forerun.clock import now
from forerun.domain import Decision, Fallback, Fate, Role, Rows, Rung, Stage, Usage
from forerun.domain.branches import MAIN
from forerun.errors import ForerunError

T = TypeVar("T")

_branch: ContextVar[str] = ContextVar("forerun_branch", default=MAIN)


class _Bound(Generic[T]):
    """A block in which a variable of the context has another value, in tasks started there too.

    Entered dozens of times a question; a generator would take twice as long.
    """

    __slots__ = ("_before", "_value", "_variable")

    def __init__(self, variable: ContextVar[T], value: T) -> None:
        self._variable = variable
        self._value = value
        self._before: Token[T]

    def __enter__(self) -> None:
        self._before = self._variable.set(self._value)

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._before)


def branch(name: str) -> AbstractContextManager[None]:
    """Events emitted inside the block, and in tasks started from it, carry this branch."""
    return _Bound(_branch, name)


def current_branch() -> str:
    """The branch that events of this task carry."""
    return _branch.get()


def _is_speculative() -> bool:
    return _branch.get() != MAIN


SpanId: TypeAlias = int
_spans = count(1)
_span: ContextVar[SpanId] = ContextVar("forerun_span", default=0)


def current_span() -> SpanId:
    """The run of a stage that events of this task belong to."""
    return _span.get()


def span() -> AbstractContextManager[None]:
    """What is emitted inside the block belongs to one run of a stage."""
    return _Bound(_span, next(_spans))


@dataclass(frozen=True, slots=True)
class StageStarted:
    stage: Stage
    span: SpanId = field(default_factory=current_span)
    branch: str = field(default_factory=current_branch)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class StageEnded:
    stage: Stage
    outcome: str
    detail: str | None = None
    span: SpanId = field(default_factory=current_span)
    branch: str = field(default_factory=current_branch)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A model call has ended, well or badly."""

    role: Role
    model: str
    prompt: str
    started_at: float
    first_token_at: float | None
    usage: Usage
    outcome: str
    span: SpanId = field(default_factory=current_span)
    branch: str = field(default_factory=current_branch)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class TextArrived:
    """A piece of a model's reply, as it streams."""

    role: Role
    text: str
    branch: str = field(default_factory=current_branch)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class StatementAccepted:
    sql: str
    branch: str = field(default_factory=current_branch)
    provisional: bool = field(default_factory=_is_speculative)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class RowsArrived:
    rows: Rows
    branch: str = field(default_factory=current_branch)
    provisional: bool = field(default_factory=_is_speculative)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class StatementEnded:
    """A statement that was sent to the database has ended, well or badly."""

    sql: str
    started_at: float
    outcome: str
    branch: str = field(default_factory=current_branch)
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class FoundDone:
    """What a stage needs was asked for already: its call is not made again."""

    by: SpanId
    """The stage that had asked."""
    saved_s: float
    """How long that call was under way by the time that it was needed."""
    branch: str = field(default_factory=current_branch)
    """Where it is needed."""
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class RungLaunched:
    """Work has begun ahead of time, on a branch of its own."""

    rung: Rung
    branch: str
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class RungSettled:
    """What became of a rung. Wasted work retracts whatever provisional its branch has shown."""

    rung: Rung
    branch: str
    fate: Fate
    reason: str | None = None
    saved_s: float = 0.0
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class Decided:
    """Which schedule answers, and why."""

    decision: Decision
    at: float = field(default_factory=now)


@dataclass(frozen=True, slots=True)
class FellBack:
    """The sequential path goes on where the parallel one failed."""

    fallback: Fallback
    kept: frozenset[Stage] = frozenset()
    """Stages whose work is handed over, and not done again."""
    at: float = field(default_factory=now)


Event: TypeAlias = (
    StageStarted
    | StageEnded
    | ModelCalled
    | TextArrived
    | StatementAccepted
    | StatementEnded
    | RowsArrived
    | FoundDone
    | RungLaunched
    | RungSettled
    | Decided
    | FellBack
)
Listener: TypeAlias = Callable[[Event], None]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("forerun_listeners", default=())


def emit(event: Event) -> None:
    """Tell every listener of the current context."""
    for listener in _listeners.get():
        listener(event)


def listening(listener: Listener) -> AbstractContextManager[None]:
    """Hear what is emitted inside the block, in this task and in tasks started from it."""
    return _Bound(_listeners, (*_listeners.get(), listener))


def unheard() -> AbstractContextManager[None]:
    """What is emitted inside the block, and in tasks started from it, is nobody's."""
    return _Bound(_listeners, ())


class staged:  # noqa: N801 - a block, `with staged(…) as ending:`
    """Tells that `stage` runs, and how it ended, also when it was cancelled or raised.

    A class, for it is entered for every stage: a generator would take twice as long.
    """

    __slots__ = ("_span", "_stage", "detail", "outcome")

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.outcome = "ok"
        self.detail: str | None = None

    def __enter__(self) -> Self:
        self._span = _span.set(next(_spans))
        emit(StageStarted(self._stage))
        return self

    def __exit__(self, _: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, ForerunError):
            self.outcome, self.detail = "failed", error.message
        elif error is not None and self.outcome == "ok":
            self.outcome = "cancelled"
        emit(StageEnded(self._stage, self.outcome, self.detail))
        _span.reset(self._span)
