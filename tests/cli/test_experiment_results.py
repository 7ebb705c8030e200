"""What was seen of an experiment, on the command line: figures, decisions, series."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from forerun.rollout.experiments import Arm
from tests.cli.conftest import Ask, Run
from tests.cli.experiments import WHY, planned, seen, started


def test_without_data_it_says_so(forerun: Run, store: Path, told: Ask) -> None:
    """Status 0, in words and as JSON."""
    id_ = started(forerun)
    for command in ("results", "timeseries"):
        done = forerun("experiment", command, id_)
        assert (done.status, done.out.startswith("No data")) == (0, True)
    decision = forerun("experiment", "decision", id_)
    assert (decision.status, decision.out.startswith("no_data")) == (0, True)
    assert told("decision", id_)["action"] == "no_data"
    assert told("timeseries", id_)["points"] == []
    results = told("results", id_)
    assert results["as_assigned"]["arms"]["parallel"]["questions"] == 0
    assert results["as_assigned"]["intervals"][0]["estimate"] is None
    assert "No difference" in forerun("experiment", "mismatches").out


def test_results_of_both_arms(forerun: Run, store: Path, told: Ask) -> None:
    """Counts, fallbacks, seconds and intervals as assigned and as served, and by stratum."""
    id_ = started(forerun, "--ramp", "50")
    seen(store, id_, 1_000, failing=0.1)
    results = told("results", id_)
    sequential, parallel = (results["as_assigned"]["arms"][arm.value] for arm in Arm)
    assert (sequential["questions"], parallel["questions"]) == (500, 500)
    assert (sequential["served_elsewhere"], parallel["served_elsewhere"]) == (0, 50)
    assert sequential["failed"] == 0
    assert 20 < parallel["failed"] < 90
    assert parallel["answered"] + parallel["failed"] == 500
    assert parallel["p50_s"] < sequential["p50_s"] < sequential["p95_s"]
    served = results["as_served"]["arms"]["parallel"]
    assert (served["questions"], served["served_elsewhere"]) == (450, 0)
    assert served["mean_s"] < parallel["mean_s"]
    assert set(results["strata"]) == {"complex", "moderate"}
    intervals = results["as_assigned"]["intervals"]
    kinds = [(each["metric"], each["method"].split()[0]) for each in intervals]
    both = ("asymptotic", "exact")
    assert kinds == [
        ("mean_time", "asymptotic"),
        *(("p50_time", method) for method in both),
        *(("p95_time", method) for method in both),
        ("success", "asymptotic"),
    ]
    assert all(each["low"] < each["estimate"] < each["high"] for each in intervals)
    assert intervals[0]["high"] < 1
    assert intervals[-1]["estimate"] == pytest.approx(-parallel["failed"] / 500)
    assert not results["sample_ratio"]["found"]
    text = forerun("experiment", "results", id_).out
    for part in ("As assigned", "As served", "Only complex questions", "p95_time", "fell back"):
        assert part in text


def test_the_decision_says_about_how_many_more(forerun: Run, store: Path, told: Ask) -> None:
    """Not decidable yet is an answer like any other; much slower is a rollback, and it is only
    said, not done."""
    id_ = started(forerun, "--ramp", "50")
    seen(store, id_, 300, faster=0.9)
    decision = told("decision", id_)
    assert decision["action"] == "hold"
    assert decision["more_per_arm"] > 0
    assert "not decidable yet" in decision["primary"]["sentence"]
    assert [each["metric"] for each in decision["guardrails"]] == ["p95_time", "success"]
    shown = forerun("experiment", "decision", id_)
    assert shown.status == 0
    assert f"about {decision['more_per_arm']:,} more units of each arm needed" in shown.out
    other = other_with(forerun, store, id_, faster=2.0)
    worse = told("decision", other)
    assert worse["action"] == "roll_back"
    assert told("show", other)["state"] == "running"


def other_with(forerun: Run, store: Path, running: str, faster: float) -> str:
    """Another experiment in the place of the one that runs, with a thousand questions."""
    assert forerun("experiment", "pause", running, *WHY).status == 0
    id_ = started(forerun, "--name", "other", "--ramp", "50")
    seen(store, id_, 1_000, faster)
    return id_


@pytest.mark.parametrize(
    ("questions", "units"),
    [
        (250, [100, 200, 250]),
        (400, [100, 200, 300, 400]),
        (5_100, [*range(200, 5_100, 200), 5_100]),
    ],
)
def test_a_series_of_at_most_fifty_points(
    forerun: Run, store: Path, told: Ask, questions: int, units: list[int]
) -> None:
    """After each hundred units and now; its last point is the interval of the results."""
    id_ = started(forerun, "--ramp", "50")
    seen(store, id_, questions)
    series = told("timeseries", id_)
    assert [point["units"] for point in series["points"]] == units
    assert len(units) <= 50
    last = told("results", id_)["as_assigned"]["intervals"][0]
    assert series["points"][-1]["interval"] == last
    assert len(forerun("experiment", "timeseries", id_).out.splitlines()) == len(units) + 1


@pytest.mark.slow
def test_only_what_judges_loads_the_statistics(forerun: Run, store: Path) -> None:
    """Acts and lists do without numpy and scipy; `results` needs them."""
    id_ = planned(forerun)
    loaded = {}
    for command in (f"start {id_} --why x", "list", f"show {id_}", "audit", f"results {id_}"):
        program = (
            "import contextlib, sys\n"
            "from forerun.cli import main\n"
            f"sys.argv = ['forerun', 'experiment', *{command.split()!r}]\n"
            "with contextlib.suppress(SystemExit): main()\n"
            "print([name for name in ('numpy', 'scipy') if name in sys.modules], file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        loaded[command.split()[0]] = done.stderr.strip()
    assert loaded.pop("results") == "['numpy', 'scipy']"
    assert set(loaded.values()) == {"[]"}
