"""How long each stage takes here: learned as it runs, from a documented prior on.

Seconds of a stage are taken to be lognormal. Of each stage and complexity the mean and spread of
the logarithms are kept as running moments (Welford 1962) that forget what is older than about
`KEPT` observations, and are shrunk towards the prior, which counts as `PRIOR_WEIGHT`
observations (a conjugate normal mean with known weight, Gelman et al., BDA3 §2.5).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from statistics import NormalDist, median

from forerun.domain import Role, Stage
from forerun.orchestrators.complexity import Complexity, Features, complexity
from forerun.ports import Timing

KEPT = 200
REFITTED_AT_FIRST, REFITTED_EVERY = 40, 8
"""A single observation among many changes nothing worth the time of a fit."""
PRIOR_WEIGHT = 5.0
PRIOR_SPREAD = 0.5
"""Standard deviation of the logarithm of a stage's seconds."""
PRIOR_SPREAD_OF_RUN = 1.5
"""Statements differ far more than calls of a model."""
PRIOR_S: Mapping[Stage, float] = {
    Stage.LINK: 0.01,
    Stage.ANALYSE: 2.5,
    Stage.CONTEXTUALISE: 2.0,
    Stage.DRAFT: 6.0,
    Stage.CHECK: 0.01,
    Stage.REVIEW: 3.0,
    Stage.RUN: 0.3,
    Stage.REPAIR: 6.0,
    Stage.NARRATE: 3.0,
}
"""Medians before anything was seen: a hosted model of 2026 (first token after 0.9 s, 60 to 70
tokens a second) on our prompts, and a statement on a warm database."""
FACTOR: Mapping[Complexity, float] = {
    Complexity.SIMPLE: 0.6,
    Complexity.MODERATE: 1.0,
    Complexity.COMPLEX: 1.5,
}
"""How much longer the models' stages take before anything was seen of that complexity."""
_WRITTEN = frozenset({Stage.ANALYSE, Stage.DRAFT, Stage.REVIEW, Stage.REPAIR, Stage.NARRATE})
PRIOR_REPAIRS, PRIOR_QUESTIONS = 1.2, 10.0
"""Twelve repairs in a hundred questions."""
SHORTEST_BUDGET_S = 1.0
FIRST_TOKENS_NEEDED = 20

_Z95 = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class Prediction:
    """Of one question on the sequential path."""

    seconds: float
    by_stage: Mapping[Stage, float]
    p95_seconds: float


@dataclass(frozen=True, slots=True)
class _Lognormal:
    mean: float
    spread: float
    _quantiles: dict[float, float] = field(default_factory=dict)
    """Asked for dozens of times a question."""

    def quantile(self, share: float) -> float:
        if (seconds := self._quantiles.get(share)) is None:
            seconds = self._quantiles[share] = math.exp(self.mean + _z(share) * self.spread)
        return seconds


@dataclass
class _Moments:
    """Of logarithms."""

    count: float = 0.0
    mean: float = 0.0
    squares: float = 0.0
    """Sum of squared distances from the mean."""

    def add(self, log: float) -> None:
        if self.count >= KEPT:
            self.squares *= (KEPT - 1) / self.count
            self.count = KEPT - 1
        self.count += 1
        distance = log - self.mean
        self.mean += distance / self.count
        self.squares += distance * (log - self.mean)

    def shifted(self, by: float) -> _Moments:
        return _Moments(self.count, self.mean + by, self.squares)

    def shrunk(self, prior: _Lognormal) -> _Lognormal:
        weight = self.count + PRIOR_WEIGHT
        mean = (PRIOR_WEIGHT * prior.mean + self.count * self.mean) / weight
        spread = math.sqrt((PRIOR_WEIGHT * prior.spread**2 + self.squares) / weight)
        return _Lognormal(mean, spread)


