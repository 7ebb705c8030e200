"""A share and how far it may be trusted: 95 % intervals by a bootstrap over databases.

Questions of one database are not independent, so whole databases are drawn again, with
replacement (a cluster bootstrap: Davison & Hinkley, 1997, section 3.8).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

RESAMPLES = 1_000
SEED = 20_250_101


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, 0 to 1, with its 95 % interval. None where there is nothing to take it of.

    With one database only there is no interval: nothing is known of how databases differ.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None


def rate(cases: Iterable[tuple[str, bool]]) -> Rate:
    """The share of true among (database, outcome) cases."""
    by_database: dict[str, tuple[int, int]] = {}
    for database, hit in cases:
        hits, all_ = by_database.get(database, (0, 0))
        by_database[database] = (hits + hit, all_ + 1)
    databases = list(by_database.values())
    if not databases:
        return Rate()
    value = _share(databases)
    if len(databases) == 1:
        return Rate(value)
    draw = random.Random(SEED)  # noqa: S311 - statistics, no secret
    shares = sorted(_share(draw.choices(databases, k=len(databases))) for _ in range(RESAMPLES))
    return Rate(value, shares[int(0.025 * RESAMPLES)], shares[int(0.975 * RESAMPLES)])


def _share(databases: list[tuple[int, int]]) -> float:
    hits = sum(hits for hits, _ in databases)
    return hits / sum(all_ for _, all_ in databases)
