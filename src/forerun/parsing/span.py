"""A few words of a question in one of their readings."""

from __future__ import annotations

from dataclasses import dataclass

from forerun.parsing.mentions import Kind, Mention
from forerun.parsing.tokens import Token


@dataclass(slots=True)
class Span:
    """A cue, a mention, a word that nothing explains, or else what says nothing."""

    start: int
    end: int
    score: float
    cue: str = ""
    mention: Mention | None = None
    unknown: bool = False


def mention_of(kind: Kind, tokens: tuple[Token, ...], start: int, end: int) -> Mention:
    """What `tokens[start:end]` mention."""
    return Mention(kind, start, end, " ".join(token.text for token in tokens[start:end]))
