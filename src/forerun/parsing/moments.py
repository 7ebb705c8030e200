"""Times that no plan tells of: a moment, the present, who is left, and two happenings that share
one period.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.catalog.words import stems
from forerun.parsing.happenings import (
    happenings,
    kind_of,
    meant_by,
    telling,
    tells_the_end,
)
from forerun.parsing.inflection import is_past
from forerun.parsing.mentions import Kind, Lattice, Mention
from forerun.parsing.plans import Condition, During, Plan, Term, fields_of
from forerun.parsing.schema import Field, Meaning, Stored
from forerun.parsing.verbs import ends_before, is_a_moment, remains, verb_before

_JOINED = frozenset(("and", "or"))
_IN_PASSING = frozenset(
    ("also", "both", "either", "is", "are", "was", "were", "then", "later", "subsequently", "not")
)  # fmt: skip


def untold(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Why no plan, or not this one, tells what happened when: names and words of vetoes."""
    if _takes_all_for_those_of_now(lattice, plan):
        yield "current", "Not all that are stored are so at present; this reading takes all."
    if any(_is_in_force_elsewhere(condition, plan) for condition in plan.conditions):
        yield "in-force", "These are over at a day of their own; this reading looks at others."
    if any(_is_unsaid(item, lattice) for item in _times(plan)):
        yield "unsaid-date", "A birth or a change is no time of a row, unless it is spoken of."
    if any(_may_be_of_a_year_of_its_own(term, lattice) for term in plan.group):
        yield "which-year-of-it", "A year is kept of its own; this reading takes that of a day."
    for mention in lattice.mentions:
        if mention.later is not None:
            yield "which-year", f"“{mention.text}” may be of the last or of the next one."
    cut = any(term.unit for term in (*plan.select, *plan.group))
    if not cut and any(_is_any_one(mention, lattice) for mention in lattice.mentions):
        yield "some-time", "The question speaks of one such time; this reading takes all of them."
    yield from _told_by_halves(lattice, plan)


def _is_any_one(mention: Mention, lattice: Lattice) -> bool:
    """`bookings in a month`, of which nobody knows which month it is, or whether of each."""
    near = lattice.tokens[max(mention.start - 1, 0) : mention.start]
    some = any(token.lower in _ANY_ONE for token in near)
    return some and mention.kind is Kind.UNIT and not mention.own_cue


_ANY_ONE = frozenset(("a", "one", "any", "single", "given", "certain"))


