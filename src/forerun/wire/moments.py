"""Moments as people write them."""

from __future__ import annotations

from datetime import UTC, datetime


def when(at: float, timespec: str = "seconds") -> str:
    """Seconds since 1970 as ISO 8601 in UTC; those that are no date as they are."""
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec=timespec)
    except (ValueError, OverflowError, OSError):
        return str(at)


def when_or_none(at: float | None) -> str | None:
    return None if at is None else when(at)


def precisely(at: float) -> str:
    """The same to the millisecond."""
    return when(at, "milliseconds")
