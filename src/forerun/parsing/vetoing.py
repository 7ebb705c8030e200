"""What no answer may leave out, whatever its score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from forerun.domain import Kind as ColumnKind
from forerun.parsing import cues, lexicon, windows
from forerun.parsing.actions import Action
from forerun.parsing.counting import is_counted_with
from forerun.parsing.inflection import is_verb, relates
from forerun.parsing.kinds import names_one_row
from forerun.parsing.mentions import (
    Kind,
    Lattice,
    Mention,
    asks_for_values,
    goes_on_for_each,
    is_for_each,
)
from forerun.parsing.moments import untold
from forerun.parsing.plans import Compare, During, OfForemost, Plan, Term
from forerun.parsing.predicating import ends_a_clause, predicate_at
from forerun.parsing.ranking import Candidate
from forerun.parsing.references import points_back
from forerun.parsing.schema import Field, Meaning, Stored
from forerun.parsing.senseless import senseless
from forerun.parsing.shortfalls import shortfalls
from forerun.parsing.unmet import negates

_MAX_UNKNOWN = 2
_BINDING = (
    "avg", "comparison", "each", "extreme", "missing", "not", "or", "order", "pattern", "without",
    *windows.ASKED,
)  # fmt: skip
"""What was asked for in so many words."""
_ASKED = {
    "avg": "an average",
    "both": "two things at once",
    "comparison": "a comparison, like “more than”",
    "count": "a count",
    "distinct": "each value once",
    "each": "one line for each of something",
    "extreme": "the most or the least of something",
    "known": "what is known",
    "max": "the highest",
    "min": "the lowest",
    "missing": "what is unknown",
    "not": "a negation",
    "or": "one thing or another",
    "often": "the most frequent",
    "seldom": "the least frequent",
    "tally": "a count",
    "order": "an order",
    "pattern": "a part of a text, like “starts with”",
    "sum": "a total",
    "share": "a share",
    "running": "a running total",
    "change": "a change over time",
    "growth": "a growth over time",
    "ratio": "a ratio",
    "rolling": "a moving average over so many periods",
    "zeros": "those that have none",
    "top-of-each": "the first few of each",
    "without": "what is missing",
}


@dataclass(frozen=True, slots=True)
class Veto:
    """Why a plan must not be answered."""

    name: str
    words: str


@lru_cache(maxsize=64)
def vetoed(lattice: Lattice, candidate: Candidate) -> bool:
    """True when the plan leaves out what no answer may leave out."""
    return any(True for _ in _vetoes(lattice, candidate))


def vetoes(lattice: Lattice, candidate: Candidate) -> tuple[Veto, ...]:
    """Everything that the plan must not leave out, and does."""
    return tuple(dict.fromkeys(_vetoes(lattice, candidate)))


def left_out(lattice: Lattice, candidate: Candidate) -> Iterator[str]:
    """Words that no answer may leave out, and that the plan does not take up."""
    for action in candidate.roles.actions:
        mention = action.mention
        if action.role == "skip":
            left_out = _may_not_be_left_out(mention) or _is_predicated(mention, lattice)
        else:
            left_out = action.role == "show" and _says_which_rows(mention)
        if left_out:
            yield mention.text


def ignored_by(lattice: Lattice, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Of these words those that none of the readings takes up, each once."""
    lost = [frozenset(left_out(lattice, candidate)) for candidate in candidates]
    said = dict.fromkeys(mention.text for mention in lattice.mentions)
    return tuple(words for words in said if lost and all(words in each for each in lost))


def unmet(candidate: Candidate) -> tuple[str, ...]:
    """What was asked for in so many words and is not in the plan, but is no veto, in words."""
    cues = [f.removeprefix("unmet|") for f in candidate.features if f.startswith("unmet|")]
    return tuple(_unmet_words(cue) for cue in dict.fromkeys(cues) if cue not in _BINDING)


def _vetoes(lattice: Lattice, candidate: Candidate) -> Iterator[Veto]:
    for words in left_out(lattice, candidate):
        yield Veto("left-out", f"“{words}” plays no part in this reading.")
    yield from _unknown(lattice)
    if not candidate.is_edit and points_back(lattice):
        yield Veto("points-back", "The question speaks of something said before.")
    if lattice.tags & {"asc", "desc"} and not candidate.plan.order:
        yield Veto("unmet-order", _unmet_words("order"))
    yield from _nobody(lattice, candidate.plan)
    yield from (Veto(name, words) for name, words in shortfalls(lattice, candidate))
    yield from (Veto(name, words) for name, words in untold(lattice, candidate.plan))
    yield from (Veto(name, words) for name, words in senseless(lattice, candidate.plan))
    yield from _counted(lattice, candidate)
    yield from _compared(lattice, candidate)
    if _denies_by_what_is_known(lattice, candidate.plan):
        yield Veto("unmet-not", _unmet_words("not"))
    if _leaves_a_superlative_out(candidate):
        yield Veto("unmet-extreme", _unmet_words("extreme"))
    features = frozenset(candidate.features)
    for cue in _BINDING:
        if f"unmet|{cue}" not in features:
            continue
        if cue != "each" or not _needs_no_groups(lattice, candidate.plan):
            yield Veto(f"unmet-{cue}", _unmet_words(cue))


