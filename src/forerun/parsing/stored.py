"""Stored texts that words of a question are, however they are spelt."""

from __future__ import annotations

from dataclasses import replace

from forerun.parsing.calling import spelt, value_words, without_titles
from forerun.parsing.index import Index
from forerun.parsing.schema import Link, Stored
from forerun.parsing.tokens import Token
from forerun.parsing.yielding import is_function_word


def stored_texts(tokens: tuple[Token, ...], start: int, index: Index) -> list[Link]:
    """The stored texts that these tokens of a question may be, the first of which is at `start`."""
    text = " ".join(token.text for token in tokens)
    key = value_words(text)
    small = len(tokens) == 1 and is_function_word(tokens[0])
    if small or len(text) == 1:
        links = index.values.get(key, []) if start and not (small and text.islower()) else []
        return [link for link in links if _spelt(link, text)]
    found = as_spelt(index.values.get(key, []), text) or _of_bare_name(key, index)
    if not found and key in _SEXES:
        found = [link for link in index.values.get(_SEXES[key], []) if _tells_sex(link)]
    if not found and len(tokens) == 1 and len(text) > 3 and text.lower().endswith("s"):
        found = [
            replace(link, quality="value-stem")
            for link in index.values.get((text.lower()[:-1],), [])
        ]
    return found or []


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
_SEXES = {("female",): ("f",), ("male",): ("m",), ("women",): ("f",), ("men",): ("m",)}


def _tells_sex(link: Link) -> bool:
    return isinstance(link.target, Stored) and link.target.field.stems[-1:] in (
        ("sex",),
        ("gender",),
    )


def _spelt(link: Link, text: str) -> bool:
    return isinstance(link.target, Stored) and link.target.value == text


def _of_bare_name(key: tuple[str, ...], index: Index) -> list[Link]:
    """`Dr. Ann Lee` where no title is stored: a professor of that name is somebody else."""
    bare = without_titles(key)
    links = index.values.get(bare, []) if bare != key else []
    return [link for link in links if _is_called(link, bare)]


def _is_called(link: Link, key: tuple[str, ...]) -> bool:
    return isinstance(link.target, Stored) and value_words(str(link.target.value)) == key
