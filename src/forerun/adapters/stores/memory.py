"""A store that forgets with its process."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from forerun.ports import Outcomes, Timing


class MemoryStore:
    """See `forerun.ports.Store`."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], Outcomes] = {}
        self._timings: dict[tuple[str, str, str], deque[Timing]] = defaultdict(
            lambda: deque(maxlen=200)
        )

    async def outcomes(self) -> Mapping[tuple[str, str], Outcomes]:
        return dict(self._outcomes)

    async def add_outcomes(self, added: Mapping[tuple[str, str], Outcomes]) -> None:
        for key, new in added.items():
            old = self._outcomes.get(key, Outcomes())
            self._outcomes[key] = Outcomes(old.used + new.used, old.wasted + new.wasted)

    async def timings(self, database: str, most: int) -> Sequence[Timing]:
        return [
            timing
            for (of_database, *_), kept in self._timings.items()
            if of_database == database
            for timing in list(kept)[-most:]
        ]

    async def add_timings(self, added: Sequence[Timing]) -> None:
        for timing in added:
            self._timings[timing.database, timing.stage, timing.complexity].append(timing)

    async def aclose(self) -> None:
        return None
