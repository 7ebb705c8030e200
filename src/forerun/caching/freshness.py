"""How long something kept may be shown, and what the asker is told of its age."""

from __future__ import annotations

import random
from dataclasses import dataclass

from forerun.caching.entries import Entry
from forerun.ports import Version

CHANGED = "The database has changed since it was answered."
TOO_OLD = "What was kept is too old."
UNVERIFIED = "The database could not be asked whether it has changed."


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds, all of them."""

    ttl_s: float = 24 * 3600.0
    """Of an answer over data that has not changed."""
    max_stale_s: float = 5.0
    """Of an answer from a database that cannot tell whether it has changed."""
    negative_ttl_s: float = 30.0
    """Of a question asked back."""
    stale_if_error_s: float = 3600.0
    """How old an answer may be that is shown, with its age, because a new one cannot be had."""
    catalog_s: float = 300.0
    """Of the structure of a database."""
    refresh_s: float = 120.0
    """What making an answer anew ahead of its end may take."""
    jitter: float = 0.1
    """Lifetimes are shortened by up to this share, so that not all end at once."""
    refresh_at: float = 0.8
    """From this share of its lifetime on, an answer that is asked for is made anew meanwhile."""
    learn_after_s: float = 0.05
    """How long after an answer was given it is seen what else it can be found under: to read its
    query again takes milliseconds, in which the service should be telling it."""

    def lifetime_s(self, seconds: float) -> float:
        return seconds * (1 - random.random() * self.jitter)  # noqa: S311 - no secret

    def keep_s(self, lifetime_s: float) -> float:
        """How long an entry is worth its room."""
        return max(lifetime_s, self.stale_if_error_s)

    def fault(self, entry: Entry, version: Version | None, now: float) -> str | None:
        """Why the entry must not be shown as it is; None where it may be.

        `version` is what the database holds now, None where that cannot be found out.
        """
        age_s = entry.age_s(now)
        if age_s > entry.lasts_s:
            return TOO_OLD
        if version is None:
            return UNVERIFIED
        tells = version.data is not None or entry.version.data is not None
        if tells and version.data != entry.version.data:
            return CHANGED
        if tells and not entry.ages:
            return None
        if not tells and version.schema != entry.version.schema:
            return CHANGED
        # What is of a moment yet to come was written by another clock: its age is not known.
        return None if 0 <= now - entry.read_at <= self.max_stale_s else TOO_OLD

    def is_due(self, entry: Entry, version: Version, now: float) -> bool:
        """Whether a fresh entry ends soon, so that it is time to make a new one."""
        lasts_s = entry.lasts_s
        if version.data is None or entry.ages:
            lasts_s = min(lasts_s, self.max_stale_s)
        return entry.age_s(now) > self.refresh_at * lasts_s

    def may_stand_in(self, entry: Entry, now: float) -> bool:
        """Whether it may be shown, with its age, where a new answer cannot be had."""
        return entry.age_s(now) <= self.stale_if_error_s


def ago(age_s: float) -> str:
    """`12 seconds ago`, in the largest unit that is not too coarse."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if age_s >= 2 * seconds:
            return f"{age_s / seconds:.0f} {unit}s ago"
    rounded = round(age_s)
    return f"{rounded} second{'' if rounded == 1 else 's'} ago" if rounded else "just now"
