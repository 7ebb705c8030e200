"""Write the golden file of the statistics: what other people's packages make of the same figures.

    python scripts/oracle_statistics.py tests/rollout/golden/statistics.json

The packages get an environment of their own, made here and thrown away, since they need an old
numpy: gbstats (GrowthBook's statistics: sequential tests of means and of quantiles), ville
(confidence sequences), statsmodels (proportions), scipy (Dirichlet-multinomial counts). Nothing of
Forerun is imported, so that no mistake of ours can hide in the file.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NEEDS = ("gbstats==0.8.0", "ville==0.1.0", "statsmodels==0.15.0")
INSIDE = "--inside"
SEED = 20
PLANNED = 2_000


def main(arguments: list[str]) -> None:
    if arguments[:1] == [INSIDE]:
        sys.stdout.write(json.dumps(golden()) + "\n")
        return
    if len(arguments) != 1:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "-q", *NEEDS], check=True)  # noqa: S603
        command = [python, __file__, INSIDE]
        made = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    Path(arguments[0]).write_text(made.stdout)


def golden() -> dict[str, Any]:
    """What goes in and what comes out, by kind."""
    randomness = random.Random(SEED)  # noqa: S311 - no secret
    control = latencies(randomness, 400, 1.0)
    candidate = latencies(randomness, 360, 0.8)
    return {
        "made_with": NEEDS,
        "seconds": {"control": control, "candidate": candidate},
        "means": [two_means(control, candidate, alpha) for alpha in (0.05, 0.01)],
        "quantiles": [two_quantiles(control, candidate, q) for q in (0.5, 0.95)],
        "pairs": pairs(control[:360], candidate),
        "one_sided": [one_sided(units) for units in (100, 200, 1_000, 2_000, 6_000, 50_000)],
        "counts": [counts(n, q) for n in (1, 20, 100, 3_000) for q in (0.5, 0.95)],
        "quantile_sequence": quantile_sequence(latencies(randomness, 3_000, 1.0)),
        "rates": [two_rates(*each) for each in ((388, 400, 351, 360), (400, 400, 360, 360))],
        "arms": [
            two_arms(530, 470, 0.5),
            two_arms(880, 120, 0.9),
            three_arms((500, 300, 200)),
            three_arms((560, 260, 180)),
        ],
    }


def latencies(randomness: random.Random, n: int, scale: float) -> list[float]:
    """Seconds: two modes, 15 % four times as slow."""
    slow = [4.0 if randomness.random() < 0.15 else 1.0 for _ in range(n)]
    return [round(scale * each * math.exp(randomness.gauss(0, 0.5)), 4) for each in slow]


def two_means(control: Sequence[float], candidate: Sequence[float], alpha: float) -> dict[str, Any]:
    """Difference of mean logs, always valid, tuned by the paper's approximation."""
    from gbstats.models.statistics import SampleMeanStatistic

    statistics = [
        SampleMeanStatistic(
            n=len(seconds),
            sum=sum(map(math.log, seconds)),
            sum_squares=sum(math.log(each) ** 2 for each in seconds),
        )
        for seconds in (control, candidate)
    ]
    return {"alpha": alpha, "planned": PLANNED, "interval": sequential(*statistics, alpha=alpha)}


def two_quantiles(control: Sequence[float], candidate: Sequence[float], q: float) -> dict[str, Any]:
    """Difference of log quantiles, always valid."""
    import numpy as np
    from gbstats.models.statistics import QuantileStatistic
    from scipy.stats import norm

    statistics = []
    for seconds in (control, candidate):
        logs, n = np.log(seconds), len(seconds)
        reach = norm.ppf(0.975) * math.sqrt(q * (1 - q) / n)
        low, middle, high = np.quantile(logs, (q - reach, q, q + reach))
        statistics.append(
            QuantileStatistic(
                n=n,
                n_star=n,
                nu=q,
                quantile_hat=middle,
                quantile_lower=low,
                quantile_upper=high,
            )
        )
    return {"q": q, "planned": PLANNED, "interval": sequential(*statistics, alpha=0.05)}


