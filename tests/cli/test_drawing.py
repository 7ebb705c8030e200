"""What is drawn on a terminal: tables that fit, bars that are true, one line of progress."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from forerun.cli.describing import show
from forerun.cli.progress import Stages
from forerun.cli.showing import show as show_answer
from forerun.cli.showing import timing_line
from forerun.cli.tables import table_of
from forerun.domain import (
    Answer,
    Catalog,
    Column,
    Decision,
    Fallback,
    Fate,
    Kind,
    Mode,
    ResultColumn,
    Role,
    Rows,
    Rung,
    Stage,
    StageSpan,
    Status,
    Strategy,
    Table,
    Trace,
    TraceId,
    Usage,
)
from forerun.events import RungSettled, StageEnded, StageStarted, TextArrived


def rows_of(*columns: tuple[str, Kind], rows: Sequence[tuple[object, ...]]) -> Rows:
    return Rows(tuple(ResultColumn(name, "x", kind) for name, kind in columns), tuple(rows))


def drawn(rows: Rows, width: int) -> list[str]:
    """The lines of the table on a terminal of that width, without colours."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    for part in table_of(rows, console):
        console.print(part)
    return file.getvalue().splitlines()


_CELLS = st.none() | st.text(max_size=60) | st.just("字" * 40) | st.just("a\x1b[31m\nb")


@given(
    st.integers(20, 140),
    st.lists(st.tuples(_CELLS, st.integers(), _CELLS, _CELLS), min_size=1, max_size=5),
)
def test_no_line_is_wider_than_the_terminal(width: int, rows: list[tuple[object, ...]]) -> None:
    """Whatever the cells hold, each row is one line that fits, without control characters."""
    columns = [("a", Kind.TEXT), ("n", Kind.INTEGER), ("b", Kind.TEXT), ("c" * 30, Kind.TEXT)]
    lines = drawn(rows_of(*columns, rows=rows), width)
    assert max(map(cell_len, lines)) <= width
    assert all(line.isprintable() for line in lines)


def test_columns_that_do_not_fit_are_counted() -> None:
    """Numbers are never cut: columns are left out instead, and that is said."""
    columns = [(f"column_{n}", Kind.INTEGER) for n in range(20)]
    lines = drawn(rows_of(*columns, rows=[(10**9,) * 20] * 2), 60)
    assert "3 of 20 columns fit" in lines[-1]
    assert lines[1].split() == ["1,000,000,000"] * 3


def test_one_wide_row_becomes_a_list() -> None:
    """A single row of many columns is shown a line for each."""
    columns = [(f"column_{n}", Kind.INTEGER) for n in range(20)]
    lines = drawn(rows_of(*columns, rows=[tuple(range(20))]), 60)
    assert [line.split() for line in lines] == [[f"column_{n}", str(n)] for n in range(20)]


def test_one_long_text_can_be_read() -> None:
    """The only row is not cut to its column: it is wrapped, and ends somewhere."""
    columns = [("id", Kind.INTEGER), ("note", Kind.TEXT)]
    shown = "".join(drawn(rows_of(*columns, rows=[(1, "word " * 40)]), 60))
    assert shown.count("word") == 40
    endless = drawn(rows_of(*columns, rows=[(1, "x" * 100_000)]), 60)
    assert len(endless) < 15
    assert endless[-1].rstrip().endswith("…")


def test_texts_take_the_room_there_is() -> None:
    """A text is cut only where the terminal ends."""
    columns = [("id", Kind.INTEGER), ("note", Kind.TEXT)]
    rows = rows_of(*columns, rows=[(1, "x" * 70), (2, "y")])
    assert "x" * 70 in drawn(rows, 80)[1]
    assert "…" in drawn(rows, 60)[1]


def test_many_rows_are_cut_and_counted() -> None:
    """Of 1,000 rows 40 are shown on a terminal."""
    lines = drawn(rows_of(("n", Kind.INTEGER), rows=[(n,) for n in range(1_000)]), 60)
    assert len(lines) == 42
    assert "40 of 1,000 rows shown" in lines[-1]


def test_bars_show_proportions() -> None:
    """The longest bar is the greatest value, and half of it half."""
    table = rows_of(("region", Kind.TEXT), ("n", Kind.INTEGER), rows=[("N", 10), ("S", 5)])
    lines = drawn(table, 80)
    assert lines[1].count("█") == 2 * lines[2].count("█") == 24