def _nobody(lattice: Lattice, plan: Plan) -> Iterator[Veto]:
    """Who is asked for, and not told."""
    if lattice.opener == "who" and _names_nobody(plan):
        yield Veto("who", "The question asks who; this reading gives only figures.")
    asked = any(token.lower in _WHO for token in lattice.tokens[:1])
    if asked and all(map(_is_somebodys_row, plan.select)):
        yield Veto("who-owns", "The question asks who; this reading gives rows that are theirs.")


def _names_nobody(plan: Plan) -> bool:
    """Figures and days: what rows are ranked by is no name, though a number may be."""
    ranks = {order.term.field for order in plan.order}
    return all(
        term.aggregate
        or (term.field is not None and (term.field.meaning in _NOBODY or term.field in ranks))
        for term in plan.select
    )


_NOBODY = (Meaning.DATE, Meaning.YEAR)
_WHO = frozenset(("who", "whose"))


def _is_somebodys_row(term: Term) -> bool:
    """The number of an order, which refers to whoever placed it and has no name of its own."""
    keys = [item for item in term.entity.fields if item.meaning is Meaning.KEY]
    own = term.entity.primary
    nameless = term.field in own and term.entity.display == own
    return nameless and not term.aggregate and any(key not in own for key in keys)


def _needs_no_groups(lattice: Lattice, plan: Plan) -> bool:
    """`the name of each singer` is a row each, `the average age for all students` one figure."""
    lowers = [token.lower for token in lattice.tokens]
    if _EACH_WORDS.isdisjoint(lowers):
        return speaks_of_all(lattice)
    if any(_is_said_per(mention, lattice) for mention in lattice.mentions):
        return False
    one = plan.limit is not None or plan.window is not None
    once = plan.distinct and "distinct" not in lattice.tags
    if one or once or not _FIGURES.isdisjoint(lowers):
        return False
    measured = any(term.aggregate for term in plan.select)
    return not measured and lattice.tags.isdisjoint((*cues.AGGREGATES, "count", "tally", "share"))


def _is_said_per(mention: Mention, lattice: Lattice) -> bool:
    """`price per category`: a list of prices says nothing of categories."""
    near = lattice.tokens[max(mention.start - 1, 0) : mention.start]
    return "each" in mention.left and any(token.lower == "per" for token in near)


def speaks_of_all(lattice: Lattice) -> bool:
    """`for all students`: of each of them, or of all together."""
    return not _OF_ALL.isdisjoint(pairwise(token.lower for token in lattice.tokens))


_EACH_WORDS = frozenset(("each", "every", "per", "by"))
_OF_ALL = frozenset((("for", "all"), ("across", "all")))
_FIGURES = frozenset(
    ("number", "numbers", "amount", "total", "average", "minimum", "maximum", "highest", "lowest",
     "latest", "earliest")
)  # fmt: skip
"""Words that ask for one figure for each, although they may be part of a column's name."""


def _denies_by_what_is_known(lattice: Lattice, plan: Plan) -> bool:
    """`not returned per month`: that the date is known denies nothing, though SQL says NOT."""
    if "not" not in lattice.tags or not lattice.tags.isdisjoint(("missing", "known")):
        return False
    rest = [e for e in plan.where if not (isinstance(e[0], Compare) and e[0].op == "not null")]
    return len(rest) < len(plan.where) and not negates(replace(plan, where=tuple(rest)))


def _leaves_a_superlative_out(candidate: Candidate) -> bool:
    """`the latest hired employee` is not every one that was hired."""
    plan = candidate.plan
    ranked = plan.order or plan.window or any(isinstance(c, OfForemost) for c in plan.conditions)
    if ranked or any(term.aggregate in ("max", "min") for term in plan.select):
        return False
    skipped = (a.mention.adjective for a in candidate.roles.actions if a.role == "skip")
    return any(adjective and adjective.degree == "superlative" for adjective in skipped)


def _leaves_a_direction_out(action: Action) -> bool:
    """`shorter than the average duration` is not more than that."""
    said = action.mention.adjective if action.role == "skip" else None
    if said is None or said.degree != "comparative":
        return False
    return not all(more for _, more in said.hints)


