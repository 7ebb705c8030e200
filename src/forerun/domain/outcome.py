"""What became of a reading when it was run beside its rivals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one query among several."""

    group: int
    """Queries of one group gave the same rows."""
    rows: int = 0
    """As many as were fetched."""
    blank: bool = False
    """Rows that say nothing: all NULL, or a single 0."""
    failed: bool = False
    """Refused by the gate or by the database."""
