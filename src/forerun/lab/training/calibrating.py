"""The confidence: small trees over what weights that had not seen the database put first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forerun.lab.training.boosting import Table, boost
from forerun.lab.training.examples import Example
from forerun.parsing.confidence import logistic
from forerun.parsing.weighing import Leaf, Tree, total


@dataclass(frozen=True, slots=True)
class Calibration:
    """Trees over signs, the first a leaf: the log-odds of all."""

    trees: tuple[Tree, ...]

    def probability(self, example: Example) -> float:
        """What the parser would say with these trees."""
        return min(logistic(total(self.trees, example.signs)), example.most)


def fit_calibration(data: Sequence[Example], importance: Mapping[str, float]) -> Calibration:
    """Vetoed answers are never given, and so not learned from."""
    spoken = [example for example in data if not example.vetoed]
    names = sorted({sign for example in spoken for sign in example.signs})
    values = np.array([[e.signs.get(name, 0.0) for name in names] for e in spoken])
    right = np.array([float(example.first_right) for example in spoken])
    weight = np.array([importance.get(example.source, 1.0) for example in spoken])
    odds = ((right * weight).sum() + 1.0) / (((1.0 - right) * weight).sum() + 1.0)
    bias = round(float(np.log(odds)), 3)
    start = np.full(len(spoken), bias)
    trees = boost(Table.of(names, values), right, weight, start)
    return Calibration((Leaf(bias), *trees))
