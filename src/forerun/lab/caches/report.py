"""The figures of `forerun bench cache`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Microseconds of one call, over many."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Coalesced:
    """Equal questions at once, and how often one was answered."""

    askers: int
    executions: int


@dataclass(frozen=True, slots=True)
class Caches:
    """One run on one machine. None where the service was not there."""

    lookup_us: Spread
    """Making the key of a question and finding its answer in memory."""
    answer_hit_us: Spread
    """A whole kept answer through the hybrid orchestrator, the file's version among it."""
    ask_hit_us: Spread
    """The same through `Forerun.ask`: checked, tracked, with warnings."""
    redis_hit_us: Spread | None
    """Through the hybrid orchestrator, from Redis only."""
    disk_hit_us: Spread
    """Through the hybrid orchestrator, from a file only."""
    dict_us: Spread
    """A bare look-up by the question's words, for comparison."""
    file_version_us: Spread
    """Finding out whether the database file has changed; part of `answer_hit_us`."""
    server_version_us: Spread | None
    """The same of PostgreSQL: paid once a second, not with each answer."""
    made_us: Spread
    """The same answer made, by the built-in parser, nothing kept."""
    coalesced: Coalesced
    kept: int
    """Answers in memory for the next figures, each with rows, chart and words of its own."""
    bytes_per_answer: float
    """As the interpreter counts them."""
    counted_bytes_per_answer: float
    """As the cache counts them for its bound."""


def spread_of(seconds: Sequence[float]) -> Spread:
    ordered = sorted(seconds)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    return Spread(round(p50 * 1e6, 2), round(p95 * 1e6, 2))


def to_json(found: Caches) -> dict[str, object]:
    return asdict(found)
