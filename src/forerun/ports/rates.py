"""How often somebody has come within the last minute."""

from __future__ import annotations

from typing import Protocol


class Rates(Protocol):
    """Counts requests within any minute, not within those of the clock."""

    async def take(self, who: str, per_minute: int) -> float:
        """Count one request, if `who` has made fewer than so many within the last 60 s.

        Gives 0.0 where it was counted, else the seconds until the next one would be. Errors:
        `Unavailable`.
        """

    async def aclose(self) -> None:
        """Close every connection. Safe to call twice."""
