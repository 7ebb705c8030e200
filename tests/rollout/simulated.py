"""Experiments that never were: latencies of two modes, looked at again and again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from forerun.rollout.statistics.actions import Action
from forerun.rollout.statistics.decide import judge
from forerun.rollout.statistics.mismatch import Exposed, mismatch
from forerun.rollout.statistics.rule import Rule
from forerun.rollout.statistics.samples import Sample

Floats: TypeAlias = NDArray[np.float64]

SPREAD = 0.5
"""Of the logs within a mode."""
SLOW = 0.15
"""Share of questions that take four times as long."""
SUCCESS = 0.97
EVEN = {"sequential": 0.5, "parallel": 0.5}


@dataclass(frozen=True)
class Looks:
    """So many looks, `every` units of each arm."""

    every: int = 100
    looks: int = 30

    @property
    def upto(self) -> int:
        return self.every * self.looks

    @property
    def sizes(self) -> range:
        return range(self.every, self.upto + 1, self.every)


def logs(chance: np.random.Generator, n: int, ratio: float = 1.0) -> Floats:
    """Logs of seconds, shape (n,), `ratio` times as long as the control's."""
    slow = np.where(chance.random(n) < SLOW, np.log(4.0), 0.0)
    made: Floats = np.log(ratio) + slow + chance.normal(0.0, SPREAD, n)
    return made


def sample(times: Floats, answered: NDArray[np.bool_]) -> Sample:
    """Who is not answered has failed."""
    ended = np.zeros((times.size, 4))
    ended[:, 0], ended[:, 3] = answered, ~answered
    return Sample(np.sort(times[answered]), ended)


def until_decided(
    chance: np.random.Generator, rule: Rule, looks: Looks, ratio: float = 1.0
) -> tuple[Action, int]:
    """What the whole rule does first that is not holding, and with how many units an arm."""
    arms = [
        (logs(chance, looks.upto, each), chance.random(looks.upto) < SUCCESS)
        for each in (1.0, ratio)
    ]
    decision = None
    for n in looks.sizes:
        control, candidate = (sample(times[:n], answered[:n]) for times, answered in arms)
        matched = mismatch((Exposed({"sequential": n, "parallel": n}, EVEN),))
        decision = judge(control, candidate, rule, matched)
        if decision.action is not Action.HOLD:
            break
    assert decision is not None
    return decision.action, n


def tally(
    runs: int, rule: Rule, looks: Looks, *, ratio: float = 1.0, seed: int = 1
) -> tuple[Counter[Action], float]:
    """How often each action, and the median size of an arm at promotion (infinite if never)."""
    chance = np.random.default_rng(seed)
    ended = [until_decided(chance, rule, looks, ratio) for _ in range(runs)]
    promoted = [float(n) if action is Action.PROMOTE else np.inf for action, n in ended]
    return Counter(action for action, _ in ended), float(np.median(promoted))
