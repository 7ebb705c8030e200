"""Who is let in, who waits, and who is sent away at once because it would be in vain."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

import anyio

from forerun.app.sections import LimitsSection
from forerun.clock import now
from forerun.errors import OutOfReach, Overloaded

REMEMBERED = 200
KNOWN_FROM = 20
"""Of fewer questions nothing is concluded."""
SHORTEST_RETRY_S = 1.0
TOLD_FOR_S = 60.0
"""For longer nothing is concluded of what was slow: a question that is let in finds out."""


@dataclass(slots=True, eq=False)
class Durations:
    """Seconds that the last questions took."""

    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _quick: float = 0.0
    _median: float = 0.0
    _fresh: int = 0
    _seen_at: float = 0.0

    def observe(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self._seen_at = now()
        self._fresh += 1
        if self._fresh >= KNOWN_FROM or len(self.seconds) <= KNOWN_FROM:
            in_order = sorted(self.seconds)
            self._quick = in_order[len(in_order) // 10]
            self._median = in_order[len(in_order) // 2]
            self._fresh = 0

    @property
    def quick_s(self) -> float:
        """What nine of ten took longer than; 0 where too few are known, or none of late."""
        is_known = len(self.seconds) >= KNOWN_FROM and now() < self._seen_at + TOLD_FOR_S
        return self._quick if is_known else 0.0

    @property
    def median_s(self) -> float:
        return self._median


@dataclass(slots=True, eq=False)
class Admission:
    """So many questions at once, first come, first served; so many waiting, for so long."""

    limits: LimitsSection
    durations: Durations = field(default_factory=Durations)
    """Of all databases."""
    by_database: defaultdict[str, Durations] = field(default_factory=lambda: defaultdict(Durations))
    running: int = 0
    _waiting: deque[anyio.Event] = field(default_factory=deque)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def admit(self, database: str, timeout_s: float) -> float:
        """Wait for room, which is the caller's until `leave`; seconds waited.

        `timeout_s` is what the asker allows in all. Raises `OutOfReach` at once where even quick
        answers of that database, and the queue before them, have lately taken longer; `Overloaded`
        where the queue is full, or too slow.
        """
        self._within_reach(timeout_s, self.by_database[database].quick_s)
        if self.running < self.limits.questions and not self._waiting:
            self.running += 1
            return 0.0
        if self.waiting >= self.limits.queue:
            raise self._full(f"{self.waiting} questions are waiting already, the most there may be")
        return await self._wait()

    def observe(self, database: str, took_s: float) -> None:
        """How long a question took that was answered."""
        self.durations.observe(took_s)
        self.by_database[database].observe(took_s)

    def leave(self) -> None:
        """Give the room to the next one."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self.running -= 1

    def retry_after_s(self) -> float:
        """When there is likely to be room again."""
        return max(SHORTEST_RETRY_S, round(self._expected_wait_s(), 1))

    async def _wait(self) -> float:
        began_at, turn = now(), anyio.Event()
        self._waiting.append(turn)
        try:
            with anyio.move_on_after(self.limits.queue_s):
                await turn.wait()
        except BaseException:
            self._give_up(turn)
            raise
        if not turn.is_set():
            self._give_up(turn)
            raise self._full(f"there was no room within {self.limits.queue_s:g} s")
        return now() - began_at

    def _give_up(self, turn: anyio.Event) -> None:
        """Whoever was called up while leaving calls up the next."""
        if turn.is_set():
            self.leave()
        else:
            self._waiting.remove(turn)

    def _within_reach(self, timeout_s: float, needed_s: float) -> None:
        wait_s = self._expected_wait_s()
        if needed_s > 0 and wait_s + needed_s > timeout_s:
            queued = f" after waiting {wait_s:.1f} s for room" if wait_s else ""
            raise OutOfReach(
                f"Even quick questions take {needed_s:.1f} s here at the moment{queued}; this one "
                f"was to be answered within {timeout_s:g} s.",
                "Allow more time (timeout_s), or come back when there is less to do.",
                self.retry_after_s(),
            )

    def _expected_wait_s(self) -> float:
        if self.running < self.limits.questions:
            return 0.0
        return (self.waiting + 1) * self.durations.median_s / self.limits.questions

    def _full(self, why: str) -> Overloaded:
        return Overloaded(
            f"The service is full: {why}.", "Come back a little later.", self.retry_after_s()
        )
