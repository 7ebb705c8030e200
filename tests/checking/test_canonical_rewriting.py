"""Queries rewritten by rule, run: equal canonical texts always give equal rows."""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from forerun import syntax
from forerun.checking import canonical
from forerun.domain import Catalog, Column, Kind, ResultColumn, Rows, Statement, Table
from forerun.running import same_rows
from tests.checking.ask import statement, verdict
from tests.checking.test_gold import catalog_of, gold

DIALECTS = ("duckdb", "sqlite")
TABLES = {
    "item": {"id": Kind.INTEGER, "grp": Kind.INTEGER, "label": Kind.TEXT, "price": Kind.FLOAT},
    "sale": {"item_id": Kind.INTEGER, "qty": Kind.INTEGER, "place": Kind.TEXT},
}
TYPES = {Kind.INTEGER: "INTEGER", Kind.TEXT: "VARCHAR", Kind.FLOAT: "DOUBLE"}
VALUES: dict[Kind, tuple[object, ...]] = {
    Kind.INTEGER: (0, 1, 2, 3, None),
    Kind.TEXT: ("a", "A", "b", None),
    Kind.FLOAT: (0.1, 0.2, 0.3, 1e16, None),
}
COLUMNS = tuple((t, c) for t, columns in TABLES.items() for c in columns)
NUMBERS = tuple((t, c) for t, c in COLUMNS if TABLES[t][c] is Kind.INTEGER)
MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
AGGREGATES = ("COUNT", "MIN", "MAX", "SUM", "AVG", "COUNT(DISTINCT")


@cache
def catalog(dialect: str) -> Catalog:
    tables = (
        Table(name, tuple(Column(c, TYPES[kind], kind) for c, kind in columns.items()))
        for name, columns in TABLES.items()
    )
    return Catalog("pairs", dialect, tuple(tables))


@cache
def connection(dialect: str) -> Any:
    """A database of few values, many of them equal or NULL; indexes give planners a choice."""
    opened = duckdb.connect() if dialect == "duckdb" else sqlite3.connect(":memory:")
    if dialect == "duckdb":  # several threads put ties in another order at every run
        opened.execute("SET threads = 1")
    drawn = random.Random(7)
    for name, columns in TABLES.items():
        body = ", ".join(f"{column} {TYPES[kind]}" for column, kind in columns.items())
        opened.execute(f"CREATE TABLE {name} ({body})")
        for _ in range(40):
            row = [drawn.choice(VALUES[kind]) for kind in columns.values()]
            opened.execute(f"INSERT INTO {name} VALUES ({', '.join('?' for _ in row)})", row)
        for column in columns:
            opened.execute(f"CREATE INDEX {name}_{column} ON {name} ({column})")
    return opened


def run(made: Statement) -> Rows:
    cursor = connection(made.dialect).cursor()
    cursor.execute(made.sql)
    columns = tuple(ResultColumn(c[0], "", Kind.OTHER) for c in cursor.description)
    return Rows(columns, tuple(cursor.fetchall()))


def agree(a: Statement, b: Statement) -> bool:
    left, right = run(a), run(b)
    names = [c.name for c in left.columns] == [c.name for c in right.columns]
    return names and same_rows(left, right, ordered=a.ordered)


