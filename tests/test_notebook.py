"""An answer in a notebook: everything there, everything escaped, nothing that runs."""

from __future__ import annotations

from decimal import Decimal
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import (
    Answer,
    Clarification,
    Failure,
    Kind,
    Reason,
    ReasonCode,
    Refusal,
    ResultColumn,
    Rows,
    Stage,
    StageSpan,
    Status,
    Trace,
    TraceId,
)

ALLOWED = {"div", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "pre",
           "ul", "li", "br"}  # fmt: skip
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


class Page(HTMLParser):
    """Tags, attributes and text of a page; tags must close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(answer: Answer) -> Page:
    parser = Page()
    parser.feed(answer._repr_html_())
    parser.close()
    assert parser.open == []
    assert parser.tags <= ALLOWED
    assert parser.attributes <= {"style"}
    return parser


def answer(text: str = "sales?", rows: Rows | None = None, **more: object) -> Answer:
    return Answer(
        question=text,
        status=Status.ANSWERED,
        dialect="duckdb",
        orchestrator="sequential",
        trace_id=TraceId("0" * 32),
        rows=rows,
        **more,  # type: ignore[arg-type]
    )


def rows(*cells: object, name: str = "n", kind: Kind = Kind.TEXT, truncated: bool = False) -> Rows:
    return Rows((ResultColumn(name, "x", kind),), tuple((cell,) for cell in cells), truncated)


def test_everything_is_shown() -> None:
    """Question, summary, rows, SQL, suggestions, warnings and the time of each stage."""
    shown = page(
        answer(
            rows=rows(Decimal("1234.50"), None, kind=Kind.DECIMAL),
            summary="Two rows.",
            sql="SELECT n FROM t",
            suggestions=("And then?",),
            warnings=("Careful.",),
            trace=Trace((StageSpan(Stage.RUN, "main", 0, 4, "ok"),), 5.0),
        )
    ).text
    for part in (
        "sales?",
        "Two rows.",
        "1,234.50",
        "–",
        "SELECT n FROM t",
        "And then?",
        "Careful.",
    ):
        assert part in shown
    assert "answered in 5 ms: run 4 ms" in shown


@given(st.text(max_size=40) | st.just(EVIL))
def test_any_text_anywhere_is_escaped(text: str) -> None:
    """Whatever the question, names, cells, SQL or messages hold, it stays text."""
    page(answer(text, rows(text, name=text), summary=text, sql=text, warnings=(text,)))
    page(answer(text, clarification=Clarification(text, (text,))))
    page(answer(text, refusal=Refusal(text, (Reason(ReasonCode.EMPTY, text),))))
    page(answer(text, failure=Failure("x", text, text)))


def test_markup_of_the_data_is_shown_as_written() -> None:
    """A script in a cell is read, not run."""
    assert "<script>alert(1)</script>" in page(answer(rows=rows(EVIL))).text


def test_many_rows_are_bounded() -> None:
    """Of 1,000 rows 20 are shown, long cells are cut, and both are said or seen."""
    shown = page(answer(rows=rows(*["x" * 1_000] * 1_000, truncated=True))).text
    assert shown.count("x…") == 20
    assert "20 of 1,000 rows" in shown
    assert "more rows than were fetched" in shown


@given(st.lists(st.one_of(st.floats(), st.decimals(), st.binary(max_size=3), st.booleans())))
def test_any_value_can_be_shown(values: list[object]) -> None:
    """NaN, infinities, bytes and huge numbers are shown without an error."""
    page(answer(rows=rows(*values)))
