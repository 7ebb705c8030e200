"""Gradient-boosted shallow trees for a probability (Friedman, 2001), small enough to be read.

Seeded, in blocks of equal size by value ("histograms"), each tree from a random part of the signs
and each leaf by one Newton step, shrunk. The same data gives the same trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forerun.parsing.weighing import Leaf, Split, Tree

TREES = 150
DEPTH = 3
RATE = 0.08
SHRINK = 5.0
SMALLEST = 30
"""Examples on either side of a split, at least."""
SIGNS = 0.3
"""The part of the signs that one tree may split on."""
BINS = 32
SEED = 0

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """Examples by sign, each value as the number of the bin that it falls into."""

    names: tuple[str, ...]
    edges: tuple[Floats, ...]
    """Of each sign: where every bin but the last ends."""
    bins: Ints

    @classmethod
    def of(cls, names: Sequence[str], values: Floats) -> Table:
        """`values` has a row an example and a column a sign."""
        edges = tuple(_edges(column) for column in values.T)
        pairs = zip(edges, values.T, strict=True)
        columns = [np.searchsorted(edge, column, side="left") for edge, column in pairs]
        return cls(tuple(names), edges, np.stack(columns, axis=1).astype(np.int64))


def _edges(column: Floats) -> Floats:
    """Midway between values, so that how they are written makes no difference."""
    found = np.unique(column)
    between = (found[:-1] + found[1:]) / 2
    if len(between) < BINS:
        return between
    middles = np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1], method="lower")
    at = np.unique(np.searchsorted(found, middles))
    return between[at[at < len(between)]]


def boost(table: Table, right: Floats, weight: Floats, start: Floats) -> list[Tree]:
    """Trees whose sum, added to the log-odds `start`, tells how probable `right` (0 or 1) is."""
    draw = np.random.default_rng(SEED)
    scores, trees = start.copy(), []
    signs = max(1, int(SIGNS * len(table.names)))
    for _ in range(TREES):
        probable = 1 / (1 + np.exp(-scores))
        slopes = (right - probable) * weight
        curves = probable * (1 - probable) * weight + 1e-6
        tried = np.sort(draw.choice(len(table.names), signs, replace=False))
        growing = _Growing(table, slopes, curves, tried)
        trees.append(growing.grown(np.arange(len(right)), DEPTH))
        scores += growing.added
    return trees


class _Growing:
    """One tree, from the examples that reach each of its nodes."""

    def __init__(self, table: Table, slopes: Floats, curves: Floats, tried: Ints) -> None:
        self._table, self._slopes, self._curves = table, slopes, curves
        self._tried = tried
        self.added = np.zeros(len(slopes))
        """What the tree says of each example."""

    def grown(self, rows: Ints, depth: int) -> Tree:
        split = self._best(rows) if depth else None
        if split is None:
            step = self._slopes[rows].sum() / (self._curves[rows].sum() + SHRINK)
            value = round(float(RATE * step), 3)
            self.added[rows] = value
            return Leaf(value)
        sign, at = split
        low = self._table.bins[rows, sign] <= at
        return Split(
            self._table.names[sign],
            float(self._table.edges[sign][at]),
            self.grown(rows[low], depth - 1),
            self.grown(rows[~low], depth - 1),
        )

    def _best(self, rows: Ints) -> tuple[int, int] | None:
        """The sign and the bin after which to split; None where no split gains anything."""
        best, where = 1e-9, None
        for gain, sign, at in self._gains(rows):
            if gain > best + 1e-9:
                best, where = gain, (sign, at)
        return where

    def _gains(self, rows: Ints) -> Iterator[tuple[float, int, int]]:
        slopes, curves = self._slopes[rows], self._curves[rows]
        slope, curve = slopes.sum(), curves.sum()
        for sign in self._tried:
            bins = self._table.bins[rows, sign]
            size = len(self._table.edges[sign]) + 1
            below = np.bincount(bins, minlength=size).cumsum()
            s = np.bincount(bins, slopes, size).cumsum()
            c = np.bincount(bins, curves, size).cumsum()
            gains = s**2 / (c + SHRINK) + (slope - s) ** 2 / (curve - c + SHRINK)
            gains -= slope**2 / (curve + SHRINK)
            gains[(below < SMALLEST) | (len(rows) - below < SMALLEST)] = -1.0
            at = int(gains.argmax())
            yield float(gains[at]), int(sign), at
