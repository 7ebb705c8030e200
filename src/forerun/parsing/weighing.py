"""What was fitted, as text: weights, `name<TAB>weight` a line, and small trees, one a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


def read_weights(path: Path) -> Mapping[str, float]:
    """Weight by name."""
    pairs = (line.split("\t") for line in _lines(path))
    return {name: float(weight) for name, weight in pairs}


def log_odds(weights: Mapping[str, float], signs: Mapping[str, float]) -> float:
    """What the signs add up to by weight, with the weight `bias`."""
    weighed = (weights.get(sign, 0.0) * value for sign, value in signs.items())
    return weights.get("bias", 0.0) + sum(weighed)


def weight_of(features: Iterable[str], weights: Mapping[str, float]) -> float:
    """What the features add up to; those without a weight count nothing."""
    return sum(filter(None, map(weights.get, features)), 0.0)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is added to the log-odds."""

    value: float


@dataclass(frozen=True, slots=True)
class Split:
    """On to `low` where the sign is at most `threshold`, else to `high`."""

    sign: str
    threshold: float
    low: Tree
    high: Tree


Tree: TypeAlias = Leaf | Split


def total(trees: Sequence[Tree], signs: Mapping[str, float]) -> float:
    """What the trees add up to; a sign that is not there is 0."""
    return sum(_value(tree, signs) for tree in trees)


def _value(tree: Tree, signs: Mapping[str, float]) -> float:
    while isinstance(tree, Split):
        tree = tree.low if signs.get(tree.sign, 0.0) <= tree.threshold else tree.high
    return tree.value


def signs_of(tree: Tree) -> Iterator[str]:
    """The signs that the tree reads."""
    if isinstance(tree, Split):
        yield tree.sign
        yield from signs_of(tree.low)
        yield from signs_of(tree.high)


def written(tree: Tree) -> str:
    """As a line: `sign threshold low high`, or the value of a leaf alone."""
    if isinstance(tree, Leaf):
        return f"{tree.value:.3f}"
    return f"{tree.sign} {tree.threshold:.6g} {written(tree.low)} {written(tree.high)}"


def read_trees(path: Path) -> tuple[Tree, ...]:
    """The trees as `written`."""
    return tuple(_read(iter(line.split())) for line in _lines(path))


def _read(words: Iterator[str]) -> Tree:
    word = next(words)
    if word[0].isdigit() or word[0] == "-":
        return Leaf(float(word))
    return Split(word, float(next(words)), _read(words), _read(words))


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
