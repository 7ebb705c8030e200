"""Questions that go on from an earlier one: like for like in its words, else a change of its plan.

"And in 2024?" is the earlier question with another year. "What are their names?" keeps the rows
and shows something else of them. What stands alone is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from forerun.domain import Catalog, Context, Turn
from forerun.parsing import assurance, confidence, following, parser
from forerun.parsing.following import Scales
from forerun.parsing.index import Index
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.mentions import Lattice
from forerun.parsing.parser import Parsed
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import reading
from forerun.parsing.recalling import recall, same
from forerun.parsing.references import references
from forerun.parsing.rewording import reworded

_LIKELY = 0.5
"""Less sure than this, a follow-up is not put into other words than the asker's."""

_OTHERWISE = 0.5
"""How sure a reading is where the query that was answered says more than any plan does."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a question may mean after another one."""

    text: str
    """The question; its like-for-like rewording where there is one."""
    lattice: Lattice
    candidates: Sequence[Candidate]
    earlier: float | None = None
    """How sure the plan is that it goes on from; None where it was read as standing alone."""

    def sure(self, rank: int, known: Mapping[str, float] | None = None) -> float:
        """Probability that the candidate of that rank is right; `known` as in `assurance`.

        An edit can be no surer than what it edits.
        """
        if self.earlier is None:
            return confidence.confidence(self.lattice, self.candidates, rank)
        found = assurance.confidence_after(self.lattice, self.candidates, rank, known)
        return found * self.earlier if self.candidates[rank].is_edit else found

    @property
    def says_something(self) -> bool:
        """False where there is nothing that the data or the grammar knows, or little beside it."""
        if self.earlier is None:
            return parser.is_about_the_data(self.lattice, self.candidates)
        named = sum(bool(mention.links) for mention in self.lattice.mentions)
        nothing = not self.lattice.mentions and not self.lattice.tags
        return bool(self.candidates) and not nothing and len(self.lattice.unknown) <= 2 * named

    def standalone(self, sure: float) -> str:
        """The text in words that need no conversation, the best candidate being so sure."""
        told = self.candidates[0].is_edit and sure >= _LIKELY
        return reading(self.candidates[0].plan) if told else self.text


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
    scales = Scales(parser.weights_for(index), following.weights())
    return _told(question, understand(question, previous, index, today, scales), index)


def _told(question: str, understood: Understood, index: Index) -> Parsed:
    lattice, candidates = understood.lattice, understood.candidates
    if not understood.says_something:
        return Parsed(unknown=parser.unknown_words(lattice))

    def sure(lattice: Lattice, candidates: Sequence[Candidate], rank: int) -> float:
        return understood.sure(rank)

    parsed = parser.tell(understood.text, lattice, candidates, index, sure)
    standalone = understood.standalone(parsed.drafts[0].confidence)
    return replace(parsed, standalone=standalone if standalone != question else None)


def understand(
    question: str, previous: Turn, index: Index, today: date, scales: Scales
) -> Understood:
    """Everything that `question` may mean after `previous`."""
    in_words = _like_for_like(question, previous, index, today, scales)
    if in_words is not None:
        return in_words
    earlier = _earlier(previous, index, today, scales)
    if earlier is None or not following.is_open(earlier[0]):
        return Understood(question, *propose(question, index, today, scales.plans))
    plan, sure = earlier
    found = following.propose_after(question, plan, index, today, scales)
    return Understood(question, *found, sure)


def _like_for_like(
    question: str, previous: Turn, index: Index, today: date, scales: Scales
) -> Understood | None:
    """The earlier question reworded, if that is sure to be what was asked."""
    said = set(references(build_lattice(question, index, today)))
    if said & {"also", "ref"}:
        return None
    text = reworded(question, previous.standalone, index, today)
    if text is None or not _still_means(previous, index, today, scales):
        return None
    found = Understood(text, *propose(text, index, today, scales.plans))
    return found if found.says_something and found.sure(0) >= _LIKELY else None


def _still_means(previous: Turn, index: Index, today: date, scales: Scales) -> bool:
    """Whether the words of the earlier question, read alone, give what was answered."""
    if previous.sql is None:
        return True
    _, candidates = propose(previous.standalone, index, today, scales.plans)
    return bool(candidates) and same(previous.sql, candidates[0].plan, index)


def _earlier(
    previous: Turn, index: Index, today: date, scales: Scales
) -> tuple[Plan, float] | None:
    """The plan of what was answered; of a question that was not, the likeliest reading."""
    if previous.sql is not None:
        plan = recall(previous.sql, index)
        if plan is not None:
            return plan, previous.sure
    lattice, candidates = propose(previous.standalone, index, today, scales.plans)
    if not candidates:
        return None
    sure = confidence.confidence(lattice, candidates)
    return candidates[0].plan, sure if previous.sql is None else min(sure, _OTHERWISE)