@pytest.mark.parametrize("values", [(-1, 2), (None, 2), (0, 0), ("x", 2)])
def test_no_bars_where_they_would_mislead(values: tuple[object, object]) -> None:
    """Negative, missing or only zero values get no bars."""
    rows = [("N", values[0]), ("S", values[1])]
    lines = drawn(rows_of(("region", Kind.TEXT), ("n", Kind.INTEGER), rows=rows), 80)
    assert "█" not in "".join(lines)


def test_names_that_are_numbers_have_no_separators() -> None:
    """An identifier or a year keeps its digits; an amount gets separators."""
    columns = [("customer_id", Kind.INTEGER), ("year", Kind.INTEGER), ("total", Kind.INTEGER)]
    assert drawn(rows_of(*columns, rows=[(12345, 2024, 12345)]), 80)[1].split() == [
        "12345",
        "2024",
        "12,345",
    ]


@pytest.mark.parametrize("width", [30, 60, 80, 120])
def test_a_schema_keeps_its_names(width: int) -> None:
    """However long the comments: a line a column, names and types readable, comments cut."""
    columns = tuple(
        Column(f"name_{n}", "INTEGER", Kind.INTEGER, comment="long words " * 20) for n in range(3)
    )
    table = Table("sales", columns, comment="One row for each sale " * 10, rows=1)
    file = io.StringIO()
    show(
        Catalog("shop", "duckdb", (table,)),
        Console(file=file, width=width, force_terminal=True, color_system=None),
    )
    headline, *lines = file.getvalue().splitlines()[:4]
    assert headline.startswith("sales  1 row")
    assert [line.split()[:2] for line in lines] == [[f"name_{n}", "integer"] for n in range(3)]
    assert max(map(cell_len, (headline, *lines))) <= width


def test_progress_is_one_line_of_what_runs_and_what_is_done() -> None:
    """Running stages, finished ones with their milliseconds, and what the model writes."""
    stages = Stages(began=-10.0)
    stages.hear(StageStarted(Stage.LINK, at=1.0))
    stages.hear(StageEnded(Stage.LINK, "ok", at=1.012))
    stages.hear(StageStarted(Stage.ANALYSE, at=1.1))
    stages.hear(StageEnded(Stage.ANALYSE, "skipped", at=1.1))
    stages.hear(StageStarted(Stage.DRAFT, at=1.2))
    assert "writing SQL" in stages.line(80).plain
    assert stages.line(80).plain.endswith("link 12")
    stages.hear(TextArrived(Role.WRITER, "SELECT\x1b[2J 1 " + "x" * 500, at=1.3))
    line = stages.line(80)
    assert line.plain.isprintable()
    assert cell_len(line.plain) < 80


def began(stage: Stage, span: int, branch: str = "main") -> StageStarted:
    return StageStarted(stage, span, branch, at=1.0)


def test_progress_of_branches_is_kept_apart() -> None:
    """Two that run one stage are counted once; each ends by itself."""
    stages = Stages(began=-10.0)
    stages.hear(began(Stage.CHECK, 1))
    stages.hear(began(Stage.CHECK, 2, "draft-ahead"))
    assert "checking ×2" in stages.line(80).plain
    stages.hear(StageEnded(Stage.CHECK, "ok", span=2, branch="draft-ahead", at=1.5))
    line = stages.line(80).plain
    assert "checking " in line
    assert "×" not in line
    assert line.endswith("check 500")


def test_progress_forgets_what_was_wasted() -> None:
    """Of a wasted branch, and of what grew from it, nothing is shown, also not its late end."""
    stages = Stages(began=-10.0)
    stages.hear(began(Stage.ANALYSE, 1))
    stages.hear(began(Stage.DRAFT, 2, "write-ahead"))
    stages.hear(TextArrived(Role.WRITER, "SELECT ahead", "write-ahead", at=1.1))
    stages.hear(began(Stage.CHECK, 3, "write-ahead/sql-first"))
    stages.hear(StageEnded(Stage.CHECK, "ok", span=3, branch="write-ahead/sql-first", at=1.2))
    stages.hear(began(Stage.RUN, 4, "write-ahead/sql-first"))
    stages.hear(RungSettled(Rung.WRITE_AHEAD, "write-ahead", Fate.WASTED, at=1.3))
    stages.hear(StageEnded(Stage.RUN, "cancelled", span=4, branch="write-ahead/sql-first", at=1.3))
    line = stages.line(80).plain
    assert "looking for more tables" in line
    assert not any(word in line for word in ("writing", "running", "check", "run ", "ahead"))


