"""What was seen of an experiment since its step began, in figures. Needs the extra `rollout`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forerun.rollout.experiments.judging import judged, need_extra, rule_of
from forerun.rollout.experiments.lifecycle import Experiment
from forerun.rollout.experiments.records import Pair
from forerun.rollout.experiments.store import Seen

if TYPE_CHECKING:  # numpy and scipy are loaded when there is something to count
    from forerun.rollout.statistics.comparing import Comparison
    from forerun.rollout.statistics.intervals import Interval
    from forerun.rollout.statistics.mismatch import Mismatch
    from forerun.rollout.statistics.shadows import Shadows

EVERY = 100
"""Units from one point of a series to the next."""
MOST_POINTS = 50


@dataclass(frozen=True, slots=True)
class Results:
    """Of one step."""

    experiment: Experiment
    as_assigned: Comparison
    """By the arm that questions were given: what is decided by."""
    as_served: Comparison
    """By the arm that answered in the end: to look at."""
    strata: Mapping[str, Comparison]
    """As assigned, by class of complexity; each interval with all of alpha."""
    mismatch: Mismatch
    """Whether units came to the arms as planned."""
    shadows: Shadows
    """Questions that both paths answered, one of them unseen."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The primary metric after so many units."""

    units: int
    at: float
    """When the last of them had its outcome, seconds since 1970."""
    interval: Interval


def results_of(
    experiment: Experiment, seen: Sequence[Seen], unseen: Sequence[Pair] = ()
) -> Results:
    """Figures for whatever there is, also for nothing. Raises `MissingExtra`."""
    need_extra()
    from forerun.rollout.statistics.comparing import compared
    from forerun.rollout.statistics.samples import Outcomes

    rule, outcomes = rule_of(experiment, seen), Outcomes.of(seen)
    return Results(
        experiment,
        compared(outcomes, rule),
        compared(outcomes.as_served, rule),
        {name: compared(outcomes, rule, name) for name in rule.strata},
        judged(experiment, seen).mismatch,
        shadows_of(unseen),
    )


def shadows_of(unseen: Sequence[Pair]) -> Shadows:
    """What shadow runs tell, also of none. Raises `MissingExtra`."""
    need_extra()
    from forerun.rollout.statistics.shadows import shadows

    return shadows(unseen)


def series_of(experiment: Experiment, seen: Sequence[Seen]) -> tuple[Moment, ...]:
    """The primary metric after each hundred units, and now; in larger strides where that would
    be more than fifty points. Raises `MissingExtra`."""
    need_extra()
    from forerun.rollout.statistics.intervals import asymptotic
    from forerun.rollout.statistics.metrics import effect_of
    from forerun.rollout.statistics.samples import Outcomes, sample_of

    rule = rule_of(experiment, seen)
    moments = []
    for units, questions in _stops(seen):
        outcomes = Outcomes.of(seen[:questions])
        control, candidate = (
            sample_of(outcomes, arm, sticky=rule.sticky) for arm in (rule.control, rule.candidate)
        )
        effect = effect_of(rule.primary, control, candidate)
        interval = asymptotic(effect, rule.primary_boundary)
        moments.append(Moment(units, seen[questions - 1].at, interval))
    return tuple(moments)


def _stops(seen: Sequence[Seen]) -> list[tuple[int, int]]:
    """Units and questions at each point of the series."""
    arrived, known = [], set()
    for number, each in enumerate(seen, 1):
        if each.unit not in known:
            known.add(each.unit)
            arrived.append(number)
    stride = EVERY * -(-len(arrived) // (EVERY * MOST_POINTS))
    stops = [(units, arrived[units - 1]) for units in range(stride, len(arrived), stride or 1)]
    return [*stops, (len(arrived), len(seen))] if arrived else []
