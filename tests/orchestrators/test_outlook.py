"""What is expected of a question: only of models that are there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forerun.domain import LOSSLESS, Role, Rung, Stage
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import PRIOR_S, Latencies
from forerun.orchestrators.launching import Allowance, LaunchPolicy, Posteriors
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.spending import Spending

ALL = frozenset(Role)


def outlook(roles: frozenset[Role] = ALL, rungs: frozenset[Rung] = LOSSLESS) -> Outlook:
    """Of a moderate question, by what is assumed before anything was seen."""
    return Outlook(
        "moderate", Complexity.MODERATE, Latencies("d"), Spending(), Posteriors(), rungs, roles
    )


@pytest.mark.parametrize("rung", [Rung.DRAFT_AHEAD, Rung.AT_ONCE, Rung.SQL_FIRST])
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.NARRATOR])
def test_a_model_that_is_not_there_costs_nothing(rung: Rung, role: Role) -> None:
    """A bet stakes exactly that model's call less, in money and in tokens."""
    spending = Spending()
    paid = rung is not Rung.SQL_FIRST or role is Role.REVIEWER  # the summary is staked by `review`
    whole, without = outlook().bet(rung), outlook(ALL - {role}).bet(rung)
    saved_usd = spending.cost_usd([role]) if paid else 0.0
    assert without.cost_usd == pytest.approx(whole.cost_usd - saved_usd)
    assert without.tokens == whole.tokens - (spending.tokens(role) if paid else 0)


def test_a_model_that_is_not_there_saves_no_time() -> None:
    """Without a narrator a draft saves its review; without a reviewer, its run and summary; with
    neither, its run alone."""
    reviewed_s = PRIOR_S[Stage.REVIEW]
    followed_s = PRIOR_S[Stage.RUN] + PRIOR_S[Stage.NARRATE]
    for missing, gain_s in (
        ({Role.NARRATOR}, reviewed_s),
        ({Role.REVIEWER}, followed_s),
        ({Role.NARRATOR, Role.REVIEWER}, PRIOR_S[Stage.RUN]),
    ):
        bet = outlook(ALL - missing).bet(Rung.DRAFT_AHEAD)
        assert bet.gain_s == pytest.approx(gain_s)
    assert outlook(ALL - {Role.REVIEWER}).bet(Rung.REVIEW).gain_s == 0.0


@pytest.mark.parametrize("roles", [ALL, ALL - {Role.REVIEWER}])
def test_a_second_look_stakes_the_summary_that_no_other_rung_did(roles: frozenset[Role]) -> None:
    """`review` stakes it; without that rung nobody has, and it may be asked for anew."""
    summary_usd = Spending().cost_usd([Role.NARRATOR])
    with_it = outlook(roles).bet(Rung.SECOND_LOOK)
    without = outlook(roles, LOSSLESS - {Rung.REVIEW}).bet(Rung.SECOND_LOOK)
    assert without.cost_usd == pytest.approx(with_it.cost_usd + summary_usd)
    assert without.tokens == with_it.tokens + Spending().tokens(Role.NARRATOR)


@pytest.mark.parametrize("rung", [Rung.DRAFT_AHEAD, Rung.AT_ONCE, Rung.SECOND_LOOK])
def test_a_guess_takes_no_room_from_the_writer(rung: Rung) -> None:
    """Where money is left for the guess, or for the writer's own query to be followed from its
    fence on and run beside its review, it is kept for the latter."""
    expected = outlook()
    bets = [expected.bet(each) for each in (rung, Rung.SQL_FIRST, Rung.REVIEW)]
    room_usd = sum(bet.cost_usd for bet in bets)
    if rung is not Rung.SECOND_LOOK:  # the writer has not been asked ahead either
        room_usd += expected.bet(Rung.WRITE_AHEAD).cost_usd
    policy = LaunchPolicy(max_extra_cost_ratio=1.0, second_usd=1.0)
    for usd, admitted in ((room_usd + 1e-6, True), (room_usd - 1e-6, False)):
        bet = replace(bets[0], rival=None)
        refused = Allowance(policy, Posteriors(), usd).refusal(rung, "moderate", bet)
        assert (refused is None) is admitted
