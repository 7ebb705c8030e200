"""The launch rule, what it learns, and the ceilings that hold whatever it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.adapters.stores import MemoryStore
from forerun.domain import LOSSLESS, Rung
from forerun.orchestrators.launching import Allowance, Bet, LaunchPolicy, Posteriors, worth
from forerun.ports import Outcomes

ALL = LaunchPolicy(rungs=frozenset(Rung))
shares = st.floats(0, 1)
bets = st.builds(
    Bet,
    gain_s=st.floats(0, 30),
    cost_usd=st.floats(0, 0.2),
    tokens=st.integers(0, 20_000),
    queries=st.integers(0, 2),
)


def test_the_rule_in_figures() -> None:
    """$0.035 for 13 s at a cent a second pays from p = 0.035 / (0.035 + 0.13) = 0.2121 on."""
    bet = Bet(gain_s=13.0, cost_usd=0.035, tokens=3_000)
    assert not worth(0.212, bet, 0.01)
    assert worth(0.2122, bet, 0.01)
    assert not worth(0.729, bet, 0.001)
    assert worth(0.7293, bet, 0.001)


def test_what_saves_nothing_is_never_worth_it() -> None:
    """Certain and free, but without gain; and free with any gain."""
    assert not worth(1.0, Bet(0.0, 0.0, 0), 0.01)
    assert worth(0.01, Bet(0.1, 0.0, 0), 0.01)
    assert not worth(0.0, Bet(10.0, 0.0, 0), 0.01)


@given(shares, shares, bets, st.floats(0, 30), st.floats(0, 0.2))
def test_a_better_bet_is_worth_it_too(
    p: float, more: float, bet: Bet, gain_s: float, cost_usd: float
) -> None:
    """What is worth it stays so with a higher p, a greater gain or a smaller cost."""
    if not worth(p, bet, 0.01):
        return
    assert worth(max(p, more), bet, 0.01)
    assert worth(p, replace(bet, gain_s=max(bet.gain_s, gain_s)), 0.01)
    assert worth(p, replace(bet, cost_usd=min(bet.cost_usd, cost_usd)), 0.01)


def test_posteriors_in_figures() -> None:
    """The prior's mean; then the class's own outcomes beside it, and the rung's elsewhere."""
    learned = Posteriors()
    assert learned.probability(Rung.REVIEW, "simple") == pytest.approx(0.88)
    assert learned.probability(Rung.HEDGE, "simple") == pytest.approx(0.5)
    for used in (True, True, False):
        learned.learn(Rung.WRITE_AHEAD, "simple", used)
    of_rung = (3 + 2) / (4 + 3)
    assert learned.probability(Rung.WRITE_AHEAD, "simple") == pytest.approx(of_rung)
    assert learned.probability(Rung.WRITE_AHEAD, "complex") == pytest.approx(of_rung)
    assert learned.probability(Rung.DRAFT_AHEAD, "simple") == pytest.approx(0.5)


@given(st.lists(st.booleans(), max_size=40), st.booleans())
def test_probabilities_follow_what_is_learned(history: list[bool], used: bool) -> None:
    """Strictly between 0 and 1, and moved by each outcome in its direction."""
    learned = Posteriors()
    for each in history:
        learned.learn(Rung.DRAFT_AHEAD, "simple", each)
    before = learned.probability(Rung.DRAFT_AHEAD, "simple")
    learned.learn(Rung.DRAFT_AHEAD, "simple", used)
    after = learned.probability(Rung.DRAFT_AHEAD, "simple")
    assert 0 < before < 1
    assert (after > before) is used


@pytest.mark.parametrize(
    ("used", "wasted", "bound"),
    # Solves share − p = z √(p(1−p)/n) with z = 1.644854: n / (n + z²) where none was wasted.
    [(0, 0, 0.0), (10, 0, 0.787059), (8, 2, 0.540793), (132, 0, 0.979915), (133, 0, 0.980063)],
)
def test_lower_bounds_in_figures(used: int, wasted: int, bound: float) -> None:
    """Wilson's bound by the class's own outcomes; 0 of what was never seen."""
    learned = Posteriors()
    learned.load({("confident-accept", "simple"): Outcomes(used, wasted)})
    learned.load({("confident-accept", "complex"): Outcomes(1_000, 0)})
    found = learned.lower_bound(Rung.CONFIDENT_ACCEPT, "simple")
    assert found == pytest.approx(bound, abs=1e-6)