@dataclass(frozen=True, slots=True)
class Condition:
    column: tuple[str, str]
    operator: str
    value: object

    def text(self, called: dict[str, str], writing: Writing) -> str:
        column = writing.column(self.column, called)
        if self.operator == "IN":
            values = ["0", "1", "2"] if writing.mirrors else ["2", "1", "0", "1"]
            return f"{column} IN ({', '.join(values)})"
        if self.operator == "IS NULL":
            return f"{column} IS NULL"
        value = f"'{self.value}'" if isinstance(self.value, str) else str(self.value)
        if writing.mirrors:
            return f"{value} {MIRRORED[self.operator]} {column}"
        return f"{column} {self.operator} {value}"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked."""

    columns: tuple[tuple[str, str], ...]
    join: str = ""
    conditions: tuple[Condition, ...] = ()
    connective: str = "AND"
    aggregate: str = ""
    aggregated: tuple[str, str] = ("item", "id")
    distinct: bool = False
    order: int | None = None
    downwards: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """How it is written."""

    aliases: tuple[str, str] | None = None
    qualifies: bool = False
    shouts: bool = False
    says_all: bool = False
    orders_by: str = "alias"
    mirrors: bool = False
    shuffle: int = 0

    def name(self, word: str) -> str:
        return f'"{word}"' if self.says_all else word.upper() if self.shouts else word

    def column(self, column: tuple[str, str], called: dict[str, str]) -> str:
        table, name = column
        return f"{called[table]}.{self.name(name)}" if self.qualifies else self.name(name)


def write(query: Query, writing: Writing) -> str:
    """The query, written so."""
    names = writing.aliases or tuple(writing.name(table) for table in TABLES)
    called = dict(zip(TABLES, names, strict=True))
    word = " AS " if writing.says_all else " "
    members = {
        table: writing.name(table) + (f"{word}{called[table]}" if writing.aliases else "")
        for table in TABLES
    }
    plain = [writing.column(column, called) for column in query.columns]
    aggregate = f"{query.aggregate}({writing.column(query.aggregated, called)})"
    aggregate += ")" if "(DISTINCT" in query.aggregate else ""
    items = [*plain, *([aggregate] if query.aggregate else ())]
    shown = [f"{item} AS c{i}" for i, item in enumerate(items)]
    parts = [f"SELECT {'DISTINCT ' if query.distinct else ''}{', '.join(shown)}"]
    parts.append(f"FROM {members['item']}{joined(query, writing, members, called)}")
    if query.conditions:
        conditions = [c.text(called, writing) for c in query.conditions]
        random.Random(writing.shuffle).shuffle(conditions)
        parts.append("WHERE " + f" {query.connective} ".join(conditions))
    if query.aggregate and plain:
        parts.append(f"GROUP BY {', '.join(plain)}")
    if query.order is not None:
        place = query.order % len(items)
        by = {"alias": f"c{place}", "place": str(place + 1), "item": items[place]}
        way = " DESC" if query.downwards else " ASC" if writing.says_all else ""
        parts.append(f"ORDER BY {by[writing.orders_by]}{way}")
    if query.limit is not None:
        parts.append(f"LIMIT {query.limit}")
    return " ".join(parts)


def joined(query: Query, writing: Writing, members: dict[str, str], called: dict[str, str]) -> str:
    if not query.join:
        return ""
    words = {"JOIN": "INNER JOIN", "LEFT JOIN": "LEFT OUTER JOIN"}
    sides = [f"{called['item']}.id", f"{called['sale']}.item_id"]
    if writing.mirrors:
        sides.reverse()
    how = words[query.join] if writing.says_all else query.join
    return f" {how} {members['sale']} ON {' = '.join(sides)}"


def columns(tables: tuple[str, ...]) -> st.SearchStrategy[tuple[str, str]]:
    return st.sampled_from([column for column in COLUMNS if column[0] in tables])


@st.composite
def conditions(draw: st.DrawFn, tables: tuple[str, ...]) -> Condition:
    column = draw(columns(tables))
    kind = TABLES[column[0]][column[1]]
    operators = [*MIRRORED, "IS NULL", *(["IN"] if kind is Kind.INTEGER else [])]
    values = [value for value in VALUES[kind] if value is not None]
    return Condition(column, draw(st.sampled_from(operators)), draw(st.sampled_from(values)))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    join = draw(st.sampled_from(["", "JOIN", "LEFT JOIN"]))
    tables = ("item", "sale") if join else ("item",)
    aggregate = draw(st.sampled_from(["", "", *AGGREGATES]))
    least = 0 if aggregate else 1
    return Query(
        columns=tuple(draw(st.lists(columns(tables), min_size=least, max_size=3, unique=True))),
        join=join,
        conditions=tuple(draw(st.lists(conditions(tables), max_size=3))),
        connective=draw(st.sampled_from(["AND", "OR"])),
        aggregate=aggregate,
        aggregated=draw(st.sampled_from([c for c in NUMBERS if c[0] in tables])),
        distinct=draw(st.booleans()),
        order=draw(st.none() | st.integers(0, 3)),
        downwards=draw(st.booleans()),
        limit=draw(st.none() | st.integers(0, 5)),
    )


namings = st.builds(
    Writing,
    aliases=st.sampled_from([None, ("a", "b"), ("b", "a"), ("t1", "t2")]),
    qualifies=st.booleans(),
    shouts=st.booleans(),
    says_all=st.booleans(),
    orders_by=st.sampled_from(["alias", "place", "item"]),
)
orderings = st.builds(Writing, mirrors=st.booleans(), shuffle=st.integers(0, 5))
writings = st.builds(
    lambda naming, order: replace(naming, mirrors=order.mirrors, shuffle=order.shuffle),
    namings,
    orderings,
)


@st.composite
def mutations(draw: st.DrawFn) -> tuple[Query, Query]:
    """Two queries that differ in one thing; what it makes of the rows is for the database."""
    query, other = draw(queries()), draw(queries())
    changes = ["columns", "connective", "aggregate", "aggregated", "order", "downwards", "limit"]
    if query.join and other.join:
        changes.append("join")
    if query.join or not other.join:
        changes.append("conditions")
    if not query.join:
        other = replace(other, columns=tuple(c for c in other.columns if c[0] == "item"))
    changed = draw(st.sampled_from([*changes, "distinct"]))
    mutated = replace(query, **{changed: getattr(other, changed)})
    if not query.join and mutated.aggregated[0] == "sale":
        mutated = replace(mutated, aggregated=query.aggregated)
    if not (mutated.aggregate or mutated.columns):
        mutated = replace(mutated, columns=query.columns or (("item", "id"),))
    return query, mutated


@pytest.mark.parametrize("dialect", DIALECTS)
@given(query=queries(), one=namings, other=namings)
def test_names_and_words_are_seen_through(
    dialect: str, query: Query, one: Writing, other: Writing
) -> None:
    """Aliases, qualifiers, case, quotes, optional words and ways to order leave no trace."""
    a, b = (statement(write(query, w), dialect, catalog(dialect)) for w in (one, other))
    assert canonical(a, catalog(dialect)) == canonical(b, catalog(dialect))
    assert agree(a, b)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(query=queries(), one=writings, other=writings)
def test_orders_and_sides_are_seen_through_where_nothing_hangs_on_them(
    dialect: str, query: Query, one: Writing, other: Writing
) -> None:
    """AND, OR, IN and comparisons any way round, where no tie, group or sum is left to a plan."""
    settled = replace(
        query, order=None, limit=None, aggregate="COUNT" if query.aggregate else "", distinct=False
    )
    if settled.aggregate:
        numbers = tuple(c for c in settled.columns if TABLES[c[0]][c[1]] is not Kind.TEXT)
        settled = replace(settled, columns=numbers)
    a, b = (statement(write(settled, w), dialect, catalog(dialect)) for w in (one, other))
    assert canonical(a, catalog(dialect)) == canonical(b, catalog(dialect))
    assert agree(a, b)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(pair=mutations(), one=writings, other=writings)
@example(
    pair=(Query((("item", "id"),), limit=1), Query((("item", "id"),), limit=1)),
    one=Writing(),
    other=Writing(aliases=("a", "b")),
)
def test_equal_texts_give_equal_rows(
    dialect: str, pair: tuple[Query, Query], one: Writing, other: Writing
) -> None:
    """Whatever was changed, in meaning and in writing: if the texts are equal, so are the rows."""
    a = statement(write(pair[0], one), dialect, catalog(dialect))
    b = statement(write(pair[1], other), dialect, catalog(dialect))
    if canonical(a, catalog(dialect)) == canonical(b, catalog(dialect)):
        assert agree(a, b)


@pytest.mark.parametrize("dialect", DIALECTS)
@given(pair=mutations(), writing=writings)
def test_another_query_in_the_same_writing_has_another_text(
    dialect: str, pair: tuple[Query, Query], writing: Writing
) -> None:
    """A changed literal, operator, join, column, aggregate, order or limit is always seen."""
    a, b = (statement(write(q, writing), dialect, catalog(dialect)) for q in pair)
    if not agree(a, b):
        assert canonical(a, catalog(dialect)) != canonical(b, catalog(dialect))


def accepted(data: Path) -> Iterator[tuple[Path, Catalog, Statement]]:
    """Every gold query, as the gate writes it, once a database."""
    seen = set()
    for g in gold(data):
        found = catalog_of(g.path, g.dialect)
        made = verdict(g.sql, catalog=found).statement
        if made is not None and (g.path, made.sql) not in seen:
            seen.add((g.path, made.sql))
            yield g.path, found, made


def renamed(made: Statement, known: Catalog) -> str:
    """The statement with every alias of a table renamed and every function's case turned."""
    tree = syntax.read(made.sql, made.dialect)
    tables = {table.name.lower() for table in known.tables}
    aliases = {a.name.lower() for a in tree.find_all(exp.TableAlias)} - tables
    for identifier in tree.find_all(exp.Identifier):
        is_source = isinstance(identifier.parent, exp.TableAlias) or identifier.arg_key == "table"
        is_query = isinstance(identifier.parent, exp.Table) and not identifier.parent.db
        if (is_source or is_query) and identifier.name.lower() in aliases:
            identifier.set("this", f"zz_{identifier.name}")
    for call in tree.find_all(exp.Anonymous):
        call.set("this", call.name.swapcase())
    return syntax.write(tree, made.dialect)


