"""JSON back into answers: equal in all that JSON carries, and nonsense is told as such."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forerun.domain import (
    Answer,
    Assignment,
    CacheLayer,
    CacheUse,
    Clarification,
    Decision,
    Failure,
    Fallback,
    Fate,
    Kind,
    ModelCall,
    Reason,
    ReasonCode,
    Refusal,
    ResultColumn,
    Role,
    Rows,
    Rung,
    Speculation,
    Stage,
    StageSpan,
    StatementRun,
    Status,
    Strategy,
    Trace,
    TraceId,
    Usage,
    Value,
)
from forerun.wire import answer_from_json, answer_to_json, answer_to_text
from forerun.wire.encoding import encoded

TEXT = st.text(max_size=12)
MAYBE = st.none() | TEXT
WHOLE = st.integers(0, 10**9)
MS = st.integers(0, 10**8).map(lambda thousandths: thousandths / 1000)
MONEY = st.none() | st.floats(0, 1e6)
TYPED: dict[tuple[str, Kind], st.SearchStrategy[Value]] = {
    ("BIGINT", Kind.INTEGER): st.integers(),
    ("DECIMAL(18,2)", Kind.DECIMAL): st.decimals(allow_nan=False, allow_infinity=False),
    ("DOUBLE", Kind.FLOAT): st.floats(allow_nan=False, allow_infinity=False),
    ("VARCHAR", Kind.TEXT): TEXT,
    ("BOOLEAN", Kind.BOOLEAN): st.booleans(),
    ("DATE", Kind.DATE): st.dates(),
    ("TIME", Kind.TIME): st.times(),
    ("TIMESTAMP", Kind.TIMESTAMP): st.datetimes(timezones=st.none() | st.just(UTC)),
    ("BLOB", Kind.BINARY): st.binary(max_size=20),
    ("UUID", Kind.OTHER): st.uuids(),
    ("INTERVAL", Kind.OTHER): st.timedeltas(),
    ("JSON", Kind.JSON): st.lists(st.integers(0, 9) | TEXT, max_size=3),
}
SPANS = st.builds(
    StageSpan,
    st.sampled_from(Stage),
    st.sampled_from(["main", "review#2"]),
    MS,
    MS,
    TEXT,
    MAYBE,
    st.lists(
        st.builds(
            ModelCall,
            st.sampled_from(Role),
            TEXT,
            TEXT,
            MS,
            MS,
            st.none() | MS,
            st.builds(Usage, st.just(1), WHOLE, WHOLE, MONEY),
            TEXT,
        ),
        max_size=2,
    ).map(tuple),
    st.booleans(),
)
STATEMENTS = st.builds(StatementRun, TEXT, TEXT, MS, MS, TEXT)
ASSIGNMENTS = st.builds(Assignment, st.sampled_from(Strategy), TEXT, TEXT, TEXT, experiment=MAYBE)
SPECULATIONS = st.builds(
    Speculation,
    st.sampled_from(Rung),
    st.sampled_from(Fate),
    reason=MAYBE,
    saved_ms=MS,
    wasted_ms=MS,
    wasted_tokens=WHOLE,
    wasted_usd=MONEY,
)
REASONS = st.builds(Reason, st.sampled_from(ReasonCode), TEXT, MAYBE)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=2).map(tuple)


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Columns of any types, each value null or of its column's type."""
    kinds = draw(st.lists(st.sampled_from(sorted(TYPED)), min_size=1, max_size=4))
    cells = st.tuples(*(st.none() | TYPED[kind] for kind in kinds))
    columns = tuple(ResultColumn(f"c{n}", *kind) for n, kind in enumerate(kinds))
    return Rows(columns, tuple(draw(st.lists(cells, max_size=3))), draw(st.booleans()))


