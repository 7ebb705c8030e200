"""What a simulated model says to a prompt, when each piece of it comes, and what it costs.

What is said is a function of seed, prompt and sample alone; how long it takes, also of how often
this very prompt was asked before: so every schedule meets the same luck, and the second call of a
hedge meets its own. Where the prefix cache is on, time and price hang on what was asked before.
For another run with nothing remembered, `dataclasses.replace` the engine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from forerun.prompts import one_line
from forerun.testing.playbook import Asked
from forerun.testing.scripted import count_tokens
from forerun.testing.simulator.case import Case
from forerun.testing.simulator.errors import ErrorRates
from forerun.testing.simulator.jobs import About, Job, job_of
from forerun.testing.simulator.planned import Piece, Planned, spread
from forerun.testing.simulator.prefixes import PrefixCache
from forerun.testing.simulator.profiles import Profile, Speed, Tokens
from forerun.testing.simulator.saying import Call, Said, say

PIECES_OF_MATTER, PIECES_OF_PROSE = 12, 4
TOKENS_OF_LABEL = 3
_LONGEST_QUESTION = 2_000
"""Characters; the shortest of the cuts that the prompts make."""


@dataclass
class Engine:
    """One provider with a strong and a small model, over the cases that it knows."""

    profile: Profile
    cases: Sequence[Case]
    seed: int = 0
    errors: ErrorRates = ErrorRates()  # noqa: RUF009 - frozen
    prose: bool = True
    """Whether the writer adds prose to its SQL."""
    prefix_cache: bool = True
    jobs: Mapping[str, str] = field(default_factory=dict)
    """Further system texts, and the `Job` that each stands for."""
    small: frozenset[str] = frozenset()
    """Jobs, or whole roles, that the small model does where a call does not say which."""
    _by_question: dict[str, Case] = field(init=False, repr=False)
    _cache: PrefixCache = field(init=False, repr=False)
    _asked_before: dict[tuple[str, int], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        asked = {_key(case.asked): case for case in self.cases}
        self._by_question = asked | {_key(case.question): case for case in self.cases}
        self._cache = PrefixCache(self.profile.block)
        self._asked_before = {}

    def plan(
        self, asked: Asked, sample: int = 0, *, speed: Speed | None = None, at: float = math.inf
    ) -> Planned:
        """The reply to one more call with this prompt. Unknown prompts are a LookupError.

        `at` is when the call is made, in seconds at scale 1: the prefix cache holds what had been
        read by then. Left out, it is after all calls before.
        """
        call = Call(job_of(asked, self.jobs), self._case_of(asked), asked, sample)
        speed = speed or self._speed_of(call.job)
        said = say(call, self.errors, self._draw)
        tokens = self._tokens(call, said)
        text = asked.system + asked.user
        beginnings = self._cache.beginnings(speed, text) if self.prefix_cache else []
        cached = self._cache.known(beginnings, at) // 4
        asked_tokens = count_tokens(asked.system) + count_tokens(asked.user)
        first_s = self._first_token_s(speed, asked_tokens, cached, self._luck_of(call))
        self._cache.keep(beginnings, at + first_s)
        return Planned(
            call.job,
            speed,
            _paced(said, tokens, first_s, speed),
            speed.usage(asked_tokens, cached, tokens.said + tokens.prose),
            cached,
        )

    def _case_of(self, asked: Asked) -> Case:
        question = About(asked.user).question
        case = self._by_question.get(_key(question))
        if case is None:
            raise LookupError(f"No case has this question: {question[:80]!r}")
        return case

    def _speed_of(self, job: Job) -> Speed:
        small = not self.small.isdisjoint((job, job.kind, job.role))
        return self.profile.small if small else self.profile.strong

    def _draw(self, *key: object) -> random.Random:
        return random.Random(f"{self.seed}|{key!r}")  # noqa: S311 - the same luck again

    def _luck_of(self, call: Call) -> random.Random:
        """The luck of one call's time: another one each time that the same is asked."""
        text = f"{call.asked.system}\n{call.asked.user}"
        key = blake2b(text.encode(), digest_size=16).hexdigest(), call.sample
        nth = self._asked_before.get(key, 0)
        self._asked_before[key] = nth + 1
        return self._draw("time", *key, nth)

    def _tokens(self, call: Call, said: Said) -> Tokens:
        by_job = self.profile.complex if call.case.complex else self.profile.simple
        median = by_job[call.job.kind]
        prose = self.prose and call.job is not Job.TWO_CALL_WRITER and bool(said.prose)
        return Tokens(
            max(round(median.said * call.case.size), 1),
            round(median.prose * call.case.size) if prose else 0,
        )

    def _first_token_s(
        self, speed: Speed, asked_tokens: int, cached: int, luck: random.Random
    ) -> float:
        """A lognormal draw, shortened by what is cached, and the reading of what is not."""
        profile = self.profile
        drawn = speed.first_token_s * math.exp(luck.gauss(0.0, profile.first_token_spread))
        if luck.random() < self.errors.stall:
            drawn *= profile.stall_factor
        fresh = 1 - cached / asked_tokens
        shortened = drawn * (profile.cached_factor + (1 - profile.cached_factor) * fresh)
        return shortened + (asked_tokens - cached) / profile.prefill_tokens_per_s


def _paced(said: Said, tokens: Tokens, first_s: float, speed: Speed) -> tuple[Piece, ...]:
    """Without prose, words end with the query; JSON is closed all the same.

    Prose begins with its label (`Reading:`), from which a reader can tell that the query stands.
    """
    matter_s = tokens.said / speed.tokens_per_s
    if tokens.prose == 0:
        closing = said.prose if said.matter.startswith("{") else ""
        return tuple(spread(said.matter + closing, PIECES_OF_MATTER, first_s, matter_s))
    end_s = first_s + matter_s
    label, colon, prose = said.prose.partition(":")
    label_s = min(TOKENS_OF_LABEL, tokens.prose) / speed.tokens_per_s
    prose_s = tokens.prose / speed.tokens_per_s - label_s
    return (
        *spread(said.matter, PIECES_OF_MATTER, first_s, matter_s),
        Piece(end_s + label_s, label + colon),
        *spread(prose, PIECES_OF_PROSE - 1, end_s + label_s, prose_s),
    )


def _key(question: str) -> str:
    return one_line(question, _LONGEST_QUESTION)
