"""A finished question as spans: nothing lost, nothing told that must not be."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forerun.domain import ModelCall, Role, Stage, StageSpan, StatementRun, Trace, Usage
from forerun.domain.critical import critical_path
from forerun.syntax import tokens_of
from forerun.telemetry import names
from forerun.telemetry.deriving import Deriving
from forerun.telemetry.documents import document_of, spans_from
from forerun.telemetry.finished import Finished
from forerun.telemetry.metrics import Metrics
from forerun.telemetry.sampling import Sampler
from forerun.telemetry.shapes import span_to_json, summary_to_json
from forerun.telemetry.spans import Kind, Span, fallback_class, spans_of
from forerun.telemetry.statements import told
from forerun.telemetry.times import spent, union_ms
from forerun.telemetry.traceparent import caller_of
from tests.telemetry.samples import cached, failed, fell_back, finished

METRICS = Metrics()
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=12)
TIMES = st.lists(
    st.tuples(st.integers(0, 100), st.integers(0, 100)).map(lambda t: (min(t), max(t))),
    max_size=8,
)


def derived(question: Finished, *, content: bool = False) -> tuple[Span, ...]:
    return spans_of(question, critical_path(question.answer.trace), content=content)


def one(spans: tuple[Span, ...], kind: Kind, name: str) -> Span:
    [found] = [span for span in spans if span.kind is kind and span.name.startswith(name)]
    return found


def test_workflow_holds_stages_and_stages_hold_calls_and_statements() -> None:
    """Every span but the workflow hangs below another; what was skipped is none."""
    spans = derived(finished())
    by_id = {span.id: span for span in spans}
    assert len(by_id) == len(spans) == 13
    assert spans[0].name == "invoke_workflow hybrid_orchestrator"
    assert spans[0].parent is None
    stages = [span for span in spans if span.kind is Kind.STAGE]
    assert {by_id[str(span.parent)].kind for span in stages} == {Kind.WORKFLOW}
    parents = {span.name: by_id[span.parent].name for span in spans if span.parent is not None}
    assert parents["SELECT orders"] == "run"
    calls = [span for span in spans if span.kind is Kind.MODEL]
    assert [by_id[str(span.parent)].name for span in calls] == ["analyse", "draft", "review"]


BRANCHES = st.sampled_from(["main", "write-ahead", "write-ahead/review", "hedge#2"])
ENDS = st.sampled_from(["ok", "failed", "cancelled", "skipped", "running", "refused"])
MOMENTS = st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(sorted)
SPENT = st.builds(Usage, st.just(1), st.integers(0, 9), st.integers(0, 9), st.none() | st.floats())


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Whatever may be recorded, and more: spans that lie anywhere, also past the end."""

    def called() -> ModelCall:
        start, end = draw(MOMENTS)
        role = draw(st.sampled_from(Role))
        return ModelCall(role, draw(WORDS), "p@1", start, end, None, draw(SPENT), draw(ENDS))

    def ran() -> StageSpan:
        start, end = draw(MOMENTS)
        calls = tuple(called() for _ in range(draw(st.integers(0, 2))))
        return StageSpan(
            draw(st.sampled_from(Stage)), draw(BRANCHES), start, end, draw(ENDS), None, calls,
            draw(st.booleans()),
        )  # fmt: skip

    def sent() -> StatementRun:
        start, end = draw(MOMENTS)
        return StatementRun(draw(st.text(max_size=20)), draw(BRANCHES), start, end, draw(ENDS))

    spans = tuple(ran() for _ in range(draw(st.integers(0, 5))))
    statements = tuple(sent() for _ in range(draw(st.integers(0, 3))))
    return Trace(spans, draw(st.floats(0, 1e6)), statements)


@settings(max_examples=40)
@given(traces())
def test_whatever_was_recorded_can_be_told(recorded: Trace) -> None:
    """Each piece of work once, below something that is there; times that add up; strict JSON."""
    question = finished(trace=recorded, usage=recorded.usage)
    spans = derived(question)
    ran = [span for span in recorded.spans if span.outcome != "skipped"]
    calls = sum(len(span.calls) for span in ran)
    assert len(spans) == 1 + len(ran) + calls + len(recorded.statements)
    ids = [span.id for span in spans]
    assert len(set(ids)) == len(ids)
    assert {span.parent for span in spans[1:]} <= set(ids)
    assert spans_from(document_of(spans)) == spans
    times = spent(recorded, critical_path(recorded))
    assert 0 <= times.own_ms <= recorded.total_ms + 0.001
    assert times.own_ms + times.model_ms + times.database_ms >= recorded.total_ms - 0.01
    assert 0 <= times.critical_share <= 1
    [told_of] = Deriving(Sampler(1.0), content=False, metrics=METRICS, log=None).of([question])
    summary = summary_to_json(told_of.written.outcome, len(spans))
    json.dumps([summary, *map(span_to_json, spans)], allow_nan=False)


def test_ids_are_the_same_whenever_they_are_derived() -> None:
    """So that a batch that is written or sent again is the same batch."""
    question = finished()
    assert derived(question) == derived(question)
    assert {s.id for s in derived(question)}.isdisjoint(s.id for s in derived(finished()))


def test_critical_and_wasted_work_are_marked() -> None:
    spans = derived(finished())
    stages = {(span.name, span.branch): span for span in spans if span.kind is Kind.STAGE}
    assert stages["run", "draft-ahead"].wasted
    assert not stages["run", "draft-ahead"].critical
    assert stages["narrate", "review"].critical
    assert {s.name: s.wasted for s in spans if s.kind is Kind.STATEMENT} == {
        "SELECT": True,
        "SELECT orders": False,
    }


