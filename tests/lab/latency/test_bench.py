"""The bench in small: every figure of a row, and what must hold for whatever luck."""

from __future__ import annotations

import json
from statistics import fmean, median

import pytest

from forerun.domain import Status
from forerun.lab.latency import to_json
from forerun.lab.latency.losing import Part
from forerun.lab.latency.measuring import Befell, Measured
from forerun.lab.latency.reporting import Report, Row, beside, row_of, simple_of
from forerun.lab.latency.running import measure, report_of
from forerun.lab.latency.strategies import strategies, variants

QUESTIONS = 8
RUN = ("two-call", "sequential", "hybrid", "hedge")
LADDER = [
    "two-call",
    "sequential",
    "hybrid",
    "context",
    "review",
    "write-ahead",
    "draft-ahead",
    "sql-first",
    "hedge",
    "small-roles",
    "candidates",
    "confident-accept",
]
OF_ROW = {
    "name", "p50_s", "p95_s", "mean_s", "mean_cut", "first_rows_p50_s", "model_calls",
    "input_tokens", "output_tokens", "cost_ratio", "equal_answers", "fallbacks", "wasted_ms",
    "answered",
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, list[Measured]]:
    """Four strategies on eight complex questions, in this process."""
    return {
        row.name: measure(row, "modern", QUESTIONS, 0) for row in strategies() if row.name in RUN
    }


@pytest.fixture(scope="module")
def report(found: dict[str, list[Measured]]) -> Report:
    return report_of("modern", QUESTIONS, 0, found)


def row(report: Report, name: str) -> Row:
    return next(each for each in report.strategies if each.name == name)


def test_each_strategy_has_its_questions(found: dict[str, list[Measured]]) -> None:
    """Sequential is asked all, hybrid a mix, the others the complex ones."""
    asked = {name: [each.question for each in measured] for name, measured in found.items()}
    assert {name: len(each) for name, each in asked.items()} == {
        "two-call": 8, "sequential": 12, "hybrid": 8, "hedge": 8,
    }  # fmt: skip
    assert all(set(each) <= set(asked["sequential"]) for each in asked.values())
    assert all(each.complex for each in found["hedge"])
    assert {each.complex for each in found["hybrid"]} == {True, False}


def test_the_ladder_answers_as_sequential_does(report: Report) -> None:
    """Row `hedge`: every answer the same, none by falling back, and quicker."""
    hedge = row(report, "hedge")
    assert (hedge.equal_answers, hedge.fallbacks, hedge.answered) == (1.0, 0, 1.0)
    assert hedge.mean_cut > 0.3
    assert hedge.first_rows_p50_s is not None
    assert hedge.first_rows_p50_s < hedge.p50_s <= hedge.p95_s


def test_sequential_is_its_own_measure(report: Report) -> None:
    """Nothing cut, the same cost, the same answers, nothing wasted."""
    own = row(report, "sequential")
    assert (own.mean_cut, own.cost_ratio, own.equal_answers) == (0.0, 1.0, 1.0)
    assert (own.wasted_ms, own.fallbacks) == (0.0, 0)


def test_two_call_makes_two_calls(report: Report, found: dict[str, list[Measured]]) -> None:
    """The leanest peer: quicker and cheaper, and at its end where its SQL does not run."""
    for each in found["two-call"]:
        assert each.model_calls == (2 if each.status is Status.ANSWERED else 1)
    peer = row(report, "two-call")
    assert 0.5 < peer.answered <= 1.0
    assert peer.cost_ratio < 1.0
    assert peer.mean_cut > 0.0


def test_hybrid_leaves_simple_questions_alone(report: Report) -> None:
    """Below the threshold: the same calls and not slower; the prediction's error is told."""
    hybrid = row(report, "hybrid")
    assert hybrid.share_parallel is not None
    assert hybrid.prediction_error is not None
    assert hybrid.equal_answers == 1.0
    assert report.simple is not None
    assert report.simple.same_calls
    assert report.simple.mean_ratio <= 1.01


def test_the_same_seed_measures_the_same(found: dict[str, list[Measured]]) -> None:
    """On the virtual clock nothing is left to the machine."""
    hedge = next(each for each in strategies() if each.name == "hedge")
    assert measure(hedge, "modern", QUESTIONS, 0) == found["hedge"]


def test_json_has_exactly_the_documented_keys(report: Report) -> None:
    """Top level and rows; `hybrid` alone adds two; it is JSON as it stands."""
    wire = to_json(report)
    assert wire.keys() == {
        "profile", "scale", "seed", "questions", "strategies", "variants", "simple", "assumptions",
        "beside_two_call",
    }  # fmt: skip
    assert [each["name"] for each in wire["strategies"]] == list(RUN)
    for each in wire["strategies"]:
        added = {"share_parallel", "prediction_error"} if each["name"] == "hybrid" else set()
        assert each.keys() == OF_ROW | added
    assert (wire["profile"], wire["scale"], wire["questions"]) == ("modern", 1.0, QUESTIONS)
    assert json.loads(json.dumps(wire, allow_nan=False)) == wire


def test_rows_have_the_documented_names() -> None:
    """In the documented order; each is compared with a row that there is."""
    assert [each.name for each in strategies()] == LADDER
    everything = [*strategies(), *variants()]
    names = [each.name for each in everything]
    assert len(names) == len(set(names))
    assert {each.against for each in everything} <= set(names)


