"""Whether to begin work ahead of time: where it is expected to save more than it wastes.

A rung is launched only where p·λ·Δt > (1−p)·cost: p is the probability that its work will be
used, a Beta posterior per rung and question class; λ the price of a second of the asker's time;
Δt the seconds saved; cost the money wasted otherwise. The rule is the expected-value rule for
speculative edges of agent workflows (AWS, 2026); the ceilings hold whatever it says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

from forerun.domain import LOSSLESS, Rung
from forerun.ports import Outcomes

ASSUMED_INPUT_USD, ASSUMED_OUTPUT_USD = 3e-6, 15e-6
"""A token's price where none is known: that of a large hosted model of 2026."""

PRIORS: Mapping[Rung, Outcomes] = {
    Rung.CONTEXT: Outcomes(20.0, 0.5),  # wasted only when the analyst fails
    Rung.REVIEW: Outcomes(8.8, 1.2),  # twelve of a hundred first drafts are refused
    Rung.WRITE_AHEAD: Outcomes(3.0, 1.0),  # the slice is right three times in four
    Rung.DRAFT_AHEAD: Outcomes(2.0, 2.0),
    Rung.AT_ONCE: Outcomes(3.0, 1.0),
    Rung.SECOND_LOOK: Outcomes(2.0, 2.0),
    Rung.SQL_FIRST: Outcomes(19.0, 1.0),  # few writers think better of it
    Rung.CANDIDATES: Outcomes(1.0, 1.0),
    Rung.HEDGE: Outcomes(1.0, 1.0),
    Rung.CONFIDENT_ACCEPT: Outcomes(1.0, 1.0),
}
"""Used and wasted, before anything was seen."""
_NEVER = Outcomes()
CLASS_PRIOR_WEIGHT = 10.0
"""So many observations, at most, does the rung's record over other classes count for in one."""


@dataclass(frozen=True, slots=True)
class LaunchPolicy:
    """What may be done ahead of time, and at what price."""

    rungs: frozenset[Rung] = LOSSLESS
    second_usd: float = 0.01
    max_extra_cost_ratio: float = 1.5
    max_extra_tokens: int = 30_000
    max_speculative_queries: int = 5
    """Different statements an answer, its own among them, repairs not."""
    accept_precision: float = 0.98


@dataclass(frozen=True, slots=True)
class Bet:
    """Seconds saved if the work is used; dollars, tokens and statements spent if it is not."""

    gain_s: float
    cost_usd: float
    tokens: int
    queries: int = 0
    leaves: tuple[Bet, ...] = ()
    """Surer bets for which there must still be room after this one."""
    rival: tuple[Rung, Bet] | None = None
    """Another bet on the same, which is waited for where it promises more."""


def worth(probability: float, bet: Bet, second_usd: float) -> bool:
    """The launch rule. What costs nothing is worth it whenever it may save anything."""
    expected_gain = probability * second_usd * bet.gain_s
    return expected_gain > (1 - probability) * bet.cost_usd


class Posteriors:
    """How likely the work of each rung is to be used, by question class."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Rung, str], Outcomes] = {}
        self._totals: dict[Rung, Outcomes] = {}
        self._unsaved: dict[tuple[str, str], Outcomes] = {}

    def probability(self, rung: Rung, question_class: str) -> float:
        """Mean of the Beta posterior; a class that was seen little leans on the whole rung."""
        prior, total = PRIORS[rung], self._totals.get(rung, _NEVER)
        seen = self._seen.get((rung, question_class), _NEVER)
        used = prior.used + total.used - seen.used
        wasted = prior.wasted + total.wasted - seen.wasted
        weight = min(CLASS_PRIOR_WEIGHT / (used + wasted), 1.0)
        return _mean(weight * used + seen.used, weight * wasted + seen.wasted)

    def lower_bound(self, rung: Rung, question_class: str, confidence: float = 0.95) -> float:
        """One-sided lower bound of the class's own share of used work (Wilson 1927); 0 unseen."""
        seen = self._seen.get((rung, question_class), _NEVER)
        count = seen.used + seen.wasted
        if not count:
            return 0.0
        z = NormalDist().inv_cdf(confidence)
        share = seen.used / count
        middle = share + z * z / (2 * count)
        spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
        return (middle - spread) / (1 + z * z / count)

    def learn(self, rung: Rung, question_class: str, used: bool) -> None:
        one = Outcomes(float(used), float(not used))
        self._add(rung, question_class, one)
        key = rung.value, question_class
        self._unsaved[key] = _sum(self._unsaved.get(key, _NEVER), one)

    def load(self, outcomes: Mapping[tuple[str, str], Outcomes]) -> None:
        """What earlier processes saw. Rungs of other versions are left out."""
        rungs = {rung.value: rung for rung in Rung}
        for (name, question_class), seen in outcomes.items():
            if name in rungs:
                self._add(rungs[name], question_class, seen)

    def unsaved(self) -> Mapping[tuple[str, str], Outcomes]:
        """What was learned since the last call."""
        unsaved, self._unsaved = self._unsaved, {}
        return unsaved

    def _add(self, rung: Rung, question_class: str, seen: Outcomes) -> None:
        key = rung, question_class
        self._seen[key] = _sum(self._seen.get(key, _NEVER), seen)
        self._totals[rung] = _sum(self._totals.get(rung, _NEVER), seen)


