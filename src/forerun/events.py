"""What happens while a question is answered. Silent unless somebody listens.

Events carry times from `time.perf_counter()`; a listener turns them into milliseconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeAlias

from forerun.domain import Role, Rows, Stage, Usage

MAIN = "main"
"""The branch of work that is not speculative."""

_branch: ContextVar[str] = ContextVar("forerun_branch", default=MAIN)


def _current_branch() -> str:
    return _branch.get()


@contextmanager
def branch(name: str) -> Iterator[None]:
    """Events emitted inside the block, and in tasks started from it, carry this branch."""
    token = _branch.set(name)
    try:
        yield
    finally:
        _branch.reset(token)


@dataclass(frozen=True, slots=True)
class StageStarted:
    stage: Stage
    branch: str = field(default_factory=_current_branch)
    at: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class StageEnded:
    stage: Stage
    outcome: str
    detail: str | None = None
    branch: str = field(default_factory=_current_branch)
    at: float = field(default_factory=time.perf_counter)


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
    branch: str = field(default_factory=_current_branch)
    at: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class TextArrived:
    """A piece of a model's reply, as it streams."""

    role: Role
    text: str
    branch: str = field(default_factory=_current_branch)
    at: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class StatementAccepted:
    sql: str
    branch: str = field(default_factory=_current_branch)
    provisional: bool = False
    at: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class RowsArrived:
    rows: Rows
    branch: str = field(default_factory=_current_branch)
    provisional: bool = False
    at: float = field(default_factory=time.perf_counter)


Event: TypeAlias = (
    StageStarted | StageEnded | ModelCalled | TextArrived | StatementAccepted | RowsArrived
)
Listener: TypeAlias = Callable[[Event], None]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("forerun_listeners", default=())


def emit(event: Event) -> None:
    """Tell every listener of the current context."""
    for listener in _listeners.get():
        listener(event)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Hear what is emitted inside the block, in this task and in tasks started from it."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
