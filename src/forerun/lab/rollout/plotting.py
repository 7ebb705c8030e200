"""The confidence sequences as a picture: what was known of the mean time, question by question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from forerun.lab.latency.plotting import draw_spec
from forerun.lab.rollout.lives import Life
from forerun.lab.rollout.running import Report

LONGEST_NOTE = 40
"""Characters of a reason that are shown beside its mark; a longer one is a decision."""


def draw(report: Report, path: Path) -> None:
    """Write the picture. Errors: `MissingExtra`; `BadInput` where the file cannot be written."""
    draw_spec(spec(report), path, "Drawing the simulation")


def spec(report: Report) -> dict[str, Any]:
    """A Vega-Lite document: a panel for each experiment, one below the other."""
    lives = (report.control, report.regression, report.improvement)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {
            "text": "Mean time, parallel over sequential, and where the truth is",
            "subtitle": f"profile {report.profile}, seed {report.seed}; bars: confidence sequence, "
            "anew with each step of the ramp; 1: no difference",
        },
        "vconcat": [_panel(life) for life in lives],
        "resolve": {"scale": {"x": "independent"}},
    }


def _panel(life: Life) -> dict[str, Any]:
    return {
        "title": f"{life.name}: {life.decision.replace('_', ' ')} after {life.questions:,} "
        "questions",
        "width": 560,
        "height": 150,
        "layer": [_no_difference(), _marks(life), _bars(life), _estimate(life), _notes(life)],
    }


def _no_difference() -> dict[str, Any]:
    return {
        "data": {"values": [{"ratio": 1}]},
        "mark": {"type": "rule", "color": "#9aa7b8", "strokeDash": [4, 4]},
        "encoding": {"y": _y("ratio")},
    }


def _bars(life: Life) -> dict[str, Any]:
    return {
        "data": {"values": _known(life)},
        "mark": {"type": "rule", "color": "#2f6f8f", "strokeWidth": 3, "opacity": 0.6},
        "encoding": {"x": _x(life), "y": _y("low"), "y2": {"field": "high"}},
    }


def _estimate(life: Life) -> dict[str, Any]:
    return {
        "data": {"values": _known(life)},
        "mark": {"type": "point", "filled": True, "color": "#2f6f8f", "size": 24},
        "encoding": {"x": _x(life), "y": _y("ratio")},
    }


def _marks(life: Life) -> dict[str, Any]:
    """Where something was done: a step of the ramp, or the decision."""
    return {
        "data": {"values": _done(life)},
        "mark": {"type": "rule", "color": "#b5542b"},
        "encoding": {"x": _x(life)},
    }


def _notes(life: Life) -> dict[str, Any]:
    return {
        "data": {"values": _done(life)},
        "mark": {"type": "text", "align": "right", "dx": -4, "color": "#b5542b"},
        "encoding": {
            "x": _x(life),
            "y": {"value": 8},
            "text": {"field": "note"},
        },
    }


def _x(life: Life) -> dict[str, Any]:
    return {
        "field": "questions",
        "type": "quantitative",
        "title": "questions",
        "scale": {"domain": [0, life.questions]},
    }


def _y(field: str) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": "ratio",
        "scale": {"zero": False},
    }


def _known(life: Life) -> list[dict[str, Any]]:
    return [
        {"questions": look.questions, "ratio": look.ratio, "low": look.low, "high": look.high}
        for look in life.looks
        if look.ratio is not None
    ]


def _done(life: Life) -> list[dict[str, Any]]:
    """A long reason is a decision: the panel's title tells which."""
    return [
        {
            "questions": look.questions,
            "note": look.done if len(look.done) < LONGEST_NOTE else life.decision.replace("_", " "),
        }
        for look in life.looks
        if look.done is not None
    ]
