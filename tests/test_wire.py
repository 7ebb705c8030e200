"""Answers as JSON: always writable, exactly the promised fields, meanings kept."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import (
    Answer,
    Catalog,
    Clarification,
    Column,
    Decision,
    Failure,
    Fallback,
    FallbackCode,
    Fate,
    ForeignKey,
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
    Table,
    Trace,
    TraceId,
    Usage,
    Value,
    Verdict,
)
from forerun.errors import DatabaseNotFound
from forerun.wire import (
    AnswerJSON,
    TimingsJSON,
    answer_to_json,
    catalog_to_json,
    error_to_json,
    value_to_json,
    verdict_to_json,
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(st.characters()),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(UTC)),
    st.times(),
    st.timedeltas(),
    st.uuids(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
        | st.frozensets(st.integers(), max_size=3)
    ),
    max_leaves=6,
)


def answer(**changes: Any) -> Answer:
    given_fields: dict[str, Any] = {
        "question": "how many?",
        "status": Status.ANSWERED,
        "dialect": "duckdb",
        "orchestrator": "sequential",
        "trace_id": TraceId("0" * 32),
    }
    return Answer(**{**given_fields, **changes})


@given(st.lists(st.tuples(VALUES, VALUES), max_size=4))
def test_any_rows_are_strict_json(rows: list[tuple[Value, Value]]) -> None:
    """Whatever a driver gives, the answer is JSON without NaN, in UTF-8, and reads back equal."""
    columns = (ResultColumn("a", "x", Kind.OTHER), ResultColumn("b\ud800", "x", Kind.OTHER))
    wire = answer_to_json(answer(rows=Rows(columns, tuple(rows))))
    text = json.dumps(wire, allow_nan=False, ensure_ascii=False)
    assert json.loads(text.encode("utf-8")) == wire


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (-(2**53) - 1, "-9007199254740993"),
        (True, True),
        (Decimal("1.10"), "1.10"),
        (Decimal("1E+5"), "100000"),
        (Decimal("NaN"), None),
        (math.nan, None),
        (math.inf, None),
        (0.1, 0.1),
        (date(2024, 5, 1), "2024-05-01"),
        (datetime(2024, 5, 1, 12, 30, tzinfo=UTC), "2024-05-01T12:30:00+00:00"),
        (time(12, 30), "12:30:00"),
        (timedelta(0), "PT0S"),
        (timedelta(days=1, hours=2, seconds=3.5), "P1DT2H3.5S"),
        (timedelta(minutes=-90), "-PT1H30M"),
        (b"\x00\xff", "AP8="),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, [Decimal("2.5")], {"a": math.nan}], [1, ["2.5"], {"a": None}]),
        ({1: 2}, {"1": 2}),
        ({"a", "b"}, ["a", "b"]),
        ("lone \ud800", "lone ?"),
    ],
)
def test_values(value: Value, written: object) -> None:
    """Each type is written as docs/json.md says."""
    assert value_to_json(value) == written


@given(st.dates(), st.datetimes(), st.decimals(allow_nan=False, allow_infinity=False), st.binary())
def test_key_types_read_back(day: date, at: datetime, amount: Decimal, content: bytes) -> None:
    """Dates, times, decimals and bytes can be read back without loss."""
    assert date.fromisoformat(str(value_to_json(day))) == day
    assert datetime.fromisoformat(str(value_to_json(at))) == at
    assert Decimal(str(value_to_json(amount))) == amount
    assert base64.b64decode(str(value_to_json(content))) == content


def test_a_huge_decimal_stays_short() -> None:
    """A number of a million digits is written with its exponent."""
    assert value_to_json(Decimal("1E+1000000")) == "1E+1000000"


def test_every_field_is_filled() -> None:
    """An answer's rows, stages, usage, chart and words all arrive."""
    span = StageSpan(Stage.DRAFT, "main", 1.0, 2.0, "ok", "by parser")
    wire = answer_to_json(
        answer(
            sql="SELECT 1",
            rows=Rows((ResultColumn("n", "INTEGER", Kind.INTEGER),), ((1,),), truncated=True),
            summary="One.",
            chart={"mark": "bar"},
            suggestions=("More?",),
            confidence=0.9,
            partial=True,
            trace=Trace((span,), 3.0),
            usage=Usage(1, 10, 5, None),
            warnings=("Careful.",),
        )
    )
    assert wire.keys() == AnswerJSON.__required_keys__
    assert wire["columns"] == [{"name": "n", "type": "INTEGER", "kind": "integer"}]
    assert (wire["rows"], wire["row_count"], wire["truncated"]) == ([[1]], 1, True)
    assert wire["timings"]["stages"] == [
        {
            "name": "draft",
            "branch": "main",
            "start_ms": 1.0,
            "end_ms": 2.0,
            "outcome": "ok",
            "detail": "by parser",
            "wasted": False,
            "calls": [],
        }
    ]
    assert wire["usage"] == {
        "model_calls": 1,
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_usd": None,
    }
    assert wire["chart"] == {"mark": "bar"}
    assert (wire["partial"], wire["confidence"]) == (True, 0.9)


