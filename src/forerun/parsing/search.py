"""Beam search over the roles of mentions, left to right; scores are sums of fitted weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forerun.parsing.actions import Action
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.roles import options
from forerun.parsing.schema import Entity, Field

BEAM = 64
MAX_OPTIONS = 14
LOST_LITERAL = 8.0
"""A number, quotation, date or name left out is the last resort; such a plan is never answered."""


@dataclass(slots=True)
class _State:
    score: float
    action: Action | None = None
    before: _State | None = None
    tables: frozenset[Entity] = frozenset()
    when: Field | None = None
    """The date column that a range or a grouping spoke of."""
    extra: tuple[str, ...] = ()
    """Features of this step that depend on the steps before."""


@dataclass(frozen=True, slots=True)
class Path:
    """One role for every mention, with the features that were summed."""

    score: float
    actions: tuple[Action, ...]
    features: tuple[str, ...]


def search(
    lattice: Lattice, index: Index, weights: Mapping[str, float], beam: int = BEAM
) -> list[Path]:
    """The best paths, best first. Ties are kept in the order of the catalog."""
    states = [_State(0.0)]
    for mention in lattice.mentions:
        choices = options(mention, lattice, index)
        for action in choices:
            action.score = sum(weights.get(feature, 0.0) for feature in action.features)
            if action.role == "skip" and mention.is_literal:
                action.score -= LOST_LITERAL
        choices.sort(key=lambda action: -action.score)
        choices = _spread(choices)
        grown = [_step(state, action, weights) for state in states for action in choices]
        grown.sort(key=lambda state: -state.score)
        states = grown[:beam]
    return [_path(state) for state in states]


def _spread(choices: list[Action]) -> list[Action]:
    """The best options; leaving the mention out stays possible."""
    kept = choices[:MAX_OPTIONS]
    if all(action.role != "skip" for action in kept):
        kept.append(next(action for action in choices if action.role == "skip"))
    return kept


def _step(state: _State, action: Action, weights: Mapping[str, float]) -> _State:
    previous = state.action.name if state.action else "^"
    first = action.mention.left[-1] if action.mention.left else "-"
    extra = [f"{previous}>{action.name}", f"{previous}>{action.name}|{first}"]
    table, tables = action.table, state.tables
    if table is not None:
        if tables:
            near = "same" if table in tables else "new"
            extra.append(f"table-{near}|{action.role}")
            if state.action and state.action.table is not None:
                same = "same" if state.action.table is table else "other"
                extra.append(f"next-{same}|{action.role}")
        if table not in tables:
            tables = tables | {table}
    when = state.when
    if action.role in ("period", "bucket"):
        if when is not None:
            extra.append("same-time" if when is action.field else "other-time")
        when = action.field
    gained = action.score + sum(weights.get(feature, 0.0) for feature in extra)
    return _State(state.score + gained, action, state, tables, when, tuple(extra))


def _path(state: _State) -> Path:
    actions: list[Action] = []
    features: list[str] = []
    here: _State | None = state
    while here is not None and here.action is not None:
        actions.append(here.action)
        features.extend(here.action.features)
        features.extend(here.extra)
        here = here.before
    actions.reverse()
    return Path(state.score, tuple(actions), tuple(features))