@given(st.integers(1, 300), st.integers(0, 300))
def test_lower_bounds_are_below_and_come_nearer(used: int, wasted: int) -> None:
    """Below the share that was seen; ten times the outcomes with the same share prove more."""
    few, many = Posteriors(), Posteriors()
    few.load({("confident-accept", "simple"): Outcomes(used, wasted)})
    many.load({("confident-accept", "simple"): Outcomes(10 * used, 10 * wasted)})
    low = few.lower_bound(Rung.CONFIDENT_ACCEPT, "simple")
    assert 0 < low < used / (used + wasted)
    assert low < many.lower_bound(Rung.CONFIDENT_ACCEPT, "simple")
    assert low > few.lower_bound(Rung.CONFIDENT_ACCEPT, "simple", 0.99)


outcomes = st.lists(
    st.tuples(st.sampled_from(Rung), st.sampled_from(["simple", "complex"]), st.booleans()),
    max_size=30,
)


@pytest.mark.anyio
@given(outcomes, outcomes)
async def test_what_processes_learn_adds_up_in_the_store(
    one: list[tuple[Rung, str, bool]], other: list[tuple[Rung, str, bool]]
) -> None:
    """A third process that loads what two have saved knows what one that saw all knows."""
    store, knows_all = MemoryStore(), Posteriors()
    for seen in (one, other):
        process = Posteriors()
        for rung, class_, used in seen:
            process.learn(rung, class_, used)
            knows_all.learn(rung, class_, used)
        await store.add_outcomes(process.unsaved())
        assert dict(process.unsaved()) == {}
    third = Posteriors()
    third.load(await store.outcomes())
    for rung in Rung:
        for class_ in ("simple", "complex", "never seen"):
            expected = knows_all.probability(rung, class_)
            assert third.probability(rung, class_) == pytest.approx(expected)
    assert dict(third.unsaved()) == {}


def test_rungs_of_another_version_are_left_out() -> None:
    """A stored rung that is not known here changes nothing."""
    learned = Posteriors()
    learned.load({("leap", "simple"): Outcomes(0, 100)})
    assert learned.probability(Rung.HEDGE, "simple") == pytest.approx(0.5)


GOOD = Bet(gain_s=10.0, cost_usd=0.001, tokens=100, queries=1)


def test_refusals_in_order() -> None:
    """Switched off, shed, a ceiling, the rule: the first that holds is told."""
    dear = Bet(gain_s=0.1, cost_usd=9.0, tokens=100)
    policy = replace(ALL, max_extra_cost_ratio=1.0)
    allowance = Allowance(policy, Posteriors(), 0.05, lambda: "50 questions are in flight")
    off = replace(allowance, policy=replace(ALL, rungs=frozenset()))
    assert off.refusal(Rung.REVIEW, "simple", dear) == "It is switched off."
    shed = allowance.refusal(Rung.REVIEW, "simple", dear)
    assert shed == "Shed under load: 50 questions are in flight."
    calm = replace(allowance, sheds=lambda: None)
    ceiling = calm.refusal(Rung.REVIEW, "simple", dear)
    assert ceiling == "No more than $0.0500 is staked on one question."
    poor = Bet(gain_s=0.1, cost_usd=0.01, tokens=100)
    assert calm.refusal(Rung.REVIEW, "simple", poor) == (
        "It is expected to save $0.0009 (0.88 x 0.1 s) and to waste $0.0012 (0.12 x $0.0100)."
    )
    assert calm.refusal(Rung.REVIEW, "simple", GOOD) is None


