"""Whether something to compare with stands near a mention."""

from __future__ import annotations

from forerun.parsing import cues
from forerun.parsing.mentions import Kind, Mention
from forerun.parsing.schema import Field, Stored

_COMPARABLE = frozenset((Kind.NUMBER, Kind.TEXT, Kind.PERIOD, Kind.AVERAGE))


def may_be_compared(mention: Mention) -> bool:
    """Something to compare with stands just before or within the next two mentions."""
    after = mention.after
    near = (mention.before, after, after.after if after else None)
    return any(
        other is not None
        and (
            other.kind in _COMPARABLE
            or other.number is not None
            or any(isinstance(link.target, Stored) for link in other.links)
        )
        for other in near
    ) or (
        (after is not None and bool(set(after.left) & {*cues.COMPARATORS, "not"}))
        or is_looked_in_too(mention)
    )


def is_looked_in_too(mention: Mention) -> bool:
    """The last of `an "e" in their first name or last name`."""
    before = mention.before
    text = before.before if before is not None else None
    return "or" in mention.left and text is not None and text.kind is Kind.TEXT


def near_number(mention: Mention) -> bool:
    """`more than 3 stops`, `at least two critical stops`."""
    before = mention.before
    if before is not None and _says_of_which(before, mention):
        before = before.before
    return (before is not None and before.kind is Kind.NUMBER) or bool(
        mention.left and mention.left[-1] in (">=",)
    )


def _says_of_which(mention: Mention, rows: Mention) -> bool:
    """Whether a stored value, or a yes or no, stands between a number and what is counted."""
    before = mention.before
    if before is None or before.kind is not Kind.NUMBER or mention.left:
        return False
    if before.end != mention.start or mention.end != rows.start or not mention.links:
        return False
    return all(
        isinstance(link.target, Stored) or (isinstance(link.target, Field) and link.target.flags)
        for link in mention.links
    )


def is_counted_beside(mention: Mention) -> bool:
    """`with a number of tracks greater than 10`: the count is said before the comparison."""
    before, after = mention.before, mention.after
    if before is None or after is None or after.kind is not Kind.NUMBER:
        return False
    if "count" not in mention.left:
        return False
    return not set(after.left).isdisjoint(cues.COMPARATORS)


def is_rated(mention: Mention) -> bool:
    """`more orders than average`, `an above average number of orders`."""
    before, after = mention.before, mention.after
    if after is not None and after.kind is Kind.AVERAGE and after.op:
        return True
    return before is not None and before.kind is Kind.AVERAGE and "count" in mention.left
