"""Averages over groups: how many orders a customer has on average; and the most of a period.

The figures of the groups are computed first, and then their average. Groups without a row have no
figure; "including those without" counts them as nought.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forerun.parsing import totals
from forerun.parsing.index import Index
from forerun.parsing.measures import adds_up, measure
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Plan, Term, Window, entities_of
from forerun.parsing.rivals import belonging
from forerun.parsing.schema import Entity
from forerun.parsing.sketching import Sketch
from forerun.parsing.tokens import Token

KIND = "average"
ASKED = frozenset(("avg", *totals.EXTREMES))
_MOVING = "rolling"
_TOO = frozenset(("including", "counting", "even", "also"))
_THOSE = frozenset(("those", "the", "all", "ones"))
_NONE = (("without", "any"), ("with", "no"), ("with", "none"), ("who", "have", "no"),
         ("that", "have", "no"), ("without",))  # fmt: skip


def averaged(plan: Plan, sketch: Sketch, lattice: Lattice) -> Iterator[Plan]:
    """`average number of orders per customer`, beside the plan that lists the customers."""
    figure = measure(plan)
    made = next((a for m in lattice.mentions if (a := _asked_for(m, lattice)) is not None), None)
    if figure is None or made is None:
        return
    if plan.limit is not None or plan.distinct or any(o.term.aggregate for o in plan.order):
        return
    if figure not in plan.select or not adds_up(figure, plan) or not _is_one_group(plan, sketch):
        return
    window = Window(KIND, figure, moving=made)
    if "zeros" in lattice.tags:
        whole = _whole(plan)
        if whole is None:
            return
        window = replace(window, whole=whole)
    yield replace(plan, select=(figure,), order=(), window=window)


def is_average(window: Window | None) -> bool:
    """Of all groups, or of the latest few."""
    return window is not None and window.kind in (KIND, _MOVING) and window.moving == "avg"


def is_extreme(window: Window | None) -> bool:
    """The highest or the lowest of all groups."""
    return window is not None and window.kind == KIND and window.moving != "avg"


def none_too(tokens: Sequence[Token], index: Index) -> Iterator[tuple[int, int]]:
    """Where `including customers without` or `including those with no` stands."""
    words = [token.lower for token in tokens]
    for at in (at for at, word in enumerate(words) if word in _TOO):
        end = at + 1
        while end < len(words) and words[end] in _THOSE:
            end += 1
        if end < len(words) and (tokens[end].stem,) in index.names:
            end += 1
        said = next((n for n in _NONE if tuple(words[end : end + len(n)]) == n), None)
        if said is not None and end > at + 1:
            yield at, end + len(said)


def _asked_for(mention: Mention, lattice: Lattice) -> str | None:
    """What is made of the figures of all groups: avg, max or min."""
    return "avg" if _asks_for_average(mention, lattice) else totals.extreme(mention)


def _asks_for_average(mention: Mention, lattice: Lattice) -> bool:
    """`average number of orders`, `average total amount`, `average monthly amount`."""
    left = mention.left
    if "avg" in left:
        rest = [tag for tag in left[left.index("avg") + 1 :] if tag != "comma"]
        return rest[:1] in (["count"], ["sum"]) or totals.is_of_a_period(mention)
    before = mention.before
    if before is not None and before.kind is Kind.UNIT and _is_adverb(before):
        return "avg" in before.left
    return "count" in left and "avg" in lattice.mentions[-1].right


def _is_adverb(mention: Mention) -> bool:
    return mention.text.lower().endswith("ly")


def _is_one_group(plan: Plan, sketch: Sketch) -> bool:
    """One thing that the average is per; rows of a table each for themselves, by their key."""
    monthly = any(term.unit for term in plan.group)
    if not plan.group or not (sketch.per or monthly):
        return False
    keys = {term.field for term in plan.group if term.field in term.entity.primary}
    if not keys:
        named = plan.group[0].field in plan.group[0].entity.display
        return len(plan.group) == 1 and not (named and plan.group[0].entity.primary)
    return len({term.entity for term in plan.group}) == 1


def _whole(plan: Plan) -> Entity | None:
    """The table of all that have a figure or none, where nothing narrows its rows down."""
    first: Term = plan.group[0]
    told = {entity for condition in plan.conditions for entity in entities_of(condition)}
    if plan.semis or first.field not in first.entity.primary:
        return None
    return first.entity if told.isdisjoint(belonging(plan)) else None
