"""Control against control, many times: how often the statistics see what is not there.

The seconds are those that the sequential path took in an experiment with itself, drawn anew with
replacement; the rule is that experiment's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.experiments import Experiment, Verdict
from forerun.rollout.experiments.judging import rule_of
from forerun.rollout.experiments.store import Seen
from forerun.rollout.statistics.actions import Action
from forerun.rollout.statistics.decide import judge
from forerun.rollout.statistics.mismatch import Exposed, mismatch
from forerun.rollout.statistics.rule import Rule
from forerun.rollout.statistics.samples import Ended, Sample

FALSE = frozenset({Action.PROMOTE, Action.ROLL_BACK, Action.INVALID_SRM})
"""Where nothing differs, each of these is a mistake."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Experiments of the control with itself."""

    runs: int
    looks: int
    """A run at most; the first false decision ends it."""
    false_decisions: int
    by_action: dict[str, int]
    drawn_from: int
    """Questions whose seconds were drawn."""


def noise(experiment: Experiment, seen: Sequence[Seen], runs: int, looks: int, seed: int) -> Noise:
    """`runs` experiments up to the plan's horizon, each looked at `looks` times."""
    rule, luck = rule_of(experiment, seen), np.random.default_rng(seed)
    seconds = np.log([each.seconds for each in seen])
    answered = np.array([each.verdict is Verdict.ANSWERED for each in seen])
    step = max(1, experiment.plan.horizon // looks)
    ended: Counter[str] = Counter()
    for _ in range(runs):
        drawn = luck.integers(len(seconds), size=2 * step * looks)
        arms = luck.random(len(drawn)) < rule.candidate_share
        action = _first_false(seconds[drawn], answered[drawn], arms, 2 * step, rule)
        if action is not None:
            ended[action.value] += 1
    return Noise(runs, looks, ended.total(), dict(ended), len(seen))


def _first_false(
    logs: NDArray[np.float64],
    answered: NDArray[np.bool_],
    arms: NDArray[np.bool_],
    step: int,
    rule: Rule,
) -> Action | None:
    """The false decision that ends the run, looked at after every `step` units."""
    for n in range(step, len(logs) + 1, step):
        control, candidate = (
            _sample(logs[:n][arm], answered[:n][arm]) for arm in (~arms[:n], arms[:n])
        )
        counts = {rule.control: control.n, rule.candidate: candidate.n}
        share = rule.candidate_share
        planned = {rule.control: 1 - share, rule.candidate: share}
        matched = mismatch((Exposed(counts, planned),), rule.mismatch_alpha)
        action = judge(control, candidate, rule, matched).action
        if action in FALSE:
            return action
    return None


def _sample(logs: NDArray[np.float64], answered: NDArray[np.bool_]) -> Sample:
    ended = np.zeros((len(logs), len(Ended)))
    ended[answered, list(Ended).index(Ended.ANSWERED)] = 1.0
    ended[~answered, list(Ended).index(Ended.FAILED)] = 1.0
    return Sample(np.sort(logs[answered]), ended)