def sequential(control: Any, candidate: Any, alpha: float) -> list[float]:
    from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest

    config = SequentialConfig(
        alpha=alpha, difference_type="absolute", sequential_tuning_parameter=PLANNED
    )
    test = SequentialTwoSidedTTest(control, candidate, config)
    return [float(bound) for bound in test.confidence_interval]


def pairs(control: Sequence[float], candidate: Sequence[float]) -> dict[str, Any]:
    """Mean of the pairs' log differences."""
    from ville.means import AsymptoticCS

    differences = [math.log(b / a) for a, b in zip(control, candidate, strict=True)]
    sequence = AsymptoticCS(alpha=0.05, t_opt=500, min_samples=100).fit(differences)
    return {"planned": 500, "interval": sequence.interval()}


def one_sided(units: int) -> dict[str, Any]:
    """Exactly what the paper's closed one-sided form bounds, in standard errors."""
    from ville._boundaries import best_rho, normal_mixture

    alpha = 0.025
    # Tuned for twice alpha on both sides, as the paper does it.
    precision = best_rho(PLANNED, 2 * alpha)
    reach = float(normal_mixture(units, alpha, precision, one_sided=True)) / math.sqrt(units)
    return {"alpha": alpha, "planned": PLANNED, "units": units, "reach": reach}


def counts(n: int, q: float) -> dict[str, Any]:
    """Log evidence of every so many counts of n at or below the quantile."""
    alpha, planned = 0.025, 1_000
    weight = best_weight(alpha, planned)
    step = max(n // 20, 1)
    evidence = [
        (count, bernoulli(count, n, q, (weight * q, weight * (1 - q))))
        for count in range(0, n + 1, step)
    ]
    return {"n": n, "q": q, "alpha": alpha, "planned": planned, "evidence": evidence}


def best_weight(alpha: float, planned: int) -> float:
    """How much a prior around the truth weighs: like the normal mixture tuned to `planned`."""
    from ville._boundaries import best_rho

    return float(best_rho(planned, alpha))


def bernoulli(count: int, n: int, p0: float, prior: tuple[float, float]) -> float:
    from ville.proportions import BernoulliTest

    test = BernoulliTest(p0, prior=prior).fit([1] * count + [0] * (n - count))
    return float(test.log_e_values_[-1])


def quantile_sequence(seconds: list[float]) -> dict[str, Any]:
    """The order statistics that a boundary without the variance of counts gives: wider ones."""
    from ville.quantiles import QuantileCS

    sequence = QuantileCS(q=0.95, alpha=0.05, t_opt=1_000, intersect=False).fit(seconds)
    return {"q": 0.95, "alpha": 0.05, "seconds": seconds, "interval": sequence.interval()}


def two_rates(good_a: int, n_a: int, good_b: int, n_b: int) -> dict[str, Any]:
    """Standard error of a difference of shares with two more of each kind in each arm."""
    from scipy.stats import norm
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(
        good_b + 2, n_b + 4, good_a + 2, n_a + 4, method="wald", compare="diff", alpha=0.05
    )
    error = float(high - low) / 2 / float(norm.ppf(0.975))
    return {"counts": [good_a, n_a, good_b, n_b], "error": error}


def two_arms(control: int, candidate: int, share: float) -> dict[str, Any]:
    """Two arms' evidence against the planned shares is that of a beta-binomial mixture."""
    weight = best_weight(0.01, 5_000)
    prior = (weight * share, weight * (1 - share))
    evidence = bernoulli(control, control + candidate, share, prior)
    return {"counts": [control, candidate], "shares": [share, 1 - share], "evidence": evidence}


def three_arms(seen: Sequence[int]) -> dict[str, Any]:
    from scipy.stats import dirichlet_multinomial, multinomial

    weight, shares, n = best_weight(0.01, 5_000), (0.5, 0.3, 0.2), sum(seen)
    mixed = dirichlet_multinomial.logpmf(seen, [weight * share for share in shares], n)
    evidence = float(mixed - multinomial.logpmf(seen, n, shares))
    return {"counts": list(seen), "shares": shares, "evidence": evidence}


if __name__ == "__main__":
    main(sys.argv[1:])
