"""A circuit breaker: who fails too often is left alone for a while, then tried by one call.

Closed, open, half-open as in Nygard, Release It! (2018); error and slow-call rates over a sliding
window. Exactly one call is on trial at a time. Cancellations and bad questions are never counted.
Kept by one event loop, so it needs no lock. A good call costs constant time; only a bad one looks
through the window, which holds at most `BreakerPolicy.kept` calls.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import anyio

from forerun.errors import (
    BadInput,
    BreakerOpen,
    ForerunError,
    StatementFailed,
    StatementTimedOut,
)

LONGEST_OPEN_S = 300.0


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens, and for how long."""

    window_s: float = 60.0
    minimum: int = 10
    """Fewer calls than this in the window never open it."""
    error_share: float = 0.5
    slow_s: float | None = None
    """A call that takes longer is slow; None: none is."""
    slow_share: float = 0.8
    open_s: float = 20.0
    """Before the first trial; doubled after each that fails."""
    kept: int = 200


@dataclass(frozen=True, slots=True)
class _Call:
    at: float
    failed: bool
    slow: bool


@dataclass(frozen=True, slots=True)
class BreakerStatus:
    """For display."""

    name: str
    state: State
    calls: int
    error_share: float
    slow_share: float
    opened: int
    """How often it has opened."""
    reason: str | None
    """Why a call would not be let through now."""


class Admission:
    """One call that was let through. What becomes of it is told once; later words are not heard."""

    def __init__(self, breaker: Breaker, on_trial: bool) -> None:
        self._breaker: Breaker | None = breaker
        self._on_trial = on_trial
        self._opened = breaker._opened

    def succeeded(self, seconds: float = 0.0) -> None:
        self._tell(failed=False, seconds=seconds)

    def failed(self, seconds: float = 0.0) -> None:
        self._tell(failed=True, seconds=seconds)

    def uncounted(self) -> None:
        """Cancelled, or a bad question: the next caller may be on trial in its place."""
        breaker, self._breaker = self._breaker, None
        if breaker is not None and self._on_trial:
            breaker._on_trial = False

    def _tell(self, failed: bool, seconds: float) -> None:
        breaker, self._breaker = self._breaker, None
        if breaker is None:
            return
        if self._on_trial:
            breaker._tried(failed)
        elif self._opened == breaker._opened:  # else a call from before it last opened
            breaker._heard(failed, seconds)


class Breaker:
    """Of one dependency, or of one arm."""

    def __init__(
        self,
        name: str,
        policy: BreakerPolicy | None = None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self.name = name
        self._policy = policy or BreakerPolicy()
        self._clock = clock
        self._calls: deque[_Call] = deque(maxlen=self._policy.kept)
        self._opened_at: float | None = None
        self._open_s = self._policy.open_s
        self._on_trial = False
        self._opened = 0
        self._complaint = ""

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return State.CLOSED
        over = self._clock() - self._opened_at >= self._open_s
        return State.HALF_OPEN if over else State.OPEN

    def refusal(self) -> str | None:
        """Why a call would not be let through now."""
        match self.state:
            case State.CLOSED:
                return None
            case State.HALF_OPEN if not self._on_trial:
                return None
            case State.HALF_OPEN:
                return f"{self.name} is on trial with another call"
        assert self._opened_at is not None  # noqa: S101 - it is open
        left_s = math.ceil(self._opened_at + self._open_s - self._clock())
        return f"{self.name} {self._complaint}; it is tried again in {left_s} s"

    def admit(self) -> Admission | None:
        """Let a call through, or not. Every admission must be told what became of it."""
        if self.refusal() is not None:
            return None
        on_trial = self.state is State.HALF_OPEN
        self._on_trial = self._on_trial or on_trial
        return Admission(self, on_trial)

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Count the block by what it raises. Raises `BreakerOpen` instead of letting it run."""
        admission = self.admit()
        if admission is None:
            raise BreakerOpen(f"{self.refusal()}.", "Try again later.")
        began_at = self._clock()
        try:
            yield
            admission.succeeded(self._clock() - began_at)
        except ForerunError as error:
            if not _is_the_askers(error):
                admission.failed(self._clock() - began_at)
            raise
        except Exception:
            admission.failed(self._clock() - began_at)
            raise
        finally:
            admission.uncounted()

    def status(self) -> BreakerStatus:
        calls = self._recent()
        return BreakerStatus(
            self.name,
            self.state,
            len(calls),
            _share(call.failed for call in calls),
            _share(call.slow for call in calls),
            self._opened,
            self.refusal(),
        )

    def _tried(self, failed: bool) -> None:
        self._on_trial = False
        if failed:
            self._open(2 * self._open_s, "failed on trial")
        else:
            self._close()

    def _heard(self, failed: bool, seconds: float) -> None:
        slow_s = self._policy.slow_s
        slow = slow_s is not None and seconds > slow_s
        self._calls.append(_Call(self._clock(), failed, slow))
        if (failed or slow) and (complaint := self._too_bad()):
            self._open(self._policy.open_s, complaint)

    def _too_bad(self) -> str | None:
        calls = self._recent()
        if len(calls) < self._policy.minimum:
            return None
        if _share(call.failed for call in calls) >= self._policy.error_share:
            return "failed too often"
        if _share(call.slow for call in calls) >= self._policy.slow_share:
            return "was slow too often"
        return None

    def _recent(self) -> list[_Call]:
        since = self._clock() - self._policy.window_s
        return [call for call in self._calls if call.at >= since]

    def _open(self, open_s: float, complaint: str) -> None:
        self._opened_at = self._clock()
        self._open_s = min(open_s, LONGEST_OPEN_S)
        self._opened += 1
        self._complaint = complaint

    def _close(self) -> None:
        self._opened_at = None
        self._calls.clear()


def _is_the_askers(error: ForerunError) -> bool:
    """Bad input and bad SQL say nothing about who was asked."""
    if isinstance(error, StatementFailed):
        return not isinstance(error, StatementTimedOut)
    return isinstance(error, BadInput)


def _share(signs: Iterable[bool]) -> float:
    seen = list(signs)
    return sum(seen) / len(seen) if seen else 0.0
