"""Readings that give the same rows are one answer; those that give none are believed less."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun import parsing
from forerun.domain import Outcome
from forerun.parsing import merging
from forerun.parsing.hesitating import CONCERNS
from forerun.parsing.weighing import signs_of
from tests.parsing import shop

NOW = datetime(2025, 12, 31, tzinfo=UTC)
SALES = "total amount per region"


def test_two_that_agree_outweigh_the_one_before_them() -> None:
    """Chances of 40, 30 and 30 %: the last two give the same rows and are 60 % together."""
    scores = [0.29, 0.0, 0.0]
    outcomes = [Outcome(0, 3), Outcome(1, 5), Outcome(1, 5)]
    assert merging.ranked(scores, outcomes) == [1, 2, 0]


@pytest.mark.parametrize(
    "useless", [Outcome(0), Outcome(0, 1, blank=True), Outcome(0, failed=True)], ids=repr
)
def test_what_gives_nothing_comes_after_what_is_nearly_as_likely(useless: Outcome) -> None:
    """No rows, rows that say nothing, and an error are evidence against a reading."""
    assert merging.ranked([0.5, 0.0], [useless, Outcome(1, 2)]) == [1, 0]


def test_what_gives_no_rows_may_still_be_the_best() -> None:
    """Where nothing comes near it, the empty result is the answer; an error never is."""
    assert merging.ranked([9.0, 0.0], [Outcome(0), Outcome(1, 2)]) == [0, 1]
    assert merging.ranked([9.0, 0.0], [Outcome(0, failed=True), Outcome(1, 2)]) == [1, 0]


def test_agreement_makes_the_same_reading_more_certain() -> None:
    """All rivals with the same rows: more probable than all with different ones."""
    parsed = parsing.parse(SALES, shop.catalog(), NOW)
    rivals = parsing.rivals(parsed)
    assert 2 <= len(rivals) <= merging.RIVALS
    assert rivals[0] == parsed.drafts[0].sql
    agreed = parsing.merged(parsed, [Outcome(0, 4)] * len(rivals))
    apart = parsing.merged(parsed, [Outcome(at, 4) for at in range(len(rivals))])
    assert agreed.drafts[0].sql == apart.drafts[0].sql == rivals[0]
    assert agreed.drafts[0].confidence > apart.drafts[0].confidence


def test_without_outcomes_nothing_changes() -> None:
    """Merging that was switched off or took too long leaves the reading as it was."""
    parsed = parsing.parse(SALES, shop.catalog(), NOW)
    assert parsing.merged(parsed, ()) is parsed
    assert parsing.rivals(parsing.Parsed()) == ()


def test_no_agreement_lifts_a_veto() -> None:
    """A word that nothing explains forbids an answer, whatever the rows say."""
    parsed = parsing.parse("How many customers are there in Atlantis?", shop.catalog(), NOW)
    outcomes = [Outcome(0, 1)] * len(parsing.rivals(parsed))
    assert all(draft.confidence < 0.5 for draft in parsing.merged(parsed, outcomes).drafts)


@given(
    st.lists(
        st.tuples(
            st.floats(-50, 50),
            st.builds(Outcome, st.integers(0, 3), st.integers(0, 9), st.booleans(), st.booleans()),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_the_order_holds_every_reading_once(found: list[tuple[float, Outcome]]) -> None:
    """Whatever the scores and outcomes, nothing is lost and every sign is a number."""
    scores, outcomes = [score for score, _ in found], [outcome for _, outcome in found]
    order = merging.ranked(scores, outcomes)
    assert sorted(order) == list(range(len(found)))
    signs = dict(merging.agreement(scores, outcomes, order[0]))
    assert all(value == value for value in signs.values())


def test_every_sign_of_agreement_has_words() -> None:
    """As for those of the confidence."""
    told = {sign for concern in CONCERNS for sign in concern.signs}
    assert {sign for tree in merging.trees() for sign in signs_of(tree)} <= told
