"""Experiments of other systems, flags that are audited, and shadow runs, on the command line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.app.experimenting import open_experiments
from forerun.rollout.experiments.records import Pair, Verdict
from forerun.rollout.experiments.store import SHADOW
from tests.cli.conftest import Ask, Run
from tests.cli.experiments import WHY, planned, started
from tests.rollout.flags.files import put, rollout


def exposure(n: int, **changes: Any) -> dict[str, Any]:
    said = {"request": f"r{n}", "unit": f"u{n}", "arm": "parallel", "stratum": "complex"}
    return said | changes


def outcome(n: int, **changes: Any) -> dict[str, Any]:
    said = {"request": f"r{n}", "seconds": 2.5, "verdict": "answered", "served": "parallel"}
    return said | changes


def lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(each) + "\n\n" for each in records)


def test_a_unit_is_assigned_and_stays(forerun: Run, store: Path, told: Ask) -> None:
    """The path is what a script reads; the rest is for people, and for programs."""
    id_ = started(forerun, "--ramp", "50")
    given = told("assign", id_, "--unit", "session 7")
    assert told("assign", id_, "--unit", "session 7") == given
    done = forerun("experiment", "assign", id_, "--unit", "session 7")
    assert done.out.splitlines()[0] == given["path"]
    assert given["unit"] in done.out.replace("\n", "")
    draft = planned(forerun)
    assert not told("assign", draft, "--unit", "session 7")["counted"]


def test_what_is_reported_counts_once(
    forerun: Run, store: Path, told: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a file and from a pipe, with empty lines between; then it is in the results."""
    id_ = started(forerun, "--ramp", "50")
    file = tmp_path / "seen.jsonl"
    file.write_text(lines([exposure(n, at="2999-01-01T00:00:00+00:00") for n in range(5)]))
    assert told("exposures", id_, "--file", str(file)) == {"reported": 5, "new": 5}
    assert told("exposures", id_, "--file", str(file)) == {"reported": 5, "new": 0}
    piped = io.TextIOWrapper(io.BytesIO(lines([outcome(n) for n in range(6)]).encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    done = forerun("experiment", "outcomes", id_, "--file", "-")
    assert (done.status, done.out.strip()) == (0, "6 outcomes, 6 of them new.")
    assert told("results", id_)["as_assigned"]["arms"]["parallel"]["answered"] == 5


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("{", "Line 2"),
        ("[]", "no object"),
        (json.dumps(exposure(2, arm="left")), "arm is none of"),
        (json.dumps(exposure(2, at="yesterday")), "at is no time"),
        (json.dumps(exposure(2, at="2027-03-31T08:15:00")), "at is no time"),
        (json.dumps(exposure(2, colour="red")), "colour means nothing"),
        (json.dumps(exposure(2, unit="")), "unit is no text"),
        (json.dumps(exposure(2, unit="a\0b")), "NUL"),
        ('{"request": "r", "request": "s"}', "twice"),
    ],
)
def test_one_wrong_line_and_nothing_is_kept(
    forerun: Run, store: Path, told: Ask, tmp_path: Path, record: str, says: str
) -> None:
    """Status 2, with the line where one is to blame."""
    id_, file = started(forerun), tmp_path / "seen.jsonl"
    file.write_text(json.dumps(exposure(1)) + "\n" + record + "\n")
    done = forerun("experiment", "exposures", id_, "--file", str(file))
    assert (done.status, says in done.err) == (2, True), done.err
    file.write_text(json.dumps(exposure(1)) + "\n")
    assert told("exposures", id_, "--file", str(file))["new"] == 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1e999", "true", '"2"', "null"])
def test_a_time_that_is_none_is_refused(
    forerun: Run, store: Path, tmp_path: Path, value: str
) -> None:
    """Whatever Python's JSON would take for a number."""
    file = tmp_path / "seen.jsonl"
    file.write_text(json.dumps(outcome(1)).replace("2.5", value))
    done = forerun("experiment", "outcomes", started(forerun), "--file", str(file))
    assert (done.status, "seconds is no number" in done.err) == (2, True), done.err


def test_changes_of_flags_are_audited_beside_the_file(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a store for experiments: who, why and what, in a chain that holds."""
    monkeypatch.setenv("FORERUN_FLAGS", str(put(tmp_path / "flags.json", rollout(stage="off"))))
    monkeypatch.delenv("FORERUN_EXPERIMENTS", raising=False)
    forerun("flags", "set", "--stage", "live", "--threshold", "20", *WHY)
    forerun("flags", "kill", "parallel", *WHY)
    trail = json.loads(forerun("flags", "audit", "--json").out)
    assert [line["action"] for line in trail["lines"]] == ["set_flag", "kill_flag"]
    assert {(line["who"], line["why"]) for line in trail["lines"]} == {("ann", "a test")}
    assert trail["holds"]
    assert "The chain holds" in forerun("flags", "audit", "parallel").out
    assert json.loads(forerun("flags", "audit", "other", "--json").out)["lines"] == []


def test_a_kill_with_the_store_down_is_said_to_be_unaudited(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is everywhere, status 0; its line waits, and comes in with the next change."""
    monkeypatch.setenv("FORERUN_FLAGS", str(put(tmp_path / "flags.json", rollout(stage="live"))))
    for place in ("postgresql://nobody@127.0.0.1:1/none", "mysql://no/store"):
        monkeypatch.setenv("FORERUN_EXPERIMENTS", place)
        done = forerun("flags", "kill", "parallel", *WHY)
        assert (done.status, "Every process" in done.out) == (0, True), done
        if place.startswith("postgresql"):
            assert "no line of this yet" in done.err
            monkeypatch.setenv("FORERUN_EXPERIMENTS", str(tmp_path / "experiments.sqlite"))
            forerun("flags", "lift", "parallel", *WHY)
            trail = json.loads(forerun("flags", "audit", "--json").out)
            assert [line["action"] for line in trail["lines"]] == ["kill_flag", "lift_flag"]


def test_a_threshold_is_taken_away(
    forerun: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not set at the same time; with its key the change is made once."""
    file = put(tmp_path / "flags.json", rollout(stage="live", threshold=20))
    monkeypatch.setenv("FORERUN_FLAGS", str(file))
    both = forerun("flags", "set", "--threshold", "9", "--no-threshold", *WHY)
    assert both.status == 2
    for _ in range(2):
        assert forerun("flags", "set", "--no-threshold", "--key", "k", *WHY).status == 0
    written = json.loads(file.read_text())
    assert written["metadata"]["version"] == 2
    assert written["flags"]["parallel"]["variants"]["everybody"] == {"stage": "live"}


def test_shadow_runs_are_shown(forerun: Run, store: Path, told: Ask) -> None:
    """Of the stage by default; nothing yet is said, and no failure."""
    assert "nothing is known" in forerun("experiment", "shadows").out
    answered = Verdict.ANSWERED
    pairs = [
        Pair(f"r{n}", "complex", n % 3 == 0, 4.0 + n % 5, 2.0, answered, answered, n >= 0, 1.0)
        for n in range(300)
    ]

    async def keep() -> None:
        opened = open_experiments(str(store))
        await opened.add_pairs(SHADOW, pairs)
        await opened.aclose()

    anyio.run(keep)
    shown = forerun("experiment", "shadows").out
    assert "sequential again" in shown
    assert "0 of 200" in shown
    found = told("shadows", SHADOW)
    assert (found["parallel"]["pairs"], found["noise"]["pairs"]) == (200, 100)
    assert found["parallel"]["time"]["high"] < 0.5
    assert not found["above_noise"]
