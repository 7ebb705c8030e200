"""Questions that go on from an earlier one: like for like in its words, else a change of its plan.

"And in 2024?" is the earlier question with another year. "What are their names?" keeps the rows
and shows something else of them. What stands alone is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from forerun.domain import Catalog, Context, Turn
from forerun.parsing import assurance, confidence, following, parser
from forerun.parsing.index import Index
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.mentions import Lattice
from forerun.parsing.parser import Parsed
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import reading
from forerun.parsing.recalling import recall
from forerun.parsing.references import references
from forerun.parsing.rewording import reworded

_LIKELY = 0.5
"""Less sure than this, a follow-up is not put into other words than the asker's."""


@dataclass(frozen=True, slots=True)
class _Earlier:
    """What there is to go on from, and how sure it is that the asker means that."""

    plan: Plan
    sure: float


def parse_after(question: str, previous: Turn, catalog: Catalog, now: datetime) -> Parsed:
    """Read `question` as one that was asked after `previous`. Never raises for any text.

    `Parsed.standalone` says what it means without the conversation, where it needs one.
    """
    return _read(question, previous, parser.indexed(catalog), now.date())


def parse_in(context: Context, catalog: Catalog) -> Parsed:
    """Read what was asked: in the asker's own words after the last turn, if it goes on from it."""
    if context.said is None or not context.conversation:
        return parser.parse(context.question, catalog, context.now)
    return parse_after(context.said, context.conversation[-1], catalog, context.now)


@lru_cache(maxsize=16)
def _read(question: str, previous: Turn, index: Index, today: date) -> Parsed:
    """Remembered, since one question is first put into words and then into SQL."""
    known = parser.remembered(question, index)
    if known is not None:
        return known
    if parser.is_too_long(question):
        return Parsed()
    in_words = _like_for_like(question, previous, index, today)
    if in_words is not None:
        return in_words
    earlier = _earlier(previous, index, today)
    if earlier is None or not following.is_open(earlier.plan):
        return parser.read(question, index, today)
    lattice, candidates = following.propose_after(
        question, earlier.plan, index, today, scales(index)
    )
    if not candidates or _is_chatter(lattice):
        return Parsed(unknown=parser.unknown_words(lattice))
    parsed = parser.tell(question, lattice, candidates, index, _sureness(earlier))
    if candidates[0].is_edit and parsed.drafts[0].confidence >= _LIKELY:
        return replace(parsed, standalone=reading(candidates[0].plan))
    return parsed


def scales(index: Index) -> following.Scales:
    """The fitted weights, with what golden queries taught of this database."""
    return following.Scales(parser.weights_for(index), following.weights())


def _is_chatter(lattice: Lattice) -> bool:
    """`thanks`, `why?`: nothing said that the data or the grammar knows, or little beside it."""
    named = sum(bool(mention.links) for mention in lattice.mentions)
    nothing = not lattice.mentions and not lattice.tags
    return nothing or len(lattice.unknown) > 2 * named


def _sureness(earlier: _Earlier) -> parser.Sure:
    """An edit can be no surer than what it edits."""

    def sure(lattice: Lattice, candidates: Sequence[Candidate], rank: int) -> float:
        found = assurance.confidence_after(lattice, candidates, rank)
        return found * earlier.sure if candidates[rank].is_edit else found

    return sure


def _like_for_like(question: str, previous: Turn, index: Index, today: date) -> Parsed | None:
    """The earlier question reworded, if that is sure to be what was asked."""
    said = set(references(build_lattice(question, index, today)))
    if said & {"also", "ref"} or not _still_means(previous, index, today):
        return None
    text = reworded(question, previous.standalone, index, today)
    if text is None:
        return None
    parsed = parser.read(text, index, today)
    if not parsed.drafts or parsed.drafts[0].confidence < _LIKELY:
        return None
    return replace(parsed, standalone=text)


def _still_means(previous: Turn, index: Index, today: date) -> bool:
    """Whether the words of the earlier question, read alone, give what was answered."""
    if previous.sql is None:
        return True
    answered = _recalled(previous.sql, index)
    alone = parser.read(previous.standalone, index, today).drafts
    return bool(alone) and answered == _recalled(alone[0].sql, index)


def _earlier(previous: Turn, index: Index, today: date) -> _Earlier | None:
    """The plan of what was answered; of a question that was not, the likeliest reading."""
    if previous.sql is not None:
        plan = _recalled(previous.sql, index)
        if plan is not None:
            return _Earlier(plan, 1.0)
    lattice, candidates = propose(previous.standalone, index, today, parser.weights_for(index))
    if not candidates:
        return None
    return _Earlier(candidates[0].plan, confidence.confidence(lattice, candidates))


def _recalled(sql: str, index: Index) -> Plan | None:
    """A limit without an order bounds an answer and ranks nothing."""
    plan = recall(sql, index)
    return replace(plan, limit=None) if plan and not plan.order else plan
