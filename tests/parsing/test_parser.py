"""What must hold of every parse, whatever the question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlglot
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from forerun import parsing
from forerun.domain import Catalog, Column, Context, Kind, Origin, Refusal, Table
from forerun.parsing import cues, emission
from forerun.parsing.plans import Plan
from tests.parsing import shop

NOW = datetime(2025, 12, 31, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess
DIALECTS = ("sqlite", "duckdb", "postgres", "mysql")

_names = [t.name for t in shop.catalog().tables] + [
    c.name.replace("_", " ") for t in shop.catalog().tables for c in t.columns
]
_values = ["Germany", "Retail", "Falkon", "Ashford", "cancelled", "North", "Helmets"]
_cues = [" ".join(phrase) for phrase in (*cues.CUES, *cues.UNIT_CUES)]
_glue = [*_cues, "the", "of", "?", "and", "show", "what"]
_literals = ["5", "2024", "'x y'", '"Germany"', "last month", "since March 2025", "12.5", "Q3 2024"]
questions = st.lists(
    st.sampled_from(_names + _values + _glue + _literals), min_size=1, max_size=9
).map(" ".join)


@given(
    st.sampled_from(["in the", "in", "since", "from March to", "on or after March", "first half"]),
    st.from_regex(r"[0-9]{1,5}s?", fullmatch=True),
)
@example("in the", "0000s")
@example("in the", "9990s")
def test_no_number_for_a_year_breaks_the_parser(opener: str, number: str) -> None:
    """Whatever stands where a year could, a `Parsed` comes of it."""
    parsed = parsing.parse(f"orders {opener} {number}", shop.catalog(), NOW)
    assert isinstance(parsed, parsing.Parsed)


@given(st.text(max_size=200))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Any text at all gives a `Parsed`."""
    assert isinstance(parsing.parse(text, shop.catalog(), NOW), parsing.Parsed)


@settings(deadline=None)
@given(questions, st.sampled_from(DIALECTS))
def test_every_draft_is_one_query_over_what_the_catalog_holds(text: str, dialect: str) -> None:
    """Drafts parse in their dialect and name only tables and columns that exist there."""
    catalog = shop.catalog(dialect)
    for draft in parsing.parse(text, catalog, NOW).drafts:
        assert draft.origin is Origin.PARSER
        assert 0.0 <= draft.confidence <= 1.0
        assert draft.reading
        (tree,) = sqlglot.parse(draft.sql, dialect=dialect)
        assert isinstance(tree, exp.Query)
        tables = [catalog.table(t.name) for t in tree.find_all(exp.Table)]
        assert all(tables), draft.sql
        columns = {c.name for table in tables if table for c in table.columns}
        aliases = {alias.alias for alias in tree.find_all(exp.Alias)}
        named = {c.name for c in tree.find_all(exp.Column) if not c.is_star}
        assert named <= columns | aliases, draft.sql


@settings(deadline=None)
@given(questions)
def test_the_same_question_gives_the_same_drafts(text: str) -> None:
    """Nothing varies: not with what was asked before, not with a catalog built anew."""
    catalog = shop.catalog()
    anew = replace(catalog, tables=tuple(replace(table) for table in catalog.tables))
    one, other = parsing.parse(text, catalog, NOW), parsing.parse(text, anew, NOW)
    assert one == other
    assert (one.drafts, one.clarification) == (other.drafts, other.clarification)


