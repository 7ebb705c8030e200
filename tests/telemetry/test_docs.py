"""docs/telemetry.md says what there is, and nothing else."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from forerun.telemetry import shapes
from forerun.telemetry.config import TelemetryConfig
from forerun.telemetry.metrics import Metrics

PAGE = (Path(__file__).parents[2] / "docs" / "telemetry.md").read_text()


def section(heading: str) -> str:
    parts = re.split(r"^##+ ", PAGE, flags=re.MULTILINE)
    return next(part for part in parts if part.startswith(f"{heading}\n"))


def test_every_setting_is_documented_with_its_default() -> None:
    """One row each, with the help text."""
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", section("Settings"), re.MULTILINE)
    assert rows == [
        (each.name, shown(each.default), each.metadata["help"]) for each in fields(TelemetryConfig)
    ]


def shown(default: object) -> str:
    if default is None:
        return "—"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_metric_is_documented_with_its_labels() -> None:
    """The gauges that are asked for have rows of their own below."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", section("Metrics"), re.MULTILINE)
    documented = {
        name: (kind, tuple(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows
    }
    ours = {
        f"{each._name}{'_total' if each._type == 'counter' else ''}": (each._type, each._labelnames)
        for each in vars(Metrics()).values()
        if hasattr(each, "_labelnames")
    }
    assert {name: row for name, row in documented.items() if row[0] != "gauge"} == ours


@pytest.mark.parametrize(
    ("shape", "heading"),
    [
        (shapes.PerformanceJSON, "The figures"),
        (shapes.OperationJSON, "An operation"),
        (shapes.ArmFiguresJSON, "Figures of an arm"),
        (shapes.ArmsComparedJSON, "A comparison"),
        (shapes.RatioJSON, "A ratio"),
        (shapes.TracePageJSON, "A page of traces"),
        (shapes.TraceSummaryJSON, "A summary of a trace"),
        (shapes.TraceJSON, "A trace"),
        (shapes.SpanJSON, "A span"),
        (shapes.EventJSON, "An event"),
    ],
)
def test_every_field_is_documented(shape: Any, heading: str) -> None:
    """Exactly the fields of each object, in their order."""
    written = re.findall(r"^\| `(\w+)`", section(heading), re.MULTILINE)
    assert written == list(shape.__annotations__)
