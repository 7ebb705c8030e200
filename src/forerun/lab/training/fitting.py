"""Weights by maximum marginal likelihood: right candidates together against all the others.

No gold SQL is parsed: a candidate is right where its rows are. AdaGrad (Duchi, Hazan and Singer,
2011) over small blocks of questions, seeded; the same data gives the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forerun.lab.training.examples import Example
from forerun.parsing import wording

EPOCHS = 12
BLOCK = 16
STEP = 0.06
SHRINK = 1e-3
"""Towards zero, per question."""
SMALLEST = 0.05
SEED = 0
MANY_DATABASES = 8
"""With whose questions a word must occur for its weight to be fitted."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Block:
    """Some questions, laid end to end."""

    unique: Ints
    """Features that occur here."""
    features: Ints
    """Of one candidate after the other, as positions in `unique`."""
    starts: Ints
    """Where each candidate's features begin."""
    counts: Ints
    begins: Ints
    """Where each question's candidates begin."""
    sizes: Ints
    right: Floats
    weight: Floats
    """Of each question."""


def fit_weights(
    data: Sequence[Example], prior: Mapping[str, float], importance: Mapping[str, float]
) -> dict[str, float]:
    """Weights by feature, rounded; those near zero are left out."""
    useful = [e for e in data if not e.foreign and 0 < int(e.right.sum()) < e.right.size]
    names = sorted(_common(useful) | prior.keys())
    numbers = {name: number for number, name in enumerate(names)}
    weights = np.array([prior.get(name, 0.0) for name in names])
    squares = np.ones(len(names))
    draw = np.random.default_rng(SEED)
    order = draw.permutation(len(useful))
    blocks = [
        _block([useful[i] for i in order[at : at + BLOCK]], numbers, importance)
        for at in range(0, len(useful), BLOCK)
    ]
    for _ in range(EPOCHS):
        for number in draw.permutation(len(blocks)):
            _learn(blocks[number], weights, squares)
    found = zip(names, map(float, weights), strict=True)
    return {name: round(weight, 2) for name, weight in found if abs(weight) >= SMALLEST}


def _common(data: Sequence[Example]) -> set[str]:
    """The features that may have a weight: what is said must be said about many databases."""
    databases: dict[str, set[str]] = {}
    for example in data:
        for name in example.vocabulary:
            databases.setdefault(name, set()).add(example.database)
    many = {name for name, seen in databases.items() if len(seen) >= MANY_DATABASES}
    return many | {name for name in databases if not _is_wording(name)}


def _is_wording(name: str) -> bool:
    return name.startswith(wording.PREFIX)


def _block(
    examples: Sequence[Example], numbers: Mapping[str, int], importance: Mapping[str, float]
) -> _Block:
    rows = []
    for example in examples:
        known = np.array([numbers.get(name, -1) for name in example.vocabulary], np.int64)
        named = (known[row] for row in example.features)
        rows += [numbered[numbered >= 0] for numbered in named]
    unique, features = np.unique(np.concatenate(rows), return_inverse=True)
    counts = np.array([len(row) for row in rows])
    sizes = np.array([len(example.features) for example in examples])
    return _Block(
        unique,
        features.astype(np.int64),
        np.concatenate([[0], np.cumsum(counts)[:-1]]),
        counts,
        np.concatenate([[0], np.cumsum(sizes)[:-1]]),
        sizes,
        np.concatenate([example.right for example in examples]).astype(float),
        np.array([importance.get(example.source, 1.0) for example in examples]),
    )


def _learn(block: _Block, weights: Floats, squares: Floats) -> None:
    """One step down the gradient of the negative log likelihood of the block."""
    mine = weights[block.unique]
    scores = np.add.reduceat(mine[block.features], block.starts)
    scores -= np.repeat(np.maximum.reduceat(scores, block.begins), block.sizes)
    masses = np.exp(scores)
    total = np.add.reduceat(masses, block.begins)
    right = np.maximum(np.add.reduceat(masses * block.right, block.begins), 1e-9 * total)
    slopes = masses / np.repeat(total, block.sizes)
    slopes -= masses * block.right / np.repeat(right, block.sizes)
    slopes *= np.repeat(block.weight, block.sizes)
    each = np.repeat(slopes, block.counts)
    gradient: Floats = np.bincount(block.features, each, len(block.unique)).astype(np.float64)
    gradient += SHRINK * len(block.sizes) * mine
    squares[block.unique] += gradient**2
    weights[block.unique] -= STEP * gradient / np.sqrt(squares[block.unique])
