"""How long a service is waited for, and how often it is tried again."""

from __future__ import annotations

import random
from dataclasses import dataclass

from forerun.errors import ForerunError, ServiceUnreachable


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds are for each try. A question is never done twice, however often it is tried."""

    tries: int = 5
    """In a row without anything new."""
    pause_s: float = 0.25
    """Before the second try; doubled before each further one."""
    longest_pause_s: float = 6.0
    """A service that says to come back later than that is not waited for."""
    connect_s: float = 10.0
    reply_s: float = 60.0
    """For a reply, or for the next sign of life of a stream."""

    def pause_after(self, error: ForerunError, failures: int) -> float | None:
        """Seconds until the next try; None where there is to be none.

        Tries again where the connection failed, and where the service says when to come back.
        Full jitter, so that askers who were cut off together do not come back together.
        """
        told_s: float | None = getattr(error, "retry_after_s", None)
        if failures >= self.tries or (told_s or 0.0) > self.longest_pause_s:
            return None
        if told_s is None and not isinstance(error, ServiceUnreachable):
            return None
        grown_s: float = min(self.longest_pause_s, self.pause_s * 2 ** (failures - 1))
        jitter_s = grown_s * random.random()  # noqa: S311 - no secret
        return (told_s or 0.0) + jitter_s
