"""The plan's two flags and the rungs, as the environment gives them; what performance counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.app.settings import Settings
from forerun.booleans import FALSE, TRUE
from forerun.domain import (
    LOSSLESS,
    Answer,
    Decision,
    Failure,
    Fallback,
    Rung,
    Status,
    Strategy,
    Trace,
    TraceId,
)
from forerun.domain.figures import quantile
from forerun.errors import BadSetting
from forerun.orchestrators.performance import KEPT, Performance

WORDS = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip


def cased(word: str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from([c.lower(), c.upper()]) for c in word)).map("".join)


@given(st.sampled_from(sorted(WORDS)).flatmap(lambda word: st.tuples(st.just(word), cased(word))))
def test_the_eight_words_in_any_case(drawn: tuple[str, str]) -> None:
    """ENABLE_PARALLEL is true for four words and false for four."""
    word, written = drawn
    assert Settings.read({"ENABLE_PARALLEL": f" {written} "}).enable_parallel is WORDS[word]
    assert set(WORDS) == TRUE | FALSE


@pytest.mark.parametrize("text", ["2", "tru", "enabled", "yes please", "-1", "None", "y"])
def test_anything_else_stops_the_start(text: str) -> None:
    """The message names the variable, what it held, and what is allowed."""
    with pytest.raises(BadSetting, match="ENABLE_PARALLEL") as raised:
        Settings.read({"ENABLE_PARALLEL": text})
    assert repr(text) in raised.value.message
    assert raised.value.hint == "Use true, 1, yes, on or false, 0, no, off."
    assert "FORERUN_" not in raised.value.message


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0.0), ("30", 30.0), ("2.5", 2.5), ("1e3", 1e3)]
)
def test_the_threshold_is_a_number(text: str, seconds: float) -> None:
    """Of seconds, whole or not."""
    assert Settings.read({"PARALLEL_THRESHOLD": text}).parallel_threshold == seconds


@pytest.mark.parametrize("text", ["-1", "soon", "30s", "nan", "inf", "1,5"])
def test_no_other_threshold(text: str) -> None:
    """Negative, endless or unreadable: told by its own name."""
    with pytest.raises(BadSetting, match=r"^PARALLEL_THRESHOLD"):
        Settings.read({"PARALLEL_THRESHOLD": text})


def test_flags_have_the_plans_names_alone() -> None:
    """The names with our prefix are not theirs."""
    settings = Settings.read({"FORERUN_ENABLE_PARALLEL": "true", "FORERUN_PARALLEL_THRESHOLD": "1"})
    assert (settings.enable_parallel, settings.parallel_threshold) == (False, 30.0)


def test_rungs_are_named_or_none() -> None:
    """A list, in any case; `none` for no rung; by default those that change no answer."""
    assert Settings.read({}).rungs == {rung.value for rung in LOSSLESS}
    read = Settings.read({"FORERUN_RUNGS": "Review, hedge ,"})
    assert read.rungs == {"review", "hedge"}
    assert Settings.read({"FORERUN_RUNGS": "none"}).rungs == {"none"}
    everything = ",".join(Rung)
    assert Settings.read({"FORERUN_RUNGS": everything}).rungs == {rung.value for rung in Rung}


def test_unknown_rungs_stop_the_start() -> None:
    """Each unknown name is told, and the known ones as well."""
    with pytest.raises(BadSetting, match="FORERUN_RUNGS names magic, speed") as raised:
        Settings.read({"FORERUN_RUNGS": "speed,review,magic"})
    assert all(rung.value in (raised.value.hint or "") for rung in Rung)


def test_unknown_rungs_in_code_are_told_too() -> None:
    """A bad setting is a BadSetting, whoever gave it."""
    with pytest.raises(BadSetting, match="magic"):
        Settings(state="memory", rungs=frozenset({"magic"}))


def test_where_a_value_came_from() -> None:
    """The environment even where it says what is the default; code; nobody."""
    read = Settings.read({"ENABLE_PARALLEL": "false"})
    assert read.source_of("enable_parallel") == "environment"
    assert read.source_of("parallel_threshold") == "default"
    given_in_code = Settings(enable_parallel=True)
    assert given_in_code.source_of("enable_parallel") == "settings"
    assert given_in_code.source_of("parallel_threshold") == "default"
    assert read == Settings()  # where it came from is no part of what it is


def test_what_is_changed_in_code_is_no_longer_the_environments() -> None:
    """Read first, then replaced: the value came from code."""
    changed = replace(Settings.read({"ENABLE_PARALLEL": "false"}), enable_parallel=True)
    assert changed.source_of("enable_parallel") == "settings"


def answer(
    seconds: float,
    status: Status = Status.ANSWERED,
    strategy: Strategy | None = Strategy.SEQUENTIAL,
    *,
    fell_back: bool = False,
) -> Answer:
    failed = status is Status.FAILED
    return Answer(
        "?",
        status,
        "duckdb",
        "hybrid",
        TraceId("0" * 32),
        trace=Trace(total_ms=1_000 * seconds),
        decision=None if strategy is None else Decision(strategy, None, 30.0, "default", ""),
        fallback=Fallback(fell_back),
        failure=Failure("x", "x") if failed else None,
    )


def test_performance_counts() -> None:
    """Per operation and per strategy: how many, how well, how fast, how many fallbacks."""
    performance = Performance()
    for seconds in (1.0, 2.0, 3.0):
        performance.observe("hybrid_orchestrator", answer(seconds))
    parallel = answer(9.0, Status.FAILED, Strategy.PARALLEL, fell_back=True)
    performance.observe("hybrid_orchestrator", parallel)
    performance.observe("direct", answer(7.0, Status.REFUSED, None))
    figures = performance.operations()["hybrid_orchestrator"]
    assert (figures.count, figures.success_rate, figures.fallbacks) == (4, 0.75, 1)
    assert (figures.mean_s, figures.p50_s, figures.last_s) == (3.75, 2.5, 9.0)
    assert figures.p95_s == pytest.approx(3.0 + 0.85 * 6.0)
    assert performance.operations()["direct"].success_rate == 1.0  # a refusal is no failure
    by_strategy = performance.by_strategy("hybrid_orchestrator")
    assert [by_strategy[each].count for each in Strategy] == [3, 1]
    assert by_strategy[Strategy.PARALLEL].success_rate == 0.0
    assert performance.by_strategy("direct").keys() == {Strategy.SEQUENTIAL}
    assert performance.by_strategy("never heard of") == {}


def test_performance_remembers_the_last_only() -> None:
    """Bounded, whatever comes."""
    performance = Performance()
    for number in range(KEPT + 5):
        performance.observe("x", answer(float(number)))
    figures = performance.operations()["x"]
    assert (figures.count, figures.last_s) == (KEPT, KEPT + 4.0)
    assert figures.p50_s == 5 + (KEPT - 1) / 2


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_quantiles_lie_among_the_values(values: list[float], share: float) -> None:
    """The ends at 0 and 1, in between for every other share."""
    ordered = sorted(values)
    assert quantile(ordered, 0.0) == ordered[0]
    assert quantile(ordered, 1.0) == ordered[-1]
    assert ordered[0] <= quantile(ordered, share) <= ordered[-1] * (1 + 1e-12)
