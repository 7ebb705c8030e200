"""Pairs of runs of the same question: how fast, and whether more than noise differs."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.rollout.experiments.records import Pair, Verdict
from forerun.rollout.statistics.proportions import share
from forerun.rollout.statistics.shadows import MINIMUM, shadows

ANSWERED, FAILED = Verdict.ANSWERED, Verdict.FAILED


def pair(
    number: int,
    control_s: float = 4.0,
    candidate_s: float = 3.0,
    *,
    of_control: bool = False,
    candidate: Verdict = ANSWERED,
    same: bool = True,
) -> Pair:
    name = f"{'again' if of_control else 'r'}{number}"
    return Pair(name, "complex", of_control, control_s, candidate_s, ANSWERED, candidate, same, 1.0)


def drawn(seed: int, n: int, faster: float, *, of_control: bool = False) -> Iterable[Pair]:
    """Questions of very different difficulty, of which each run adds a noise of its own."""
    luck = np.random.default_rng(seed)
    hard, one, other = (luck.normal(0, sd, n) for sd in (0.8, 0.2, 0.2))
    for number in range(n):
        control_s = math.exp(2 + hard[number] + one[number])
        candidate_s = faster * math.exp(2 + hard[number] + other[number])
        yield pair(number, control_s, candidate_s, of_control=of_control)


def test_pairs_prove_in_a_hundred_what_arms_prove_in_many() -> None:
    """What makes questions hard falls out: a fifth faster is sure, and noise is about 1."""
    found = shadows([*drawn(1, 100, 0.8), *drawn(2, 100, 1.0, of_control=True)])
    time = found.parallel.time
    assert 0.7 < time.low < 0.8 < time.high < 0.9
    assert found.noise.time.low < 1 < found.noise.time.high


def test_equal_paths_are_rarely_called_different_however_often_one_looks() -> None:
    """At each twentieth pair up to 300: in about 5 % of the series at most."""
    wrong = 0
    for seed in range(40):
        logs = list(drawn(seed, 300, 1.0))
        wrong += any(
            not (found.low <= 1 <= found.high)
            for n in range(MINIMUM, 301, 20)
            if (found := shadows(logs[:n]).parallel.time)
        )
    assert wrong <= 0.05 * 40 + 2


def test_before_there_are_enough_pairs_nothing_is_said_of_times() -> None:
    """The interval holds everything."""
    time = shadows(list(drawn(1, MINIMUM - 1, 0.5))).parallel.time
    assert (time.low, time.high) == (0.0, math.inf)


def test_failures_count_in_success_and_not_in_time() -> None:
    """A run that fails in an instant is not a fast one."""
    pairs = [pair(n, 4.0 + n % 7, 0.001, candidate=FAILED, same=False) for n in range(60)]
    pairs += list(drawn(3, 60, 0.9))
    found = shadows(pairs).parallel
    assert (found.pairs, found.answered, found.time.n_candidate) == (120, 60, 60)
    assert found.success.estimate == pytest.approx(-0.5)
    assert found.success.high < 0


def test_noise_is_not_held_against_the_parallel_path() -> None:
    """As many differences as between two sequential runs: nothing is claimed."""
    pairs = [pair(n, same=n % 5 != 0) for n in range(400)]
    noise = [pair(n, of_control=True, same=n % 5 != 0) for n in range(100)]
    found = shadows([*pairs, *noise])
    assert not found.is_above_noise
    assert "noise may explain it" in found.sentence


def test_what_differs_more_often_than_noise_is_noticed() -> None:
    """A fifth differs, and of two sequential runs none does."""
    pairs = [pair(n, same=n % 5 != 0) for n in range(400)]
    found = shadows([*pairs, *(pair(n, of_control=True) for n in range(60))])
    assert found.is_above_noise
    assert found.parallel.mismatches.count == 80
    assert "more than noise" in found.sentence


def test_where_no_noise_is_known_every_difference_counts() -> None:
    """And without a difference, or without any pair, nothing is held back."""
    assert shadows([pair(1, same=False), *(pair(n) for n in range(2, 9))]).is_above_noise
    assert not shadows([pair(n) for n in range(9)]).is_above_noise
    assert not shadows([]).is_above_noise
    assert "nothing is known" in shadows([]).sentence


def test_equal_rates_are_rarely_told_apart_however_often_one_looks() -> None:
    """A tenth differs in both, a tenth of the runs is sequential, looked at after each ten."""
    luck, alarms = np.random.default_rng(7), 0
    for _ in range(60):
        differs, of_control = luck.random(600) < 0.1, luck.random(600) < 0.1
        for n in range(20, 601, 20):
            control = of_control[:n]
            low = share(int((differs[:n] & ~control).sum()), int((~control).sum()), 0.1).low
            high = share(int((differs[:n] & control).sum()), int(control.sum()), 0.1).high
            if control.any() and low > high:
                alarms += 1
                break
    assert alarms <= 0.2 * 60


@settings(deadline=None)
@given(n=st.integers(1, 2_000), part=st.floats(0, 1), alpha=st.floats(0.001, 0.4))
def test_a_share_lies_in_its_interval(n: int, part: float, alpha: float) -> None:
    """Within 0 and 1, around the estimate, and narrower with more of the same."""
    found = share(round(n * part), n, alpha)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    more = share(4 * found.count, 4 * n, alpha)
    assert more.high - more.low < found.high - found.low + 1e-9


def test_a_share_is_missed_as_rarely_as_alpha_says() -> None:
    """At all looks together, by chance alone."""
    luck, missed = np.random.default_rng(3), 0
    for _ in range(150):
        counts = (luck.random(500) < 0.3).cumsum()
        missed += any(
            not (found.low <= 0.3 <= found.high)
            for n in range(10, 501, 20)
            if (found := share(int(counts[n - 1]), n, 0.1))
        )
    assert 0 < missed <= 0.1 * 150