def test_who_takes_only_the_best_draft_has_no_other_put_into_sql(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other readings are written when somebody looks at them, and once."""
    written: list[str] = []

    def sql(plan: Plan, dialect: str) -> str:
        written.append(dialect)
        return as_ever(plan, dialect)

    as_ever = emission.sql
    monkeypatch.setattr(emission, "sql", sql)
    parsed = parsing.parse("customers per city, lately", shop.catalog(), NOW)
    assert parsed.best is not None
    assert len(written) == 1
    assert parsed.drafts[0] is parsed.best
    assert len(written) == len(parsed.drafts) > 1
    assert parsed.drafts is parsed.drafts
    asked = parsed.clarification
    assert asked is not None
    assert len(written) == len({*parsed.drafts, *asked.drafts})


@settings(deadline=None)
@given(questions)
def test_drafts_come_best_first(text: str) -> None:
    """The first draft is the surest."""
    sure = [draft.confidence for draft in parsing.parse(text, shop.catalog(), NOW).drafts]
    assert sure == sorted(sure, reverse=True)


@settings(deadline=None)
@given(questions, st.integers(min_value=3_000, max_value=99_999))
def test_a_number_is_used_or_the_question_is_not_answered(text: str, number: int) -> None:
    """No answer drops a number that the asker gave."""
    for draft in parsing.parse(f"{text} {number}", shop.catalog(), NOW).drafts[:1]:
        assert str(number) in draft.sql or draft.confidence < GUESS


@settings(deadline=None)
@given(questions, st.from_regex(r"[A-Z][a-z]{6}", fullmatch=True))
def test_a_quoted_string_is_used_or_the_question_is_not_answered(text: str, word: str) -> None:
    """No answer drops a quotation."""
    for draft in parsing.parse(f'{text} "zq{word}"', shop.catalog(), NOW).drafts[:1]:
        assert f"zq{word}" in draft.sql or draft.confidence < GUESS


@pytest.mark.parametrize(
    "question",
    [
        "How many unicorns are there?", "average leeder of the stores", "customers in Atlantis",
        "what is the meaning of life", "list the blood group of customers", "",
        "How many orders did Zorblax place?", "?!", "the of and",
    ],
)  # fmt: skip
def test_unknown_things_are_not_answered(question: str) -> None:
    """A word that nothing explains keeps the parser from answering."""
    parsed = parsing.parse(question, shop.catalog(), NOW)
    assert not parsed.drafts or parsed.drafts[0].confidence < GUESS


def test_foreign_questions_name_the_words_that_are_foreign() -> None:
    """A question about nothing in the data gives no draft and says what it did not know."""
    parsed = parsing.parse("Who wrote the opera Parsifal?", shop.catalog(), NOW)
    assert parsed.drafts == ()
    assert "opera" in parsed.unknown


def test_a_refusal_tells_how_many_tables_it_does_not_name() -> None:
    """Of a large database some tables are named, and it is said that there are others."""
    tables = tuple(Table(f"t{n}", (Column("a", "INTEGER", Kind.INTEGER),)) for n in range(11))
    catalog = Catalog("many", "duckdb", tables)
    refused = parsing.answer(parsing.Parsed(), Context("?", NOW), catalog, parsing.Thresholds())
    assert isinstance(refused, Refusal)
    assert refused.message.endswith("It holds: t0, t1, t2, t3, t4, t5, t6, t7 and 3 more.")


def test_a_misspelt_word_is_asked_about() -> None:
    """A word close to a known one is asked about; each choice is the corrected question."""
    parsed = parsing.parse("average salery of employees", shop.catalog(), NOW)
    assert parsed.clarification is not None
    assert "salery" in parsed.clarification.question
    assert "average salary of employees" in parsed.clarification.choices
    assert not parsed.drafts or parsed.drafts[0].confidence < GUESS


def test_two_close_readings_become_a_choice() -> None:
    """Where two columns fit equally well the parser asks which is meant."""
    columns = tuple(
        Column(name, "TEXT", Kind.TEXT, samples=(name,)) for name in ("home_city", "work_city")
    )
    people = Table("people", (Column("id", "INTEGER", Kind.INTEGER), *columns), primary_key=("id",))
    parsed = parsing.parse("number of people per city", Catalog("c", "sqlite", (people,)), NOW)
    assert parsed.drafts[0].confidence < ANSWER
    assert parsed.clarification is not None
    assert parsed.clarification.question == "Do you mean by home city or by work city?"
    assert len(parsed.clarification.choices) > 1


def test_long_questions_are_left_alone() -> None:
    """A text of many hundred words is no question for a parser."""
    assert parsing.parse("customers " * 500, shop.catalog(), NOW).drafts == ()


def test_an_empty_catalog_gives_nothing() -> None:
    """A database without tables has no answers."""
    assert parsing.parse("How many rows?", Catalog("c", "duckdb", ()), NOW).drafts == ()
