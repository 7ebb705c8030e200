"""Question and catalog in, ranked drafts out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import TypeAlias

from forerun.catalog.derived import Derived
from forerun.catalog.words import normalised
from forerun.domain import Catalog, Clarification, Draft, Origin
from forerun.parsing import index as indexing
from forerun.parsing import ranking
from forerun.parsing.changing import asks_for_a_change
from forerun.parsing.clarifying import clarify
from forerun.parsing.confidence import confidence
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.offering import offered
from forerun.parsing.phrasing import phrases
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import reading

MAX_DRAFTS = 3
MAX_TOKENS = 120
_GOLDEN = 0.999
"""The team wrote the query for that very question; nobody is quite sure."""
_indexes = Derived(indexing.build)

Sure: TypeAlias = Callable[[Lattice, Sequence[Candidate], int], float]
"""The probability that a candidate, named by its rank, is right."""


@dataclass(frozen=True, slots=True)
class Considered:
    """All that a question may mean, for who wants to look at more than the drafts."""

    question: str
    lattice: Lattice
    candidates: Sequence[Candidate]
    index: Index


@dataclass(frozen=True)
class Readings:
    """The best of all that a question may mean, of which there is at least one.

    They are put into SQL and words when they are looked at: whoever is answered needs only one.
    """

    considered: Considered
    sure_of: Sure

    @cached_property
    def best(self) -> Draft:
        return self._drafted((0,))[0]

    @cached_property
    def drafts(self) -> tuple[Draft, ...]:
        """Best first, no two that read the same."""
        return self._drafted(self._ranks, (self.best,))

    @cached_property
    def clarification(self) -> Clarification | None:
        """What to ask back, with a draft for each choice where the choices are readings."""
        it, choices = self.considered, offered(self.considered.lattice, self.considered.candidates)
        some = [it.candidates[rank] for rank in choices]
        asked = clarify(it.question, it.lattice, it.index, some)
        if asked is None or asked.choices != phrases([candidate.plan for candidate in some]):
            return asked
        both = tuple(dict.fromkeys((*self._ranks, *choices)))
        drafts = dict(zip(both, self._drafted(both, self.drafts), strict=True))
        return replace(asked, drafts=tuple(drafts[rank] for rank in choices))

    @cached_property
    def _ranks(self) -> tuple[int, ...]:
        return readable(self.considered.candidates)

    def _drafted(self, ranks: Sequence[int], before: Sequence[Draft] = ()) -> tuple[Draft, ...]:
        it = self.considered
        return draft(it.lattice, it.candidates, ranks, it.index, self.sure_of, before)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the parser made of a question."""

    best: Draft | None = None
    """`Draft.confidence` is the calibrated probability of being right."""
    unknown: tuple[str, ...] = ()
    """Words of the question that nothing in the catalog or the grammar explains."""
    joins: int | None = None
    """How many joins the best draft needs; None where there is no draft."""
    considered: Considered | None = field(default=None, compare=False, repr=False)
    standalone: str | None = None
    """The best draft in words that need no conversation; None where the question's own do not."""
    refusal: str | None = None
    """Why it is not answered, where it is no question."""
    readings: Readings | None = field(default=None, compare=False, repr=False)

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The best and what else is likely, best first."""
        if self.readings is not None:
            return self.readings.drafts
        return () if self.best is None else (self.best,)

    @property
    def clarification(self) -> Clarification | None:
        """What to ask back when the best draft is not sure enough to be answered."""
        return None if self.readings is None else self.readings.clarification


def parse(question: str, catalog: Catalog, now: datetime) -> Parsed:
    """Read `question` against `catalog`; `now` is what "today" means. Never raises for any text.

    Some 20 ms; the first question to a catalog spends more on its index.
    """
    return read(question, indexed(catalog), now.date())


@lru_cache(maxsize=16)
def read(question: str, index: Index, today: date) -> Parsed:
    """The same against an index. Remembered, since one question is first looked for among those
    that were answered, and then put into SQL."""
    known = remembered(question, index)
    if known is not None:
        return known
    if is_too_long(question):
        return Parsed()
    if (verb := asks_for_a_change(question, index)) is not None:
        return only_reads(verb)
    lattice, candidates = propose(question, index, today, weights_for(index))
    if not is_about_the_data(lattice, candidates):
        return Parsed(unknown=unknown_words(lattice))
    return told(Considered(question, lattice, candidates, index))


def remembered(question: str, index: Index) -> Parsed | None:
    """The query that the team wrote for that very question, if there is one."""
    golden = index.lessons.answers.get(normalised(question))
    if golden is None:
        return None
    reading_ = f"golden query “{golden.query.question}”"
    draft_ = Draft(golden.query.sql, Origin.MEMORY, _GOLDEN, reading_)
    return Parsed(draft_, joins=golden.joins)


def told(considered: Considered, sure_of: Sure = confidence) -> Parsed:
    """The best readings, of which there is at least one, as drafts and a question back."""
    lattice, candidates = considered.lattice, considered.candidates
    readings = Readings(considered, sure_of)
    unknown, joins = unknown_words(lattice), _joins(candidates[0].plan)
    return Parsed(readings.best, unknown, joins, considered, readings=readings)


def only_reads(verb: str) -> Parsed:
    """What is said to whoever wants something changed."""
    return Parsed(
        refusal=f"Forerun only reads, and “{verb}” asks for a change: nothing was changed."
    )


def is_too_long(question: str) -> bool:
    """Nobody reads that much as one question."""
    return len(question.split()) > MAX_TOKENS


def unknown_words(lattice: Lattice) -> tuple[str, ...]:
    """Words that nothing explains, each once."""
    return tuple(dict.fromkeys(word.word for word in lattice.unknown))


def weights_for(index: Index) -> Mapping[str, float]:
    """The fitted weights, with what golden queries taught of this database."""
    taught = index.lessons.weights
    return {**ranking.weights(), **taught} if taught else ranking.weights()


def indexed(catalog: Catalog) -> Index:
    """The index of `catalog`, kept for the catalogs last asked about."""
    return _indexes.of(catalog)


def is_about_the_data(lattice: Lattice, candidates: Sequence[Candidate]) -> bool:
    """False where more words are foreign than known: that question is about something else."""
    named = sum(bool(mention.links) for mention in lattice.mentions)
    return bool(candidates) and named > 0 and len(lattice.unknown) <= 2 * named


def _joins(plan: Plan) -> int:
    """Looking up whether a row has a partner is a join too."""
    return len(plan.tree.edges) + sum(1 + len(semi.tree.edges) for semi in plan.partners)


def readable(candidates: Sequence[Candidate]) -> tuple[int, ...]:
    """Ranks of the best candidates of which no two read the same."""
    found: dict[str, int] = {}
    for rank, candidate in enumerate(candidates):
        found.setdefault(reading(candidate.plan), rank)
        if len(found) == MAX_DRAFTS:
            break
    return tuple(found.values())


def draft(
    lattice: Lattice,
    candidates: Sequence[Candidate],
    ranks: Sequence[int],
    index: Index,
    sure_of: Sure = confidence,
    before: Sequence[Draft] = (),
) -> tuple[Draft, ...]:
    """The candidates of these ranks as SQL, each with its probability and its reading; `before`
    are the first of them, where these are known.
    """
    from forerun.parsing import emission  # sqlglot is not needed to abstain

    drafts = list(before)
    for rank in ranks[len(before) :]:
        sure = sure_of(lattice, candidates, rank)
        if drafts:
            sure = min(sure, drafts[-1].confidence, 1.0 - drafts[0].confidence)
        plan = candidates[rank].plan
        text = emission.sql(plan, index.dialect)
        drafts.append(Draft(text, Origin.PARSER, round(sure, 3), reading(plan)))
    return tuple(drafts)
