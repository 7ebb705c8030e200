"""Words that may stand for others in general English, by families and distilled from WordNet.

They are asked only about words that nothing in the catalog explains, one word at a time: the
index of a catalog knows nothing of them, and costs no more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from forerun.catalog import words
from forerun.parsing.schema import Field, Link

SAME, NEAR = "wordnet", "wordnet-near"
"""Qualities of links: by a word for the same, by one for something more or less general."""
_LEXICON = Path(__file__).with_name("wordnet.txt")
_FAMILIES = Path(__file__).with_name("kindred.txt")
_NAMED = ("exact", "stripped", "tail")
_WHOLE = ("exact", "stripped", "qualified")
_MAX_OTHERS = 3
_MAX_LINKS = 8
"""One other word may name a column of several tables; which is meant, the rest of it tells."""

Stems = tuple[str, ...]


def links(stems: Stems, names: Mapping[Stems, list[Link]], same_only: bool = False) -> list[Link]:
    """What of `names` these stems may mean, by their strongest few words that name anything.

    Words for something near count only where no word for the same names anything, and WordNet's
    only where the family has none.
    """
    for quality, own, distilled in zip((SAME, NEAR), kindred(stems), related(stems), strict=True):
        if quality == NEAR and same_only:
            break
        for others in (own, distilled):
            links_of = ((other, names.get(other, [])) for other in others)
            named = [best for other, few in links_of if (best := _best(few, len(other) == 1))]
            if named:
                targets = dict.fromkeys(link.target for few in named[:_MAX_OTHERS] for link in few)
                return [Link(target, quality) for target in list(targets)[:_MAX_LINKS]]
    return []


def phrases(stems: Stems, names: Mapping[Stems, list[Link]], known: list[bool]) -> list[Link]:
    """What a phrase means that names something once a word that is not known gives way to another:
    an edition number is a version number. Nothing less than the whole name counts.
    """
    for quality, place in ((SAME, 0), (NEAR, 1)):
        for at, is_known in enumerate(known):
            for other in () if is_known else (*kindred(stems[at : at + 1])[place],):
                found = names.get((*stems[:at], *other, *stems[at + 1 :]), ())
                if some := [link for link in found if link.quality in _WHOLE]:
                    return [Link(link.target, quality) for link in some[:_MAX_LINKS]]
    return []


def values(stems: Stems, stored: Mapping[Stems, list[Link]]) -> list[Link]:
    """Stored texts that a family has for the word: a puppy is stored as a dog.

    Only families are asked: WordNet has some word for nearly any text.
    """
    for quality, others in zip((SAME, NEAR), kindred(stems), strict=True):
        if found := [link for other in others for link in stored.get(other, ())]:
            return [Link(link.target, quality) for link in found[:_MAX_LINKS]]
    return []


@lru_cache(maxsize=4_096)
def kindred(stems: Stems) -> tuple[tuple[Stems, ...], tuple[Stems, ...]]:
    """What the word's families hold: for the same, and of what it is a kind, or near."""
    same, near = _families().get(stems, ({}, {}))
    return tuple(same), tuple(other for other in near if other not in same)


@lru_cache(maxsize=1)
def _families() -> dict[Stems, tuple[dict[Stems, None], dict[Stems, None]]]:
    found: dict[Stems, tuple[dict[Stems, None], dict[Stems, None]]] = {}
    for line in _FAMILIES.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        wider, is_kind, rest = line.rpartition(" < ")
        family = [_stems(member) for member in rest.split(" | ")]
        others = [_stems(wider)] if is_kind else family
        for member in family:
            mine = found.setdefault(member, ({}, {}))[bool(is_kind)]
            mine.update(dict.fromkeys(other for other in others if other != member))
    return found


def _stems(phrase: str) -> Stems:
    """A cat is no abbreviation here."""
    return tuple(map(words.stem, phrase.split()))


def _best(found: list[Link], whole: bool = True) -> list[Link]:
    """The links that agree best, of those good enough to stand in for a name."""
    found = [link for link in found if not _is_half_a_fact(link)]
    for quality in _NAMED if whole else (*_NAMED, "part"):
        if some := [link for link in found if link.quality == quality]:
            return some
    return []


def _is_half_a_fact(link: Link) -> bool:
    """The end of what is true or not of a row says little of it: "present" is a time, and nothing
    to do with who works full time."""
    target = link.target
    return link.quality == "tail" and isinstance(target, Field) and target.flags is not None


@lru_cache(maxsize=4_096)
def related(stems: Stems) -> tuple[tuple[Stems, ...], tuple[Stems, ...]]:
    """Stems of words for the same, and of words for something near, strongest first."""
    lines, start = _lines(), " ".join(stems) + "\t"
    at = bisect_left(lines, start)
    if at == len(lines) or not lines[at].startswith(start):
        return (), ()
    same, near = lines[at].removeprefix(start).split("\t")
    return tuple(_others(same)), tuple(_others(near))


def _others(text: str) -> Iterator[Stems]:
    return (tuple(other.split(":")[0].split()) for other in text.split(",") if other)


@lru_cache(maxsize=1)
def _lines() -> list[str]:
    """The lexicon, sorted; a line is taken apart when its word is met."""
    return _LEXICON.read_text(encoding="utf-8").splitlines()