def _told_by_halves(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """What the words right before a time say of it that the plan does not."""
    times = [m for m in lattice.mentions if m.kind in (Kind.PERIOD, Kind.UNIT)]
    if any(_is_gone_into(lattice, time.start) for time in times):
        yield "gone-into", "What lasted into a time began before it; this reading takes that time."
    for end in {ends_before(lattice.tokens, time.start) for time in times}:
        if is_a_moment(lattice.tokens, end):
            word = lattice.tokens[end - 1].text
            yield "moment", f"The {word} of a time is a moment; this reading takes all of the time."
        elif lattice.tokens[end - 1].lower == "open" and _may_close(plan):
            yield "open-at-a-time", "What was open at a time need not have opened then."
        elif remains(lattice.tokens, end) and not _is_stored(lattice, end):
            yield "remaining", "Who is left is still there; no date tells who was at a time."
        elif _leaves_a_happening_out(lattice, end, plan) or _is_beside_a_state(lattice, end):
            yield "two-happenings", "Two things happened, and only one of them is given a time."


def _may_be_of_a_year_of_its_own(term: Term, lattice: Lattice) -> bool:
    """`films by year`: by that of their release, as it is kept, or of the day they were sent in."""
    item = term.field
    if term.unit != "year" or item is None or item is item.entity.time:
        return False
    if not lattice.stems.isdisjoint(telling(item)):
        return False
    years = (f for f in item.entity.fields if f.meaning is Meaning.YEAR)
    return any(kind_of(year) != "lives" for year in years)


def _is_gone_into(lattice: Lattice, start: int) -> bool:
    """`lasted into 2025`, `stayed through May`."""
    near = lattice.tokens[max(start - 1, 0) : start + 1]
    return any(token.lower in ("into", "through", "throughout") for token in near)


def _may_close(plan: Plan) -> bool:
    """Whether some date tells that rows are over."""
    return any(tells_the_end(item) for table in plan.tree.entities for item in table.fields)


def _takes_all_for_those_of_now(lattice: Lattice, plan: Plan) -> bool:
    """`current members`, where some have left and the plan does not look at when."""
    if not any(token.lower in _OF_NOW for token in lattice.tokens):
        return False
    over = {f for table in plan.tree.entities for f in table.fields if tells_the_end(f)}
    looked_at = {item for condition in plan.conditions for item in fields_of(condition)}
    return bool(over) and over.isdisjoint(looked_at)


def _is_in_force_elsewhere(condition: Condition, plan: Plan) -> bool:
    """`how many contracts are active`, of which each has an end, and not whose plan is active."""
    item = condition.field
    if item.flags is None or _IN_FORCE.isdisjoint(item.stems):
        return False
    told = {term.entity for term in (*plan.select, *(order.term for order in plan.order))}
    return item.entity not in told and any(tells_the_end(f) for e in told for f in e.fields)


_IN_FORCE = frozenset(stems("active open current valid live running enabled"))


_OF_NOW = frozenset(("current", "currently", "existing", "remaining"))


def _is_unsaid(item: Field, lattice: Lattice) -> bool:
    """`guests in 2024` are not those who were born then."""
    kind = kind_of(item)
    if kind not in _NO_TIME_OF_A_ROW or item.entity.time is item:
        return False
    told = telling(item) | happenings().kinds[kind]
    if not lattice.stems.isdisjoint(told):
        return False
    lowers = [token.lower for token in lattice.tokens]
    return not any(
        meant_by(meant, [item])
        for phrase, meant in happenings().verbs.items()
        if phrase in zip(*(lowers[at:] for at in range(len(phrase))), strict=False)
    )


_NO_TIME_OF_A_ROW = ("lives", "upkeep")


def _is_stored(lattice: Lattice, end: int) -> bool:
    """Where "left" is a state of things, it is that state."""
    links = (link for m in lattice.mentions if m.end == end for link in m.links)
    return any(isinstance(link.target, Stored) for link in links)


def _joined(lattice: Lattice, end: int) -> int | None:
    """Where "and" stands in `shipped and delivered in March`."""
    verb = verb_before(lattice.tokens, end)
    start = verb.start if verb else end - 1
    while start > 0 and lattice.tokens[start - 1].lower in _IN_PASSING:
        start -= 1
    joined = start - 1
    return joined if joined > 0 and lattice.tokens[joined].lower in _JOINED else None


def _is_beside_a_state(lattice: Lattice, end: int) -> bool:
    """`paid or settled in 2024`: paid at all is not paid then."""
    joined = _joined(lattice, end)
    if joined is None or not is_past(lattice.tokens[end - 1].text):
        return False
    said = next((m for m in lattice.mentions if m.end == joined), None)
    if said is None or not is_past(said.text):
        return False
    state = any(isinstance(link.target, Stored) for link in said.links)
    return state or said.kind is Kind.HAPPENING


def _leaves_a_happening_out(lattice: Lattice, end: int, plan: Plan) -> bool:
    """`shipped and delivered in March`: shipped at all is no status beside the delivery."""
    joined = _joined(lattice, end)
    if joined is None:
        return False
    taken = _times(plan)
    first, second = (_dates_told(lattice, at, taken) for at in (joined, end))
    return any(told and told.isdisjoint(taken) for told in (first, second if first else set()))


def _times(plan: Plan) -> set[Field]:
    """The dates that a plan looks at."""
    periods = {c.field for c in plan.conditions if isinstance(c, During)}
    return periods | {term.field for term in plan.group if term.unit and term.field}


def _dates_told(lattice: Lattice, end: int, taken: set[Field]) -> set[Field]:
    """Which dates of the same tables the words before `end` tell of."""
    tables = {item.entity for item in taken}
    items = [f for table in tables for f in table.fields if f.meaning is Meaning.DATE]
    last, verb = lattice.tokens[end - 1].stem, verb_before(lattice.tokens, end)
    called = {item for item in items if last in telling(item)}
    return called or set(meant_by(verb.words if verb else (), items))
