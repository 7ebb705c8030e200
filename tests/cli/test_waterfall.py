"""The waterfall: every stage that ran is a row, in its place on the axis, within the width.

`drawings/` holds the parallel trace as it is drawn. To draw it anew, look at what the failed test
prints, and copy it there if it is better.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from forerun.cli.waterfall import waterfall, waterfall_svg
from forerun.domain import (
    Answer,
    Fate,
    ModelCall,
    Role,
    Rung,
    Speculation,
    Stage,
    StageSpan,
    Status,
    Trace,
    TraceId,
    Usage,
)

DRAWINGS = Path(__file__).parent / "drawings"


def answer_of(trace: Trace, *speculation: Speculation) -> Answer:
    return Answer(
        "q",
        Status.ANSWERED,
        "duckdb",
        "parallel",
        TraceId("0"),
        trace=trace,
        speculation=speculation,
    )


def drawn(answer: Answer, width: int, console: Console | None = None) -> list[str]:
    console = console or Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(waterfall(answer, width))
    return [line.rstrip() for line in captured.get().splitlines()]


def call(role: Role, start: float, end: float, outcome: str = "ok") -> ModelCall:
    used = Usage(1, 1_200, 40)
    return ModelCall(role, "test:model", "prompt@0", start, end, start + 30, used, outcome)


def span(
    stage: Stage,
    branch: str,
    start: float,
    end: float,
    detail: str = "",
    calls: tuple[ModelCall, ...] = (),
    outcome: str = "ok",
) -> StageSpan:
    wasted = branch.startswith("draft-ahead")
    return StageSpan(stage, branch, start, end, outcome, detail, calls, wasted)


PARALLEL = answer_of(
    Trace(
        (
            span(Stage.LINK, "main", 0, 40, "12 of 60 tables"),
            span(
                Stage.ANALYSE, "main", 40, 1_240, "0 tables added", (call(Role.ANALYST, 40, 1_240),)
            ),
            StageSpan(Stage.CONTEXTUALISE, "main", 40, 40, "skipped"),
            span(Stage.DRAFT, "draft-ahead", 41, 60, "by parser"),
            span(
                Stage.DRAFT, "write-ahead", 42, 2_400, "by model", (call(Role.WRITER, 42, 2_400),)
            ),
            span(Stage.CHECK, "draft-ahead", 60, 75),
            span(Stage.RUN, "draft-ahead", 75, 200, "5 rows"),
            span(
                Stage.NARRATE,
                "draft-ahead",
                200,
                1_990,
                calls=(call(Role.NARRATOR, 200, 1_990, "cancelled"),),
                outcome="cancelled",
            ),
            span(Stage.CHECK, "write-ahead/sql-first", 1_900, 1_915),
            span(
                Stage.REVIEW,
                "write-ahead/sql-first",
                1_915,
                2_900,
                calls=(call(Role.REVIEWER, 1_915, 2_900),),
            ),
            span(Stage.RUN, "write-ahead/sql-first/review", 1_915, 1_990, "1 row"),
            span(
                Stage.NARRATE,
                "write-ahead/sql-first/review",
                1_990,
                3_000,
                calls=(call(Role.NARRATOR, 1_990, 3_000),),
            ),
        ),
        3_004.0,
    ),
    Speculation(Rung.CANDIDATES, Fate.SKIPPED, "candidates", "It is switched off."),
    Speculation(
        Rung.DRAFT_AHEAD,
        Fate.WASTED,
        "draft-ahead",
        "the writer's query gives other rows",
        wasted_ms=1_949,
        wasted_tokens=1_240,
        wasted_usd=0.0021,
    ),
    Speculation(Rung.WRITE_AHEAD, Fate.USED, "write-ahead", saved_ms=1_198),
    Speculation(Rung.SQL_FIRST, Fate.USED, "write-ahead/sql-first", saved_ms=500),
    Speculation(Rung.REVIEW, Fate.USED, "write-ahead/sql-first/review", saved_ms=985),
)


def test_stages_and_calls_are_rows_and_skipped_ones_are_not() -> None:
    """A stage, its model call under it, and nothing for what was skipped; a refusal says so."""
    trace = Trace(
        (
            StageSpan(Stage.ANALYSE, "main", 0, 0, "skipped"),
            StageSpan(Stage.DRAFT, "main", 10, 90, "ok", "by model", (call(Role.WRITER, 10, 90),)),
            StageSpan(Stage.CHECK, "main", 90, 100, "refused", "no such [column]"),
        ),
        100,
    )
    lines = drawn(answer_of(trace), 120)
    assert [line.split()[0] for line in lines] == ["draft", "writer", "check", "total"]
    assert "1,200 + 40 tokens" in lines[1]
    assert "refused: no such [column]" in lines[2]
    assert lines[0].index("━") < lines[2].index("━")


@pytest.mark.parametrize("width", [60, 100, 120])
def test_a_parallel_answer_is_drawn(width: int) -> None:
    """Branches under what launched them, three kinds of bars, the critical path, the accounts."""
    lines = drawn(PARALLEL, width)
    assert lines == (DRAWINGS / f"parallel-{width}.txt").read_text().splitlines()


def test_a_pipe_gets_the_widest_drawing() -> None:
    """Where there is no terminal it is drawn as for 120 columns, without escape codes."""
    pipe = Console(file=io.StringIO(), width=10_000)
    lines = drawn(PARALLEL, 10_000, pipe)
    assert lines == (DRAWINGS / "parallel-120.txt").read_text().splitlines()


def test_what_was_launched_not_at_all_is_told_once() -> None:
    """Two attempts that were not made for one reason are one line, below a plain waterfall."""
    skipped = Speculation(Rung.REVIEW, Fate.SKIPPED, "review", "It is switched off.")
    trace = Trace((span(Stage.DRAFT, "main", 0, 10),), 10.0)
    lines = drawn(answer_of(trace, skipped, skipped), 80)
    assert [line.split() for line in lines[-2:]] == [
        [],
        ["review", "skipped", "It", "is", "switched", "off."],
    ]
    assert lines[:2] == drawn(answer_of(trace), 80)


def test_an_answer_that_saved_nothing_says_so() -> None:
    """What took longer than one step after another would have is not called a saving."""
    trace = Trace((span(Stage.RUN, "review", 0, 100),), 400.0)
    told = "\n".join(drawn(answer_of(trace), 80))
    assert "sequential would have taken about 100 ms; nothing saved" in told


def test_a_picture_can_be_made_of_it() -> None:
    """The drawing is exported as SVG, the same one each time."""
    picture = waterfall_svg(PARALLEL)
    assert picture.startswith("<svg")
    assert picture == waterfall_svg(PARALLEL)
    assert "write-ahead" in picture


_BRANCHES = st.lists(
    st.sampled_from([*(rung.value for rung in Rung), "review#2", "x" * 40]), max_size=4
).map(lambda names: "/".join(names) or "main")
_SPANS = st.tuples(
    st.sampled_from(Stage),
    _BRANCHES,
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.sampled_from(["ok", "refused", "failed", "cancelled", "clarify", "running"]),
    st.booleans(),
    st.booleans(),
)
_SPECULATIONS = st.builds(
    Speculation,
    st.sampled_from(Rung),
    st.sampled_from(Fate),
    _BRANCHES,
    st.none() | st.text(max_size=200) | st.just("[字]" * 60),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.integers(0, 10**7),
    st.none() | st.floats(0, 100),
)


@given(st.lists(_SPANS, max_size=12), st.lists(_SPECULATIONS, max_size=5), st.integers(60, 8_000))
def test_it_fits_the_terminal(
    spans: list[tuple[Stage, str, float, float, str, bool, bool]],
    speculation: list[Speculation],
    width: int,
) -> None:
    """Whatever the trace, no line is wider than the terminal, and each stage has one row."""
    trace = Trace(
        tuple(
            StageSpan(
                stage,
                branch,
                min(a, b),
                max(a, b),
                outcome,
                "[x] 字\n" * 30,
                (call(Role.WRITER, min(a, b), max(a, b)),) if called else (),
                wasted,
            )
            for stage, branch, a, b, outcome, wasted, called in spans
        ),
        max((max(a, b) for _, _, a, b, *_ in spans), default=0.0),
    )
    lines = drawn(answer_of(trace, *speculation), width)
    assert all(cell_len(line) <= min(width, 120) for line in lines)
    total = next(n for n, line in enumerate(lines) if line.split()[:1] == ["total"])
    rows = [line for line in lines[:total] if " ms" in line]
    assert len(rows) == len(spans) + sum(called for *_, called in spans)
