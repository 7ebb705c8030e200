"""Refused tries: the first of a minute are written down as they are, the others counted.

Who has a key may try without end, and whatever he tries may be long.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from forerun.access.identity import Identity
from forerun.errors import (
    BudgetSpent,
    Draining,
    Forbidden,
    NotFound,
    OutOfReach,
    Overloaded,
    RateLimited,
)

TURNED_AWAY = frozenset(
    each.code
    for each in (
        RateLimited,
        BudgetSpent,
        NotFound,
        Forbidden,
        Overloaded,
        OutOfReach,
        Draining,
    )
)
"""Before anything was done. What failed later, or was cancelled, always has a line."""
IN_FULL = 10
"""Tries of one asker within a minute that have a line each."""
WITHIN_S = 60.0


@dataclass(slots=True)
class Minute:
    """What one asker has tried in vain since it began. Times are seconds since 1970."""

    identity: Identity
    began_at: float
    in_full: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    """Tries without a line of their own, by the code of why they were refused."""
    since: float = 0.0
    until: float = 0.0
    """When the first and the last of these were made."""

    def count(self, code: str, at: float) -> None:
        self.since = self.since if self.counted else at
        self.until = at
        self.counted[code] += 1


@dataclass(slots=True, eq=False)
class Refusals:
    """Of all askers of one process."""

    _minutes: dict[tuple[str, str], Minute] = field(default_factory=dict)

    def is_counted(self, identity: Identity, code: str, at: float) -> bool:
        """Whether this one is not to have a line of its own: then it is counted here."""
        if code not in TURNED_AWAY:
            return False
        minute = self._minutes.setdefault((identity.tenant, identity.id), Minute(identity, at))
        if minute.in_full < IN_FULL:
            minute.in_full += 1
            return False
        minute.count(code, at)
        return True

    def over(self, at: float = math.inf) -> list[Minute]:
        """Minutes that have ended by then, which are forgotten; those in which any was counted."""
        ended = {who: m for who, m in self._minutes.items() if at - m.began_at >= WITHIN_S}
        for who in ended:
            del self._minutes[who]
        return [minute for minute in ended.values() if minute.counted]
