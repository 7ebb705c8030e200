"""From here, to there: where two keys refer to places, the one that goes with what is said."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog.words import stems
from forerun.parsing.doubling import end_of, end_said_by
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice
from forerun.parsing.plans import Compare, Plan
from forerun.parsing.schema import Edge, Stored
from forerun.parsing.tokens import Token

_LEAVING = frozenset(stems("leave left depart departed departing"))
_FROM = _LEAVING | {"from"}
_TO = frozenset(("to", "into", "toward", *stems("towards reach reached arrive arrived arriving")))
_NEAR = 4
"""Words before a place that may say a direction: "to the port of Shanghai"."""


def goes_the_wrong_way(plan: Plan, lattice: Lattice, index: Index) -> bool:
    """Whether shipments "from Hamburg" are looked for by their destination, or those "from Hamburg
    to Shanghai" by one of the two ports alone.
    """
    return any(_goes_otherwise(edge, end, plan, lattice) for edge, end in _ends(plan, index))


def _ends(plan: Plan, index: Index) -> Iterator[tuple[Edge, str]]:
    """The keys of the plan that are of one end, where another one is of the other."""
    inside = (edge for semi in plan.partners for edge in (semi.edge, *semi.tree.edges))
    for edge in (*plan.tree.edges, *inside):
        end = end_of(edge)
        if end is not None and any(
            other.one.table.key == edge.one.table.key and end_of(other) not in (None, end)
            for other in index.edges_of(edge.many)
            if other.many is edge.many
        ):
            yield edge, end


def _goes_otherwise(edge: Edge, end: str, plan: Plan, lattice: Lattice) -> bool:
    """Whether something else is said of a place that is looked for at that end."""
    places = (
        value
        for condition in plan.conditions
        if isinstance(condition, Compare) and condition.field.entity is edge.one
        for value in condition.values
    )
    return any(_said_of(place, lattice) not in (None, end) for place in places)


def _said_of(place: object, lattice: Lattice) -> str | None:
    """The end that the nearest word before the place tells: `to Shanghai`, `that left Hamburg`, but
    `left for Shanghai`. What is from 2024 says nothing of a place.
    """
    mentions = (m for m in lattice.mentions if any(_is_stored(k.target, place) for k in m.links))
    mention = next(mentions, None)
    if mention is None:
        return None
    before = mention.before
    apart = before is not None and (before.is_stored or before.kind is Kind.PERIOD)
    start = max(mention.start - _NEAR, before.end if before is not None and apart else 0)
    near = lattice.tokens[start : mention.start]
    if any(token.stem in _LEAVING for token in near) and near[-1].lower == "for":
        return "end"
    said = (_end_said_by(token) for token in reversed(near))
    return next((end for end in said if end is not None), None)


def _is_stored(target: object, place: object) -> bool:
    return isinstance(target, Stored) and target.value == place


def _end_said_by(token: Token) -> str | None:
    if token.stem in _FROM:
        return "start"
    return "end" if token.stem in _TO else end_said_by(token.stem)
