"""A bounded buffer in front of something slow: a store, a collector."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio

from forerun.errors import ForerunError

Item = TypeVar("Item")

BATCH = 500
ATTEMPTS = 3
FIRST_PAUSE_S = 0.2


@dataclass
class Buffer(Generic[Item]):
    """Filled without waiting, emptied in batches by one writer at a time.

    What finds it full is dropped; what cannot be written after some attempts is given up. Both
    are counted, neither is told to anybody.
    """

    write: Callable[[Sequence[Item]], Awaitable[None]]
    """Raises a `ForerunError` where it fails; may be called again with the same items."""
    capacity: int
    dropped: int = 0
    """Items that found it full."""
    lost: int = 0
    """Items that could not be written."""
    failures: int = 0
    """Attempts that failed."""
    attempts: int = ATTEMPTS
    batch: int = BATCH
    pause_s: float = FIRST_PAUSE_S
    _waiting: deque[Item] = field(default_factory=deque)
    _in_hand: list[Item] = field(default_factory=list)
    _writing: anyio.Lock = field(default_factory=anyio.Lock)

    def put(self, item: Item) -> None:
        if len(self._waiting) >= self.capacity:
            self.dropped += 1
        else:
            self._waiting.append(item)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_hand)

    async def empty(self) -> None:
        """Write what is waiting now. What is in hand when it is cancelled, the next call writes."""
        async with self._writing:
            left = len(self)  # what comes meanwhile waits: others, too, have something to write
            while left > 0:
                while self._waiting and len(self._in_hand) < self.batch:
                    self._in_hand.append(self._waiting.popleft())
                left -= len(self._in_hand)
                await self._written()
                self._in_hand = []

    async def _written(self) -> None:
        for attempt in range(self.attempts):
            try:
                return await self.write(self._in_hand)
            except ForerunError:
                self.failures += 1
            except Exception:  # noqa: BLE001 - ours; it must not end the application's task group
                self.failures += 1
                break
            if attempt + 1 < self.attempts:
                await anyio.sleep(self.pause_s * 2**attempt)
        self.lost += len(self._in_hand)
        return None
