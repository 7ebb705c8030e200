"""The decision rule: may the candidate be promoted, must it be rolled back, or neither yet?

Nothing promotes but evidence: not silence, not a number that could not be measured, not the end of
the time. What is decided first is what is the most dangerous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forerun.rollout.statistics.actions import Action
from forerun.rollout.statistics.claims import Claim, Standing, claim, exact_claim
from forerun.rollout.statistics.metrics import QUANTILES, Metric, effect_of
from forerun.rollout.statistics.mismatch import Exposed, Mismatch, mismatch
from forerun.rollout.statistics.rule import Limit, Rule
from forerun.rollout.statistics.samples import Counts, Outcomes, Sample, counts_of, sample_of
from forerun.rollout.statistics.strata import Stratified, stratified

EARLY = (
    "It stopped early: the estimate of the moment leans to the side that stopped it; "
    "the interval is right."
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """One limit, and what is known of it."""

    limit: Limit
    claim: Claim
    """Asymptotic, each bound one-sided. Where it fails, the limit is breached."""
    exact: Claim | None
    """Of a p95; None of everything else."""
    kept: bool
    """Whether it is proven well enough to promote."""

    @property
    def breached(self) -> bool:
        return self.claim.standing is Standing.FAILS

    @property
    def sentence(self) -> str:
        if self.exact is not None and not (self.kept or self.breached):
            return self.exact.sentence
        return self.claim.sentence


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, why, and all that it rests on."""

    action: Action
    reasons: tuple[str, ...]
    """Sentences, the decisive ones first."""
    primary: Claim
    primary_exact: Claim | None
    """Of a p95 as the primary metric."""
    guarded: tuple[Guarded, ...]
    mismatch: Mismatch
    counts: Mapping[str, Counts]
    """By arm, as assigned."""
    strata: Stratified | None = None
    held_back: str | None = None
    """Why nobody more may go parallel, whatever else was seen: the paths say different things."""


def decide(outcomes: Outcomes, rule: Rule, exposed: Sequence[Exposed] = ()) -> Decision:
    """Judge what was seen so far. May be asked at any time and any number of times.

    `exposed` says how many units were assigned to the arms under which allocation, a step of the
    ramp each; without it, units with an outcome are counted and `rule.candidate_share` is the
    plan. After a change of the allocation give only outcomes of one step, or make steps strata:
    else times of day and arms are mixed up. Rows of other arms are passed over.
    """
    arms = (rule.control, rule.candidate)
    control, candidate = (sample_of(outcomes, arm, sticky=rule.sticky) for arm in arms)
    plan = {rule.control: 1 - rule.candidate_share, rule.candidate: rule.candidate_share}
    seen = Exposed({rule.control: control.n, rule.candidate: candidate.n}, plan)
    matched = mismatch(exposed or (seen,), rule.mismatch_alpha)
    return replace(
        judge(control, candidate, rule, matched),
        counts={arm: counts_of(outcomes, arm) for arm in arms},
        strata=_by_stratum(outcomes, rule) if rule.strata else None,
    )


def judge(control: Sample, candidate: Sample, rule: Rule, matched: Mismatch) -> Decision:
    """The same of samples that are at hand."""
    primary, primary_exact = _primary(control, candidate, rule)
    guarded = tuple(_guard(limit, control, candidate, rule) for limit in rule.limits)
    known = Decision(Action.HOLD, (), primary, primary_exact, guarded, matched, {})
    n = min(control.n, candidate.n)
    action, decisive = _act(known, n, rule)
    if action in (Action.PROMOTE, Action.ROLL_BACK) and n < rule.horizon:
        decisive = (*decisive, EARLY)
    return replace(known, action=action, reasons=decisive)


def _act(known: Decision, n: int, rule: Rule) -> tuple[Action, tuple[str, ...]]:
    """The rule itself; `n` units are in the smaller arm."""
    told = (known.primary.sentence, *(each.sentence for each in known.guarded))
    breaches = tuple(each.sentence for each in known.guarded if each.breached)
    if known.primary.standing is Standing.FAILS:
        breaches = (known.primary.sentence, *breaches)
    if not n:
        return Action.NO_DATA, ("An arm has no unit yet: without data nothing is promoted.",)
    if known.mismatch.found:
        return Action.INVALID_SRM, (known.mismatch.sentence,)
    if breaches:
        return Action.ROLL_BACK, breaches
    if not min(known.primary.interval.n_control, known.primary.interval.n_candidate):
        return Action.NO_DATA, ("An arm has no answer yet: without data nothing is promoted.",)
    better = _proven(known.primary, known.primary_exact, rule)
    if better and all(each.kept for each in known.guarded):
        return Action.PROMOTE, (*told, known.mismatch.sentence)
    if n >= rule.horizon:
        return Action.INCONCLUSIVE, (f"The horizon of {rule.horizon:,} per arm is reached.", *told)
    return Action.HOLD, told


def _proven(asymptotic: Claim, exact: Claim | None, rule: Rule) -> bool:
    """Whether a claim is proven well enough to promote; tails need the exact sequence or many."""
    if asymptotic.standing is not Standing.HOLDS or exact is None:
        return asymptotic.standing is Standing.HOLDS
    n = min(asymptotic.interval.n_control, asymptotic.interval.n_candidate)
    many = rule.tail_from is not None and n >= rule.tail_from
    return many or exact.standing is Standing.HOLDS


def _primary(control: Sample, candidate: Sample, rule: Rule) -> tuple[Claim, Claim | None]:
    metric = rule.primary
    effect = effect_of(metric, control, candidate)
    says, same = f"The {metric.words} is better", metric.scale.shown(0.0)
    made = claim(says, effect, rule.primary_boundary, same, metric.better)
    if metric is not Metric.P95_TIME:
        return made, None
    counting = rule.counting(QUANTILES[metric])
    return made, exact_claim(says, control.logs, candidate.logs, counting, effect, same)


def _guard(limit: Limit, control: Sample, candidate: Sample, rule: Rule) -> Guarded:
    metric = limit.metric
    effect = effect_of(metric, control, candidate)
    says = f"The {metric.words} is not worse by more than {_allowed(limit)}"
    made = claim(says, effect, rule.limit_boundary, limit.bound, metric.better)
    if metric is not Metric.P95_TIME:
        return Guarded(limit, made, None, _proven(made, None, rule))
    counting = rule.counting(QUANTILES[metric])
    exact = exact_claim(says, control.logs, candidate.logs, counting, effect, limit.bound)
    return Guarded(limit, made, exact, _proven(made, exact, rule))


def _allowed(limit: Limit) -> str:
    percent = f"{100 * limit.margin:g}"
    return f"{percent} %" if limit.metric.endswith("_time") else f"{percent} points"


def _by_stratum(outcomes: Outcomes, rule: Rule) -> Stratified:
    samples = {
        name: (
            sample_of(outcomes, rule.control, stratum=name, sticky=rule.sticky),
            sample_of(outcomes, rule.candidate, stratum=name, sticky=rule.sticky),
        )
        for name in rule.strata
    }
    return stratified(rule.primary, samples, rule.primary_boundary)
