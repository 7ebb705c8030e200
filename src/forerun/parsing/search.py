"""Beam search over the roles of mentions, left to right; scores are sums of fitted weights."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from forerun.parsing.actions import Action
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.roles import options
from forerun.parsing.schema import Entity, Field
from forerun.parsing.weighing import weight_of

BEAM = 64
MAX_OPTIONS = 14
_OF_TIME = ("period", "bucket")
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
class _Step:
    """An action after another one."""

    action: Action
    gained: float
    extra: tuple[str, ...]


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
            action.score = weight_of(action.features, weights)
            if action.role == "skip" and mention.is_literal:
                action.score -= LOST_LITERAL
        choices.sort(key=lambda action: -action.score)
        choices = _spread(choices)
        known: dict[Hashable, _Step] = {}
        steps = [_step(state, action, weights, known) for state in states for action in choices]
        steps.sort(key=_worst_last)
        states = [_after(*step) for step in steps[:beam]]
    return [_path(state) for state in states]


def _spread(choices: list[Action]) -> list[Action]:
    """The best options; leaving the mention out stays possible."""
    kept = choices[:MAX_OPTIONS]
    if all(action.role != "skip" for action in kept):
        kept.append(next(action for action in choices if action.role == "skip"))
    return kept


def _worst_last(step: tuple[float, _State, _Step]) -> float:
    return -step[0]


def _step(
    state: _State, action: Action, weights: Mapping[str, float], known: dict[Hashable, _Step]
) -> tuple[float, _State, _Step]:
    """One more role, with the score so far. `known` are steps already put together: many states
    differ in nothing that the next step depends on.
    """
    table, tables, when = action.table, state.tables, state.when
    near = table in tables if tables and table is not None else None
    same_time = when is action.field if when is not None and action.role in _OF_TIME else None
    key = (state.action, action, near, same_time)
    step = known.get(key)
    if step is None:
        extra = tuple(_features(state.action, action, near, same_time))
        step = known[key] = _Step(action, action.score + weight_of(extra, weights), extra)
    return state.score + step.gained, state, step


def _features(
    before: Action | None, action: Action, near: bool | None, same_time: bool | None
) -> Iterator[str]:
    """Whether its table was spoken of before, and whether its time was."""
    previous = before.name if before else "^"
    first = action.mention.left[-1] if action.mention.left else "-"
    yield f"{previous}>{action.name}"
    yield f"{previous}>{action.name}|{first}"
    if near is not None:
        yield f"table-{'same' if near else 'new'}|{action.role}"
        if before and before.table is not None:
            same = "same" if before.table is action.table else "other"
            yield f"next-{same}|{action.role}"
    if same_time is not None:
        yield "same-time" if same_time else "other-time"


def _after(score: float, state: _State, step: _Step) -> _State:
    action, tables, when = step.action, state.tables, state.when
    table = action.table
    if table is not None and table not in tables:
        tables = tables | {table}
    if action.role in _OF_TIME:
        when = action.field
    return _State(score, action, state, tables, when, step.extra)


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
