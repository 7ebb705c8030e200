"""Question and catalog in, ranked drafts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from forerun.catalog.derived import Derived
from forerun.catalog.words import normalised
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

MAX_DRAFTS = 3
MAX_TOKENS = 120
_GOLDEN = 0.999
"""The team wrote the query for that very question; nobody is quite sure."""
_indexes = Derived(indexing.build)


@dataclass(frozen=True, slots=True)
class Considered:
    """All that a question may mean, for who wants to look at more than the drafts."""

    question: str
    lattice: Lattice
    candidates: Sequence[Candidate]
    index: Index


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
    considered: Considered | None = field(default=None, compare=False, repr=False)


def parse(question: str, catalog: Catalog, now: datetime) -> Parsed:
    """Read `question` against `catalog`; `now` is what "today" means. Never raises for any text.

    A few milliseconds, of which the first question to a catalog spends some on its index.
    """
    index = indexed(catalog)
    golden = index.lessons.answers.get(normalised(question))
    if golden is not None:
        reading_ = f"golden query “{golden.query.question}”"
        remembered = Draft(golden.query.sql, Origin.MEMORY, _GOLDEN, reading_)
        return Parsed((remembered,), joins=golden.joins)
    words = question.split()
    if len(words) > MAX_TOKENS:
        return Parsed()
    lattice, candidates = propose(question, index, now.date(), weights_for(index))
    if not is_about_the_data(lattice, candidates):
        return Parsed(unknown=_unknown(lattice))
    return told(Considered(question, lattice, candidates, index))


def told(considered: Considered, sure: float | None = None) -> Parsed:
    """The best readings as drafts; `sure` is what is known of the first beyond its confidence."""
    lattice, candidates, index = considered.lattice, considered.candidates, considered.index
    ranks = readable(candidates)
    drafts = draft(lattice, candidates, ranks, index, sure)
    plans = [candidates[rank].plan for rank in ranks]
    asked = clarify(considered.question, lattice, index, plans)
    joins = _joins(candidates[0].plan)
    asked = asked and _with_drafts(asked, drafts)
    return Parsed(drafts, asked, _unknown(lattice), joins, considered)


def _unknown(lattice: Lattice) -> tuple[str, ...]:
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
    ranks: Iterable[int],
    index: Index,
    first: float | None = None,
) -> tuple[Draft, ...]:
    """The candidates of these ranks as SQL, each with its probability and its reading."""
    from forerun.parsing import emission  # sqlglot is not needed to abstain

    drafts: list[Draft] = []
    for rank in ranks:
        known = None if drafts else first
        sure = confidence(lattice, candidates, rank) if known is None else known
        if drafts:
            sure = min(sure, drafts[-1].confidence, 1.0 - drafts[0].confidence)
        plan = candidates[rank].plan
        text = emission.sql(plan, index.dialect)
        drafts.append(Draft(text, Origin.PARSER, round(sure, 3), reading(plan)))
    return tuple(drafts)


def _with_drafts(asked: Clarification, drafts: tuple[Draft, ...]) -> Clarification:
    """The same, each choice that is a reading with the query that it stands for."""
    chosen = tuple(draft for draft in drafts if draft.reading in asked.choices)
    return replace(asked, drafts=chosen) if len(chosen) == len(asked.choices) else asked
