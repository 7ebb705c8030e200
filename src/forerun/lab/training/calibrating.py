"""The confidence: logistic regression on what weights that had not seen the database put first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forerun.lab.training.examples import Example
from forerun.parsing.confidence import log_odds, logistic

SHRINK = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights by sign, `bias` among them."""

    weights: Mapping[str, float]

    def probability(self, example: Example) -> float:
        """What the parser would say with these weights."""
        return min(logistic(log_odds(example.signs, self.weights)), example.most)


def fit_calibration(data: Sequence[Example], importance: Mapping[str, float]) -> Calibration:
    """By Newton's method. Vetoed answers are never given, and so not learned from."""
    spoken = [example for example in data if not example.vetoed]
    names = sorted({sign for example in spoken for sign in example.signs})
    x = np.array([[1.0, *(e.signs.get(name, 0.0) for name in names)] for e in spoken])
    y = np.array([float(example.first_right) for example in spoken])
    weight = np.array([importance.get(example.source, 1.0) for example in spoken])
    shrink = np.diag([1e-6, *([SHRINK] * len(names))])
    w = np.zeros(x.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (weight * (p - y)) + shrink @ w
        curve = (x * (weight * p * (1 - p))[:, None]).T @ x + shrink
        w -= np.linalg.solve(curve, slope)
    return Calibration(dict(zip(["bias", *names], map(float, w), strict=True)))
