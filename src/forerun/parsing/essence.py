"""What no rewording of a question may change: its words, but for those that say nothing.

A reading may leave out what it has no use for, and so give one query for two questions. Their
words then tell them apart: every number, quotation, name, sign and word of the one must be in the
other, as often. Only a short list of phrases may be left out, or stand for each other; and words
may come in any order, where no numbers, names, negations or directions could change places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from forerun.parsing import dates
from forerun.parsing.tokens import Sort, Token, tokenise

_NUMBER = "#"
_POINT = re.compile(r"^n$|['’]s?(?=[\s.,;:?!]|$)|[.,;:?!](?=[\s'\"’”.?!]|$)|\s")
"""What between words says nothing: blanks, ends of sentences and possessives, n of "isn't"."""
_PRONOUNS = frozenset(("one", "once", "twice"))
"""Number words that are mostly something else."""
_SUPERLATIVE = re.compile(r"\w+est|worst|most|least|top|bottom|first|last|maximum|minimum|max|min")
_COMPARISONS = frozenset(("say more than", "say at least", "say less than", "say at most"))
_DIRECTIONS = _COMPARISONS | {
    f"say {tag}" for tag in ("ascending", "descending", "average", "total", "count")
}


def _phrases() -> tuple[dict[tuple[str, ...], tuple[str, ...]], frozenset[str]]:
    """Tags by phrase; and the words and tags that make order count."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    ordering: set[str] = set()
    text = Path(__file__).with_name("essence.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        tags, _, phrases = line.partition(": ")
        if tags == "ordering":
            ordering.update(phrases.split(" | "))
        elif not line.startswith("# "):
            found |= {
                tuple(phrase.split()): tuple(tags.split(", ")) for phrase in phrases.split(" | ")
            }
    return found, frozenset(ordering)


_PHRASES, _ORDERING = _phrases()
_LONGEST = max(map(len, _PHRASES))


REMEMBERED = 1_024
"""A question is looked for by it, and kept under it once it was answered."""


@lru_cache(maxsize=REMEMBERED)
def essence(question: str, today: date) -> tuple[str, ...]:
    """Cues, each `sort text`: equal for two questions only if both may mean the same.

    Words and numbers, signs, quotations as they are written, and the days that "last month" and
    the like stand for on `today`. Less than a millisecond.
    """
    tokens = tokenise(question)
    said = tuple(_said(question, tokens))
    days = tuple(f"days {found.period.words}" for found in dates.find(tokens, today))
    if _order_counts(said, tokens):
        return ("in this order", *said, *days)
    return (*sorted(said), *days)


def _said(question: str, tokens: Sequence[Token]) -> Iterator[str]:
    lowers = [_NUMBER if token.sort is Sort.NUMBER else token.lower for token in tokens]
    as_written = any(
        _SUPERLATIVE.fullmatch(word) and before != "at"
        for before, word in zip(["", *lowers], lowers, strict=False)
    )
    at = end = 0
    opening = True
    while at < len(tokens):
        yield from _signs(question[end : tokens[at].start])
        size, tags = _phrase(tokens, lowers, at, opening)
        if not tags:
            yield _cue(tokens[at], as_written)
        elif as_written and tags == ("opening",) and lowers[at + size - 1] == "all":
            yield "word all"  # all that tie for the first place
        yield from (f"say {tag}" for tag in tags if tag not in ("nothing", "opening"))
        opening = opening and tags == ("opening",)
        at += size
        end = tokens[at - 1].end
    yield from _signs(question[end:])


def _phrase(
    tokens: Sequence[Token], lowers: list[str], at: int, opening: bool
) -> tuple[int, tuple[str, ...]]:
    """How many tokens the longest phrase here takes, and its tags; one and none without."""
    for size in range(min(_LONGEST, len(tokens) - at), 0, -1):
        tags = _PHRASES.get(tuple(lowers[at : at + size]), ())
        is_plain = not any(_stands_out(tokens[i]) for i in range(at, at + size))
        if tags and is_plain and (opening or tags != ("opening",)):
            return size - (lowers[at + size - 1] == _NUMBER), tags
    return 1, ()


def _stands_out(token: Token) -> bool:
    """The US is not us, nor the Who anybody who."""
    if token.sort is Sort.QUOTED:
        return True
    return token.sort is Sort.WORD and token.start > 0 and token.text != token.lower


def _signs(gap: str) -> Iterator[str]:
    """Signs between words that the tokens do not hold: `%`, `/`, brackets."""
    if sign := _POINT.sub("", gap):
        yield f"sign {sign}"


def _cue(token: Token, as_written: bool) -> str:
    if token.sort is Sort.QUOTED:
        return f"quote {token.text}"
    if token.sort is Sort.NUMBER:
        return f"number {token.text.replace(',', '')}"
    word = token.text if len(token.text) > 1 and token.text.isupper() else token.lower
    if token.number is not None and not word.isdecimal() and word not in _PRONOUNS:
        return f"number {token.number}"
    return f"word {word if as_written else _singular(word)}"


def _singular(word: str) -> str:
    """The plural's ending cut off, and nothing else: "managed" is not "manages"."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    keeps = len(word) < 4 or word.endswith(("ss", "us", "is"))
    return word if keeps or not word.endswith("s") else word[:-1]


def _order_counts(said: Sequence[str], tokens: Sequence[Token]) -> bool:
    """Whether another order of the same words could mean something else."""
    names = sum(_stands_out(token) and token.sort is Sort.WORD for token in tokens)
    exact = sum(cue.startswith(("number ", "quote ", "sign ")) for cue in said)
    directed = sum(cue in _DIRECTIONS or bool(_SUPERLATIVE.fullmatch(_word(cue))) for cue in said)
    if names + exact > 1 or directed > 1 or any(_word(cue) in _ORDERING for cue in said):
        return True
    sorts = any(_word(cue).startswith(("sort", "order")) for cue in said)
    return ("say and" in said and sorts) or any(
        cue in _COMPARISONS and not after.startswith("number ")  # with another thing, not a number
        for cue, after in pairwise((*said, ""))
    )


def _word(cue: str) -> str:
    return cue.partition(" ")[2]
