"""How things are, or what happened: an order that "has been shipped" may have been delivered since.

Where a status is called so and a date tells of it as well, both are meant alike. Only where they
are the same rows is there nothing to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forerun.parsing.actions import Action
from forerun.parsing.inflection import is_past
from forerun.parsing.mentions import Kind
from forerun.parsing.ranking import Candidate
from forerun.parsing.schema import Field, Meaning


def in_doubt(candidate: Candidate, agreeing: Iterable[Candidate] = ()) -> bool:
    """Whether a state was taken for a happening or the other way round, and none of the readings
    that give the same rows takes it otherwise.
    """
    others = [action for other in agreeing for action in _told(other)]
    return any(
        _is_two_things(action) and not any(_is_otherwise(action, other) for other in others)
        for action in _told(candidate)
    )


def _told(candidate: Candidate) -> Iterator[Action]:
    for action in candidate.roles.actions:
        happened = action.mention.kind is Kind.HAPPENING and action.role != "skip"
        if happened or _is_denied_state(action):
            yield action


def _is_denied_state(action: Action) -> bool:
    """`opened in 2024 but not closed`, where a status and a date tell of it."""
    mention = action.mention
    if action.role != "equal" or "not" not in mention.left or not is_past(mention.text):
        return False
    dates = (link.target for link in mention.links if isinstance(link.target, Field))
    return any(item.meaning is Meaning.DATE and item.column.nullable for item in dates)


def _is_two_things(action: Action) -> bool:
    return len({link.quality for link in action.mention.links}) > 1


def _is_otherwise(action: Action, other: Action) -> bool:
    return action.mention is other.mention and (action.role == "lacks") != (other.role == "lacks")
