"""Stored texts that words of a question are, however they are spelt."""

from __future__ import annotations

from dataclasses import replace

from forerun.catalog.words import singular
from forerun.parsing import demonyms
from forerun.parsing.calling import spelt, value_words, without_titles
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_verb
from forerun.parsing.predicating import ends_a_clause
from forerun.parsing.schema import Entity, Link, Meaning, Stored
from forerun.parsing.tokens import Token
from forerun.parsing.yielding import follows_being, is_function_word, says_how_things_are


def stored_texts(question: tuple[Token, ...], start: int, end: int, index: Index) -> list[Link]:
    """The stored texts that the tokens from `start` to `end` of a question may be."""
    tokens = question[start:end]
    text = " ".join(token.text for token in tokens)
    key = value_words(text)
    small = len(tokens) == 1 and is_function_word(tokens[0])
    if small and text.islower():
        return [
            link for link in index.values.get(key, []) if _is_state(link, question, start, index)
        ]
    if small or len(text) == 1:
        links = index.values.get(key, []) if start else []
        links = [link for link in links if _spelt(link, text)]
        return links or (demonyms.links(question, start, end, index.values) if small else [])
    found = as_spelt(index.values.get(key, []), text) or _of_bare_name(key, index)
    if not found and key in _SEXES:
        others = (index.values.get(other, []) for other in _SEXES[key])
        found = [link for some in others for link in some if _tells_sex(link)]
    found = found or demonyms.links(question, start, end, index.values)
    if not found and len(key) > 1:  # NorthCarolina
        found = index.values.get(("".join(key),), [])
    if not found and len(text) > 3:
        found = [replace(link, quality="value-stem") for link in _of_one(text, key, index)]
    return found or _of_its_verb(question, start, end, index)


def _of_one(text: str, key: tuple[str, ...], index: Index) -> list[Link]:
    """`supermarkets` are stored as "supermarket", `comedies` as "comedy"."""
    one = (*key[:-1], singular(key[-1])) if key else key
    links = index.values.get(one, []) if one != key else []
    if not links and text.lower().endswith("s"):
        links = index.values.get(value_words(text[:-1]), [])
    return links


def _of_its_verb(question: tuple[Token, ...], start: int, end: int, index: Index) -> list[Link]:
    """`failed inspections`, whose result is stored as "fail": said of the rows that hold it."""
    word = question[start].lower
    if end - start > 1 or not word.endswith("ed") or len(word) <= len("used"):
        return []
    root = word.removesuffix("ed")
    likely = (root, root + "e", root[:-1] if root[-1:] == root[-2:-1] else "")
    links = [link for said in likely if said for link in index.values.get((said,), ())]
    told = (
        link
        for link in links
        if isinstance(link.target, Stored)
        and link.target.field.meaning is Meaning.CATEGORY
        and (
            _is_beside(link.target.field.entity, question, start, index)
            or (follows_being(question, start) and ends_a_clause(question, end))
        )
    )
    return [replace(link, quality="value-stem") for link in told]


def as_spelt(links: list[Link], text: str) -> list[Link]:
    """Of stored texts with other accents or titles those that are spelt as asked, if any are:
    Peña is not Pena where both are stored.
    """
    if len(links) < _SEVERAL:
        return links
    asked = spelt(text)
    same = [
        link
        for link in links
        if isinstance(link.target, Stored) and spelt(str(link.target.value)) == asked
    ]
    return same or links


_SEVERAL = 2
_WOMEN = ("female", "females", "woman", "women", "girl", "girls")
_MEN = ("male", "males", "man", "men", "boy", "boys")
_SEXES = {
    (said,): tuple((other,) for other in (*sex, sex[0][0]) if other != said)
    for sex in (_WOMEN, _MEN)
    for said in sex
}
"""What is asked for → what may be stored instead, "f" among it."""


def _tells_sex(link: Link) -> bool:
    return isinstance(link.target, Stored) and link.target.field.stems[-1:] in (
        ("sex",),
        ("gender",),
    )


def _spelt(link: Link, text: str) -> bool:
    return isinstance(link.target, Stored) and link.target.value == text


def _is_state(link: Link, question: tuple[Token, ...], at: int, index: Index) -> bool:
    """`used cars` and `cars that are used`, where cars are stored as new or used: said right
    before or after the name of the table, or of what they are.
    """
    word, stored = question[at].text, link.target
    if not isinstance(stored, Stored) or str(stored.value).lower() != word:
        return False
    if not (is_verb(word) or says_how_things_are(word)):
        return False
    said_of_it = _is_beside(stored.field.entity, question, at, index)
    return said_of_it or follows_being(question, at)


def _is_beside(entity: Entity, question: tuple[Token, ...], at: int, index: Index) -> bool:
    """Whether the table is named right before or right after: `inspections that have failed`."""
    before = at
    while before > 1 and question[before - 1].lower in _LINKING:
        before -= 1
    beside = (*question[at + 1 : at + 2], *question[max(before - 1, 0) : before])
    named = (name for token in beside for name in index.names.get((token.stem,), ()))
    return any(name.target is entity for name in named)


_LINKING = frozenset(("that", "which", "who", "have", "has", "had"))


def _of_bare_name(key: tuple[str, ...], index: Index) -> list[Link]:
    """`Dr. Ann Lee` where no title is stored: a professor of that name is somebody else."""
    bare = without_titles(key)
    links = index.values.get(bare, []) if bare != key else []
    return [link for link in links if _is_called(link, bare)]


def _is_called(link: Link, key: tuple[str, ...]) -> bool:
    return isinstance(link.target, Stored) and value_words(str(link.target.value)) == key
