"""What to ask back: about a word nobody knows, or about the first thing two readings differ in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forerun.catalog import words
from forerun.domain import Clarification
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice, is_verb
from forerun.parsing.plans import Plan, Term
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import field_words, reading, table_words
from forerun.parsing.schema import Field

_SIMILAR = 75.0
_MAX_CHOICES = 3


def clarify(
    question: str, lattice: Lattice, index: Index, candidates: Sequence[Candidate]
) -> Clarification | None:
    """The question to ask, or None where there is nothing to choose from."""
    if not candidates:
        return None
    plans = [candidate.plan for candidate in candidates[:_MAX_CHOICES]]
    odd = [word.word for word in lattice.unknown if not is_verb(word.word)]
    return _about_word(question, odd[0], index, plans) if odd else _about_readings(plans)


def _about_word(question: str, word: str, index: Index, plans: list[Plan]) -> Clarification:
    """`I do not know the word "salery"; did you mean salary?` The choices are whole questions."""
    from rapidfuzz import fuzz, process  # only here: most questions need no spelling help

    known = sorted({*index.vocabulary.values(), *(table_words(e) for e in index.entities)})
    close = process.extract(
        word.lower(), known, scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=_MAX_CHOICES
    )
    names = tuple(name for name, _, _ in close)
    if names:
        written = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
        corrected = tuple(name.join(written.split(question, maxsplit=1)) for name in names)
        return Clarification(
            f"I do not know the word “{word}”; did you mean {_listed(names)}?", corrected
        )
    return Clarification(
        f"I do not know the word “{word}”. Without it I would read the question like this:",
        tuple(dict.fromkeys(map(reading, plans))),
    )


def _about_readings(plans: list[Plan]) -> Clarification | None:
    readings = tuple(dict.fromkeys(map(reading, plans)))
    if len(readings) == 1:
        return Clarification(
            f"I am not sure that I understood. Did you mean: {readings[0]}?", readings
        )
    if len(plans) > 1:
        difference = _difference(plans[0], plans[1])
        if difference:
            return Clarification(f"Do you mean {_listed(difference)}?", readings)
    return Clarification("I can read this in more than one way. Which one do you mean?", readings)


def _difference(one: Plan, other: Plan) -> tuple[str, ...]:
    """The first column or table in which two plans part, in words."""
    pairs = [
        *zip(one.select, other.select, strict=False),
        *zip(one.group, other.group, strict=False),
        *((a.term, b.term) for a, b in zip(one.order, other.order, strict=False)),
    ]
    for mine, theirs in pairs:
        if mine != theirs:
            names = (_words(mine), _words(theirs))
            return names if names[0] != names[1] else ()
    conditions = zip(one.conditions, other.conditions, strict=False)
    for here, there in conditions:
        if here.field is not there.field:
            return (field_words(here.field), field_words(there.field))
    return ()


def _words(term: Term) -> str:
    if term.field is None:
        return f"the number of {table_words(term.entity)}"
    name = _qualified(term.field)
    kinds = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest"}
    if term.aggregate == "count":
        return f"the number of different {name}"
    if term.field.metric is not None:
        return f"the {name}"
    return f"the {kinds[term.aggregate]} {name}" if term.aggregate else name


def _qualified(item: Field) -> str:
    name = " ".join(words.split_identifier(item.name)) or item.name
    table = table_words(item.entity)
    return name if name.startswith(table) else f"{name} of {table}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
