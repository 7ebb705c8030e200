"""`experiment create`: a plan out of options and a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forerun.errors import BadInput
from forerun.rollout.experiments.planning import plan_file


def plan(file: Path | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options win over the file. None: not given."""
    told = {} if file is None else plan_file(file)
    return told | {name: value for name, value in given.items() if value is not None}


def guardrails(given: Sequence[str] | None) -> list[dict[str, Any]] | None:
    """`p95_time=0.1`, each; `none` alone for none. Raises `BadInput`."""
    if not given:
        return None
    if list(given) == ["none"]:
        return []
    return [_guardrail(each) for each in given]


def ramp(given: str | None) -> list[float] | None:
    """`1,5,25,50`. Raises `BadInput`."""
    if given is None:
        return None
    try:
        return [float(part) for part in given.split(",")]
    except ValueError:
        raise BadInput(
            f"--ramp is {given!r}, which is no list of percentages.", "E.g. --ramp 1,5,25,50."
        ) from None


def _guardrail(given: str) -> dict[str, Any]:
    metric, _, margin = given.partition("=")
    try:
        return {"metric": metric.strip(), "margin": float(margin)}
    except ValueError:
        raise BadInput(
            f"--guardrail is {given!r}, which is no metric with a margin.",
            "E.g. --guardrail p95_time=0.1 --guardrail success=0.02.",
        ) from None