def one(question: str, seconds: float, **changed: object) -> Measured:
    values: dict[str, object] = {
        "question": question,
        "complex": True,
        "seconds": seconds,
        "first_rows_s": seconds / 2,
        "model_calls": 4,
        "input_tokens": 1_000,
        "output_tokens": 100,
        "cost_usd": 0.02,
        "status": Status.ANSWERED,
        "digest": "same",
        "fell_back": False,
        "parallel": True,
        "predicted_s": None,
        "wasted_ms": 0.0,
    }
    return Measured(**(values | changed))  # type: ignore[arg-type]


def test_a_row_in_figures() -> None:
    """Cut of means on the same questions only, ratio of costs, shares, quantiles, error."""
    against = {
        each.question: each for each in (one("a", 10.0), one("b", 30.0), one("not asked", 1_000.0))
    }
    ours = [
        one("a", 4.0, first_rows_s=None, predicted_s=12.0, wasted_ms=300.0, parallel=False),
        one("b", 6.0, digest="other", cost_usd=0.04, fell_back=True, predicted_s=15.0),
    ]
    made = row_of("x", ours, against, mixed=True)
    assert (made.mean_s, made.mean_cut) == (5.0, 0.75)
    assert made.p50_s == 5.0
    assert made.p95_s == pytest.approx(5.9)
    assert made.first_rows_p50_s == 3.0
    assert made.cost_ratio == pytest.approx(1.5)
    assert (made.equal_answers, made.fallbacks, made.wasted_ms) == (0.5, 1, 150.0)
    assert made.share_parallel == 0.5
    assert made.prediction_error == pytest.approx(0.35)  # of |12-10|/10 and |15-30|/30
    plain = row_of("x", ours, against)
    assert (plain.share_parallel, plain.prediction_error) == (None, None)


def test_beside_a_peer_only_what_it_answers_counts() -> None:
    """Of a question that it fails on it has no answer, however soon it fails."""
    peer = {
        each.question: each
        for each in (
            one("a", 10.0),
            one("b", 20.0),
            one("c", 1.0, status=Status.FAILED, first_rows_s=None),
        )
    }
    ours = [one("a", 9.0), one("b", 15.0), one("c", 100.0)]
    made = beside("x", ours, peer)
    assert made is not None
    assert (made.p50, made.first_rows_p50) == (12.0 / 15.0, 6.0 / 7.5)
    assert beside("x", ours, {"c": peer["c"]}) is None


def test_what_is_lost_is_told_by_what_befell_the_questions() -> None:
    """Medians of shares, follow-ups apart; what comes later adds up to the whole mean."""
    peer = {name: one(name, 10.0) for name in "abcd"} | {
        "e": one("e", 1.0, status=Status.FAILED, first_rows_s=None)
    }
    ours = [
        one("a", 9.0),
        one("b", 11.0, befell=Befell.TABLES, follow_up=True, first_rows_s=8.0),
        one("c", 13.0, befell=Befell.TABLES),
        one("d", 20.0, befell=Befell.REPAIR, first_rows_s=None),
        one("e", 50.0, befell=Befell.REPAIR),
    ]
    made = beside("x", ours, peer)
    assert made is not None
    nothing, tables, repair = made.parts
    assert nothing == Part(Befell.NOTHING, 0.25, 0.9, None, 0.9, -0.25)
    assert tables == Part(Befell.TABLES, 0.5, 1.3, 1.1, median([8 / 5, 6.5 / 5]), 1.0)
    assert repair == Part(Befell.REPAIR, 0.25, 2.0, None, None, 2.5)
    mean_s = fmean([each.seconds for each in ours[:4]])
    assert sum(part.later_s for part in made.parts) == pytest.approx(mean_s - 10.0)


def test_what_befell_a_question_is_in_its_trace() -> None:
    """On the sequential path a repair is more calls, and a table that is added is none: it comes
    with the same four. The simulated slice lacks a table in a quarter of the questions."""
    sequential = next(each for each in strategies() if each.name == "sequential")
    asked = [each for each in measure(sequential, "modern", 60, 0) if each.complex]
    alone = [each for each in asked if not each.follow_up]
    assert 0.4 < len(alone) / len(asked) < 0.6
    calls = {what: {e.model_calls for e in alone if e.befell is what} for what in Befell}
    assert calls[Befell.NOTHING] == calls[Befell.TABLES] == {4}
    assert min(calls[Befell.REPAIR]) > 4
    share = [each.befell for each in asked].count(Befell.TABLES) / len(asked)
    assert 0.1 < share < 0.4


def test_what_is_slower_cuts_less_than_nothing() -> None:
    """Twice as slow is a cut of -100 %."""
    assert row_of("x", [one("a", 8.0)], {"a": one("a", 4.0)}).mean_cut == -1.0


def test_simple_questions_in_figures() -> None:
    """Only those that are simple and went sequentially; other calls are noticed."""
    against = {"a": one("a", 10.0), "b": one("b", 20.0)}
    below = one("a", 11.0, complex=False, parallel=False)
    above = one("b", 1.0, complex=False)
    made = simple_of([below, above], against)
    assert made is not None
    assert (made.p50_s, made.same_calls) == (11.0, True)
    assert made.mean_ratio == pytest.approx(1.1)
    dearer = simple_of([one("a", 11.0, complex=False, parallel=False, model_calls=5)], against)
    assert dearer is not None
    assert not dearer.same_calls
    assert simple_of([above], against) is None
