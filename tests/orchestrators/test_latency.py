"""How long stages take, learned from a prior on; and how long a question will."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.adapters.stores import MemoryStore
from forerun.domain import Question, Role, Stage
from forerun.orchestrators.complexity import Complexity, complexity, features
from forerun.orchestrators.latency import PRIOR_S, PRIOR_SPREAD, Latencies, budget_s

SIMPLE, MODERATE, COMPLEX = Complexity
PLAIN = features(Question("How many orders?", datetime(2025, 12, 31, tzinfo=UTC)), None)
times = st.lists(st.floats(0.001, 100), min_size=1, max_size=30)


def test_before_anything_was_seen_the_prior_speaks() -> None:
    """The documented median at moderate complexity; longer for harder questions where it writes."""
    fresh = Latencies("shop")
    for stage in Stage:
        assert fresh.quantile(stage, MODERATE, 0.5) == pytest.approx(PRIOR_S[stage])
    draft = [fresh.quantile(Stage.DRAFT, each, 0.5) for each in Complexity]
    assert draft == sorted(draft)
    assert draft[0] < draft[2]
    run = {fresh.quantile(Stage.RUN, each, 0.5) for each in Complexity}
    assert len(run) == 1


def test_the_prior_counts_as_five_observations() -> None:
    """Five runs of 1.5 s against a prior of 6 s meet at their geometric mean, 3 s."""
    learned = Latencies("shop")
    for _ in range(5):
        learned.observe(Stage.DRAFT, MODERATE, 1.5)
    assert learned.quantile(Stage.DRAFT, MODERATE, 0.5) == pytest.approx(3.0)


@given(st.floats(0.01, 60))
def test_many_observations_win(seconds: float) -> None:
    """After 200 runs of the same length the median is near it, whatever the prior."""
    learned = Latencies("shop")
    for _ in range(200):
        learned.observe(Stage.NARRATE, COMPLEX, seconds)
    assert learned.quantile(Stage.NARRATE, COMPLEX, 0.5) == pytest.approx(seconds, rel=0.2)


def test_what_is_new_replaces_what_is_old() -> None:
    """A model that became four times as fast is known as such, and not as before."""
    learned = Latencies("shop")
    for seconds in [8.0] * 300 + [2.0] * 800:
        learned.observe(Stage.DRAFT, SIMPLE, seconds)
    assert learned.quantile(Stage.DRAFT, SIMPLE, 0.5) < 2.5


def test_one_complexity_borrows_from_another() -> None:
    """Slow simple drafts make complex ones expected slow too, and more so than the prior."""
    fresh, learned = Latencies("shop"), Latencies("shop")
    for _ in range(50):
        learned.observe(Stage.DRAFT, SIMPLE, 20.0)
    complex_s = learned.quantile(Stage.DRAFT, COMPLEX, 0.5)
    assert complex_s > 20.0 > fresh.quantile(Stage.DRAFT, COMPLEX, 0.5)
    same = fresh.quantile(Stage.REVIEW, COMPLEX, 0.5)
    assert learned.quantile(Stage.REVIEW, COMPLEX, 0.5) == same


@given(times, st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_quantiles_grow_with_their_share(seen: list[float], one: float, other: float) -> None:
    """Whatever was seen, more of the runs end within more seconds."""
    learned = Latencies("shop")
    for seconds in seen:
        learned.observe(Stage.RUN, MODERATE, seconds)
    low, high = sorted((one, other))
    within = [learned.quantile(Stage.RUN, MODERATE, share) for share in (low, high)]
    assert 0 < within[0] <= within[1]


@given(times)
def test_budgets(seen: list[float]) -> None:
    """Three times the p95, and never less than a second."""
    learned = Latencies("shop")
    for seconds in seen:
        learned.observe(Stage.DRAFT, MODERATE, seconds)
    p95 = learned.quantile(Stage.DRAFT, MODERATE, 0.95)
    assert budget_s(p95) == max(1.0, 3 * p95)
    assert budget_s(learned.quantile(Stage.LINK, MODERATE, 0.95)) == 1.0


def test_a_prediction_adds_up_what_will_run() -> None:
    """Each stage as often as it is expected; one that is skipped adds nothing."""
    fresh, of = Latencies("shop"), complexity(PLAIN)
    expected = {Stage.DRAFT: 1.0, Stage.REPAIR: 0.12, Stage.NARRATE: 0.0}
    predicted = fresh.predict(PLAIN, expected)
    draft, repair = (fresh.quantile(each, of, 0.5) for each in (Stage.DRAFT, Stage.REPAIR))
    assert predicted.by_stage == pytest.approx({Stage.DRAFT: draft, Stage.REPAIR: 0.12 * repair})
    assert predicted.seconds == pytest.approx(draft + 0.12 * repair)
    assert predicted.p95_seconds > predicted.seconds
    alone = fresh.predict(PLAIN, {Stage.DRAFT: 1.0})
    beyond = NormalDist(0, PRIOR_SPREAD).inv_cdf(0.95)
    assert alone.p95_seconds == pytest.approx(draft * math.exp(beyond))


def test_repairs() -> None:
    """Twelve in a hundred questions at first; then as often as was seen."""
    learned = Latencies("shop")
    assert learned.repairs() == pytest.approx(0.12)
    for _ in range(90):
        learned.observe(Stage.DRAFT, SIMPLE, 1.0)
    for _ in range(30):
        learned.observe(Stage.REPAIR, SIMPLE, 1.0)
    assert learned.repairs() == pytest.approx(31.2 / 100)


def test_the_error_is_the_median_of_the_last_hundred() -> None:
    """As a share of what it took; None before anything was compared."""
    learned = Latencies("shop")
    assert learned.error() is None
    for predicted, actual in [(12, 10), (5, 10), (10, 10)]:
        learned.observe_error(predicted, actual)
    assert learned.error() == pytest.approx(0.2)
    for _ in range(100):
        learned.observe_error(9, 10)
    assert learned.error() == pytest.approx(0.1)


def test_first_tokens() -> None:
    """None before twenty; then what 19 of 20 calls stay within, each role for itself."""
    learned = Latencies("shop")
    for number in range(19):
        learned.observe_first_token(Role.WRITER, number / 10)
    assert learned.first_token_p95(Role.WRITER) is None
    learned.observe_first_token(Role.WRITER, 9.0)
    assert learned.first_token_p95(Role.WRITER) == pytest.approx(1.8)
    assert learned.first_token_p95(Role.NARRATOR) is None


@pytest.mark.anyio
async def test_what_was_learned_survives_the_store() -> None:
    """Saved and loaded, it says the same; what was saved is not saved twice."""
    first, second, store = Latencies("shop"), Latencies("shop"), MemoryStore()
    for seconds in (1.0, 2.0, 9.0):
        first.observe(Stage.RUN, SIMPLE, seconds)
    await store.add_timings(first.unsaved())
    second.load(await store.timings("shop", 200))
    for share in (0.5, 0.95):
        assert second.quantile(Stage.RUN, SIMPLE, share) == first.quantile(Stage.RUN, SIMPLE, share)
    assert first.unsaved() == ()
    assert second.unsaved() == ()
