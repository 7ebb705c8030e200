"""Who is under somebody: that one's own row is no answer."""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog import words
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Compare, Condition, Plan
from forerun.parsing.schema import Stored

_BELOW = {
    "to": frozenset(words.stems("report reports reported reporting answer answers answerable")),
    "by": frozenset(words.stems("managed supervised led mentored overseen")),
    "under": frozenset(words.stems("work working works serve serving serves")),
}
_NEAR = 3


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """The row of whom others report to, in place of theirs."""
    if any(_shows_the_superior(c, lattice, plan) for c in plan.conditions):
        yield (
            "own-row",
            "The question asks who is under somebody; this reading is of that very one.",
        )


def _shows_the_superior(condition: Condition, lattice: Lattice, plan: Plan) -> bool:
    if not isinstance(condition, Compare) or not is_of_the_superior(condition, lattice):
        return False
    entity = condition.field.entity
    alone = all(term.entity is entity for term in plan.select)
    twice = any(other.alias for other in plan.tree.entities)
    return not twice and (alone or entity in lattice.entities)


def is_of_the_superior(condition: Compare, lattice: Lattice) -> bool:
    """Whether it names a row that was said to be above others: `reports to Ann`."""
    item = condition.field
    if condition.op != "=" or item not in item.entity.display or item.entity.alias:
        return False
    return any(
        link.target.field is item and link.target.value in condition.values
        for mention in lattice.mentions
        if _is_said_to_be_above(mention, lattice)
        for link in mention.links
        if isinstance(link.target, Stored)
    )


def _is_said_to_be_above(mention: Mention, lattice: Lattice) -> bool:
    """`reports to Ann`, `reporting directly to Ann`, `are managed by Ann`."""
    near = lattice.tokens[max(mention.start - _NEAR, 0) : mention.start]
    if not near or near[-1].lower not in _BELOW:
        return False
    return any(token.stem in _BELOW[near[-1].lower] for token in near[:-1])
