"""Question and catalog in, ranked drafts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from forerun.catalog.derived import Derived
from forerun.domain import Catalog, Clarification, Draft, Origin
from forerun.parsing import index as indexing
from forerun.parsing import ranking
from forerun.parsing.clarifying import clarify
from forerun.parsing.confidence import confidence
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice
from forerun.parsing.plans import Plan
from forerun.parsing.proposing import propose
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import reading
from forerun.parsing.references import points_back

_MAX_DRAFTS = 3
_MAX_TOKENS = 120
_POINTS_NOWHERE = 0.2
_indexes = Derived(indexing.build)

Sure: TypeAlias = Callable[[Lattice, Sequence[Candidate], int], float]
"""The probability that a candidate, named by its rank, is right."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the parser made of a question."""

    drafts: tuple[Draft, ...] = ()
    """Best first; `Draft.confidence` is the calibrated probability of being right."""
    clarification: Clarification | None = None
    """What to ask back when the best draft is not sure enough to be answered."""
    unknown: tuple[str, ...] = ()
    """Words of the question that nothing in the catalog or the grammar explains."""
    joins: int | None = None
    """How many joins the best draft needs; None where there is no draft."""
    standalone: str | None = None
    """The best draft in words that need no conversation; None where the question's own do not."""


def parse(question: str, catalog: Catalog, now: datetime) -> Parsed:
    """Read `question` against `catalog`; `now` is what "today" means. Never raises for any text.

    A few milliseconds, of which the first question to a catalog spends some on its index.
    """
    return read(question, indexed(catalog), now.date())


def read(question: str, index: Index, today: date) -> Parsed:
    """The same against an index."""
    if is_too_long(question):
        return Parsed()
    lattice, candidates = propose(question, index, today, ranking.weights())
    if not _is_about_the_data(lattice, candidates):
        return Parsed(unknown=unknown_words(lattice))
    return tell(question, lattice, candidates, index, alone_sure)


def tell(
    question: str, lattice: Lattice, candidates: list[Candidate], index: Index, sure: Sure
) -> Parsed:
    """Candidates, of which there is at least one, as drafts and a question back."""
    return Parsed(
        _drafts(lattice, candidates, index, sure),
        clarify(question, lattice, index, candidates),
        unknown_words(lattice),
        _joins(candidates[0].plan),
    )


def is_too_long(question: str) -> bool:
    return len(question.split()) > _MAX_TOKENS


def unknown_words(lattice: Lattice) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.word for word in lattice.unknown))


def alone_sure(lattice: Lattice, candidates: Sequence[Candidate], rank: int) -> float:
    """What speaks of something said before is not understood without it."""
    found = confidence(lattice, candidates, rank)
    return min(found, _POINTS_NOWHERE) if points_back(lattice) else found


def indexed(catalog: Catalog) -> Index:
    """The index of `catalog`, kept for the catalogs last asked about."""
    return _indexes.of(catalog)


def _is_about_the_data(lattice: Lattice, candidates: list[Candidate]) -> bool:
    """False where more words are foreign than known: that question is about something else."""
    named = sum(bool(mention.links) for mention in lattice.mentions)
    return bool(candidates) and named > 0 and len(lattice.unknown) <= 2 * named


def _joins(plan: Plan) -> int:
    """Looking up whether a row has a partner is a join too."""
    return len(plan.tree.edges) + sum(1 + len(semi.tree.edges) for semi in plan.semis)


def _drafts(
    lattice: Lattice, candidates: list[Candidate], index: Index, sure_of: Sure
) -> tuple[Draft, ...]:
    from forerun.parsing import emission  # sqlglot is not needed to abstain

    drafts: list[Draft] = []
    for rank, candidate in enumerate(candidates[:_MAX_DRAFTS]):
        sure = sure_of(lattice, candidates, rank)
        if drafts:
            sure = min(sure, drafts[-1].confidence, 1.0 - drafts[0].confidence)
        text = emission.sql(candidate.plan, index.dialect)
        drafts.append(Draft(text, Origin.PARSER, round(sure, 3), reading(candidate.plan)))
    return tuple(drafts)
