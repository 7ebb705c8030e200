"""Words that point at what was said before: "their", "those", "also"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from forerun.parsing.mentions import Lattice

_BACK = {
    "their": "their", "its": "their", "his": "their", "her": "their", "theirs": "their",
    "them": "them", "they": "them", "it": "them", "he": "them", "she": "them", "him": "them",
    "those": "those", "these": "those", "this": "those", "that": "those", "such": "those",
    "one": "one", "ones": "one",
}  # fmt: skip
_MARKS = {
    "also": "also", "add": "also", "include": "also", "too": "also", "well": "also",
    "additionally": "also", "instead": "instead", "only": "only", "just": "only", "about": "about",
    "and": "and", "but": "and", "now": "now", "all": "all", "every": "all", "each": "each",
    "other": "other", "others": "other", "same": "same", "again": "again", "total": "total",
}  # fmt: skip
_MAYBE = frozenset(("it", "this", "that", "such"))
_SURE = frozenset(word for word, kind in _BACK.items() if kind != "one" and word not in _MAYBE)
_OF = frozenset(("of", "in", "for", "from", "at", "by", "with", "to"))
_PLACES = frozenset(("first", "second", "third", "fourth", "fifth", "last", "next", "previous"))
_WHICH = frozenset(("who", "whose", "whom", "which", "that", "where", "with", "without"))


def references(lattice: Lattice) -> Iterator[str]:
    """Kinds of words that point back; `…-later` where what they point at may stand before them."""
    first = lattice.mentions[0].start if lattice.mentions else len(lattice.tokens)
    for at, token in enumerate(lattice.tokens):
        kind = _BACK.get(token.lower)
        if kind:
            place = "" if at < first else "-later"
            yield f"{kind}{place}"
            yield f"ref{place}"
        if token.lower in _MARKS:
            yield _MARKS[token.lower]


def means_those_rows(lattice: Lattice) -> bool:
    """True where it speaks of the very rows that were shown: "their", "these", "of that one"."""
    words = [token.lower for token in lattice.tokens]
    owned = any(_BACK.get(word) in ("their", "them") and word not in _MAYBE for word in words)
    shown = any(pair[0] in _OF and pair[1] in ("that", "this") for pair in pairwise(words))
    return owned or shown or points_at_those(lattice)


def points_at_a_place(lattice: Lattice) -> bool:
    """True where a row is meant by its place in what was shown: "the first one"."""
    words = [token.lower for token in lattice.tokens]
    return any(pair[0] in _PLACES and pair[1] in ("one", "ones") for pair in pairwise(words))


def is_mark(word: str) -> bool:
    """Whether the word only says how a question goes on from another."""
    return word.lower() in _MARKS


def refers(lattice: Lattice) -> bool:
    """True where a question may speak of something said before, or names no table of its own."""
    said = set(references(lattice))
    return not lattice.entities or bool(said & {"ref", "ref-later", "also", "same", "other"})


def points_at_those(lattice: Lattice) -> bool:
    """True where it says so in as many words, wherever they stand."""
    words = [token.lower for token in lattice.tokens]
    return any(
        w in ("those", "these") and not _tells_which(words, at) for at, w in enumerate(words)
    )


@lru_cache(maxsize=16)
def points_back(lattice: Lattice) -> bool:
    """True where a question surely speaks of something that it does not name itself."""
    first = lattice.mentions[0].start if lattice.mentions else len(lattice.tokens)
    words = [token.lower for token in lattice.tokens]
    back = (at for at, word in enumerate(words[:first]) if word in _SURE)
    return "also" in words[:2] or any(not _tells_which(words, at) for at in back)


def _tells_which(words: list[str], at: int) -> bool:
    """`those employees who joined`."""
    return words[at] in ("those", "these") and not _WHICH.isdisjoint(words[at + 1 : at + 4])
