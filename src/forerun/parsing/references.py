"""Words that point at what was said before: "their", "those", "also"."""

from __future__ import annotations

from collections.abc import Iterator

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
_SURE = frozenset(("their", "them", "those"))
_MAYBE = frozenset(("it", "this", "that", "such"))


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


def is_mark(word: str) -> bool:
    """Whether the word only says how a question goes on from another."""
    return word.lower() in _MARKS


def refers(lattice: Lattice) -> bool:
    """True where a question may speak of something said before, or names no table of its own."""
    said = set(references(lattice))
    return not lattice.entities or bool(said & {"ref", "ref-later", "also", "same", "other"})


def points_back(lattice: Lattice) -> bool:
    """True where a question surely speaks of something that it does not name itself."""
    first = lattice.mentions[0].start if lattice.mentions else len(lattice.tokens)
    words = [token.lower for token in lattice.tokens[:first]]
    return any(_BACK.get(w) in _SURE and w not in _MAYBE for w in words) or "also" in words[:2]
