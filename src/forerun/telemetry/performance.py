"""Figures over a window, exactly from every outcome in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from forerun.domain import Strategy
from forerun.domain.figures import Figures, Measured, figures_of, quantile
from forerun.telemetry.outcomes import Outcome

SLOWEST = 10
DRAWN, AS_THEY_CAME = "drawn", "as they came"
UNDECIDED = "not decidable yet"
CAUTION = (
    "No arm was drawn by chance: the questions that look slow go parallel, so that the arms do "
    "not answer the same kind of questions. An experiment tells what parallel brings."
)
ONE_ARM = "Both arms must have answered something, to be compared."
NO_INTERVALS = "Intervals need an optional part: pip install 'forerun[rollout]'."


@dataclass(frozen=True, slots=True)
class Ratio:
    """Parallel over sequential in one measure of time: below 1 is faster."""

    metric: str
    """mean_time (geometric), p50_time or p95_time."""
    estimate: float
    """NaN without data."""
    low: float
    high: float
    """0 to infinity while nothing can be said."""
    fault: str | None = None


Compare: TypeAlias = Callable[[Sequence[float], Sequence[float]], tuple[Ratio, ...]]
"""Seconds of what was answered, sequential and parallel; mean_time first. The intervals hold
whenever one looks."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Parallel beside sequential, by the arm that was assigned."""

    basis: str
    """`drawn`: only questions whose arm the rollout drew; `as they came`: all."""
    sequential: int
    """Answered questions of each arm."""
    parallel: int
    ratios: tuple[Ratio, ...]
    verdict: str
    """faster, slower or not decidable yet."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One arm of one operation. Means are over all of its questions."""

    arm: str
    figures: Figures
    fallback_rate: float
    first_rows_p50_s: float | None
    first_rows_p95_s: float | None
    model_s: float
    database_s: float
    own_s: float
    queued_s: float
    overlap: float
    critical_share: float
    tokens: int
    cost_usd: float
    """Of what has a known price."""
    cache_hit_rate: float
    mismatches: int


@dataclass(frozen=True, slots=True)
class OperationFigures:
    """One operation."""

    operation: str
    whole: ArmFigures
    """All arms together, named `all`."""
    assigned: tuple[ArmFigures, ...]
    served: tuple[ArmFigures, ...]
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Report:
    """What a window holds."""

    since: float
    """Seconds since 1970."""
    window_s: float
    questions: int
    is_whole: bool
    """False where there were more than are counted at once: then the latest."""
    operations: tuple[OperationFigures, ...]
    slowest: tuple[Outcome, ...]


def report(
    seen: Sequence[Outcome], since: float, window_s: float, compare: Compare | None, most: int
) -> Report:
    """Of outcomes in the order in which they began, `most` at most."""
    names = sorted({outcome.operation for outcome in seen})
    return Report(
        since,
        window_s,
        len(seen),
        len(seen) < most,
        tuple(
            _operation(name, [each for each in seen if each.operation == name], compare)
            for name in names
        ),
        tuple(sorted(seen, key=lambda outcome: -outcome.ms)[:SLOWEST]),
    )


def _operation(name: str, seen: Sequence[Outcome], compare: Compare | None) -> OperationFigures:
    def by(arm_of: Callable[[Outcome], str]) -> tuple[ArmFigures, ...]:
        arms = sorted({arm_of(outcome) for outcome in seen})
        return tuple(_arm(arm, [each for each in seen if arm_of(each) == arm]) for arm in arms)

    return OperationFigures(
        name,
        _arm("all", seen),
        by(lambda outcome: outcome.assigned),
        by(lambda outcome: outcome.served),
        compared(seen, compare),
    )


def _arm(arm: str, seen: Sequence[Outcome]) -> ArmFigures:
    figures = figures_of(
        [Measured(o.ms / 1_000, not o.has_failed, fell_back=o.fallback is not None) for o in seen]
    )
    rows = sorted(o.first_rows_ms / 1_000 for o in seen if o.first_rows_ms is not None)
    return ArmFigures(
        arm=arm,
        figures=figures,
        fallback_rate=figures.fallbacks / figures.count,
        first_rows_p50_s=quantile(rows, 0.5) if rows else None,
        first_rows_p95_s=quantile(rows, 0.95) if rows else None,
        model_s=_mean(o.model_ms for o in seen) / 1_000,
        database_s=_mean(o.database_ms for o in seen) / 1_000,
        own_s=_mean(o.own_ms for o in seen) / 1_000,
        queued_s=_mean(o.queued_ms for o in seen) / 1_000,
        overlap=_mean(o.overlap for o in seen),
        critical_share=_mean(o.critical_share for o in seen),
        tokens=sum(o.input_tokens + o.output_tokens for o in seen),
        cost_usd=sum(o.cost_usd or 0.0 for o in seen),
        cache_hit_rate=_mean(float(o.cache == "hit") for o in seen),
        mismatches=sum(o.mismatch for o in seen),
    )


def compared(seen: Sequence[Outcome], compare: Compare | None) -> Comparison:
    """By the arms that were drawn where both were, else as they came, with a caution."""
    answered = [outcome for outcome in seen if outcome.status == "answered" and outcome.ms > 0]
    drawn = [outcome for outcome in answered if outcome.drawn]
    is_drawn = all(_seconds(drawn, arm) for arm in Strategy)
    arms = {arm: _seconds(drawn if is_drawn else answered, arm) for arm in Strategy}
    sequential, parallel = arms[Strategy.SEQUENTIAL], arms[Strategy.PARALLEL]
    is_possible = bool(sequential and parallel)
    ratios = compare(sequential, parallel) if compare is not None and is_possible else ()
    return Comparison(
        DRAWN if is_drawn else AS_THEY_CAME,
        len(sequential),
        len(parallel),
        ratios,
        _verdict(ratios),
        _note(is_possible, is_drawn, compare),
    )


def _note(is_possible: bool, is_drawn: bool, compare: Compare | None) -> str | None:
    if not is_possible:
        return ONE_ARM
    if compare is None:
        return NO_INTERVALS
    return None if is_drawn else CAUTION


def _seconds(seen: Iterable[Outcome], arm: Strategy) -> list[float]:
    return [outcome.ms / 1_000 for outcome in seen if outcome.assigned == arm.value]


def _verdict(ratios: Sequence[Ratio]) -> str:
    if ratios and ratios[0].high < 1:
        return "faster"
    if ratios and ratios[0].low > 1:
        return "slower"
    return UNDECIDED


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept)
