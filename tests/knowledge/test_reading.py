"""Reading the file: whole, or an error that says where it is wrong and what to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forerun import knowledge
from forerun.domain import ColumnKnowledge, GoldenQuery, Knowledge, Metric, TableKnowledge
from forerun.errors import BadKnowledge
from tests.knowledge.shops import FILE, known

DOCUMENT = Path(__file__).parents[2] / "docs" / "knowledge.md"


def test_every_key_is_read() -> None:
    """A file that says all there is to say becomes exactly these values."""
    text = """
tables:
  orders:
    description: " One row an order. "
    synonyms: [purchases]
    time: ordered_on
    display: [id]
    columns:
      amount: {description: Without tax., synonyms: [price paid], unit: EUR}
      status: {hidden: true}
metrics:
  revenue: {table: orders, sql: SUM(amount), synonyms: [turnover], description: All of it.}
golden_queries:
  - question: How many?
    sql: SELECT COUNT(*) FROM orders
"""
    columns = {
        "amount": ColumnKnowledge("Without tax.", ("price paid",), "EUR"),
        "status": ColumnKnowledge(hidden=True),
    }
    assert knowledge.read(text, FILE) == Knowledge(
        {
            "orders": TableKnowledge(
                "One row an order.", ("purchases",), "ordered_on", ("id",), columns
            )
        },
        (Metric("revenue", "orders", "SUM(amount)", ("turnover",), "All of it."),),
        (GoldenQuery("How many?", "SELECT COUNT(*) FROM orders"),),
    )


@pytest.mark.parametrize(
    "text", ["", "# nothing yet", "tables:\nmetrics:\ngolden_queries:\n", "{}"]
)
def test_nothing_said_is_nothing_known(text: str) -> None:
    """An empty file, comments alone and keys without values are no error."""
    assert knowledge.read(text, FILE) == Knowledge()


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("table: {}", "table is not known here", "Did you mean tables?"),
        ("tables: {t: {synonym: [a]}}", "tables.t.synonym is not known", "mean synonyms?"),
        ("tables: {t: {columns: {c: {units: a}}}}", "tables.t.columns.c.units", "mean unit?"),
        ("tables: {t: {columns: {c: {hidden: 3}}}}", "tables.t.columns.c.hidden", "true or false"),
        ("tables: {t: {time: 2024}}", "tables.t.time is 2024", "quotes"),
        ("tables: {t: {time: 2024-01-01}}", "tables.t.time is datetime", "quotes"),
        ("tables: {t: {synonyms: clients}}", "tables.t.synonyms is no list", "[a, b]"),
        ("tables: {t: {synonyms: ['?']}}", "tables.t.synonyms.1 is '?'", "as people say it"),
        ("tables: {t: {synonyms: [a b c d e f g]}}", "no name of one to 6 words", "people say"),
        ("tables: {t: {description: ' '}}", "tables.t.description is empty", "leave the line out"),
        ("tables: {no: {}}", "tables has the key False", "in quotes"),
        ("tables: [orders]", "tables holds no `name: value` lines", "Indent"),
        ("metrics: {m: {sql: SUM(a)}}", "metrics.m.table is missing", "the table"),
        ("metrics: {m: {table: t}}", "metrics.m.sql is missing", "SUM(amount)"),
        ("golden_queries: [{question: a}]", "golden_queries.1.sql is missing", "the query"),
        ("golden_queries: {a: b}", "golden_queries is no list", "dash"),
        ("- a", f"{FILE} holds no `name: value` lines", "Indent"),
        ("tables: {t: {}, t: {}}", "line 1, column 17: the key t stands there twice", "Check"),
        ("tables: {a: [}", "line 1, column 14", "Check"),
        ("a: 1\n---\nb: 2", "line 2", "Check"),
        ("tables: !!python/object/apply:os.system ['true']", "is no readable YAML", "Check"),
        ("[" * 5_000, "is no readable YAML", "Check"),
        ("a: \x00", "is no readable YAML", "Check"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, place: str, hint: str) -> None:
    """Each fault stops the reading with the file, the place and what to do."""
    with pytest.raises(BadKnowledge) as failed:
        knowledge.read(text, FILE)
    assert failed.value.message.startswith(FILE)
    assert place in failed.value.message
    assert hint in (failed.value.hint or "")


def test_a_name_means_one_metric() -> None:
    """Two metrics of one name, by a synonym and in any form of the word, are refused."""
    text = """
metrics:
  revenue: {table: orders, sql: SUM(amount), synonyms: [turnovers]}
  turnover: {table: orders, sql: COUNT(*)}
"""
    with pytest.raises(BadKnowledge, match="means the metric revenue already"):
        knowledge.read(text, FILE)


def test_a_question_is_golden_once() -> None:
    """The same question twice, typed a little differently, is refused."""
    text = 'golden_queries: [{question: How many, sql: a}, {question: "how  MANY?", sql: b}]'
    with pytest.raises(BadKnowledge, match=r"golden_queries\.2 asks what an earlier one asks"):
        knowledge.read(text, FILE)


@given(st.text(alphabet=st.sampled_from("abc:-[]{},'\"#&*!|>%@ \n\ttables"), max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is in the file, it is read or refused as the asker's to put right."""
    try:
        assert isinstance(knowledge.read(text, FILE), Knowledge)
    except BadKnowledge as told:
        assert told.message.startswith(FILE)  # noqa: PT017 - most texts do read


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """A folder, another encoding and a huge file are errors that name the file."""
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("tables: {città: }".encode("latin-1"))
    huge = tmp_path / "huge.yaml"
    huge.write_text("#" * (1 << 21))
    for path, why in ((tmp_path, "cannot be read"), (latin, "UTF-8"), (huge, "megabyte")):
        with pytest.raises(BadKnowledge, match=why) as failed:
            knowledge.read_file(path)
        assert str(path) in failed.value.message


def test_the_file_is_found_by_the_name_of_the_database(tmp_path: Path) -> None:
    """The whole name goes before the name without its suffix; other databases' files are not it."""
    database = tmp_path / "sales.duckdb"
    assert knowledge.beside(database) is None
    (tmp_path / "stock.forerun.yaml").touch()
    assert knowledge.beside(database) is None
    short, whole = tmp_path / "sales.forerun.yaml", tmp_path / "sales.duckdb.forerun.yaml"
    short.touch()
    assert knowledge.beside(database) == short
    whole.touch()
    assert knowledge.beside(database) == whole


def test_the_documented_file_is_taken_as_it_is() -> None:
    """The example of docs/knowledge.md is read and fits a database with its tables."""
    (example,) = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT.read_text(), re.M | re.S)
    catalog = known(example)
    assert [metric.name for metric in catalog.metrics] == ["revenue", "average order value"]
    assert catalog.tables[0].hidden == ("email",)
