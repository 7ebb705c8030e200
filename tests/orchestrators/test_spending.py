"""What calls usually cost: means of the last ones, and bets that are reckoned from them."""

from __future__ import annotations

from statistics import fmean

import pytest

from forerun.adapters.stores import MemoryStore
from forerun.domain import Role, Rung, Usage
from forerun.orchestrators.latency import REFITTED_AT_FIRST, REFITTED_EVERY, Latencies
from forerun.orchestrators.launching import Bet
from forerun.orchestrators.learning import Experience
from forerun.orchestrators.spending import KEPT, Spending


def test_only_the_last_calls_count() -> None:
    """Of many the mean cost is that of the last hundred; those of an unknown price tell nothing."""
    spending = Spending()
    for number in range(3 * KEPT):
        spending.observe(Role.WRITER, Usage(1, number, 0, number / 1_000))
        spending.observe(Role.WRITER, Usage(1, 0, 0, None))
    last = [number / 1_000 for number in range(2 * KEPT, 3 * KEPT)]
    assert spending.cost_usd([Role.WRITER]) == pytest.approx(fmean(last))


def test_bets_are_kept_once_much_was_seen() -> None:
    """Reckoned anew for each of the first questions, then for one in so many of each kind."""
    experience = Experience(Latencies("d"), MemoryStore())
    anew = []
    for _ in range(REFITTED_AT_FIRST + 2 * REFITTED_EVERY):
        bets = experience.bets("complex")
        anew.append(not bets)
        bets[Rung.REVIEW] = Bet(1.0, 0.0, 0)
    assert all(anew[:REFITTED_AT_FIRST])
    assert sum(anew[REFITTED_AT_FIRST:]) == 2
    assert experience.bets("simple") == {}
