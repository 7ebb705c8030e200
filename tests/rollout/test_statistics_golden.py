"""Our statistics against those of gbstats, ville, statsmodels and scipy.

scripts/oracle_statistics.py wrote their figures down, each from the same data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.effects import Effect
from forerun.rollout.statistics.exact import Counting, evidence, quantile_bounds
from forerun.rollout.statistics.intervals import asymptotic
from forerun.rollout.statistics.means import ratio_of_means, ratio_of_pairs
from forerun.rollout.statistics.mismatch import Exposed, mismatch
from forerun.rollout.statistics.quantiles import ratio_of_quantiles
from forerun.rollout.statistics.rates import difference_of_rates
from tests.rollout.simulated import Floats

GOLDEN: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "statistics.json").read_text()
)
CONTROL = np.log(GOLDEN["seconds"]["control"])
CANDIDATE = np.log(GOLDEN["seconds"]["candidate"])


def bounds_of_logs(effect: Effect, boundary: Boundary) -> list[float]:
    interval = asymptotic(effect, boundary)
    return [log(interval.low), log(interval.high)]


def agree(ours: list[float], theirs: list[float], within: float) -> None:
    """Intervals around the same centre whose widths differ by no more than a share."""
    assert sum(ours) == pytest.approx(sum(theirs), abs=1e-9)
    assert ours[1] - ours[0] == pytest.approx(theirs[1] - theirs[0], rel=within)


@pytest.mark.parametrize("case", GOLDEN["means"], ids=lambda case: f"alpha {case['alpha']}")
def test_means_agree_with_gbstats(case: Mapping[str, Any]) -> None:
    """Within 0.5 % of its width: it tunes by an approximation, we by Lambert's function."""
    boundary = Boundary(case["alpha"], case["planned"])
    agree(bounds_of_logs(ratio_of_means(CONTROL, CANDIDATE), boundary), case["interval"], 5e-3)


@pytest.mark.parametrize("case", GOLDEN["quantiles"], ids=lambda case: f"q {case['q']}")
def test_quantiles_agree_with_gbstats(case: Mapping[str, Any]) -> None:
    """Within 0.5 % of its width."""
    effect = ratio_of_quantiles(np.sort(CONTROL), np.sort(CANDIDATE), case["q"], "time")
    boundary = Boundary(0.05, case["planned"])
    agree(bounds_of_logs(effect, boundary), case["interval"], 5e-3)


def test_pairs_agree_with_ville() -> None:
    """Within a millionth of its width: both tune exactly."""
    case = GOLDEN["pairs"]
    effect = ratio_of_pairs(CONTROL[: CANDIDATE.size], CANDIDATE)
    agree(bounds_of_logs(effect, Boundary(0.05, case["planned"])), case["interval"], 1e-6)


@pytest.mark.parametrize("case", GOLDEN["one_sided"], ids=lambda case: f"n {case['units']}")
def test_the_one_sided_bound_is_just_wider_than_the_exact_one(case: Mapping[str, Any]) -> None:
    """The closed form is conservative against ville's solution by root finding, by 1 % at most."""
    reach = Boundary(case["alpha"], case["planned"], one_sided=True).reach(case["units"])
    assert case["reach"] * (1 - 1e-9) <= reach <= case["reach"] * 1.01


@pytest.mark.parametrize("case", GOLDEN["counts"], ids=lambda case: f"n {case['n']} q {case['q']}")
def test_evidence_of_counts_agrees_with_ville(case: Mapping[str, Any]) -> None:
    """To three figures: ville finds the best prior by minimising, we have it in closed form."""
    against = evidence(Counting(case["q"], case["alpha"], case["planned"]), case["n"])
    for count, theirs in case["evidence"]:
        assert against(count) == pytest.approx(theirs, rel=1e-3, abs=1e-3)


def test_the_exact_interval_lies_within_villes() -> None:
    """Same data, same alpha: we use the variance of a p95's counts, ville Hoeffding's for all."""
    case = GOLDEN["quantile_sequence"]
    counting = Counting(case["q"], case["alpha"], 1_000)
    low, high = quantile_bounds(np.sort(case["seconds"]), counting)
    theirs_low, theirs_high = case["interval"]
    assert theirs_low < low < float(np.quantile(case["seconds"], case["q"])) < high < theirs_high
    assert high - low < 0.7 * (theirs_high - theirs_low)


@pytest.mark.parametrize("case", GOLDEN["rates"], ids=lambda case: str(case["counts"]))
def test_rates_agree_with_statsmodels(case: Mapping[str, Any]) -> None:
    """The standard error, to nine figures."""
    good_a, n_a, good_b, n_b = case["counts"]
    effect = difference_of_rates(zeros_and_ones(good_a, n_a), zeros_and_ones(good_b, n_b), "rate")
    assert effect.error == pytest.approx(case["error"], rel=1e-9)


def zeros_and_ones(good: int, n: int) -> Floats:
    return np.repeat([1.0, 0.0], [good, n - good])


@pytest.mark.parametrize("case", GOLDEN["arms"], ids=lambda case: str(case["counts"]))
def test_mismatch_agrees_with_ville_and_scipy(case: Mapping[str, Any]) -> None:
    """Two arms are ville's beta-binomial test, three are scipy's Dirichlet-multinomial odds."""
    names = "abc"[: len(case["counts"])]
    exposed = Exposed(
        dict(zip(names, case["counts"], strict=True)), dict(zip(names, case["shares"], strict=True))
    )
    ours = mismatch((exposed,), 0.01, 5_000).log_evidence
    assert ours == pytest.approx(case["evidence"], rel=1e-3, abs=1e-3)
