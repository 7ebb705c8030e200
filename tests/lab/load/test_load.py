"""A service under load: measured as it is, and what it leaves behind is noticed."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.lab.load.asking import Wishes
from forerun.lab.load.census import Census
from forerun.lab.load.noting import Figures, Served
from forerun.lab.load.planning import Load, scaled
from forerun.lab.load.reporting import (
    MOST_GROWTH_BYTES,
    MOST_OF_STATE,
    Left,
    Machine,
    Memory,
    Report,
    Spread,
    Times,
    growth,
)
from forerun.testing.simulator import PROFILES
from tests.cli.conftest import spawn

HELD = Census(7, 1, 0, 0, {}, {"service.sqlite": 2}, {"port 5432": 2}, 9)
CALM = Memory(100, 120, 110, None)
NO_TIMES = Times(*[None] * 9)


def report(memory: Memory = CALM, after: Census = HELD, **other: Any) -> Report:
    left = Left(HELD, after, 0.1, other.pop("exit_status", 0))
    counts = {"statuses": {"answered": 3}, "errors": {}, "strategies": {}, **other}
    machine = Machine(1.0, 1.0, 0.1, 0.1, 1.0, 2, None)
    return Report(
        {}, 3, 1.0, 3.0, **counts, shed=0, fallbacks=0, model_calls=4.0, statements=1.0,
        events=60.0, bytes=1.0, times=NO_TIMES, machine=machine, memory=memory, left=left,
    )  # fmt: skip


def test_nothing_amiss_is_no_fault() -> None:
    """The same held before and after, no error, memory that was not judged."""
    assert report().faults == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"tasks": 8},
        {"threads": 2},
        {"busy_threads": 1},
        {"questions": 1},
        {"files": {"sales.duckdb": 1}},
        {"files": {"sales.sqlite": 1}},
        {"of_state": {"service.sqlite": MOST_OF_STATE + 1}},
        {"connections": {"port 5432": 3}},
        {"other_descriptors": 10},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_is_left_behind_is_a_fault(changed: dict[str, Any]) -> None:
    """Each kind of thing that a process can hold, named."""
    (fault,) = report(after=replace(HELD, **changed)).faults
    assert next(iter(changed)) in fault


def test_sqlite_may_keep_files_of_the_state_open() -> None:
    """As many as there can have been connections at once."""
    assert report(after=replace(HELD, of_state={"service.sqlite": MOST_OF_STATE})).faults == ()


def test_errors_a_bad_end_and_growing_memory_are_faults() -> None:
    """Each in a sentence of its own; growth up to the bound is none."""
    assert "overloaded" in report(errors={"overloaded": 2}).faults[0]
    assert "-9" in report(exit_status=-9).faults[0]
    assert report(replace(CALM, growth_a_question=MOST_GROWTH_BYTES)).faults == ()
    assert len(report(replace(CALM, growth_a_question=MOST_GROWTH_BYTES + 1)).faults) == 1


@given(st.integers(-5_000, 5_000), st.integers(0, 10**9), st.integers(10, 200))
def test_growth_is_the_slope_once_warm(slope: int, base: int, count: int) -> None:
    """Whatever memory did while caches filled, and in spite of a sample far off."""
    samples = [(n * 10, base + slope * n * 10) for n in range(count)]
    cold = [(n, base + 10**9) for n, _ in samples[: count // 4]]
    warm = samples[count // 4 :]
    warm[len(warm) // 2] = (warm[len(warm) // 2][0], base + 10**9)
    assert growth([*cold, *warm]) == pytest.approx(slope, abs=1e-6 + abs(slope) * 0.01)


def test_spreads() -> None:
    """Of nothing there is none."""
    assert Spread.of([]) is None
    assert Spread.of([0.001, 0.002, 0.003], 1_000) == Spread(2.0, 2.9, 2.98)


def test_no_two_wishes_are_the_same_to_the_cache() -> None:
    """Cases come round again, with other limits; the follow-up is in the conversation of the
    question before it."""
    wishes = Wishes(Load().cases)
    asked = [wish for _ in range(400) for wish in wishes.next_three()]
    assert len({(wish.text, wish.max_rows) for wish in asked}) == len(asked)
    first, follow_up, simple = asked[:3]
    assert first.conversation == follow_up.conversation is not None
    assert simple.conversation is None


def test_a_scaled_provider_takes_that_share_of_the_time() -> None:
    """The same call, piece by piece."""
    profile = PROFILES["modern"]
    quick = scaled(profile, 0.1)
    assert quick.strong.first_token_s == pytest.approx(0.1 * profile.strong.first_token_s)
    assert quick.small.tokens_per_s == pytest.approx(10 * profile.small.tokens_per_s)


@pytest.mark.slow
@pytest.mark.parametrize("option", [(), ("--http",)], ids=["in process", "over HTTP"])
def test_a_little_load(option: tuple[str, ...]) -> None:
    """A real service, a few askers, two seconds: no error, nothing left behind, all measured."""
    told = ("--askers", "4", "--seconds", "2", "--scale", "0.01", "--json", *option)
    process = spawn("bench", "load", *told)
    out, err = process.communicate(timeout=150)
    assert process.returncode == 0, (out, err)
    wire = json.loads(out)
    assert (wire["faults"], wire["errors"]) == ([], {})
    assert wire["questions"] >= 4
    assert wire["model_calls"] > 2
    assert 0 < wire["times"]["own_cpu_ms"]["p50"] < 1_000 * wire["times"]["whole_s"]["p50"]
    assert 0 < wire["times"]["own_ms"]["p50"] < 1_000 * wire["times"]["whole_s"]["p50"]
    assert wire["machine"]["sdk_cpu_ms_a_call"] > 0
    assert wire["memory"]["peak"] >= wire["memory"]["before"] > 10_000_000


def test_what_is_noted_of_a_question_is_told_as_it_was() -> None:
    """Packed into a few bytes, figures come out as they went in, question by question."""
    figures = Figures()
    told = [
        Served(UUID(int=n).hex, 0.25, 2.0 + n, 1.5, 0.1 + 0.2, 1e-9, n, 2 * n) for n in range(3)
    ]
    for served in told:
        figures.note(served)
    assert list(figures.served) == told
    assert len(pickle.dumps(figures)) < 600
