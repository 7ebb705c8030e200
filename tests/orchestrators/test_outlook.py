"""What is expected of a question: only of models that are there."""

from __future__ import annotations

import pytest

from forerun.domain import LOSSLESS, Role, Rung, Stage
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import PRIOR_S, Latencies
from forerun.orchestrators.launching import Posteriors
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.spending import Spending

ALL = frozenset(Role)


def outlook(roles: frozenset[Role] = ALL) -> Outlook:
    """Of a moderate question, by what is assumed before anything was seen."""
    return Outlook(
        "moderate", Complexity.MODERATE, Latencies("d"), Spending(), Posteriors(), LOSSLESS, roles
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
