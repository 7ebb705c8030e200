"""`forerun experiment simulate` as people type it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.mark.parametrize(
    "arguments", [("--profile", "warp"), ("--runs", "0"), ("--plot", "life.gif")]
)
def test_what_cannot_be_simulated_is_told_at_once(forerun: Run, arguments: tuple[str, str]) -> None:
    """An unknown profile, no run, a picture that nothing draws: status 2, before any work."""
    done = forerun("experiment", "simulate", *arguments)
    assert done.status == 2
    assert arguments[1] in done.err
    assert done.out == ""


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_the_whole_life_of_an_experiment(forerun: Run, tmp_path: Path) -> None:
    """In full size: few false decisions, a rollback, a promotion, a quick kill, and a picture."""
    picture = tmp_path / "life.svg"
    done = forerun("experiment", "simulate", "--json", "--plot", str(picture))
    assert done.status == 0
    told = json.loads(done.out)
    assert (told["aa"]["runs"], told["aa"]["looks"]) == (1_000, 30)
    assert told["aa"]["false_decisions"] <= 0.05 * 1_000
    assert told["regression"]["decision"] == "rolled_back"
    assert told["regression"]["timeline"][-1]["low"] > 1.1, "else nothing bad was planted"
    assert told["regression"]["questions_until_rollback"] < 1_000
    assert told["improvement"]["decision"] == "promoted"
    assert told["regression"]["afterwards"]["served_parallel"] == 0.0
    assert told["improvement"]["afterwards"]["served_parallel"] == 1.0
    for name in ("control", "regression", "improvement"):
        assert told[name]["afterwards"]["held_out_parallel"] == 0
        assert told[name]["afterwards"]["audit_holds"]
    assert 0 < told["kill_ms"] < 5_000
    assert picture.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_people_get_a_timeline(forerun: Run) -> None:
    """Each step of the ramp with what was known then, on slow models too."""
    done = forerun("experiment", "simulate", "--profile", "origin", "--runs", "10")
    assert done.status == 0
    for text in ("Ramped to 25 %.", "Rolled back.", "Promoted.", "The audit trail holds."):
        assert text in done.out, text