class Latencies:
    """Of one database and its models."""

    def __init__(self, database: str) -> None:
        self.database = database
        self._logs: dict[tuple[Stage, Complexity], _Moments] = {}
        self._fitted: dict[tuple[Stage, Complexity], _Lognormal] = {}
        self._fresh: dict[Stage, int] = {}
        self._first_tokens: dict[Role, deque[float]] = {}
        self._errors: deque[float] = deque(maxlen=100)
        self._repairs, self._questions = PRIOR_REPAIRS, PRIOR_QUESTIONS
        self._unsaved: list[tuple[Stage, Complexity, float]] = []

    def observe(self, stage: Stage, complexity_: Complexity, seconds: float) -> None:
        """One run of a stage that ended by itself."""
        self._add(stage, complexity_, seconds)
        self._unsaved.append((stage, complexity_, seconds))
        if stage is Stage.DRAFT:
            self._questions += 1
        if stage is Stage.REPAIR:
            self._repairs += 1

    def _add(self, stage: Stage, complexity_: Complexity, seconds: float) -> None:
        if (moments := self._logs.get((stage, complexity_))) is None:
            moments = self._logs[stage, complexity_] = _Moments()
        moments.add(math.log(max(seconds, 1e-6)))
        fresh = self._fresh[stage] = self._fresh.get(stage, 0) + 1
        if fresh <= REFITTED_AT_FIRST or fresh % REFITTED_EVERY == 0:
            for each in Complexity:  # the others borrow from this one
                self._fitted.pop((stage, each), None)

    def quantile(self, stage: Stage, complexity_: Complexity, share: float) -> float:
        """Seconds within which that share of the stage's runs end."""
        return self._of(stage, complexity_).quantile(share)

    def _of(self, stage: Stage, complexity_: Complexity) -> _Lognormal:
        key = stage, complexity_
        if (fitted := self._fitted.get(key)) is None:
            own = self._logs.get(key) or _Moments()
            fitted = self._fitted[key] = own.shrunk(self._prior(stage, complexity_))
        return fitted

    def _prior(self, stage: Stage, complexity_: Complexity) -> _Lognormal:
        """What is known of the stage at other complexities, else the documented prior."""
        factor = _log_factor(stage, complexity_)
        spread = PRIOR_SPREAD_OF_RUN if stage is Stage.RUN else PRIOR_SPREAD
        prior = _Lognormal(math.log(PRIOR_S[stage]) + factor, spread)
        for other in Complexity:
            logs = self._logs.get((stage, other))
            if other is not complexity_ and logs is not None:
                prior = logs.shifted(factor - _log_factor(stage, other)).shrunk(prior)
        return prior

    def repairs(self) -> float:
        """Repairs a question, on average."""
        return self._repairs / self._questions

    def predict(self, seen: Features, expected: Mapping[Stage, float]) -> Prediction:
        """Seconds of the sequential path; `expected` says how often each stage will run.

        The p95 takes stages as independent: their spreads add up in squares.
        """
        class_ = complexity(seen)
        by_stage: dict[Stage, float] = {}
        variance = 0.0
        for stage, times in expected.items():
            if times:
                middle = self.quantile(stage, class_, 0.5)
                by_stage[stage] = times * middle
                beyond = (self.quantile(stage, class_, 0.95) - middle) / _Z95
                variance += times * beyond**2
        seconds = sum(by_stage.values())
        return Prediction(seconds, by_stage, seconds + _Z95 * math.sqrt(variance))

    def observe_error(self, predicted_s: float, actual_s: float) -> None:
        """Compare a prediction with what the sequential path took, or would have taken."""
        if actual_s > 0:
            self._errors.append(abs(predicted_s - actual_s) / actual_s)

    def error(self) -> float | None:
        """Median absolute error of the last predictions, as a share of what it took."""
        return median(self._errors) if self._errors else None

    def observe_first_token(self, role: Role, seconds: float) -> None:
        self._first_tokens.setdefault(role, deque(maxlen=KEPT)).append(seconds)

    def first_token_p95(self, role: Role) -> float | None:
        """Seconds; None before enough was seen to tell."""
        seen = self._first_tokens.get(role, ())
        if len(seen) < FIRST_TOKENS_NEEDED:
            return None
        return sorted(seen)[math.ceil(0.95 * len(seen)) - 1]

    def load(self, timings: Iterable[Timing]) -> None:
        """What earlier processes saw. Stages and complexities of other versions are left out."""
        stages, classes = set(Stage), set(Complexity)
        for timing in timings:
            if timing.stage in stages and timing.complexity in classes:
                self._add(Stage(timing.stage), Complexity(timing.complexity), timing.seconds)

    def unsaved(self) -> tuple[Timing, ...]:
        """What was observed since the last call."""
        unsaved, self._unsaved = self._unsaved, []
        return tuple(
            Timing(self.database, stage.value, complexity_.value, seconds)
            for stage, complexity_, seconds in unsaved
        )


def budget_s(p95_s: float) -> float:
    """What a stage that usually ends within `p95_s` is given."""
    return max(SHORTEST_BUDGET_S, 3 * p95_s)


@cache
def _z(share: float) -> float:
    return NormalDist().inv_cdf(share)


def _log_factor(stage: Stage, complexity_: Complexity) -> float:
    return math.log(FACTOR[complexity_]) if stage in _WRITTEN else 0.0