def names_its_columns(made: Statement) -> bool:
    tree = syntax.read(made.sql, made.dialect)
    while not isinstance(tree, exp.Select):
        tree = tree.this
    return all(isinstance(p, exp.Column | exp.Alias) for p in tree.expressions)


@pytest.mark.slow
def test_gold_with_other_aliases_is_the_same(data: Path) -> None:
    """Every gold query that is understood and names its columns is seen through new aliases."""
    different, compared = [], 0
    for _, known, made in accepted(data):
        text = canonical(made, known)
        again = verdict(renamed(made, known), made.dialect, known).statement
        if text == made.sql or again is None or not names_its_columns(made):
            continue
        compared += 1
        if canonical(again, known) != text:
            different.append(f"{made.sql} -> {again.sql}")
    assert compared > 1_000
    assert different == []


@pytest.mark.slow
def test_gold_with_one_text_gives_the_same_rows(data: Path) -> None:
    """Where two gold queries of a database have one canonical text, they agree when run."""
    alike: dict[tuple[Path, str], list[Statement]] = defaultdict(list)
    for path, known, made in accepted(data):
        alike[path, canonical(made, known)].append(made)
    several = {path: group for (path, _), group in alike.items() if len(group) > 1}
    assert several
    for path, group in several.items():
        if group[0].dialect != "sqlite":
            continue
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
            opened.text_factory = lambda raw: raw.decode("utf-8", "replace")
            first, *others = [opened.execute(made.sql) for made in group]
            names, rows = [c[0] for c in first.description], first.fetchall()
            for other in others:
                assert [c[0] for c in other.description] == names
                assert other.fetchall() == rows
