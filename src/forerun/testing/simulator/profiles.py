"""How fast and how dear models are, and how much they write: the assumptions, as data.

Speeds and prices are published figures of 2026. The tokens of complex questions follow from what
an earlier simulation of 200,000 questions saved by overlapping each stage: the analyst 13 s, the
conversation 8.7 s, the review 11 s, statement and summary 15 s, of 69.7 s in all (p50, `origin`,
without prefix caching), which leaves the writer 22 s. How much of the writer's reply is SQL is not
known from there: about a third is assumed, and a writer without prose is always reported beside.
`modern` and `fastsilicon` write half of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from forerun.domain import Usage


@dataclass(frozen=True, slots=True)
class Speed:
    """One model. Prices in US dollars per million tokens."""

    first_token_s: float
    """Median."""
    tokens_per_s: float
    input_usd: float
    output_usd: float

    @property
    def cached_usd(self) -> float:
        return self.input_usd / 10

    def usage(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> Usage:
        """One call; `cached_tokens` are part of `input_tokens`."""
        dollars = (input_tokens - cached_tokens) * self.input_usd
        dollars += cached_tokens * self.cached_usd + output_tokens * self.output_usd
        return Usage(1, input_tokens, output_tokens, dollars / 1_000_000)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Median output tokens of one job, thinking included."""

    said: int
    """Up to the end of what matters."""
    prose: int = 0
    """After it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One provider with a strong and a small model, and one database."""

    name: str
    strong: Speed
    small: Speed
    complex: Mapping[str, Tokens]
    """By job, for complex questions."""
    simple: Mapping[str, Tokens]
    statement_s: float
    """Median of a statement's run, lognormal."""
    statement_spread: float = 0.5
    first_token_spread: float = 0.35
    """Sigma of the time to the first token, lognormal."""
    stall_factor: float = 8.0
    """How many times the first token of a call that stalls is late."""
    prefill_tokens_per_s: float = 10_000.0
    """Reading of input that is not cached, on top."""
    cached_factor: float = 0.55
    """What remains of the time to the first token where the whole prompt is cached."""
    block: int = 512
    """Characters of a prompt that are cached together."""


_ORIGIN_COMPLEX = {
    "analyst": Tokens(570),
    "follow_up": Tokens(350),
    "writer": Tokens(370, 670),
    "repair": Tokens(370, 670),
    "reviewer": Tokens(470),
    "narrator": Tokens(520),
}
_ORIGIN_SIMPLE = {
    "analyst": Tokens(40),
    "follow_up": Tokens(40),
    "writer": Tokens(100, 70),
    "repair": Tokens(100, 70),
    "reviewer": Tokens(50),
    "narrator": Tokens(90),
}
_MODERN_COMPLEX = {
    "analyst": Tokens(300),
    "follow_up": Tokens(180),
    "writer": Tokens(190, 350),
    "repair": Tokens(190, 350),
    "reviewer": Tokens(245),
    "narrator": Tokens(270),
}
_MODERN_SIMPLE = {
    "analyst": Tokens(24),
    "follow_up": Tokens(24),
    "writer": Tokens(60, 40),
    "repair": Tokens(60, 40),
    "reviewer": Tokens(30),
    "narrator": Tokens(55),
}

PROFILES: Mapping[str, Profile] = {
    "origin": Profile(
        "origin",
        strong=Speed(2.0, 52.0, 3.0, 15.0),
        small=Speed(0.9, 130.0, 1.0, 5.0),
        complex=_ORIGIN_COMPLEX,
        simple=_ORIGIN_SIMPLE,
        statement_s=3.0,
    ),
    "modern": Profile(
        "modern",
        strong=Speed(0.9, 68.0, 3.0, 15.0),
        small=Speed(0.4, 170.0, 1.0, 5.0),
        complex=_MODERN_COMPLEX,
        simple=_MODERN_SIMPLE,
        statement_s=1.0,
    ),
    "fastsilicon": Profile(
        "fastsilicon",
        strong=Speed(0.35, 1_500.0, 3.0, 15.0),
        small=Speed(0.2, 2_500.0, 1.0, 5.0),
        complex=_MODERN_COMPLEX,
        simple=_MODERN_SIMPLE,
        statement_s=0.3,
    ),
}
