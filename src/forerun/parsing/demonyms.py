"""Countries and states by other names than the stored ones: French musicians are from France."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from forerun.catalog import words
from forerun.parsing.calling import value_words
from forerun.parsing.schema import Link, Stored
from forerun.parsing.tokens import Token

_PLACES = Path(__file__).with_name("places.txt")
_COUNTRY = frozenset(words.stems("country nation nationality citizenship citizen homeland origin"))
_STATE = frozenset(words.stems("state province"))
_STATES = "# States."
_LANGUAGES = ("language", "speak", "version", "translation", "edition", "dialect", "word", "text")
"""Before these, and after these verbs, a demonym is what is spoken."""
_TONGUE = frozenset(("in", "into", "speak", "speaks", "spoken", "speaking", "know", "knows"))

Words = tuple[str, ...]


def links(
    question: Sequence[Token], start: int, end: int, values: Mapping[Words, list[Link]]
) -> list[Link]:
    """Stored texts that are other names of the place which the tokens from `start` to `end` name,
    in columns of countries or states; the first of its names that is stored counts.
    """
    key = value_words(" ".join(token.text for token in question[start:end]))
    for others, columns, spoken in _known().get(key, ()):
        if spoken and _is_a_language(question, start, end):
            continue
        for other in others:
            if found := [link for link in values.get(other, ()) if _is_of(link, columns)]:
                return found
    return []


def _is_of(link: Link, columns: frozenset[str]) -> bool:
    stored = link.target
    return isinstance(stored, Stored) and not columns.isdisjoint(stored.field.stems)


def _is_a_language(question: Sequence[Token], start: int, end: int) -> bool:
    """`in French`, `French speakers`, `a French version`."""
    after = question[end].lower if end < len(question) else ""
    before = question[start - 1].lower if start else ""
    return after.startswith(_LANGUAGES) or before in _TONGUE


@lru_cache(maxsize=1)
def _known() -> dict[Words, list[tuple[tuple[Words, ...], frozenset[str], bool]]]:
    """What is said → its other names, the stems of columns that may hold them, and whether it
    may be a language as well.
    """
    found: dict[Words, list[tuple[tuple[Words, ...], frozenset[str], bool]]] = {}
    columns = _COUNTRY
    for line in _PLACES.read_text(encoding="utf-8").splitlines():
        columns = _STATE if line == _STATES else columns
        if not line or line.startswith("#"):
            continue
        parts = [part.strip(" ").split(" | ") for part in line.split("=")]
        names, demonyms, codes = ([value_words(name) for name in part if name] for part in parts)
        for said in dict.fromkeys((*names, *demonyms, *map(_plural, demonyms))):
            others = tuple(o for o in dict.fromkeys((*names, *demonyms, *codes)) if o != said)
            found.setdefault(said, []).append((others, columns, said not in names))
    return found


def _plural(demonym: Words) -> Words:
    """`Germans`."""
    return (*demonym[:-1], f"{demonym[-1]}s")
