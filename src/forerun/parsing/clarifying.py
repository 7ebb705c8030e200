"""What to ask back: about a word nobody knows, or about the first thing two readings differ in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from forerun.catalog import words
from forerun.domain import Clarification
from forerun.parsing.differing import difference
from forerun.parsing.foremost import is_by_anything
from forerun.parsing.index import Index
from forerun.parsing.inflection import relates
from forerun.parsing.mentions import Lattice
from forerun.parsing.naming import synonyms
from forerun.parsing.phrasing import listed, phrases
from forerun.parsing.plans import During, Plan
from forerun.parsing.ranking import Candidate
from forerun.parsing.reading import field_words, table_words
from forerun.parsing.schema import Entity, Field, Stored
from forerun.parsing.shortfalls import restricts
from forerun.parsing.vetoing import ignored_by

_SIMILAR = 75.0
_MAX_CHOICES = 3


def clarify(
    question: str, lattice: Lattice, index: Index, candidates: Sequence[Candidate]
) -> Clarification | None:
    """The question to ask, or None where there is nothing to choose from.

    `candidates` come best first, no two of the same reading.
    """
    if not candidates:
        return None
    plans = [candidate.plan for candidate in candidates]
    odd = [w.word for w in lattice.unknown if not relates(w.word) or restricts(lattice, w)]
    ignored = ignored_by(lattice, candidates)
    if odd:
        return _about_words(question, (*odd, *ignored), index, plans)
    if not ignored and all(any(map(is_by_anything, c.roles.actions)) for c in candidates):
        return Clarification("The first by what?", phrases(plans))
    return _without(ignored, plans) if ignored else _about_readings(plans)


def _without(ignored: Sequence[str], plans: Sequence[Plan]) -> Clarification:
    """Whoever chooses is told what his choice leaves out."""
    words = listed([f"“{word}”" for word in ignored], "or")
    them = "it" if len(ignored) == 1 else "them"
    return Clarification(
        f"I do not know what to make of {words} here. Without {them} I would read the question"
        " like this:",
        phrases(plans),
    )


def _about_words(
    question: str, odd: Sequence[str], index: Index, plans: Sequence[Plan]
) -> Clarification:
    """`I do not know the word "salery"; did you mean salary?` The choices are whole questions, or
    else readings, which leave out all that is told.
    """
    word = odd[0]
    names = _nearest(word, index)
    if names:
        written = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
        corrected = tuple(name.join(written.split(question, maxsplit=1)) for name in names)
        return Clarification(
            f"I do not know the word “{word}”; did you mean {listed(names, 'or')}?", corrected
        )
    told = listed([f"“{each}”" for each in dict.fromkeys(odd)], "or")
    words, them = ("words", "them") if len(set(odd)) > 1 else ("word", "it")
    return Clarification(
        f"I do not know the {words} {told}. Without {them} I would read the question like this:",
        phrases(plans),
    )


_OPPOSITES = ("un", "non", "in", "im", "ir", "dis", "de")


def _is_opposite(word: str, name: str) -> bool:
    """`unpaid` is not `paid` misspelt, but what it is not; nor is `unassigned` a `signed`."""
    said, named = word.lower(), name.lower()
    if said.startswith(_OPPOSITES) and said != named and said.endswith(named):
        return True
    return any(said in (each + named, f"{each}-{named}") for each in _OPPOSITES)


def _nearest(word: str, index: Index) -> tuple[str, ...]:
    """Names of the catalog that are spelt alike or mean alike; of a name also stored values."""
    from rapidfuzz import fuzz, process  # only here: most questions need no spelling help

    known = {*index.vocabulary.values(), *map(table_words, index.entities)}
    alike = {name.lower(): name for name in sorted(known) if not _is_opposite(word, name)}
    if word[:1].isupper():
        alike |= {" ".join(key): _stored(index, key) for key in sorted(index.values)}
    close = process.extract(
        word.lower(), list(alike), scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=_MAX_CHOICES
    )
    names = (*(alike[name] for name, _, _ in close), *_meaning_alike(word, index))
    return tuple(dict.fromkeys(names))[:_MAX_CHOICES]


def _stored(index: Index, key: tuple[str, ...]) -> str:
    target = index.values[key][0].target
    return str(target.value) if isinstance(target, Stored) else " ".join(key)


def _meaning_alike(word: str, index: Index) -> Iterator[str]:
    """`head of state` for "leader": the lattice takes no synonym for a part of a name."""
    for other in synonyms().get(words.stem(word.lower()), ()):
        for link in index.names.get((other,), ()):
            if isinstance(link.target, Entity):
                yield table_words(link.target)
            elif isinstance(link.target, Field):
                yield " ".join(words.split_identifier(link.target.name))


def _about_readings(plans: Sequence[Plan]) -> Clarification:
    choices = phrases(plans)
    if len(plans) == 1:
        return Clarification(
            f"I am not sure that I understood. Did you mean: {choices[0]}?", choices
        )
    dates = [date for plan in plans if (date := _other_date(plans[0], plan)) is not None]
    if len(dates) == len(plans) > 1:
        table = table_words(dates[0].entity)
        said = listed([field_words(date, alone=True) for date in dates], "or")
        return Clarification(f"Which date of {table} do you mean: {said}?", choices)
    parting = difference(plans[0], plans[1])
    if parting is None or not _JARGON.isdisjoint(parting):
        return Clarification(
            "I can read this in more than one way. Which one do you mean?", choices
        )
    comma = "," if any(" and " in phrase for phrase in parting) else ""
    return Clarification(f"Do you mean {parting[0]}{comma} or {parting[1]}?", choices)


_JARGON = frozenset(("without another table",))
"""What says nothing to somebody who sees no tables."""


def _other_date(best: Plan, plan: Plan) -> Field | None:
    """The date that a period is of, in a plan that differs from the best in nothing else."""
    here, there = (_dated(one) for one in (best, plan))
    if here is None or there is None or here.entity is not there.entity:
        return None
    moved = tuple(
        tuple(replace(c, field=here) if isinstance(c, During) else c for c in either)
        for either in plan.where
    )
    return there if replace(plan, where=moved) == best else None


def _dated(plan: Plan) -> Field | None:
    dates = [c.field for either in plan.where for c in either if isinstance(c, During)]
    return dates[0] if len(dates) == 1 else None
