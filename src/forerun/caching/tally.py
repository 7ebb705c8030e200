"""What each cache has done so far, for whoever draws it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from forerun.domain import CacheLayer, Shelf


@dataclass
class Tally:
    """Counts since the process began, by shelf."""

    hits: Counter[tuple[Shelf, CacheLayer]] = field(default_factory=Counter)
    """By level."""
    coalesced: Counter[Shelf] = field(default_factory=Counter)
    """Questions that waited for an equal one."""
    misses: Counter[Shelf] = field(default_factory=Counter)
    stale: Counter[Shelf] = field(default_factory=Counter)
    """Answers shown with their age because a new one could not be had."""
    unkept: Counter[Shelf] = field(default_factory=Counter)
    """What may not be kept: volatile, cut, failed."""
    unshared: Counter[Shelf] = field(default_factory=Counter)
    """What this process alone keeps: too large for others, or of values that no text gives back."""
    refreshed: Counter[Shelf] = field(default_factory=Counter)
    """What was made anew ahead of its end."""
    errors: int = 0
    """Calls of the shared cache that failed, or were not made since its breaker was open."""
    age_s: Counter[Shelf] = field(default_factory=Counter)
    """Ages of all hits together."""

    def hit(self, shelf: Shelf, layer: CacheLayer, age_s: float) -> None:
        self.hits[shelf, layer] += 1
        self.age_s[shelf] += age_s  # type: ignore[assignment]  # a Counter adds any number