def _counted(lattice: Lattice, candidate: Candidate) -> Iterator[Veto]:
    """Numbers that are known beforehand, or are of one thing where two were asked for."""
    plan = candidate.plan
    if plan.undecided:
        yield Veto("of-which-table", "Rows of more than one table are meant, or may be.")
    if not asks_for_values(lattice) and any(map(_counts_a_flag, plan.select)):
        yield Veto("counts-yes-and-no", "A column that says yes or no has two values at most.")
    told = [action.column for action in candidate.roles.actions if action.role == "tally"]
    if any(
        plan.select == (Term(None, item.entity, "count"),) and names_one_row(item) for item in told
    ):
        yield Veto("known-number", "How many have that very name is known beforehand.")
    if len(plan.select) == 1 and not plan.group and any(map(_is_counted_too, lattice.mentions)):
        yield Veto("two-counts", _TWO_COUNTS)
    grouped = {term.field for term in plan.group} if lattice.tags.isdisjoint(cues.EACH) else set()
    with_another = (
        link.target for m in filter(is_counted_with, lattice.mentions) for link in m.links
    )
    if not grouped.isdisjoint(with_another):
        yield Veto("two-counts", _TWO_COUNTS)


_TWO_COUNTS = "The question asks for two numbers; this reading gives one."


def _is_counted_too(mention: Mention) -> bool:
    """`how many open orders and how many cancelled`."""
    before = mention.before
    while before is not None and "count" not in before.left:
        before = before.before
    return before is not None and {"and", "count"} <= set(mention.left)


def _counts_a_flag(term: Term) -> bool:
    item = term.field
    if item is None or term.aggregate != "count" or term.part is not None:
        return False
    return item.flags is not None or item.column.kind is ColumnKind.BOOLEAN


def _compared(lattice: Lattice, candidate: Candidate) -> Iterator[Veto]:
    """`more orders than last year`, `above the average of their store`: no plan compares with
    another figure of the same row.
    """
    turned = any(map(_leaves_a_direction_out, candidate.roles.actions))
    if turned or ("than" in lattice.tags and not _compares(candidate.plan)):
        yield Veto("unmet-comparison", _unmet_words("comparison"))
    for mention in lattice.mentions:
        near = lattice.tokens[mention.end : mention.end + _NEAR]
        if mention.kind is Kind.AVERAGE and any(token.lower in _OWN for token in near):
            yield Veto(
                "own-average", f"“{mention.text}” is that of some rows, other ones for each."
            )


_OWN = frozenset(("their", "its", "his", "her", "own", "same"))
_NEAR = 3


def _compares(plan: Plan) -> bool:
    if plan.having or plan.window is not None:
        return True
    conditions = tuple(plan.conditions)
    beside = any(not isinstance(c, Compare | During) for c in conditions)
    return beside or any(isinstance(c, Compare) and c.op in _COMPARING for c in conditions)


_COMPARING = frozenset((*cues.COMPARATORS, "between", "!=")) - {"="}


def _may_not_be_left_out(mention: Mention) -> bool:
    """Literals, adjectives that measure, nouns that only the lexicon knew, a "share" that some
    column is called too, the "by month" of a question that speaks of years besides, either of two
    years side by side, and the "than any".
    """
    each = is_for_each(mention) or goes_on_for_each(mention)
    by_unit = mention.kind is Kind.UNIT and (each or bool(mention.op))
    told = mention.is_literal or mention.kind is Kind.AVERAGE or mention.is_stored
    told |= mention.adjective is not None and mention.adjective.degree == "plain"
    told |= _says_which_rows(mention)
    return told or by_unit or _is_odd(mention) or cues.is_window(mention.text)


def _says_which_rows(mention: Mention) -> bool:
    """`remote checks`, `color laser printers`: a yes or no right before the rows that it is said
    of, or before what else is said of them.
    """
    fields = (link.target for link in mention.links if isinstance(link.target, Field))
    flags = {item.entity for item in fields if item.flags is not None}
    here, after = mention, mention.after
    while flags and after is not None and after.start == here.end:
        if any(link.target in flags for link in after.links):
            return True
        if not any(isinstance(link.target, Stored) for link in after.links):
            return False
        here, after = after, after.after
    return False


def _is_predicated(mention: Mention, lattice: Lattice) -> bool:
    """`which have expired`, `are rented`: without it, all of them would do."""
    said = predicate_at(lattice.tokens, mention.start)
    if said is None or said.end != mention.end or not said.is_said_after:
        return False
    return ends_a_clause(lattice.tokens, said.end)


def _is_odd(mention: Mention) -> bool:
    """A noun that only the lexicon knew: left out, it is an unknown word as before."""
    far = all(link.quality in (lexicon.SAME, lexicon.NEAR) for link in mention.links)
    return bool(mention.links) and far and not is_verb(mention.text)


def _unknown(lattice: Lattice) -> Iterator[Veto]:
    """A verb more or less says little; a name, even one like Spalding, or a noun says something."""
    many = len(lattice.unknown) > _MAX_UNKNOWN
    for unknown in lattice.unknown:
        if unknown.word[:1].isupper() and unknown.position > 0:
            words = f"“{unknown.word}” looks like a name that the data does not hold."
            yield Veto("unknown-name", words)
        elif many or not relates(unknown.word):
            yield Veto("unknown-word", f"I do not know the word “{unknown.word}”.")


def _unmet_words(cue: str) -> str:
    return f"The question asks for {_ASKED.get(cue, cue)}; this reading has nothing of the kind."
