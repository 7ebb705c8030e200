"""Requests a minute: counted in this process, or together with others while they can be reached."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from forerun.errors import Unavailable
from forerun.ports import Rates

WINDOW_S = 60.0
TRY_AGAIN_S = 5.0


class OwnRates:
    """See `forerun.ports.Rates`. Of this process alone.

    A moving window: the times of the requests that were counted, and none for those turned away.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counted: OrderedDict[str, deque[float]] = OrderedDict()

    async def take(self, who: str, per_minute: int) -> float:
        if per_minute < 1:
            return WINDOW_S
        now = self._clock()
        self._forget_before(now - WINDOW_S)
        times = self._counted.setdefault(who, deque())
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        if len(times) >= per_minute:
            return max(0.001, times[len(times) - per_minute] + WINDOW_S - now)
        times.append(now)
        self._counted.move_to_end(who)
        return 0.0

    async def aclose(self) -> None:
        self._counted.clear()

    def _forget_before(self, start: float) -> None:
        """Whoever came last longest ago stands first."""
        while self._counted:
            times = next(iter(self._counted.values()))
            if times and times[-1] > start:
                return
            self._counted.popitem(last=False)


class SharedRates:
    """See `forerun.ports.Rates`; never raises. Those of all processes, and while these cannot be
    had, those of this one: then n processes let through up to n times as many, which is better
    than nobody."""

    def __init__(self, shared: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._shared = shared
        self._own = OwnRates(clock)
        self._clock = clock
        self._silent_until = -1.0

    @property
    def alone(self) -> bool:
        """Whether this process counts for itself now."""
        return self._clock() < self._silent_until

    async def take(self, who: str, per_minute: int) -> float:
        """Counted here as well, so that an outage begins with what was used up before it."""
        if not self.alone:
            try:
                wait = await self._shared.take(who, per_minute)
            except Unavailable:
                self._silent_until = self._clock() + TRY_AGAIN_S
            else:
                if wait == 0.0:
                    await self._own.take(who, per_minute)
                return wait
        return await self._own.take(who, per_minute)

    async def aclose(self) -> None:
        await self._shared.aclose()