def _mean(used: float, wasted: float) -> float:
    return used / (used + wasted)


def _sum(a: Outcomes, b: Outcomes) -> Outcomes:
    return Outcomes(a.used + b.used, a.wasted + b.wasted)


_RUNS_STATEMENTS_OF_ITS_OWN = frozenset({Rung.DRAFT_AHEAD, Rung.AT_ONCE, Rung.CANDIDATES})


@dataclass
class Allowance:
    """What one question may still stake."""

    policy: LaunchPolicy
    posteriors: Posteriors
    expected_usd: float
    """What the sequential path is expected to cost."""
    sheds: Callable[[], str | None] = lambda: None
    _staked: list[tuple[Rung, Bet]] = field(default_factory=list)
    _queries: int = 0

    def refusal(self, rung: Rung, question_class: str, bet: Bet) -> str | None:
        """Why `rung` is not launched, in words; None where it is worth it."""
        if rung not in self.policy.rungs:
            return "It is switched off."
        if shed := self.sheds():
            return f"Shed under load: {shed}."
        if ceiling := self._ceiling(bet):
            return ceiling
        probability = self.posteriors.probability(rung, question_class)
        if worth(probability, bet, self.policy.second_usd):
            return self._outbid(rung, question_class, bet)
        gain = probability * self.policy.second_usd * bet.gain_s
        waste = (1 - probability) * bet.cost_usd
        return (
            f"It is expected to save ${gain:.4f} ({probability:.2f} x {bet.gain_s:.1f} s) and to "
            f"waste ${waste:.4f} ({1 - probability:.2f} x ${bet.cost_usd:.4f})."
        )

    def _outbid(self, rung: Rung, question_class: str, bet: Bet) -> str | None:
        if bet.rival is None:
            return None
        other, rival = bet.rival
        if self._promise(other, question_class, rival) < self._promise(rung, question_class, bet):
            return None
        return f"{other.value} promises more."

    def _promise(self, rung: Rung, question_class: str, bet: Bet) -> float:
        """What is expected to be gained less what is expected to be wasted, in dollars."""
        probability = self.posteriors.probability(rung, question_class)
        gain_usd = probability * self.policy.second_usd * bet.gain_s
        return gain_usd - (1 - probability) * bet.cost_usd

    def take(self, rung: Rung, bet: Bet) -> None:
        """Book what was launched."""
        self._staked.append((rung, bet))
        self._queries += bet.queries

    def give_back(self, rung: Rung) -> None:
        """What was used is not wasted: its money and tokens may be staked again.

        So may its statement, where it turned out to be the answer's own.
        """
        booked = next((each for each in self._staked if each[0] is rung), None)
        if booked is not None:
            self._staked.remove(booked)
            if rung not in _RUNS_STATEMENTS_OF_ITS_OWN:
                self._queries -= booked[1].queries

    def _ceiling(self, bet: Bet) -> str | None:
        policy = self.policy
        most_usd = policy.max_extra_cost_ratio * self.expected_usd
        bets = [bet, *bet.leaves, *(staked for _, staked in self._staked)]
        if bet.cost_usd and sum([each.cost_usd for each in bets]) > most_usd:
            return f"No more than ${most_usd:.4f} is staked on one question."
        if bet.tokens and sum([each.tokens for each in bets]) > policy.max_extra_tokens:
            return f"No more than {policy.max_extra_tokens:,} tokens are staked on one question."
        # One statement is the answer's own.
        queries = self._queries + bet.queries + sum([each.queries for each in bet.leaves])
        if bet.queries and queries > policy.max_speculative_queries - 1:
            return f"No more than {policy.max_speculative_queries} different statements are run."
        return None
