"""A plan that cannot be carried out is not made."""

from __future__ import annotations

import math
from typing import Any

import pytest

from forerun.errors import BadInput
from forerun.rollout.experiments import Guardrail, Metric
from tests.rollout.experiments.samples import plan

IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": " \t"}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"hypothesis": ""}, "hypothesis"),
    ({"hypothesis": "  "}, "hypothesis"),
    ({"ramp": ()}, "rise"),
    ({"ramp": (5.0, 1.0)}, "rise"),
    ({"ramp": (1.0, 1.0, 5.0)}, "rise"),
    ({"ramp": (0.0, 5.0)}, "above 0"),
    ({"ramp": (-1.0, 5.0)}, "above 0"),
    ({"ramp": (1.0, 99.5)}, "at most 99 %"),
    ({"ramp": (1.0, 100.0), "holdout": 0.5}, r"at most 99\.5 %"),
    ({"ramp": (math.nan,)}, "above 0"),
    ({"holdout": -10.0, "ramp": (105.0,)}, "holdout"),
    ({"holdout": 100.0}, "holdout"),
    ({"holdout": math.nan}, "holdout"),
    ({"alpha": 0.0}, "alpha"),
    ({"alpha": 5e-324}, "alpha"),
    ({"alpha": 0.5}, "alpha"),
    ({"alpha": math.nan}, "alpha"),
    ({"per_step": 0}, "horizon"),
    ({"per_step": 200, "horizon": 199}, "horizon"),
    ({"guardrails": (Guardrail(Metric.SUCCESS, -0.01),)}, "margin"),
    ({"guardrails": (Guardrail(Metric.P95_TIME, math.nan),)}, "margin"),
    ({"guardrails": (Guardrail(Metric.P95_TIME, math.inf),)}, "margin"),
]


@pytest.mark.parametrize(("changes", "fault"), IMPOSSIBLE)
def test_what_cannot_be_carried_out_is_refused(changes: dict[str, Any], fault: str) -> None:
    """Each fault by itself, named, with what to do."""
    with pytest.raises(BadInput, match=fault) as raised:
        plan(**changes)
    assert raised.value.hint


def test_the_edges_of_what_is_possible() -> None:
    """A name of 100 characters, no guardrail, no holdout, one step of everything."""
    edge = plan(name="x" * 100, guardrails=(), holdout=0.0, ramp=(100.0,), per_step=1, horizon=1)
    assert edge.ramp == (100.0,)
