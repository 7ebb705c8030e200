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
from forerun.parsing import assurance, confidence, cues, following, parser
from forerun.parsing.changing import asks_for_a_change
from forerun.parsing.following import Scales
from forerun.parsing.index import Index
from forerun.parsing.lattice import build as build_lattice
from forerun.parsing.likeness import alike, keeps
from forerun.parsing.mentions import Lattice
from forerun.parsing.opening import OPENERS
from forerun.parsing.parser import Considered, Parsed
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import reading
from forerun.parsing.recalling import recall, same
from forerun.parsing.references import references, refers
from forerun.parsing.rewording import reworded

_LIKELY = 0.5
"""Less sure than this, a follow-up is not put into other words than the asker's."""

_WHOLE = 0.8
"""From here on a question that needs no earlier one is taken for a new one."""

_RELATED = 0.75
"""How sure a whole question is about what was spoken of: many leave unsaid what was said before."""

_LOST = 0.2
"""How sure a question is that goes on from what no plan says."""

_AGREED = 0.9
"""How sure a change is at which the new words and the earlier plan arrive by ways of their own."""

_READING = "; "
"""What parts a reading into its clauses. One with words added is no wording of anybody's."""

_LOOKED_AT = 8
"""Readings of the new words."""

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
    lost: bool = False
    """Whether it goes on from something, of which there is no plan."""
    related: bool = False
    """Whether it names all it needs, about tables that were spoken of before."""
    agreed: bool = False
    """Whether the new wording, read by itself, may mean the best candidate too."""

    def sure(self, rank: int, known: Mapping[str, float] | None = None) -> float:
        """Probability that the candidate of that rank is right; `known` as in `assurance`.

        An edit can be no surer than what it edits.
        """
        if self.earlier is None:
            found = confidence.confidence(self.lattice, self.candidates, rank)
            return min(found, _LOST if self.lost else _RELATED if self.related else 1.0)
        if self.agreed and rank == 0:
            return _AGREED * self.earlier
        found = assurance.confidence_after(self.lattice, self.candidates, rank, known)
        return found * self.earlier if self.candidates[rank].is_edit else found

    @property
    def stands_alone(self) -> bool:
        """Whether it was read as a question of its own, and surely is one."""
        return self.earlier is None and not (self.lost or self.related)

    def speaks_of(self, plan: Plan) -> bool:
        """Whether the best reading takes anything from the plan's tables."""
        mine, theirs = self.candidates[0].plan.tree, plan.tree
        return bool(set(mine.entities) & set(theirs.entities))

    @property
    def says_something(self) -> bool:
        """False where there is nothing that the data or the grammar knows, or little beside it."""
        if self.earlier is None:
            return parser.is_about_the_data(self.lattice, self.candidates)
        named = sum(bool(mention.links) for mention in self.lattice.mentions)
        nothing = not self.lattice.mentions and not self.lattice.tags
        return bool(self.candidates) and not nothing and len(self.lattice.unknown) <= 2 * named

    @property
    def is_likely(self) -> bool:
        """Whether these words may stand for the asker's own."""
        return self.sure(0) >= _LIKELY

    def standalone(self, sure: float) -> str:
        """The text in words that need no conversation, the best candidate being so sure."""
        in_words = self.agreed and _READING not in self.text
        told = self.candidates[0].is_edit and sure >= _LIKELY and not in_words
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
    if (verb := asks_for_a_change(question, index, after_another=True)) is not None:
        return parser.only_reads(verb)
    scales = Scales(parser.weights_for(index), following.weights())
    return _told(question, understand(question, previous, index, today, scales), index)


def _told(question: str, understood: Understood, index: Index) -> Parsed:
    lattice, candidates = understood.lattice, understood.candidates
    if not understood.says_something:
        return Parsed(unknown=parser.unknown_words(lattice))

    def sure(lattice: Lattice, candidates: Sequence[Candidate], rank: int) -> float:
        return understood.sure(rank)

    parsed = parser.told(Considered(understood.text, lattice, candidates, index), sure)
    standalone = understood.standalone(parsed.best.confidence if parsed.best else 0.0)
    return replace(
        parsed,
        standalone=standalone if standalone != question else None,
        # What rows say of a reading was only learned of questions that stand alone.
        considered=parsed.considered if understood.stands_alone else None,
    )


