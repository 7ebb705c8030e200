"""The reader of writers' replies."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun.domain import Clarification, Draft, Origin, Refusal, Usage
from forerun.drafting.replies import (
    CUT_SHORT,
    LEAST_CONFIDENCE,
    MOST_CONFIDENCE,
    NO_QUERY,
    UNSTATED_CONFIDENCE,
    read_draft,
)
from forerun.ports import Completion

SQL = "SELECT region, count(*)\nFROM customers\nGROUP BY region"


def read(text: str, *, cut_short: bool = False) -> Draft | Clarification | Refusal:
    return read_draft(Completion(text, Usage(), "m", cut_short))


def sql_of(text: str, *, cut_short: bool = False) -> str:
    draft = read(text, cut_short=cut_short)
    assert isinstance(draft, Draft), draft
    return draft.sql


@pytest.mark.parametrize(
    "text",
    [
        f"```sql\n{SQL}\n```",
        f"```sql\n{SQL};\n```\nReading: per region\nConfidence: 0.8",
        f"```\n{SQL}\n```",
        f"```SQL {SQL}```",
        f"```postgresql\n{SQL}\n```",
        f"Here you go:\n\n```duckdb\n{SQL}\n```\nIt groups by region.",
        f"```sql\n{SQL}",
        SQL,
        f"{SQL};",
        f"sql\n{SQL}",
        f"The query is: {SQL};\nHope it helps!",
        f"With this query you see it:\n\n{SQL}\n\nIt counts the customers.",
        f"Use `{SQL}` for that.",
        f"<think>Perhaps SELECT 1 FROM x?</think>\n```sql\n{SQL}\n```",
        f"perhaps SELECT 1 FROM x?</think>{SQL}",
        json.dumps({"sql": SQL, "reading": "r", "confidence": 0.8}),
        f"```json\n{json.dumps({'sql': SQL})}\n```",
        '{"sql": "' + SQL + '",}',
        "{'sql': '" + SQL + "', 'confidence': 0.8,}",
        "{sql: '" + SQL + "'}",
        f"Sure! {json.dumps({'SQL': SQL})} Anything else?",
        json.dumps({"sql": f"```sql\n{SQL}\n```"}),
        f"```sql\n{SQL}\n```\n\n```\nregion | count\nnorth | 3\n```",
        f"```sql\nSELECT wrong FROM t\n```\nWait, better:\n```sql\n{SQL}\n```",
    ],
)
def test_finds_the_query_in_any_wrapping(text: str) -> None:
    """Fences, bare text, prose, thoughts and loose JSON all give the same query."""
    assert sql_of(text) == SQL


@pytest.mark.parametrize(
    "text",
    [
        f"```sql\n{SQL[:30]}",
        SQL[:30],
        f"The query: {SQL[:30]}",
        json.dumps({"sql": SQL})[:30],
        '{"sql": "SELECT 1"',
        f"<think>{SQL}",
        "",
    ],
)
def test_half_a_query_is_no_query(text: str) -> None:
    """Of a reply that was cut short nothing is taken that is not visibly whole."""
    draft = read(text, cut_short=True)
    assert draft == Draft("", Origin.MODEL, LEAST_CONFIDENCE, reading=CUT_SHORT)


@pytest.mark.parametrize(
    "text",
    [
        f"```sql\n{SQL}\n```\nReading: custo",
        f"{SQL};\nThis que",
        json.dumps({"sql": SQL, "reading": "every customer"})[:-5],
    ],
)
def test_a_whole_query_survives_a_cut_after_it(text: str) -> None:
    """What was cut off after the query does not matter."""
    assert sql_of(text, cut_short=True) == SQL


def test_no_query_is_an_empty_draft_that_says_so() -> None:
    """A reply without SQL can be refused and repaired like any other draft."""
    expected = Draft("", Origin.MODEL, LEAST_CONFIDENCE, reading=NO_QUERY)
    assert read("I am sorry, I cannot do that.") == expected


def test_semicolons_in_literals_and_comments_do_not_end_a_bare_query() -> None:
    """Only a semicolon between tokens ends a query."""
    sql = "SELECT a -- one; two\nFROM t WHERE b = 'x;y'"
    assert sql_of(f"Here: {sql}; done") == sql


@pytest.mark.parametrize(
    "text",
    [
        "Clarify: Which date?\n- Sales by order date?\n- Sales by ship date?",
        "**Clarify:** Which date?\n1. Sales by order date?\n2) Sales by ship date?",
        json.dumps(
            {
                "sql": "SELECT 1",
                "clarify": "Which date?",
                "choices": ["Sales by order date?", "Sales by ship date?"],
            }
        ),
    ],
)
def test_a_question_back_is_a_clarification(text: str) -> None:
    """Asking outweighs a query sent along with it."""
    choices = ("Sales by order date?", "Sales by ship date?")
    assert read(text) == Clarification("Which date?", choices)


@pytest.mark.parametrize(
    "text",
    [
        "Unanswerable: there are no salaries",
        json.dumps({"sql": "", "clarify": "none", "unanswerable": "there are no salaries"}),
    ],
)
def test_declining_is_a_refusal(text: str) -> None:
    """A writer may say that the data is not there."""
    assert read(text) == Refusal("there are no salaries")


@pytest.mark.parametrize(
    ("stated", "confidence"),
    [
        ("0.8", 0.8),
        ("80%", 0.8),
        ("80", 0.8),
        ("high", 0.9),
        ("1.0", MOST_CONFIDENCE),
        ("0", LEAST_CONFIDENCE),
        ("dunno", UNSTATED_CONFIDENCE),
        ("99999999", MOST_CONFIDENCE),
    ],
)
def test_confidence_is_read_and_bounded(stated: str, confidence: float) -> None:
    """A probability, a percentage or a word; never quite sure either way."""
    draft = read(f"```sql\n{SQL}\n```\nConfidence: {stated}")
    assert isinstance(draft, Draft)
    assert draft.confidence == pytest.approx(confidence)


identifiers = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
literals = st.text(st.characters(exclude_characters="'`\\", exclude_categories=["C", "Z"]))
queries = st.builds(
    lambda column, table, value: f"SELECT {column} FROM {table} WHERE {column} = '{value}'",
    identifiers,
    identifiers,
    literals,
)
prose = st.text(st.sampled_from("abc XYZ.,!\n"), max_size=60)


@given(queries, prose, prose)
def test_any_query_in_a_fence_is_found(sql: str, before: str, after: str) -> None:
    """Whatever prose is around a closed fence, its query comes out unchanged."""
    assert sql_of(f"{before}\n```sql\n{sql}\n```\n{after}") == sql


@given(queries, prose, prose)
def test_any_query_in_json_is_found(sql: str, before: str, after: str) -> None:
    """Whatever prose is around JSON, its query comes out unchanged."""
    assert sql_of(f"{before}{json.dumps({'sql': sql, 'confidence': 0.5})}{after}") == sql


@given(st.text(), st.booleans())
def test_never_raises(text: str, cut_short: bool) -> None:
    """Any text at all is read as something."""
    read(text, cut_short=cut_short)


SHARDS = (
    "``` sql { } [ ] \" ' : , \\ \\u12 <think> </think> Clarify: - confidence ` ; /* -- 1e9 null"
)
shards = st.sampled_from([*SHARDS.split(" "), "SELECT a FROM t", " ", "\n"])


@given(st.lists(shards, max_size=40).map("".join), st.booleans())
def test_never_raises_on_shards_of_replies(text: str, cut_short: bool) -> None:
    """Nor do broken pieces of real formats in any order."""
    read(text, cut_short=cut_short)
