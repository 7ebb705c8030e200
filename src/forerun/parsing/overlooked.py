"""What a question says and a reading overlooks: a total, what is the same, either side, who has it,
what it is worth, those that have none, and how many come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from forerun.catalog import words
from forerun.parsing import joins
from forerun.parsing.incomplete import tells_a_number
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Compare, During, Plan, fields_of
from forerun.parsing.scarce import passes_over_none
from forerun.parsing.schema import Entity, Field, Stored


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Why the plan is no answer to all of it; names with words."""
    if "sum" in lattice.tags and not _adds_up(plan):
        yield "no-total", "The question asks for a total; this reading shows no figure."
    if _speaks_of_the_same(lattice) and not _tells_the_same(plan):
        yield "same-left-out", "The question asks what is the same; this reading compares nothing."
    if _asks_for_both_sides(lattice) and not plan.group:
        yield "one-side", "The question asks for both sides; this reading has one of them."
    if any(_passes_over_who_has_it(mention, plan) for mention in lattice.mentions[:1]):
        yield "owner-left-out", "The question asks who has it; this reading only shows what it is."
    if _says_only(lattice) and _is_of_some(plan):
        yield (
            "only-some",
            "The question asks what is only so; this reading what is so among others.",
        )
    if any(_is_worth(mention, lattice, plan) for mention in lattice.mentions):
        yield "no-worth", "The question asks what it is worth; this reading how much there is."
    if passes_over_none(lattice, plan):
        yield "few-or-none", "Those that have none at all may be meant as well."
    one = plan.limit == 1 and plan.window is None
    if one and any(_are_foremost(mention, lattice) for mention in lattice.mentions):
        yield "how-many-first", "The question does not say how many come first; this one shows one."


def _are_foremost(mention: Mention, lattice: Lattice) -> bool:
    """`the oldest players`, `players who are the oldest`, `the most common kinds`, `the highest
    fees`, of which nobody knows how many.
    """
    if mention.left[-1:] and mention.left[-1] in _EXTREME:
        return _is_one_of_several(mention)
    if mention.adjective is None or mention.adjective.degree != "superlative":
        return False
    after = mention.after
    if after is not None and after.start == mention.end:
        named = any(isinstance(link.target, Entity) for link in after.links)
        return named and after.is_plural
    said = [token.lower for token in lattice.tokens[max(mention.start - 2, 0) : mention.start]]
    return said[-2:] == ["are", "the"] or said[-1:] == ["are"]


def _is_one_of_several(mention: Mention) -> bool:
    """`the highest fees`, but not the actor with the most common hobbies."""
    if "with" in mention.left and mention.before is not None and not mention.before.is_plural:
        return False
    return mention.is_plural and not any(_is_always_plural(k.target) for k in mention.links)


def _is_always_plural(target: Field | Entity | Stored) -> bool:
    """`the highest sales`, of which each row has some, as the name of the column says."""
    if not isinstance(target, Field):
        return isinstance(target, Entity)
    last = words.split_identifier(target.name)[-1:]
    return any(map(words.is_plural, last))


_EXTREME = frozenset(("high", "low", "common", "rare"))


def _asks_for_both_sides(lattice: Lattice) -> bool:
    """`with and without an email`, `are there more men or women`."""
    lowers = [token.lower for token in lattice.tokens]
    if any(
        three in _WITH_OR_WITHOUT for three in zip(lowers, lowers[1:], lowers[2:], strict=False)
    ):
        return True
    more = not _MORE.isdisjoint(lowers) and "than" not in lowers
    return more and "or" in lattice.tags and lowers[0] in _ASKING_WHETHER


_WITH_OR_WITHOUT = (("with", "and", "without"), ("with", "or", "without"))
_MORE = frozenset(("more", "fewer", "less"))
_ASKING_WHETHER = frozenset(("are", "is", "were", "was", "do", "does", "did", "have", "has"))


def _passes_over_who_has_it(asked: Mention, plan: Plan) -> bool:
    """`which office has the most common rating` asks for an office, not for a rating."""
    what = asked.after
    if what is None or asked.left or plan.limit is None or asked.right[:1] != ("with",):
        return False
    if what.left[-1:] not in (("common",), ("rare",)):
        return False
    had = {link.target for link in what.links}
    named = {link.target for link in asked.links}
    return all(term.field in had and term.field not in named for term in plan.select)


def _says_only(lattice: Lattice) -> bool:
    """`with only urgent repairs`, but not "only one" or "only the names"."""
    return any(
        after.lower == "only" and one.lower not in ("show", "list", "give", "and")
        for one, after in pairwise(lattice.tokens)
    )


def _is_of_some(plan: Plan) -> bool:
    """Whether it is enough that one partner, or one row of a kind, is so."""
    if plan.group or plan.setop is not None:
        return False
    if any(semi.where and not semi.negated for semi in plan.semis):
        return True
    shown = {term.entity for term in plan.select}
    told = {term.field for term in plan.select if term.field and not term.aggregate}
    kinds = bool(told) and not any(f.tells_rows_apart or f in f.entity.display for f in told)
    partners = any(joins.multiplied(plan.tree, entity) for entity in shown)
    fixed = (c[0].field for c in plan.where if isinstance(c[0], Compare) and c[0].op == "=")
    return any((kinds and f.entity in shown) or (partners and f.entity not in shown) for f in fixed)


def _is_worth(mention: Mention, lattice: Lattice, plan: Plan) -> bool:
    """`total stock value`, where there is a price as well: no number of pieces."""
    said = {token.lower for token in lattice.tokens[mention.end : mention.end + 1]}
    added = {term.field for term in plan.select if term.aggregate in ("sum", "avg")}
    items = {link.target for link in mention.links if isinstance(link.target, Field)} & added
    return not said.isdisjoint(_WORTH) and any(
        _MONEY.isdisjoint(item.stems)
        and any(not _MONEY.isdisjoint(other.stems) for other in item.entity.fields)
        for item in items
    )


_WORTH = frozenset(("value", "worth"))
_MONEY = frozenset(words.stems("price cost fee rate value amount worth revenue"))


def _adds_up(plan: Plan) -> bool:
    """Whether there is any figure: shown, ranked by, or compared with."""
    terms = (*(order.term for order in plan.order), *(having.term for having in plan.having))
    compared = any(field.is_numeric for c in plan.conditions for field in fields_of(c))
    numbers = any(term.aggregate or (term.field and term.field.is_numeric) for term in terms)
    return tells_a_number(plan) or plan.all_columns or numbers or compared


def _speaks_of_the_same(lattice: Lattice) -> bool:
    """`with the same name`, but not "the same as …", which may be a mere value."""
    return any(
        (one.lower, after.lower) == ("the", "same") for one, after in pairwise(lattice.tokens)
    )


def _tells_the_same(plan: Plan) -> bool:
    """Groups, a table beside itself, or columns beside each other."""
    beside = any(not isinstance(c, Compare | During) for c in plan.conditions)
    twice = any(entity.alias for entity in plan.tree.entities)
    sets = plan.setop is not None or bool(plan.semis) or plan.window is not None
    return beside or twice or sets or bool(plan.group or plan.having) or bool(plan.order)
