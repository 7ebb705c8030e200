"""The waterfall: every stage that ran is a row, in its place on the axis, within the width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from forerun.cli.waterfall import waterfall
from forerun.domain import ModelCall, Role, Stage, StageSpan, Trace, Usage


def drawn(trace: Trace, width: int) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(waterfall(trace, width))
    return captured.get().splitlines()


def test_stages_and_calls_are_rows_and_skipped_ones_are_not() -> None:
    """A stage, its model call under it, and nothing for what was skipped; a refusal says so."""
    call = ModelCall(Role.WRITER, "test:model", "writer@0", 10, 90, 30, Usage(1, 1200, 40), "ok")
    trace = Trace(
        (
            StageSpan(Stage.ANALYSE, "main", 0, 0, "skipped"),
            StageSpan(Stage.DRAFT, "main", 10, 90, "ok", "by model", (call,)),
            StageSpan(Stage.CHECK, "main", 90, 100, "refused", "no such column"),
        ),
        100,
    )
    lines = drawn(trace, 120)
    assert [line.split()[0] for line in lines] == ["draft", "writer", "check", "total"]
    assert "1,200 + 40 tokens" in lines[1]
    assert "refused: no such column" in lines[2]
    assert lines[0].index("━") < lines[2].index("━")


@given(
    spans=st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=12),
    width=st.integers(60, 8_000),
)
def test_it_fits_the_terminal(spans: list[tuple[float, float]], width: int) -> None:
    """Whatever the times, no line is wider than the terminal and each stage has one line."""
    ordered = [(min(a, b), max(a, b)) for a, b in spans]
    total = max((end for _, end in ordered), default=0.0)
    trace = Trace(
        tuple(StageSpan(Stage.RUN, "main", start, end, "ok", "x" * 90) for start, end in ordered),
        total,
    )
    lines = drawn(trace, width)
    assert len(lines) == len(spans) + 1
    assert all(len(line.rstrip()) <= min(width, 120) for line in lines)
