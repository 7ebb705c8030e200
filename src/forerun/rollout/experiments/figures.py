"""What was seen of an experiment and what is to be done with it, as JSON.

Where a number is NaN or infinite, which JSON does not have, it is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypedDict

from forerun.rollout.experiments.lifecycle import Experiment
from forerun.wire.moments import when
from forerun.wire.values import finite

if TYPE_CHECKING:  # they load numpy
    from forerun.rollout.experiments.results import Moment, Results
    from forerun.rollout.statistics.claims import Claim
    from forerun.rollout.statistics.comparing import Arm, Comparison
    from forerun.rollout.statistics.decide import Decision, Guarded
    from forerun.rollout.statistics.intervals import Interval
    from forerun.rollout.statistics.mismatch import Mismatch
    from forerun.rollout.statistics.shadows import Shadows, Side


class ArmJSON(TypedDict):
    units: int
    questions: int
    answered: int
    clarify: int
    refused: int
    failed: int
    served_elsewhere: int
    mean_s: float | None
    p50_s: float | None
    p95_s: float | None


class IntervalJSON(TypedDict):
    metric: str
    method: str
    scale: str
    estimate: float | None
    low: float | None
    high: float | None
    alpha: float
    n_control: int
    n_candidate: int
    fault: str | None


class ArmsJSON(TypedDict):
    arms: dict[str, ArmJSON]
    intervals: list[IntervalJSON]


class SampleRatioJSON(TypedDict):
    found: bool
    p_value: float
    units: list[dict[str, int]]
    planned: list[dict[str, float]]
    sentence: str


class ShareJSON(TypedDict):
    count: int
    of: int
    estimate: float | None
    low: float
    high: float


class ShadowSideJSON(TypedDict):
    pairs: int
    answered: int
    time: IntervalJSON
    success: IntervalJSON
    mismatches: ShareJSON


class ShadowsJSON(TypedDict):
    parallel: ShadowSideJSON
    noise: ShadowSideJSON
    above_noise: bool
    sentence: str


class ResultsJSON(TypedDict):
    id: str
    name: str
    state: str
    step: int
    percentage: float
    since: str | None
    as_assigned: ArmsJSON
    as_served: ArmsJSON
    strata: dict[str, ArmsJSON]
    sample_ratio: SampleRatioJSON
    shadows: ShadowsJSON


class ClaimJSON(TypedDict):
    claim: str
    standing: str
    sentence: str
    bound: float
    better: str
    more_per_arm: int | None
    interval: IntervalJSON


class GuardrailJSON(TypedDict):
    metric: str
    margin: float
    kept: bool
    breached: bool
    sentence: str
    claim: ClaimJSON
    exact: ClaimJSON | None


class ExperimentDecisionJSON(TypedDict):
    id: str
    name: str
    state: str
    action: str
    reasons: list[str]
    more_per_arm: int | None
    primary: ClaimJSON
    primary_exact: ClaimJSON | None
    guardrails: list[GuardrailJSON]
    strata: dict[str, ClaimJSON]
    combined: ClaimJSON | None
    sample_ratio: SampleRatioJSON
    held_back: str | None


class MomentJSON(TypedDict):
    units: int
    at: str
    interval: IntervalJSON


class SeriesJSON(TypedDict):
    id: str
    metric: str
    points: list[MomentJSON]


def results_to_json(results: Results) -> ResultsJSON:
    experiment = results.experiment
    return {
        "id": experiment.id,
        "name": experiment.plan.name,
        "state": experiment.state.value,
        "step": experiment.step,
        "percentage": experiment.percentage,
        "since": None if experiment.step_since is None else when(experiment.step_since),
        "as_assigned": _comparison(results.as_assigned),
        "as_served": _comparison(results.as_served),
        "strata": {name: _comparison(each) for name, each in results.strata.items()},
        "sample_ratio": _sample_ratio(results.mismatch),
        "shadows": shadows_to_json(results.shadows),
    }


def decision_to_json(experiment: Experiment, decision: Decision) -> ExperimentDecisionJSON:
    strata = decision.strata
    return {
        "id": experiment.id,
        "name": experiment.plan.name,
        "state": experiment.state.value,
        "action": decision.action.value,
        "reasons": list(decision.reasons),
        "more_per_arm": more_per_arm(decision),
        "primary": _claim(decision.primary),
        "primary_exact": _claim_or_none(decision.primary_exact),
        "guardrails": [_guardrail(each) for each in decision.guarded],
        "strata": _claims({} if strata is None else strata.strata),
        "combined": None if strata is None else _claim(strata.combined),
        "sample_ratio": _sample_ratio(decision.mismatch),
        "held_back": decision.held_back,
    }


def timeseries_to_json(experiment: Experiment, series: Iterable[Moment]) -> SeriesJSON:
    return {
        "id": experiment.id,
        "metric": experiment.plan.primary.value,
        "points": series_to_json(series),
    }


def series_to_json(series: Iterable[Moment]) -> list[MomentJSON]:
    return [
        {"units": each.units, "at": when(each.at), "interval": _interval(each.interval)}
        for each in series
    ]


def shadows_to_json(shadows: Shadows) -> ShadowsJSON:
    return {
        "parallel": _side(shadows.parallel),
        "noise": _side(shadows.noise),
        "above_noise": shadows.is_above_noise,
        "sentence": shadows.sentence,
    }


def more_per_arm(decision: Decision) -> int | None:
    """About how many more units decide all that is open, where each can be foreseen."""
    claims = [decision.primary, decision.primary_exact]
    for each in decision.guarded:
        claims.append(each.exact if each.exact is not None and not each.kept else each.claim)
    open_ = [each for each in claims if each is not None and each.standing.value == "open"]
    needed = [each.more_per_arm for each in open_ if each.more_per_arm is not None]
    return max(needed) if needed and len(needed) == len(open_) else None


def _side(side: Side) -> ShadowSideJSON:
    share = side.mismatches
    return {
        "pairs": side.pairs,
        "answered": side.answered,
        "time": _interval(side.time),
        "success": _interval(side.success),
        "mismatches": {
            "count": share.count,
            "of": share.n,
            "estimate": finite(share.estimate),
            "low": share.low,
            "high": share.high,
        },
    }


def _comparison(comparison: Comparison) -> ArmsJSON:
    return {
        "arms": {name: _arm(arm) for name, arm in comparison.arms.items()},
        "intervals": [_interval(each) for each in comparison.intervals],
    }


def _arm(arm: Arm) -> ArmJSON:
    counts = arm.counts
    return {
        "units": arm.units,
        "questions": counts.questions,
        "answered": counts.answered,
        "clarify": counts.clarify,
        "refused": counts.refused,
        "failed": counts.failed,
        "served_elsewhere": counts.served_elsewhere,
        "mean_s": finite(arm.mean_s),
        "p50_s": finite(arm.p50_s),
        "p95_s": finite(arm.p95_s),
    }


def _interval(interval: Interval) -> IntervalJSON:
    return {
        "metric": interval.metric,
        "method": interval.method,
        "scale": interval.scale.value,
        "estimate": finite(interval.estimate),
        "low": finite(interval.low),
        "high": finite(interval.high),
        "alpha": interval.alpha,
        "n_control": interval.n_control,
        "n_candidate": interval.n_candidate,
        "fault": interval.fault,
    }


def _sample_ratio(mismatch: Mismatch) -> SampleRatioJSON:
    return {
        "found": mismatch.found,
        "p_value": mismatch.p_value,
        "units": [dict(step.counts) for step in mismatch.steps],
        "planned": [dict(step.allocation) for step in mismatch.steps],
        "sentence": mismatch.sentence,
    }


def _claim(claim: Claim) -> ClaimJSON:
    return {
        "claim": claim.says,
        "standing": claim.standing.value,
        "sentence": claim.sentence,
        "bound": claim.bound,
        "better": claim.better.value,
        "more_per_arm": claim.more_per_arm,
        "interval": _interval(claim.interval),
    }


def _claim_or_none(claim: Claim | None) -> ClaimJSON | None:
    return None if claim is None else _claim(claim)


def _claims(claims: Mapping[str, Claim]) -> dict[str, ClaimJSON]:
    return {name: _claim(each) for name, each in claims.items()}


def _guardrail(guarded: Guarded) -> GuardrailJSON:
    return {
        "metric": guarded.limit.metric.value,
        "margin": guarded.limit.margin,
        "kept": guarded.kept,
        "breached": guarded.breached,
        "sentence": guarded.sentence,
        "claim": _claim(guarded.claim),
        "exact": _claim_or_none(guarded.exact),
    }
