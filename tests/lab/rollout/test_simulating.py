"""An experiment's life in small: it ends as it should, and what it ends in is what is served."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from forerun.errors import MissingExtra
from forerun.lab.rollout import Report, Sizes, simulate, to_json
from forerun.lab.rollout.plotting import draw
from forerun.lab.rollout.running import PLAN
from forerun.rollout.experiments import Guardrail, Metric

SMALL = Sizes(
    replace(
        PLAN,
        ramp=(40.0, 50.0),
        per_step=20,
        horizon=1_500,
        guardrails=(Guardrail(Metric.SUCCESS, 0.1),),
    ),
    distinct=24,
    alone=60,
    runs=20,
    looks=10,
    late=2.0,
    kill_rounds=3,
)

BRIEF = replace(SMALL, distinct=12, alone=30, runs=5, looks=5, most_questions=40, kill_rounds=2)


@pytest.fixture(scope="module")
def report() -> Report:
    """All of it, with so few questions that the experiments are given up undecided."""
    return simulate("modern", 0, BRIEF)


@pytest.fixture(scope="module")
def decided() -> Report:
    """All of it, with some hundred questions."""
    return simulate("modern", 0, SMALL)


@pytest.mark.slow
def test_a_regression_is_rolled_back_for_everybody(decided: Report) -> None:
    """By itself, because of the time; then nobody is assigned to it, and nobody is served by it."""
    life = decided.regression
    assert (life.decision, life.looks[-1].action) == ("rolled_back", "roll_back")
    assert life.questions_since_planted is not None
    assert 0 < life.questions_since_planted <= life.questions
    assert "time" in life.reason
    assert life.afterwards.assigned_parallel == 0.0
    assert life.afterwards.served_parallel == 0.0


@pytest.mark.slow
def test_before_it_was_rolled_back_it_was_served(decided: Report) -> None:
    """Units came to the candidate: else its end would have changed nothing."""
    last = decided.regression.looks[-1]
    assert min(last.control, last.candidate) >= 100
    assert last.low is not None
    assert last.low > 1.0 or "95th" in decided.regression.reason


@pytest.mark.slow
def test_an_improvement_is_ramped_and_promoted_for_everybody(decided: Report) -> None:
    """Step by step, after the rollback was lifted; then all but the holdout are served by it."""
    life = decided.improvement
    steps = [look.done for look in life.looks if look.done is not None]
    assert steps == ["Ramped to 50 %.", life.reason]
    assert (life.decision, life.looks[-1].action) == ("promoted", "promote")
    assert life.looks[-1].high is not None
    assert life.looks[-1].high < 0.7
    assert 0.97 < life.afterwards.assigned_parallel < 1.0
    assert life.afterwards.served_parallel == 1.0


def test_the_control_against_itself_serves_nobody_ahead(report: Report) -> None:
    """Two arms in the books, one path for all, and no ramp."""
    life = report.control
    last = life.looks[-1]
    assert min(last.control, last.candidate) > 10
    assert life.decision == "paused"
    assert life.afterwards.assigned_parallel == life.afterwards.served_parallel == 0.0


@pytest.mark.slow
def test_the_statistics_see_little_where_nothing_is(decided: Report) -> None:
    """At most what alpha allows; with twenty runs a few by chance."""
    assert (decided.aa.runs, decided.aa.looks) == (20, 10)
    assert decided.aa.false_decisions == sum(decided.aa.by_action.values()) <= 4
    assert decided.aa.drawn_from >= 60


def test_the_holdout_stays_sequential(report: Report) -> None:
    """In every experiment some questions are held out, and none of them is ever ahead."""
    for life in (report.control, report.regression, report.improvement):
        assert life.afterwards.held_out >= 5
        assert life.afterwards.held_out_parallel == 0


def test_the_audit_trail_holds(report: Report) -> None:
    """After each of the experiments, all in one trail."""
    for life in (report.control, report.regression, report.improvement):
        assert life.afterwards.audit_holds


def test_a_kill_reaches_another_process(report: Report) -> None:
    """In real time, and long before the file would be read without an event."""
    assert len(report.kills_ms) == BRIEF.kill_rounds
    assert all(each > 0 for each in report.kills_ms)
    assert report.kill_ms < 5_000


def test_json_has_the_documented_keys(report: Report) -> None:
    """It is JSON as it stands, and numbers are where programs look for them."""
    wire = to_json(report)
    assert json.loads(json.dumps(wire, allow_nan=False)) == wire
    assert wire.keys() == {
        "profile", "seed", "aa", "control", "regression", "improvement", "kill_ms", "kills_ms",
        "seconds", "assumptions",
    }  # fmt: skip
    assert wire["aa"]["false_decisions"] == report.aa.false_decisions
    assert wire["improvement"]["questions_until_promotion"] == report.improvement.questions
    assert len(wire["improvement"]["timeline"]) == len(report.improvement.looks)


@pytest.mark.slow
def test_json_tells_what_was_decided(decided: Report) -> None:
    """And after how many questions."""
    wire = to_json(decided)
    assert wire["aa"]["false_decisions"] == decided.aa.false_decisions
    assert wire["regression"]["questions_until_rollback"] > 0
    assert wire["regression"]["decision"] == "rolled_back"
    assert wire["improvement"]["questions_until_promotion"] == decided.improvement.questions
    assert wire["improvement"]["decision"] == "promoted"
    assert len(wire["improvement"]["timeline"]) == len(decided.improvement.looks)


def test_the_picture_shows_steps_and_decisions(report: Report, tmp_path: Path) -> None:
    """What became of the experiments is there to read."""
    path = tmp_path / "life.svg"
    draw(report, path)
    drawn = path.read_text(encoding="utf-8")
    for text in ("paused", "profile modern"):
        assert text in drawn, text


@pytest.mark.slow
def test_the_picture_shows_what_was_decided(decided: Report, tmp_path: Path) -> None:
    """What is in the timeline is there to read."""
    path = tmp_path / "life.svg"
    draw(decided, path)
    drawn = path.read_text(encoding="utf-8")
    for text in ("Ramped to 50 %.", "rolled back", "promoted", "profile modern"):
        assert text in drawn, text


def test_without_the_extra_it_says_so(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing library is told as what to install."""
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(MissingExtra, match="Drawing the simulation"):
        draw(report, tmp_path / "life.png")