def test_the_schedule_is_told() -> None:
    """The decision, the fallback, what was done ahead, every call and statement arrive."""
    call = ModelCall(
        Role.WRITER, "m", "writer@1", 1.0, 9.00049, 2.5, Usage(1, 10, 5, math.inf), "ok"
    )
    span = StageSpan(Stage.DRAFT, "write-ahead", 1.0, 9.0, "ok", None, (call,), wasted=True)
    kept = StageSpan(Stage.DRAFT, "main", 9.0, 12.0, "ok")
    run = StatementRun("SELECT 1", "review", 9.0, 9.5, "ok")
    wasted = Speculation(
        Rung.WRITE_AHEAD, Fate.WASTED, "write-ahead", "more tables", 0.0, 8.00049, 15, None
    )
    wire = answer_to_json(
        answer(
            decision=Decision(Strategy.PARALLEL, math.nan, 30.0, "settings", "It pays."),
            fallback=Fallback(
                used=True,
                reason="The writer failed.",
                at_stage=Stage.DRAFT,
                code=FallbackCode.FAILED,
            ),
            speculation=(wasted,),
            trace=Trace((span, kept), 12.0, (run,)),
        )
    )
    json.dumps(wire, allow_nan=False)
    assert wire["decision"] == {
        "strategy": "parallel",
        "predicted_seconds": None,
        "threshold": 30.0,
        "flag_source": "settings",
        "reason": "It pays.",
        "assignment": None,
    }
    assert wire["fallback"] == {
        "used": True,
        "reason": "The writer failed.",
        "at_stage": "draft",
        "code": "failed",
    }
    assert wire["speculation"] == [
        {
            "rung": "write-ahead",
            "outcome": "wasted",
            "reason": "more tables",
            "saved_ms": 0.0,
            "wasted_ms": 8.0,
            "wasted_tokens": 15,
            "wasted_usd": None,
        }
    ]
    assert wire["timings"]["sequential_ms"] == 3.0
    assert wire["timings"]["statements"] == [
        {"sql": "SELECT 1", "branch": "review", "start_ms": 9.0, "end_ms": 9.5, "outcome": "ok"}
    ]
    assert [stage["wasted"] for stage in wire["timings"]["stages"]] == [True, False]
    assert wire["timings"]["stages"][0]["calls"] == [
        {
            "role": "writer",
            "model": "m",
            "prompt": "writer@1",
            "start_ms": 1.0,
            "end_ms": 9.0,
            "first_token_ms": 2.5,
            "input_tokens": 10,
            "output_tokens": 5,
            "cost_usd": None,
            "outcome": "ok",
        }
    ]


def test_other_endings_have_the_same_shape() -> None:
    """A question back, a refusal, a failure and an early error carry the same fields."""
    reason = Reason(ReasonCode.UNKNOWN_TABLE, "There is no table x.", "Did you mean y?")
    endings: list[Mapping[str, Any]] = [
        answer_to_json(answer(clarification=Clarification("Which?", ("a", "b")))),
        answer_to_json(answer(refusal=Refusal("No.", (reason,)))),
        answer_to_json(answer(status=Status.FAILED, failure=Failure("model_busy", "Busy."))),
        error_to_json(DatabaseNotFound("There is no x.", "Check the path."), "how many?"),
    ]
    assert [wire.keys() - AnswerJSON.__required_keys__ for wire in endings] == [
        set(),
        set(),
        {"error"},
        {"error"},
    ]
    assert all(wire.keys() >= AnswerJSON.__required_keys__ for wire in endings)
    assert endings[0]["clarification"] == {"question": "Which?", "choices": ["a", "b"]}
    assert endings[1]["refusal"]["reasons"] == [
        {"code": "unknown_table", "message": "There is no table x.", "hint": "Did you mean y?"}
    ]
    assert endings[2]["error"] == {"code": "model_busy", "message": "Busy.", "hint": None}
    assert endings[3]["error"]["code"] == "database_not_found"
    assert endings[3]["status"] == "failed"
    for wire in endings:
        assert (wire["decision"], wire["speculation"]) == (None, [])
        assert wire["fallback"] == {"used": False, "reason": None, "at_stage": None, "code": None}
        assert wire["timings"].keys() == TimingsJSON.__required_keys__


def test_verdicts() -> None:
    """An id is handed back only where one was given."""
    refused = Verdict((Reason(ReasonCode.NOT_A_QUERY, "DROP."),), warnings=("w",))
    wire = verdict_to_json("DROP TABLE x", refused, 7)
    assert (wire["accepted"], wire["id"], wire["warnings"]) == (False, 7, ["w"])
    assert wire["reasons"] == [{"code": "not_a_query", "message": "DROP.", "hint": None}]
    assert "id" not in verdict_to_json("SELECT 1", Verdict())


def test_a_catalog_shows_no_stored_values() -> None:
    """Structure is told, samples are not."""
    column = Column("id", "INTEGER", Kind.INTEGER, samples=("secret value",))
    key = ForeignKey(("id",), "b", ("id",))
    wire = catalog_to_json(Catalog("x", "sqlite", (Table("a", (column,), foreign_keys=(key,)),)))
    assert "secret value" not in json.dumps(wire)
    assert wire["tables"][0]["foreign_keys"][0]["table"] == "b"