def test_a_model_call_has_the_names_of_the_conventions() -> None:
    """Of the GenAI conventions, each with its value."""
    writer = derived(finished())[5]
    assert writer.name == "chat gpt-5.1"
    assert dict(writer.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.1",
        "gen_ai.prompt.name": "writer@1f3a",
        "app.role": "writer",
        "gen_ai.usage.input_tokens": 900,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.response.time_to_first_chunk": 0.05,
        "app.cost_usd": 0.002,
    }


def test_a_statement_has_the_stable_names_and_no_literal() -> None:
    run = one(derived(finished()), Kind.STATEMENT, "SELECT orders")
    assert dict(run.attributes) == {
        "db.system.name": "duckdb",
        "db.namespace": "sales",
        "db.operation.name": "SELECT",
        "db.query.summary": "SELECT orders",
        "db.query.text": "SELECT sum(amount) FROM orders WHERE customer = ? AND year > ?",
        "db.collection.name": "orders",
    }


def test_the_workflow_tells_arms_cache_and_the_flag() -> None:
    """Assigned and served arm, the experiment, and an event of the flag's evaluation."""
    workflow = derived(fell_back())[0]
    said = workflow.attributes
    assert said[names.APP_ASSIGNED_ARM] == "parallel"
    assert said[names.APP_SERVED_ARM] == "sequential"
    assert said[names.APP_FALLBACK] == "draft"
    assert said[names.APP_EXPERIMENT] == "e1"
    [event] = workflow.events
    assert event.name == "feature_flag.evaluation"
    assert event.attributes["feature_flag.result.variant"] == "parallel"
    hit = derived(cached())[0].attributes
    assert (hit["app.cache.outcome"], hit["app.cache.layer"]) == ("hit", "memory")
    assert hit["app.cache.age"] == 3.5


def test_an_error_is_told_by_its_code() -> None:
    assert derived(failed())[0].error == "model_unreachable"
    assert derived(finished(error_code="cancelled"))[0].error == "cancelled"
    assert derived(finished())[0].error is None


@pytest.mark.parametrize("question", [finished(), failed(), fell_back()])
def test_no_content_unless_it_is_switched_on(question: Finished) -> None:
    """Neither the question, nor a value of its SQL, nor what a stage or an error said of them."""
    plain = document_of(derived(question))
    assert "Xanthippe" not in plain
    assert "1987" not in plain
    assert "figure" not in plain
    assert "sk-4711" not in plain
    assert "Xanthippe" in document_of(derived(question, content=True))


def test_documents_read_back_equal() -> None:
    spans = derived(fell_back())
    assert [asdict(span) for span in spans_from(document_of(spans))] == [asdict(s) for s in spans]


@pytest.mark.parametrize("broken", ["", "{", "[1]", "[[1, 2]]", '{"a": 1}', "3"])
def test_other_documents_are_refused(broken: str) -> None:
    with pytest.raises(ValueError):
        spans_from(broken)


def test_a_reason_for_a_fallback_is_one_of_few_words() -> None:
    assert fallback_class(finished()) is None
    assert fallback_class(fell_back()) == "draft"


@given(WORDS, st.integers(100, 10**9), st.sampled_from(["duckdb", "postgres", "sqlite", "mysql"]))
def test_no_literal_survives(word: str, number: int, dialect: str) -> None:
    """Whatever a string or a number holds, its statement is told without it."""
    quoted = word.replace("\\", "\\\\").replace("'", "''")
    sql = f"SELECT a FROM t WHERE b = '{quoted}' AND c IN ({number}) /* {number} */ -- {number}"
    text = told(sql, dialect).text
    assert text is None or text == "SELECT a FROM t WHERE b = ? AND c IN (?)"
    if dialect == "duckdb" and "\\" not in word:
        assert text is not None


@pytest.mark.parametrize(
    ("sql", "summary"),
    [
        ("SELECT 1", "SELECT"),
        ("select * from a join s.b on true", "SELECT a s.b"),
        ("WITH x AS (SELECT * FROM a) SELECT * FROM x", "SELECT a"),
        ("SELECT extract(YEAR FROM d) FROM a", "SELECT a"),
        ("SELECT a IS DISTINCT FROM b FROM c", "SELECT c"),
        ("SELECT * FROM read_csv('x') AS r", "SELECT"),
        ("SELECT * FROM (SELECT * FROM deep) AS d", "SELECT deep"),
        ('SELECT * FROM "Order Items" AS i, a', "SELECT Order Items"),
        ("'", "SQL"),
        ("", "SQL"),
    ],
)
def test_summaries(sql: str, summary: str) -> None:
    """The first word and the tables, without functions and common table expressions."""
    assert told(sql, "duckdb").summary == summary


def test_sanitised_statements_are_still_statements() -> None:
    sql = "SELECT a, 'x''y' FROM t WHERE b<5 AND c>=-1.5e3 LIMIT 10"
    text = told(sql, "duckdb").text or ""
    assert text == "SELECT a, ? FROM t WHERE b<? AND c>=-? LIMIT ?"
    assert len(tokens_of(text, "duckdb")) == len(tokens_of(sql, "duckdb"))


@given(TIMES, st.integers(0, 120))
def test_union_counts_each_moment_once(times: list[tuple[int, int]], whole: int) -> None:
    """The same as counting milliseconds one by one."""
    counted = {ms for start, end in times for ms in range(start, min(end, whole))}
    assert union_ms(times, whole) == len(counted)


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", False),
        ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", True),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", None),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01", None),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_traceparent(header: str | None, sampled: bool | None) -> None:
    """As the W3C writes it; anything else is as if there were none."""
    caller = caller_of(header)
    assert (None if caller is None else caller.is_sampled) == sampled
