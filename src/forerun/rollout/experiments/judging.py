"""What is to be done with an experiment, by what was seen of it since its step began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from forerun.errors import Conflict, MissingExtra
from forerun.rollout.experiments.lifecycle import Experiment
from forerun.rollout.experiments.plan import Arm, Unit
from forerun.rollout.experiments.records import Pair
from forerun.rollout.experiments.store import Seen
from forerun.rollout.statistics.actions import Action

if TYPE_CHECKING:  # numpy and scipy are loaded when something is judged
    from forerun.rollout.statistics.decide import Decision
    from forerun.rollout.statistics.rule import Rule

SMALLEST_SAMPLE = 100
"""Units of each arm, before the statistics hold."""


class NotProven(Conflict):
    """What was seen does not allow a promotion, whoever wants it."""

    code = "not_proven"


def need_proof(experiment: Experiment, decision: Decision) -> None:
    """Raises `NotProven` unless the plan says that it is to be promoted."""
    if experiment.plan.control_only:
        raise NotProven(
            f"The experiment {experiment.plan.name} compares the sequential path with itself: "
            "there is nothing to promote.",
            "Create one of the parallel path: forerun experiment create.",
        )
    if decision.action is not Action.PROMOTE:
        why = " ".join(decision.reasons)
        raise NotProven(
            f"The evidence says {decision.action.value}, not promote. {why}",
            "Wait for more (forerun experiment decision), or decide without it: end the experiment "
            "(forerun experiment stop), then forerun flags set --stage live.",
        )


def judged(experiment: Experiment, seen: Sequence[Seen], unseen: Sequence[Pair] = ()) -> Decision:
    """The decision by the plan. May be asked at any time. Needs the extra `rollout`.

    `unseen` are the questions that both paths answered: where they say different things more often
    than two sequential runs do, nothing is promoted.
    """
    need_extra()
    from forerun.rollout.statistics.decide import decide
    from forerun.rollout.statistics.samples import Outcomes
    from forerun.rollout.statistics.shadows import shadows

    decision = decide(Outcomes.of(seen), rule_of(experiment, seen))
    compared = shadows(unseen)
    if not compared.is_above_noise:
        return decision
    why = compared.sentence
    if decision.action is not Action.PROMOTE:
        return replace(decision, held_back=why, reasons=(*decision.reasons, why))
    at_end = smaller_arm(seen) >= experiment.plan.horizon
    action = Action.INCONCLUSIVE if at_end else Action.HOLD
    return replace(decision, action=action, held_back=why, reasons=(why, *decision.reasons))


def rule_of(experiment: Experiment, seen: Sequence[Seen]) -> Rule:
    """What the plan says, as the statistics take it; the strata are those that were seen."""
    from forerun.rollout.statistics.metrics import Metric
    from forerun.rollout.statistics.rule import Limit, Rule

    plan = experiment.plan
    return Rule(
        Metric(plan.primary.value),
        tuple(Limit(Metric(each.metric.value), each.margin) for each in plan.guardrails),
        candidate_share=share_of(experiment),
        alpha=plan.alpha,
        planned=max(2 * plan.horizon // 3, 1),
        minimum=SMALLEST_SAMPLE,
        horizon=plan.horizon,
        strata=tuple(sorted({each.stratum for each in seen})),
        sticky=plan.unit is not Unit.QUESTION,
    )


def need_extra() -> None:
    """Raises `MissingExtra`."""
    try:
        import scipy.special  # noqa: F401
    except ModuleNotFoundError as missing:
        raise MissingExtra("rollout", "Judging an experiment") from missing


def share_of(experiment: Experiment) -> float:
    """Of the units on the parallel arm at the present step, 0 to 1."""
    return experiment.plan.ramp[experiment.step] / 100


def smaller_arm(seen: Sequence[Seen]) -> int:
    """Units of the arm that has fewer."""
    units = Counter(arm for arm, _ in {(each.arm, each.unit) for each in seen})
    return min(units[arm] for arm in Arm)
