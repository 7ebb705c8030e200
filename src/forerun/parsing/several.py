"""Several figures of one thing, of which some are said in a way of their own: `the number and
average age of students`, `the average and oldest age`.
"""

from __future__ import annotations

from collections.abc import Iterator

from forerun.parsing import cues
from forerun.parsing.mentions import Kind
from forerun.parsing.span import Span, mention_of
from forerun.parsing.tokens import Token

_JOINING = ("and", ",", "&")
_NUMBERS = ("number", "numbers", "count", "counts")


def spans(tokens: tuple[Token, ...]) -> Iterator[Span]:
    """Of the figures that no cue tells where they stand."""
    lowers = [token.lower for token in tokens]
    for at in range(len(tokens) - 2):
        if lowers[at] in _NUMBERS and _goes_on(lowers, at + 1):
            mention = mention_of(Kind.OCCURRENCE, tokens, at, at + 1)
            mention.own_cue = "tally"
            yield Span(at, at + 1, 10.3, mention=mention)
        elif lowers[at] in _JOINING and at and _figure(lowers[at - 1]):
            yield from _extreme(tokens, at + 1)


def _goes_on(lowers: list[str], at: int) -> bool:
    """Whether another figure follows: "and the average"."""
    rest = [word for word in lowers[at : at + 3] if word != "the"]
    return len(rest) > 1 and rest[0] in _JOINING and _figure(rest[1])


def _figure(word: str) -> bool:
    return cues.CUES.get((word,)) in cues.AGGREGATES


def _extreme(tokens: tuple[Token, ...], at: int) -> Iterator[Span]:
    """`oldest` before the age itself is the highest, and no row with that age."""
    adjective = cues.ADJECTIVES.get((tokens[at].lower,))
    if adjective is None or adjective.degree != "superlative" or at + 1 == len(tokens):
        return
    for hint, up in adjective.hints:
        if tokens[at + 1].stem == hint:
            yield Span(at, at + 1, 10.7, cue="max" if up else "min")
