"""Which traces are kept. Outcomes are kept all; traces by share, and the telling ones always."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

from forerun.domain.figures import quantile
from forerun.telemetry.outcomes import Outcome

REMEMBERED = 1_000
"""Durations by which the slowest are told."""
ENOUGH = 100
SLOWEST = 0.99
WHOLE = 2**32


class Sampler:
    """Of one process: what is slow is judged by what it has seen last."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._last: deque[float] = deque()
        self._ordered: list[float] = []

    def keeps(self, outcome: Outcome) -> bool:
        """Errors, cancellations, fallbacks, mismatches and the slowest 1 %; of the others the
        share, by their id: the same in every process."""
        is_slow = self._is_slow(outcome.ms)
        is_wrong = outcome.has_failed or outcome.error is not None
        telling = is_wrong or outcome.fallback is not None or bool(outcome.mismatch)
        return telling or is_slow or is_within(outcome.trace_id, self._share)

    def _is_slow(self, ms: float) -> bool:
        slow = len(self._ordered) >= ENOUGH and ms >= quantile(self._ordered, SLOWEST)
        if len(self._last) == REMEMBERED:
            oldest = self._last.popleft()
            del self._ordered[bisect_left(self._ordered, oldest)]
        self._last.append(ms)
        insort(self._ordered, ms)
        return slow


def is_within(trace_id: str, share: float) -> bool:
    """The last 32 bits of the id are as good as random."""
    try:
        number = int(trace_id[-8:] or "0", 16)
    except ValueError:
        number = 0  # not an id of ours: kept
    return number < share * WHOLE
