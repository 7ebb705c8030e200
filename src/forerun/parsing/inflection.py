"""What the form of a word tells: whether it is a verb, and whether that is past."""

from __future__ import annotations

from pathlib import Path


def _listed(kind: str) -> frozenset[str]:
    lines = Path(__file__).with_name("verb_forms.txt").read_text(encoding="utf-8").splitlines()
    found = (line.removeprefix(f"{kind}: ") for line in lines if line.startswith(f"{kind}: "))
    return frozenset(" ".join(found).split())


_IRREGULAR = _listed("past")
_TELLING = _listed("telling")
_RELATING = _listed("relating")
_NO_VERBS = frozenset(("need", "speed", "breed", "seed", "feed", "bed", "hundred", "red", "weed"))


def is_past(word: str) -> bool:
    """Whether the word is a participle, as far as its ending tells; the dead count as such."""
    word = word.lower()
    return word in _IRREGULAR or (word.endswith("ed") and len(word) > 3 and word not in _NO_VERBS)


def is_verb(word: str) -> bool:
    """Verbs often say no more than the join already does: "songs performed by", "sung by"."""
    word = word.lower()
    return word.endswith(("ed", "ing")) or word in _IRREGULAR


def ties(word: str) -> bool:
    """A verb as it is looked up that does nothing but tell two things to belong together."""
    return word.lower() in _RELATING


def relates(word: str) -> bool:
    """A verb, past or not, that tells two things to belong together: "who supply the product"."""
    word = word.lower()
    present = {word, word.removesuffix("s"), word.removesuffix("es")}
    return (is_verb(word) and word not in _TELLING) or not present.isdisjoint(_RELATING)