def test_asking_books_nothing_and_taking_does() -> None:
    """A bet may be asked about often; taken, it counts against each ceiling."""
    policy = replace(ALL, max_speculative_queries=2)
    allowance = Allowance(policy, Posteriors(), 1.0)
    for _ in range(5):
        assert allowance.refusal(Rung.REVIEW, "simple", GOOD) is None
    allowance.take(Rung.REVIEW, GOOD)
    refused = allowance.refusal(Rung.REVIEW, "simple", GOOD)
    assert refused == "No more than 2 different statements are run."
    assert allowance.refusal(Rung.REVIEW, "simple", replace(GOOD, queries=0)) is None


@given(st.lists(st.tuples(st.sampled_from(Rung), bets), max_size=30), st.floats(0, 0.5))
def test_ceilings_hold_whatever_comes(offered: list[tuple[Rung, Bet]], expected: float) -> None:
    """Of any sequence of bets, those taken never come to more than the policy allows."""
    policy = replace(ALL, max_extra_tokens=25_000, max_speculative_queries=4)
    allowance = Allowance(policy, Posteriors(), expected)
    taken = []
    for rung, bet in offered:
        if allowance.refusal(rung, "simple", bet) is None:
            allowance.take(rung, bet)
            taken.append(bet)
    assert sum(bet.tokens for bet in taken) <= 25_000
    assert sum(bet.queries for bet in taken) <= 4 - 1  # one is the answer's own
    most_usd = policy.max_extra_cost_ratio * expected
    assert sum(bet.cost_usd for bet in taken) <= most_usd + 1e-9


def test_what_was_used_may_be_staked_again() -> None:
    """Money and tokens come back; the statement was run all the same."""
    policy = replace(ALL, max_extra_cost_ratio=1.0, max_speculative_queries=9)
    allowance = Allowance(policy, Posteriors(), 0.0015)
    allowance.take(Rung.REVIEW, GOOD)
    assert allowance.refusal(Rung.WRITE_AHEAD, "simple", GOOD) is not None
    allowance.give_back(Rung.REVIEW)
    assert allowance.refusal(Rung.WRITE_AHEAD, "simple", GOOD) is None


def test_a_guess_leaves_room_for_what_is_surer() -> None:
    """It is refused where it would take the money, tokens or statements of what it leaves room
    for; that itself is not booked."""
    guess = replace(GOOD, leaves=(GOOD, GOOD))
    roomy = replace(ALL, max_extra_cost_ratio=3.0)
    assert Allowance(roomy, Posteriors(), 0.001).refusal(Rung.AT_ONCE, "simple", guess) is None
    for tight in (
        replace(ALL, max_extra_cost_ratio=2.9),
        replace(roomy, max_extra_tokens=299),
        replace(roomy, max_speculative_queries=3),
    ):
        allowance = Allowance(tight, Posteriors(), 0.001)
        assert "No more than" in (allowance.refusal(Rung.AT_ONCE, "simple", guess) or "")
        assert allowance.refusal(Rung.AT_ONCE, "simple", GOOD) is None
    allowance = Allowance(roomy, Posteriors(), 0.001)
    allowance.take(Rung.AT_ONCE, guess)
    assert allowance.refusal(Rung.REVIEW, "simple", replace(GOOD, leaves=(GOOD,))) is None


def test_of_two_guesses_at_the_same_the_one_that_promises_more() -> None:
    """A bet waits for its rival until that one was seen to come true less often."""
    learned = Posteriors()
    allowance = Allowance(ALL, learned, 1.0)
    bet = replace(GOOD, gain_s=5.0, rival=(Rung.DRAFT_AHEAD, replace(GOOD, gain_s=9.0)))
    assert allowance.refusal(Rung.AT_ONCE, "simple", bet) == "draft-ahead promises more."
    assert allowance.refusal(Rung.AT_ONCE, "simple", replace(bet, rival=None)) is None
    for _ in range(20):
        learned.learn(Rung.DRAFT_AHEAD, "simple", used=False)
    assert allowance.refusal(Rung.AT_ONCE, "simple", bet) is None


def test_by_default_only_lossless_rungs_are_launched() -> None:
    """The two that may change an answer have to be switched on."""
    allowance = Allowance(LaunchPolicy(), Posteriors(), 1.0)
    for rung in Rung:
        refused = allowance.refusal(rung, "simple", GOOD)
        assert (refused is None) is (rung in LOSSLESS)
