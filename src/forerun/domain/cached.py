"""What the caches had to do with an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CacheLayer(StrEnum):
    """Where an answer was found."""

    MEMORY = "memory"
    DISK = "disk"
    REDIS = "redis"
    FLIGHT = "flight"
    """The same question was being answered for somebody else at that moment."""


@dataclass(frozen=True, slots=True)
class CacheUse:
    """Whether an answer came from a cache, how old it is, and why it did or did not."""

    hit: bool = False
    layer: CacheLayer | None = None
    age_s: float | None = None
    """Seconds since the database was asked; None where the answer is new."""
    reason: str = "No cache was asked."


class Shelf(StrEnum):
    """Which cache something is kept in."""

    ANSWERS = "answers"
    DRAFTS = "drafts"
    CATALOGS = "catalogs"


@dataclass(frozen=True, slots=True)
class ShelfStatus:
    """How much of one database is kept on one shelf."""

    shelf: Shelf
    tenant: str
    database: str
    entries: int
    bytes: int
    oldest_s: float
    """Age of the oldest entry in seconds."""
