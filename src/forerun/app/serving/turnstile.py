"""Long work of many at once, one in each turn of the event loop."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio


@dataclass(frozen=True, slots=True)
class Turnstile:
    """Who is about to keep the event loop for milliseconds comes through here first.

    Otherwise a hundred of them would have it one after another in a single turn, and whoever needs
    several short turns, such as one who has just connected, would wait for all of them each time.
    """

    _passing: anyio.Lock = field(default_factory=anyio.Lock)

    async def pass_through(self) -> None:
        """Wait for those who came before, and for a turn of one's own."""
        async with self._passing:  # a free lock is had with the next turn, and held until then
            pass
