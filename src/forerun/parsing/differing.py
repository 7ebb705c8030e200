"""The first thing in which two plans differ, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias

from forerun.parsing.plans import Plan
from forerun.parsing.reading import Wording, field_words, reading

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a plan, how its words are introduced, and what to say where it is missing."""

    words: Callable[[Wording], tuple[str, ...]]
    opening: str
    missing: str
    joiner: str = " and "
    whole: bool = False
    """Its items mean something only together: name and price, or name alone."""

    def said(self, items: Sequence[str]) -> str:
        return self.opening + self.joiner.join(items) if items else self.missing


_COLUMNS = _Node(lambda wording: wording.columns, "", "nothing", whole=True)
_CONDITIONS = _Node(
    lambda wording: (*wording.conditions, *wording.having), "only where ", "without that condition"
)
_NODES = (
    _Node(lambda wording: wording.shown, "", "nothing", whole=True),
    _Node(lambda wording: wording.groups, "by ", "in all", whole=True),
    _CONDITIONS,
    _Node(lambda wording: wording.sets, "", "without that"),
    _Node(lambda wording: wording.partners, "only ", "regardless of that"),
    _Node(lambda wording: wording.joined, "joined ", "without another table"),
    _Node(lambda wording: wording.order, "by ", "in any order", ", then ", whole=True),
    _Node(lambda wording: wording.limit, "", "all of them"),
    _Node(lambda wording: ("each one once",) * wording.plan.distinct, "", "every row"),
)
"""In the order in which a reading tells them."""


def difference(one: Plan, other: Plan) -> Pair | None:
    """The first differing node, as each plan has it; None where both read the same.

    The two phrases are never equal.
    """
    alone = one.tree.entities == other.tree.entities and len(one.tree.entities) == 1
    here, there = Wording(one, alone), Wording(other, alone)
    if here.is_measured != there.is_measured and here.columns != there.columns:
        return _pair(_COLUMNS, here.columns, there.columns)
    for node in _NODES:
        mine, theirs = node.words(here), node.words(there)
        if mine == theirs:
            continue
        columns = _columns(one, other) if mine and theirs else None
        return columns if node is _CONDITIONS and columns else _pair(node, mine, theirs)
    readings = reading(one), reading(other)
    return readings if readings[0] != readings[1] else None


def _pair(node: _Node, mine: tuple[str, ...], theirs: tuple[str, ...]) -> Pair:
    """What only one of them has, or the whole where that alone would say little."""
    only_mine = [item for item in mine if item not in theirs]
    only_theirs = [item for item in theirs if item not in mine]
    if not only_mine and not only_theirs:  # the same in another order
        return node.said(mine), node.said(theirs)
    if not node.whole or (only_mine and only_theirs) or not (mine and theirs):
        return node.said(only_mine), node.said(only_theirs)
    alone = [" alone" if not only else "" for only in (only_mine, only_theirs)]
    return node.said(mine) + alone[0], node.said(theirs) + alone[1]


def _columns(one: Plan, other: Plan) -> Pair | None:
    """The columns alone, where one condition differs in nothing else."""
    mine, theirs = list(chain(*one.where)), list(chain(*other.where))
    if len(mine) != len(theirs):
        return None
    unequal = [pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]]
    if len(unequal) != 1:
        return None
    here, there = unequal[0]
    names = field_words(here.field), field_words(there.field)
    same = replace(here, field=there.field) == there
    return names if same and names[0] != names[1] else None
