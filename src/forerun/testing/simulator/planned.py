"""A reply before it is given: what comes when, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from forerun.domain import Usage
from forerun.testing.simulator.jobs import Job
from forerun.testing.simulator.profiles import Speed


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a reply, and when it comes, in seconds after the call at scale 1."""

    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """One reply, whole. Its tokens are the profile's, not those of its text."""

    job: Job
    speed: Speed
    pieces: tuple[Piece, ...]
    usage: Usage
    cached_tokens: int
    """Part of the input tokens."""

    @property
    def first_token_s(self) -> float:
        return self.pieces[0].at_s

    @property
    def seconds(self) -> float:
        return self.pieces[-1].at_s

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def usage_after(self, seconds: float) -> Usage:
        """What the call has cost when it is broken off: its whole input, and what was written."""
        written = math.floor((seconds - self.first_token_s) * self.speed.tokens_per_s)
        written = min(max(written, 0), self.usage.output_tokens)
        return self.speed.usage(self.usage.input_tokens, self.cached_tokens, written)


@dataclass(frozen=True, slots=True)
class Interval:
    """When one call was made and, had nobody broken it off, would end, on the clock of the loop."""

    job: Job
    began_at: float
    ends_at: float
    usage: Usage


def spread(text: str, most: int, begin_s: float, seconds: float) -> Iterator[Piece]:
    """The text in at most so many pieces, the first at the beginning, the last at the end."""
    size = math.ceil(len(text) / most)
    cut = [text[start : start + size] for start in range(0, len(text), size)]
    if len(cut) == 1:
        yield Piece(begin_s + seconds, text)
        return
    for index, piece in enumerate(cut):
        yield Piece(begin_s + seconds * index / (len(cut) - 1), piece)