def test_progress_shows_one_writer_at_a_time() -> None:
    """The text is that of who began last, unmixed; when it ends, the other's is back."""
    stages = Stages(began=-10.0)
    stages.hear(began(Stage.DRAFT, 1))
    stages.hear(TextArrived(Role.WRITER, "SELECT main", "main", at=1.1))
    stages.hear(began(Stage.NARRATE, 2, "draft-ahead"))
    stages.hear(TextArrived(Role.NARRATOR, "There are", "draft-ahead", at=1.2))
    stages.hear(TextArrived(Role.WRITER, " FROM main", "main", at=1.3))
    stages.hear(TextArrived(Role.NARRATOR, " five.", "draft-ahead", at=1.4))
    assert stages.line(100).plain.endswith("  There are five.")
    stages.hear(StageEnded(Stage.NARRATE, "ok", span=2, branch="draft-ahead", at=1.5))
    assert stages.line(100).plain.endswith("  SELECT main FROM main")


def test_quick_answers_show_no_progress() -> None:
    """In the first moments the line is empty, so that nothing flickers."""
    assert Stages().line(80).plain == ""


def test_the_timing_line_adds_up_repeated_stages() -> None:
    """Skipped stages are left out, repeated ones counted, models and money named."""
    spans = [
        StageSpan(Stage.ANALYSE, "main", 0, 0, "skipped"),
        StageSpan(Stage.CHECK, "main", 0, 3, "refused"),
        StageSpan(Stage.CHECK, "main", 10, 14, "ok"),
    ]
    answer = Answer(
        "q",
        Status.ANSWERED,
        "duckdb",
        "sequential",
        TraceId("0"),
        trace=Trace(tuple(spans), 1_234.4),
        usage=Usage(2, 1_000, 500, 0.0123),
    )
    line = "answered in 1,234 ms: check ×2 7 · 2 model calls, 1,500 tokens, $0.0123"
    assert timing_line(answer) == line


PARALLEL = Decision(Strategy.PARALLEL, 9.0, 5.0, "settings", "It pays.")
SEQUENTIAL = Decision(Strategy.SEQUENTIAL, None, 5.0, "mode", "No model writes here.")
AHEAD = Trace(
    (
        StageSpan(Stage.ANALYSE, "main", 0, 1_000, "ok"),
        StageSpan(Stage.DRAFT, "write-ahead", 0, 1_200, "ok"),
        StageSpan(Stage.DRAFT, "draft-ahead", 0, 800, "ok", wasted=True),
    ),
    1_210.0,
)


def decided(decision: Decision, trace: Trace, fallback: Fallback = Fallback()) -> Answer:  # noqa: B008
    return Answer(
        "q",
        Status.ANSWERED,
        "duckdb",
        "hybrid",
        TraceId("0"),
        trace=trace,
        decision=decision,
        fallback=fallback,
    )


@pytest.mark.parametrize(
    ("decision", "trace", "told"),
    [
        (
            PARALLEL,
            AHEAD,
            "1,210 ms (parallel; sequential would have taken about 2,200): analyse 1,000 · "
            "draft 1,200",
        ),
        (PARALLEL, Trace(AHEAD.spans[:1], 1_010.0), "1,010 ms (parallel): analyse 1,000"),
        (SEQUENTIAL, Trace(AHEAD.spans[:1], 1_010.0), "1,010 ms: analyse 1,000"),
    ],
)
def test_the_timing_line_of_a_parallel_answer(decision: Decision, trace: Trace, told: str) -> None:
    """It says what was saved, where something was, and lists nothing that was wasted."""
    assert timing_line(decided(decision, trace)) == f"answered in {told}"


def aside_of(answer: Answer, mode: Mode) -> str:
    aside = Console(file=io.StringIO(), width=200)
    with aside.capture() as captured:
        show_answer(answer, Console(file=io.StringIO()), aside, mode)
    return captured.get()


def test_a_fallback_is_told_aside() -> None:
    """Why the sequential path answered is a note, and the line no longer speaks of parallel."""
    answer = decided(
        PARALLEL, AHEAD, Fallback(used=True, reason="The model [x] failed.", at_stage=Stage.DRAFT)
    )
    assert aside_of(answer, Mode.HYBRID) == (
        "Note: Answered by the sequential path: The model [x] failed.\n"
    )
    assert "parallel" not in timing_line(answer)


def test_who_asked_for_parallel_learns_why_it_was_not() -> None:
    """A decision against what was asked for is told; the usual decision is not."""
    answer = decided(SEQUENTIAL, AHEAD)
    assert "sequential path: No model writes here." in aside_of(answer, Mode.PARALLEL)
    assert aside_of(answer, Mode.HYBRID) == ""
