"""How plans of one kind or another are asked for: the words between what the question mentions.

The grammar knows phrases that say what to do. What the others say for or against a plan is
fitted: every word that names nothing, with every aspect of the plan. Words that few databases
were asked with are no part of that (see the fit), so that none of a subject matter is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import BesideAggregate, OfForemost, Order, Plan, Term
from forerun.parsing.tokens import Sort

PREFIX = "said|"
_MAX_WORDS = 24
_INSIDE = (BesideAggregate, OfForemost)


def features(plan: Plan, words: tuple[str, ...]) -> Iterator[str]:
    """Each of the words with each aspect of the plan."""
    for aspect in dict.fromkeys(_aspects(plan)):
        yield from _said(words, aspect)


@lru_cache(maxsize=128)
def _said(words: tuple[str, ...], aspect: str) -> tuple[str, ...]:
    return tuple(f"{PREFIX}{word}|{aspect}" for word in words)


def between(lattice: Lattice) -> tuple[str, ...]:
    """The words that are of no mention, each once, in the order of the question."""
    inside = {at for mention in lattice.mentions for at in range(mention.start, mention.end)}
    words = (
        token.lower
        for at, token in enumerate(lattice.tokens)
        if at not in inside and token.sort is Sort.WORD
    )
    return tuple(dict.fromkeys(words))[:_MAX_WORDS]


def _aspects(plan: Plan) -> Iterator[str]:
    yield f"columns={min(len(plan.select), 4)}"
    yield f"joins={min(len(plan.tree.edges), 3)}"
    yield f"conditions={min(len(plan.where), 3)}"
    yield f"distinct={plan.distinct}"
    yield from map(_shown, plan.select[:4])
    yield from map(_ordered, plan.order)
    yield from _grouped(plan)
    if plan.limit is not None:
        yield "first"
    if plan.setop is not None:
        yield plan.setop.kind
    yield from (f"partner={not semi.negated}" for semi in plan.partners)
    if any(len(either) > 1 for either in plan.where):
        yield "or"
    if plan.all_columns:
        yield "everything"
    yield from (f"inside={type(c).__name__}" for c in plan.conditions if isinstance(c, _INSIDE))
    if plan.window is not None:
        yield plan.window.kind


def _shown(term: Term) -> str:
    if term.aggregate:
        return f"shown={term.aggregate}{'-distinct' if term.distinct else ''}"
    return f"shown={term.field.meaning.value}" if term.field else "shown=rows"


def _ordered(order: Order) -> str:
    return f"ordered={order.term.aggregate or 'plain'}|{'down' if order.descending else 'up'}"


def _grouped(plan: Plan) -> Iterator[str]:
    aggregated = any(term.aggregate for term in plan.select)
    if plan.count_groups:
        yield "groups-counted"
    elif plan.group:
        keyed = any(term.field in term.entity.primary for term in plan.group)
        shown = any(term in plan.select for term in plan.group)
        yield f"grouped={aggregated}|shown={shown}"
        yield f"grouped={min(len(plan.group), 3)}|key={keyed}"
    else:
        yield f"aggregated={aggregated}"
    if plan.having:
        yield f"having={plan.having[0].op}"