ANSWERS = st.builds(
    Answer,
    question=TEXT,
    status=st.sampled_from(Status),
    dialect=TEXT,
    orchestrator=TEXT,
    trace_id=TEXT.map(TraceId),
    standalone=MAYBE,
    sql=MAYBE,
    reading=MAYBE,
    rows=st.none() | rows(),
    summary=MAYBE,
    chart=st.none() | st.dictionaries(TEXT, TEXT | WHOLE, max_size=3),
    suggestions=several(TEXT),
    clarification=st.none() | st.builds(Clarification, TEXT, several(TEXT)),
    refusal=st.none() | st.builds(Refusal, TEXT, several(REASONS)),
    failure=st.none() | st.builds(Failure, TEXT, TEXT, MAYBE),
    confidence=st.none() | st.floats(0, 1),
    partial=st.booleans(),
    trace=st.builds(Trace, several(SPANS), MS, several(STATEMENTS)),
    usage=st.builds(Usage, WHOLE, WHOLE, WHOLE, MONEY),
    warnings=several(TEXT),
    decision=st.none()
    | st.builds(
        Decision,
        st.sampled_from(Strategy),
        st.none() | st.floats(0, 1e6),
        st.floats(0, allow_nan=False),
        TEXT,
        TEXT,
        st.none() | ASSIGNMENTS,
    ),
    fallback=st.builds(Fallback, st.booleans(), MAYBE, st.none() | st.sampled_from(Stage)),
    speculation=several(SPECULATIONS),
    cache=st.builds(
        CacheUse, st.booleans(), st.none() | st.sampled_from(CacheLayer), st.none() | MS, TEXT
    ),
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
def test_an_answer_comes_back_equal(answer: Answer) -> None:
    """With types, places and times, whatever is in it; and JSON of it is the same again."""
    text = json.dumps(answer_to_json(answer))
    back = answer_from_json(json.loads(text))
    assert back == answer
    assert types_of(back) == types_of(answer)
    assert json.dumps(answer_to_json(back)) == text


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
def test_an_answer_put_together_from_texts_is_the_same(answer: Answer) -> None:
    """Field by field in the same order, by whom has its rows and chart as text already."""
    wire = answer_to_json(answer)
    rows, chart = encoded(wire["rows"]), encoded(wire["chart"])
    assert answer_to_text(answer, rows, chart) == encoded(wire)


@given(st.data(), st.sampled_from(sorted(TYPED)), st.sampled_from(sorted(TYPED)))
def test_no_value_is_taken_for_another_than_it_would_be_written_as(
    data: st.DataObject, declared: tuple[str, Kind], real: tuple[str, Kind]
) -> None:
    """SQLite keeps values of any type in a column: as JSON they are the same after as before."""
    found = Rows((ResultColumn("c", *declared),), ((data.draw(TYPED[real]),),))
    wire = answer_to_json(plain(rows=found))
    assert answer_to_json(answer_from_json(wire))["rows"] == wire["rows"]


@pytest.mark.parametrize(
    ("type_", "kind", "written", "value"),
    [
        ("HUGEINT", Kind.INTEGER, "9007199254740993", 2**53 + 1),
        ("INTEGER", Kind.INTEGER, "007", "007"),
        ("DECIMAL", Kind.DECIMAL, "1.50", Decimal("1.50")),
        ("DATE", Kind.DATE, "2024-05-01", date(2024, 5, 1)),
        ("DATE", Kind.DATE, "20240501", "20240501"),
        ("DATETIME", Kind.TIMESTAMP, "2024-05-01 10:00:00", "2024-05-01 10:00:00"),
        (
            "TIMESTAMP",
            Kind.TIMESTAMP,
            "2024-05-01T10:00:00+00:00",
            datetime(2024, 5, 1, 10, tzinfo=UTC),
        ),
        ("TIME", Kind.TIME, "10:00:00", time(10)),
        ("interval", Kind.OTHER, "-PT1H30M", timedelta(minutes=-90)),
        ("interval", Kind.OTHER, "1 year", "1 year"),
        ("UUID", Kind.TEXT, str(UUID(int=1)), UUID(int=1)),
        ("BLOB", Kind.BINARY, "AP8=", b"\x00\xff"),
        ("BLOB", Kind.BINARY, "not base64", "not base64"),
        ("VARCHAR", Kind.TEXT, "2024-05-01", "2024-05-01"),
    ],
)
def test_values_take_the_type_of_their_column(
    type_: str, kind: Kind, written: str, value: Value
) -> None:
    """Where the text is written as such a value is; else it stays text."""
    wire = answer_to_json(plain(rows=Rows((ResultColumn("c", type_, kind),), ((written,),))))
    found = answer_from_json(wire).rows
    assert found is not None
    assert repr(found.rows[0][0]) == repr(value)


def test_what_is_not_known_is_passed_by() -> None:
    """A newer service may tell more."""
    wire: dict[str, Any] = {**answer_to_json(plain()), "news": [1]}
    assert answer_from_json(wire) == plain()


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS, st.data())
def test_nonsense_is_a_value_error(answer: Answer, data: st.DataObject) -> None:
    """Any part of it replaced by anything: an answer, or ValueError, and nothing else."""
    wire: Any = json.loads(json.dumps(answer_to_json(answer)))
    broken, part = copy.deepcopy(wire), wire
    path: list[Any] = []
    while isinstance(part, dict | list) and part and (not path or data.draw(st.booleans())):
        path.append(
            data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        )
        part = part[path[-1]]
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = data.draw(
        st.none()
        | st.booleans()
        | st.integers()
        | TEXT
        | st.just([])
        | st.just({})
        | st.just([[1]])
    )
    try:
        answer_to_json(answer_from_json(broken))
    except ValueError:
        return


@pytest.mark.parametrize("document", [None, 1, "x", [], {}, {"question": "q"}])
def test_what_is_no_answer_is_a_value_error(document: object) -> None:
    """Whatever JSON it is."""
    with pytest.raises(ValueError):
        answer_from_json(document)


def types_of(answer: Answer) -> list[list[type]]:
    rows = answer.rows.rows if answer.rows is not None else ()
    return [[type(cell) for cell in row] for row in rows]


def plain(**more: Any) -> Answer:
    return Answer("q", Status.ANSWERED, "sqlite", "sequential", TraceId("0" * 32), **more)
