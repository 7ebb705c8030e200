"""Experiments and plans as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.rollout.experiments import (
    Experiment,
    Plan,
    experiment_from_text,
    experiment_to_text,
    plan_from_json,
    plan_to_json,
)
from tests.rollout.experiments.plans import experiments, plans
from tests.rollout.experiments.samples import plan

ONE = Experiment("e1", plan(ramp=(1, 5), holdout=1), "salt", 1, created_at=10)


@given(experiments())
def test_an_experiment_comes_back_as_it_was(experiment: Experiment) -> None:
    """Every field, every bit of a float; and the text of what came back is the same text."""
    text = experiment_to_text(experiment)
    back = experiment_from_text(text)
    assert back == experiment
    assert experiment_to_text(back) == text
    assert text.isascii()
    assert "\n" not in text


@given(plans())
def test_a_plan_comes_back_as_it_was(plan_: Plan) -> None:
    """Also through the text that JSON is sent as."""
    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan_)))) == plan_


def test_equal_experiments_are_the_same_text() -> None:
    """1 and 1.0 are equal to Python, so they are written alike."""
    other = replace(ONE, plan=plan(ramp=(1.0, 5.0), holdout=1.0), created_at=10.0)
    assert other == ONE
    assert experiment_to_text(other) == experiment_to_text(ONE)


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """The text of an experiment after something was done to its JSON."""
    json_ = json.loads(experiment_to_text(ONE))
    change(json_)
    return json.dumps(json_)


MALFORMED = {
    "nothing": "",
    "no JSON": "{",
    "no object": "[]",
    "nested without end": "[" * 100_000,
    "a field is missing": changed(lambda e: e.pop("salt")),
    "a field too many": changed(lambda e: e.update(more=1)),
    "a field twice": experiment_to_text(ONE)[:-1] + ', "version": 2}',
    "an id that is no text": changed(lambda e: e.update(id=1)),
    "a state that there is not": changed(lambda e: e.update(state="over")),
    "a version that is true": changed(lambda e: e.update(version=True)),
    "a version that is half": changed(lambda e: e.update(version=1.5)),
    "a version of 0": changed(lambda e: e.update(version=0)),
    "a step below the ramp": changed(lambda e: e.update(step=-1)),
    "a step beyond the ramp": changed(lambda e: e.update(step=2)),
    "a time that is text": changed(lambda e: e.update(created_at="10")),
    "a time that is no number": changed(lambda e: e.update(started_at=float("nan"))),
    "a time without end": changed(lambda e: e.update(ended_at=float("inf"))),
    "a time beyond floats": changed(lambda e: e.update(created_at=10**400)),
    "a reason that is a list": changed(lambda e: e.update(reason=[])),
    "half a character": changed(lambda e: e.update(reason="\ud800")),
    "no plan": changed(lambda e: e.update(plan=None)),
    "a plan without a name": changed(lambda e: e["plan"].pop("name")),
    "a plan with a name of nothing": changed(lambda e: e["plan"].update(name=" ")),
    "a plan with more": changed(lambda e: e["plan"].update(arms=2)),
    "a unit that there is not": changed(lambda e: e["plan"].update(unit="team")),
    "a ramp that is no list": changed(lambda e: e["plan"].update(ramp=1.0)),
    "a ramp of texts": changed(lambda e: e["plan"].update(ramp=["1"])),
    "a ramp that falls": changed(lambda e: e["plan"].update(ramp=[5.0, 1.0])),
    "a truth that is 1": changed(lambda e: e["plan"].update(auto_promote=1)),
    "a guardrail that is no object": changed(lambda e: e["plan"].update(guardrails=[1])),
    "a guardrail without margin": changed(
        lambda e: e["plan"].update(guardrails=[{"metric": "success"}])
    ),
    "a metric that is a list": changed(
        lambda e: e["plan"].update(guardrails=[{"metric": [], "margin": 0.1}])
    ),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_whatever_is_malformed_is_a_value_error(what: str) -> None:
    """Nothing is guessed, filled in or passed over."""
    assert experiment_from_text(experiment_to_text(ONE)) == ONE
    with pytest.raises(ValueError):
        experiment_from_text(MALFORMED[what])


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: (
    st.lists(inner) | st.dictionaries(st.text(), inner)
)))  # fmt: skip
def test_any_other_json_is_a_value_error(json_: object) -> None:
    """Whatever its shape."""
    with pytest.raises(ValueError):
        plan_from_json(json_)
    with pytest.raises(ValueError):
        experiment_from_text(json.dumps(json_))


@pytest.mark.parametrize("reason", ["\ud800", "\ud83d\ude00"])
def test_halves_of_characters_are_not_written(reason: str) -> None:
    """They would come back as something else, or could not be stored."""
    with pytest.raises(ValueError):
        experiment_to_text(replace(ONE, reason=reason))


def test_no_number_is_not_written() -> None:
    """JSON has no NaN, though Python would write one."""
    with pytest.raises(ValueError):
        experiment_to_text(replace(ONE, created_at=float("nan")))
