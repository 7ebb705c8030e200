"""The figures of `forerun bench overhead`."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of one run of a schedule whose stages do nothing, in milliseconds."""

    name: str
    cpu_ms: float
    """Median over the rounds."""
    best_ms: float
    """Of the quickest round: what is left when the machine is quiet."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """One run on one machine. Ratios within it mean something, figures of two machines do not."""

    costs: tuple[Cost, ...]
    skew_ratio: float
    """Time of skewed branches over the ideal critical path."""
    in_flight: int
    """Questions at once in the last part."""
    leaked_tasks: int
    leaked_statements: int
    leaked_calls: int
    peak_ms: float
    """Wall time until all of those were answered."""


def to_json(overhead: Overhead) -> dict[str, object]:
    return asdict(overhead)
