"""Persons of the same last name: Dr. Nowak is a vet, an owner, or one of two vets.

Full names are stored in one column or in two, so that a last name alone may be the whole value
of one column and the end of a value of another. Whoever is not told apart is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from forerun.catalog import words
from forerun.parsing.calling import value_words, without_titles
from forerun.parsing.index import Index
from forerun.parsing.mentions import Lattice, Mention
from forerun.parsing.plans import Compare, Plan
from forerun.parsing.schema import Link, Meaning, Stored
from forerun.parsing.tokens import Sort, Token

Found: TypeAlias = tuple[int, int, tuple[Link, ...]]
"""First token, the one after the last, and who may be meant."""
_LAST = frozenset(words.stems("last surname lastname family"))
_FULL_NAME = ("ann", "lee")


def by_last_name(tokens: tuple[Token, ...], index: Index) -> Iterator[Found]:
    """`Dr. Nowak`, and `Nowak` where a column of last names holds just that."""
    for at, token in enumerate(tokens):
        if not at or token.sort is not Sort.WORD or not token.text[:1].isupper():
            continue
        name = value_words(token.text)
        ends = index.last_names.get(name[0], ()) if len(name) == 1 else ()
        title = tokens[at - 1].lower if _is_title(tokens[at - 1].lower) else ""
        if not ends or (title, *name) in index.values:
            continue
        alike = index.values.get(name, [])
        alone = [link for link in alike if _is_of_last_names(link)]
        told = {_stored(link).field.entity for link in alone}  # by the last name already
        meant = [link for link in ends if _stored(link).field.entity not in told]
        if title and (meant := [link for link in meant if _may_be(link, title)]):
            yield at - 1, at + 1, (*alone, *meant)
        elif alone and meant and not title:
            yield at, at + 1, (*alike, *meant)


def shortfalls(lattice: Lattice, plan: Plan) -> Iterator[tuple[str, str]]:
    """Where more than one is called so, and the question does not say of which table."""
    for mention in lattice.mentions:
        called = _called(mention)
        named = [value for value in called if value.field.entity in lattice.entities] or called
        if called and (len(named) > 1 or not _is_met(named[0], plan)):
            yield "namesakes", f"“{mention.text}” may be more than one."


def _is_name(link: Link) -> bool:
    return isinstance(link.target, Stored) and link.target.field.meaning is Meaning.NAME


def _is_of_last_names(link: Link) -> bool:
    return _is_name(link) and not _LAST.isdisjoint(_stored(link).field.stems)


def _is_title(word: str) -> bool:
    return without_titles((word, *_FULL_NAME)) == _FULL_NAME


def _may_be(link: Link, title: str) -> bool:
    """Not where another title is stored."""
    titles = [word for word in value_words(str(_stored(link).value)) if _is_title(word)]
    return not titles or title in titles


def _stored(link: Link) -> Stored:
    if not isinstance(link.target, Stored):
        raise TypeError(f"{link.target!r} is no stored value")
    return link.target


def _called(mention: Mention) -> list[Stored]:
    """Everyone who may be meant where no more than a last name was said, of anyone at all."""
    said = [word for word in value_words(mention.text) if not _is_title(word)]
    stored = [link.target for link in mention.links if isinstance(link.target, Stored)]
    if len(said) != 1:
        return []
    names = [without_titles(value_words(str(value.value))) for value in stored]
    short = any(len(name) > 1 and name[-1] == said[0] for name in names)
    return stored if short else []


def _is_met(value: Stored, plan: Plan) -> bool:
    return any(
        isinstance(c, Compare) and c.field is value.field and value.value in c.values
        for c in plan.conditions
    )
