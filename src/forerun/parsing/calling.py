"""What stored texts are called: Dr. José Pérez is also asked for as jose perez."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"\w+")
_UNDIVIDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss"}
)
"""Letters that Unicode does not take for another one with a mark."""
_MARKS = range(0x300, 0x370)


class _Bare(dict[int, str]):
    """What stands for a composed letter, found once: a Latin one without its mark, any other as
    it is, and nothing for a mark that no letter has taken up.
    """

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        bare = unicodedata.normalize("NFD", letter)[:1]
        self[code] = "" if code in _MARKS else bare if bare.isascii() else letter
        return self[code]


_BARE = _Bare(_UNDIVIDED)
_BEFORE = ("dr", "mr", "mrs", "ms", "mx", "miss", "prof", "professor", "rev", "sir", "lord", "lady")
_TITLES = frozenset(_BEFORE)
_AFTER = frozenset(("jr", "sr", "phd", "md", "dds", "esq"))
_FULL_NAME = 2
"""Words that a name has at least: without its title "Mr Bean" would be any bean."""


@lru_cache(maxsize=1_024)
def value_words(text: str) -> tuple[str, ...]:
    """The words by which a stored text is looked up: in small letters, Latin ones without accents.
    In other scripts a mark makes another letter: バ is not ハ.
    """
    if text.isascii():
        return tuple(_WORD.findall(text.lower()))
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text.lower()).translate(_BARE)))


def spelt(text: str) -> tuple[str, ...]:
    """The words of a text with their accents, in small letters."""
    return tuple(_WORD.findall(unicodedata.normalize("NFC", text.lower())))


def without_titles(words: tuple[str, ...]) -> tuple[str, ...]:
    """A full name alone; the same words where there is no title or too little is left."""
    if not words or (words[0] not in _TITLES and words[-1] not in _AFTER):
        return words
    start, end = 0, len(words)
    while start < end and words[start] in _TITLES:
        start += 1
    while end > start and words[end - 1] in _AFTER:
        end -= 1
    return words[start:end] if end - start >= _FULL_NAME else words
