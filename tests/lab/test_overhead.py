"""What orchestration costs is measured for every schedule, and nobody is left behind."""

from __future__ import annotations

import json

import pytest

from forerun import stages
from forerun.lab.overhead import Overhead, measure_overhead, to_json
from forerun.lab.overhead.idle import idle_stages
from forerun.lab.overhead.measuring import SKEWED, ideal_s
from forerun.testing.virtual_clock import run_virtually

SCHEDULES = (
    "asyncio.TaskGroup",
    "anyio",
    "sequential",
    "parallel, nothing launched",
    "parallel, every lossless rung",
    "parallel, every rung",
)


@pytest.fixture(scope="module")
def overhead() -> Overhead:
    """Two runs, one round, forty at once; waits take no time."""
    return run_virtually(measure_overhead, 2, 1, 40)


def test_every_schedule_is_named(overhead: Overhead) -> None:
    """Ours, a bare task group beside them, and LangGraph where it is installed."""
    names = [cost.name for cost in overhead.costs]
    assert len(names) == len(set(names))
    for schedule in SCHEDULES:
        assert any(name.startswith(schedule) for name in names), schedule
    assert all(0 < cost.best_ms <= cost.cpu_ms for cost in overhead.costs)


def test_nothing_is_left_behind(overhead: Overhead) -> None:
    """Half of the forty were left on the way: no task, question or branch remains."""
    left = (overhead.leaked_tasks, overhead.leaked_statements, overhead.leaked_calls)
    assert (overhead.in_flight, left) == (40, (0, 0, 0))


def test_skewed_branches_keep_to_the_critical_path(overhead: Overhead) -> None:
    """On a clock that only waits move, the ladder takes the ideal time within 3 %."""
    assert 1.0 - 1e-6 <= overhead.skew_ratio <= 1.03


def test_the_ideal_in_figures() -> None:
    """0.1 to read, 0.15 to the SQL, then 0.2 of review beside 0.15 of rows and words."""
    assert ideal_s(SKEWED) == pytest.approx(0.45)


def test_the_report_is_json(overhead: Overhead) -> None:
    """As it stands."""
    wire = to_json(overhead)
    assert wire.keys() >= {"costs", "skew_ratio", "in_flight", "leaked_tasks"}
    json.dumps(wire, allow_nan=False)


def test_real_stages_are_back_afterwards() -> None:
    """Also where the block was left by an error."""
    real = stages.draft

    def fail_inside() -> None:
        with idle_stages():
            assert stages.draft is not real
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert stages.draft is real