def understand(
    question: str, previous: Turn, index: Index, today: date, scales: Scales
) -> Understood:
    """Everything that `question` may mean after `previous`."""
    index = index.on(today)
    own = Understood(question, *propose(question, index, today, scales.plans))
    if _was_asked_back(previous) and _says_it_all_again(own.lattice, previous, index, today):
        return own
    earlier = _earlier(previous, index, today, scales)
    if _is_whole(own):
        related = earlier is None or own.speaks_of(earlier[0])
        return replace(own, related=related)
    in_words = _like_for_like(question, previous, index, today, scales)
    if in_words is not None and _was_asked_back(previous):
        in_words = replace(in_words, related=True)  # as unsure as what it goes on from
    if earlier is None or not following.is_open(earlier[0]):
        if in_words is not None and in_words.is_likely:
            return in_words
        return replace(own, lost=refers(own.lattice))
    plan, sure = earlier
    found = following.propose_after(own.lattice, own.candidates, plan, index, scales)
    edited = Understood(question, *found, sure)
    if in_words is None:
        return edited
    return _agreed(plan, edited, in_words) or (in_words if in_words.is_likely else edited)


def _was_asked_back(previous: Turn) -> bool:
    """Whether there is no answer yet that the new question could go on from."""
    return previous.sql is None or previous.sure < 1.0


def _says_it_all_again(lattice: Lattice, previous: Turn, index: Index, today: date) -> bool:
    """Whether all that was understood of the earlier question is said once more, so that nothing
    is left to be taken from there: it was put into other words, or without the unknown one.
    """
    if set(references(lattice)) - {"all", "total"}:
        return False
    asked = build_lattice(previous.standalone, index, today)
    unknown = {unknown.word for unknown in asked.unknown}
    known = {token.stem for token in asked.tokens if token.text not in unknown}
    return bool(lattice.mentions) and known <= lattice.stems | _SAYING_NOTHING


_SAYING_NOTHING = cues.STOP | OPENERS


def _is_whole(own: Understood) -> bool:
    """A sure question that names its tables and points at nothing needs no earlier one."""
    points = set(references(own.lattice)) - {"all", "total"}
    whole = own.candidates and own.lattice.entities and not points
    return bool(whole) and _says_more(own.candidates[0].plan) and own.sure(0) >= _WHOLE


def _says_more(plan: Plan) -> bool:
    """ "Show their names" is said without "their" too; what is grouped or filtered is meant so."""
    return bool(plan.group) or any(True for _ in plan.conditions)


def _agreed(base: Plan, edited: Understood, in_words: Understood) -> Understood | None:
    """The best change of the plan that the new wording may mean too."""
    worded = [
        candidate.plan
        for candidate in in_words.candidates[:_LOOKED_AT]
        if assurance.most(in_words.lattice, candidate) == 1.0
    ]
    for candidate in edited.candidates:
        if not keeps(base, candidate.plan) or assurance.most(edited.lattice, candidate) < 1.0:
            continue
        if any(alike(candidate.plan, plan) for plan in worded):
            others = [other for other in edited.candidates if other is not candidate]
            return replace(edited, text=in_words.text, candidates=[candidate, *others], agreed=True)
    return None


def _like_for_like(
    question: str, previous: Turn, index: Index, today: date, scales: Scales
) -> Understood | None:
    """The earlier question reworded, where its words still mean what was answered."""
    lattice = build_lattice(question, index, today)
    if set(references(lattice)) & {"also", "ref"}:
        return None
    text = reworded(question, previous.standalone, index, today)
    if text is None or not _still_means(previous, index, today, scales):
        return None
    found = Understood(text, *propose(text, index, today, scales.plans))
    return found if found.says_something else None


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
    best, sure = candidates[0].plan, confidence.confidence(lattice, candidates)
    if previous.sql is None:
        return best, sure
    return best, previous.sure if same(previous.sql, best, index) else min(sure, _OTHERWISE)
