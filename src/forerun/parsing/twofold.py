"""Two numbers asked for in one breath, of which a reading tells one: those of two kinds or of two
tables; and a number of rows that is told of each single row.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing import cues
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Compare, Plan, Term
from forerun.parsing.schema import Entity, Meaning, Stored


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Which number may be missing; names with words."""
    if not any(term.aggregate == "count" for term in plan.select):
        return
    if _counts_two_as_one(lattice, plan):
        yield "one-for-both", "A number for each may be meant; this reading has one for all."
    if any(_counts_one_table(mention, plan) for mention in lattice.mentions):
        yield "one-of-two", "The question asks for two numbers; this reading counts one table."
    if lattice.tags.isdisjoint(cues.EACH) and any(_counts_each(m, plan) for m in lattice.mentions):
        yield "one-each", "This reading tells how many have each single name."


def _counts_two_as_one(lattice: Lattice, plan: Plan) -> bool:
    """`number of open and closed tickets`, unless they are counted together."""
    grouped = {key.field for key in plan.group}
    either = [c for c in plan.conditions if isinstance(c, Compare) and c.op == "in"]
    together = any(token.lower in _TOGETHER for token in lattice.tokens)
    return not together and any(
        condition.field not in grouped and any(_goes_on(m, condition) for m in lattice.mentions)
        for condition in either
    )


_TOGETHER = frozenset(("together", "combined", "altogether", "either", "total", "all"))


def _goes_on(mention: Mention, condition: Compare) -> bool:
    """Whether it is one of the values, and joined to another by "and"."""
    before = mention.before
    if before is None or mention.left != ("and",):
        return False
    return is_one_of(mention, condition) and is_one_of(before, condition)


def is_one_of(mention: Mention, condition: Compare) -> bool:
    """Whether it is one of the stored values that the condition asks for."""
    values = (link.target for link in mention.links if isinstance(link.target, Stored))
    return any(v.field is condition.field and v.value in condition.values for v in values)


def _counts_one_table(mention: Mention, plan: Plan) -> bool:
    """`number of authors and books`, told as the number of authors for each book."""
    before = mention.before
    if before is None or mention.left != ("and",) or mention.start != before.end + 1:
        return False
    if "count" not in before.left or not _names_a_table(before) or not _names_a_table(mention):
        return False
    return sum(term.aggregate == "count" for term in plan.select) == 1


def _names_a_table(mention: Mention) -> bool:
    return any(isinstance(link.target, Entity) for link in mention.links)


def _counts_each(counted: Mention, plan: Plan) -> bool:
    """`names and number of books`, told of each single book: how many books have that name."""
    if not {"and", "count"} <= set(counted.left) or not plan.group:
        return False
    tables = {link.target for link in counted.links if link.quality == "exact"}
    return all(key.entity in tables and _goes_by(key) for key in plan.group)


def _goes_by(key: Term) -> bool:
    """Whether it tells single rows, as a part of a key does not."""
    item, entity = key.field, key.entity
    if item is None or key.unit:
        return False
    named = item in entity.display and item.meaning is not Meaning.KEY
    return named or entity.primary == (item,)
