"""How big a value a statement may make: nothing that is not plainly small passes."""

from __future__ import annotations

from time import process_time

import pytest

from forerun import syntax
from forerun.checking.bounds import too_much_work
from forerun.domain import ReasonCode
from tests.cases import shop
from tests.checking.ask import codes, verdict

LONG = {letter: letter * 45_000 for letter in "xy"}

UNBOUNDED = [
    *("1 << 30", "abs(-1000000000)", "(~(-1000000000))::BIGINT", "CAST(100/0.0000001 AS BIGINT)"),
    *("100/(SELECT 0.00001)", "unicode('𐀀')*9999", "multiply(9999, 9999)", "lcm(9973, 9967)*10"),
    *("CAST('1'||'000000000' AS BIGINT)", "CAST('0x3fffffff' AS BIGINT)", "order_id * order_id"),
    *("CAST(replace('1x', 'x', '000000000') AS BIGINT)", "CAST('1_000_000_000' AS BIGINT)"),
    *("(SELECT * FROM (VALUES (1000000000)) t)", "(SELECT col0 FROM (VALUES (1000000000)) t)"),
    *("epoch(now())::BIGINT", "date_diff('second', DATE '1990-01-01', DATE '2020-01-01')"),
    *("EXP(21)::BIGINT", "FACTORIAL(12)", "POWER(10, 9)::BIGINT", "Extract(epoch FROM now())::INT"),
    *("(SELECT count(*) FROM range(40000) a, range(40000) b)", "9999 - -1000000000"),
    *("(SELECT sum(i)::BIGINT FROM range(50000) t(i))", "1000000000 % 2000000000"),
    *("(SELECT max(x) FROM (SELECT unnest([1000000000]) AS x))", "list_max([5, 1000000000])"),
    *("least(1000000000, nullif(1, 1))", "greatest(5, 1000000000)", "length(repeat('x', 10001))"),
    "(SELECT i FROM (SELECT * FROM (SELECT 1000000000 AS i)))",
]
"""Ways to say a large number without writing it down plainly."""


@pytest.mark.parametrize("count", UNBOUNDED)
def test_a_count_that_is_not_plainly_small_is_refused(count: str) -> None:
    """And the reason says what to do: put it into least()."""
    found = verdict(f"SELECT length(repeat('x', {count})) FROM orders")
    assert found.statement is None
    assert any("least(" in (reason.hint or "") for reason in found.reasons), found.reasons
    bounded = f"SELECT length(repeat('x', least({count}, 100))) FROM orders"
    if "repeat('x', 10001)" not in count and "range(" not in count:
        assert verdict(bounded).accepted, verdict(bounded).reasons


FROM_ELSEWHERE = {
    "a query of FROM": ("duckdb", "SELECT repeat('x', n) FROM (SELECT 1000000000 AS n) AS t"),
    "a list of values": ("duckdb", "SELECT repeat('x', v) FROM orders, (VALUES (1000000000)) a(v)"),
    "a list": ("duckdb", "SELECT repeat('x', x) FROM unnest([1000000000]) AS t(x)"),
    "an element": ("duckdb", "SELECT list_transform([1000000000], lambda x: repeat('y', x))"),
    "an element, short": ("duckdb", "SELECT [repeat('y', x) for x in [1000000000]]"),
    "an alias": ("duckdb", "SELECT 1000000000 AS a, repeat('x', a)"),
    "the query around": (
        "duckdb",
        "SELECT (SELECT repeat('x', o.n)) FROM (SELECT 1000000000 AS n) o",
    ),
    "a recursion": (
        "duckdb",
        "WITH RECURSIVE r(n, m) AS (SELECT 1, 1 UNION ALL SELECT n + 1, m * 10 FROM r "
        "WHERE n < 11) SELECT repeat('x', m) FROM r",
    ),
    "a series": (
        "duckdb",
        "SELECT repeat('x', v) FROM range(1000000000, 1000000009) t(v)",
    ),
    "a lateral query": (
        "postgres",
        "SELECT repeat('x', n) FROM orders, LATERAL (SELECT 500000000 AS n) AS w",
    ),
    "a document": ("postgres", "SELECT repeat('x', (('{\"a\":500000000}'::json)->>'a')::int)"),
    "an element of a document": (
        "sqlite",
        "SELECT printf('%*d', value, 1) FROM json_each('[1000000000]')",
    ),
}


@pytest.mark.parametrize("place", FROM_ELSEWHERE)
def test_a_large_count_is_found_wherever_it_is_written(place: str) -> None:
    """A number is as large under another name, in a list, a union or a document."""
    dialect, sql = FROM_ELSEWHERE[place]
    assert set(codes(sql, dialect)) == {ReasonCode.TOO_COMPLEX}


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("duckdb", f"SELECT format('{'{0}' * 9000}', repeat('x', 10000))"),
        ("postgres", f"SELECT format('{'%1$s' * 9000}', repeat('x', 10000))"),
        ("duckdb", "SELECT max(repeat('x', 10000) || i, 900000) FROM range(1000000) t(i)"),
        ("sqlite", f"SELECT length(replace(x'{'aa' * 20_000}', x'aa', x'{'bb' * 20_000}'))"),
        ("duckdb", "SELECT repeat('x', order_id * 100) FROM orders"),
    ],
    ids=["format", "format, postgres", "the largest", "bytes", "a stored number"],
)
def test_other_ways_to_make_much_of_little_are_refused(dialect: str, sql: str) -> None:
    """One argument put in nine thousand times, the 900,000 largest, long bytes."""
    assert set(codes(sql, dialect)) == {ReasonCode.TOO_COMPLEX}


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT levenshtein('{LONG['x']}', '{LONG['y']}')",
        f"SELECT damerau_levenshtein('{LONG['x']}', '{LONG['y']}')",
        f"SELECT length(replace('{LONG['x']}', 'x', '{LONG['y']}'))",
        f"SELECT length(repeat('{LONG['x']}', 10000))",
        f"SELECT instr('{LONG['x']}', '{LONG['x']}y')",
        f"SELECT length(translate('{LONG['x']}', '{LONG['y']}', ''))",
        f"SELECT length(trim('{LONG['x']}', '{LONG['y']}'))",
        "SELECT concat_ws(repeat('x', 10000), " + ", ".join(["'a'"] * 3_000) + ")",
        f"SELECT printf('{'%9999d' * 200}', 1)",
    ],
    ids=lambda sql: sql[:30],
)
def test_long_literals_count(sql: str) -> None:
    """What is written is as long as it is, and length times length is work that nothing stops."""
    assert set(codes(sql)) == {ReasonCode.TOO_COMPLEX}


LONGEST_S = 10.0
"""Of a machine that does other things as well; each takes well under a second."""


def test_long_literals_may_be_compared_with_what_is_stored() -> None:
    """Names are short: a long list of words to look into is not refused."""
    assert verdict(f"SELECT instr('{LONG['x']}', name) FROM customers").accepted
    assert verdict(f"SELECT name FROM customers WHERE '{LONG['x']}' LIKE '%' || name").accepted


QUADRUPLED = {
    "by alias": "SELECT {s} AS s FROM {of}",
    "by the table's columns": "SELECT {s} FROM {of} AS t(s)",
    "by a star": "SELECT * REPLACE ({s} AS s) FROM {of}",
    "in a query of FROM": "SELECT s FROM (SELECT {s} AS s FROM {of})",
    "in a union": "SELECT 'x' AS s UNION ALL SELECT {s} FROM {of}",
    "by a field": "SELECT f.s||f.s||f.s||f.s FROM (SELECT struct_pack(s := s) AS f FROM {of})",
    "by all columns": "SELECT COLUMNS(*)||COLUMNS(*)||COLUMNS(*)||COLUMNS(*) FROM {of}",
    "by its number": "SELECT #1||#1||#1||#1 FROM {of}",
    "by concat": "SELECT concat(t.s, t.s, t.s, t.s) FROM {of} AS t",
    "by replacing": "SELECT regexp_replace(s, '(x|aaaaaaaaa)?.', 'yyyy', 'g') FROM {of}",
    "by its place": "SELECT {s} AS s FROM (SELECT q.s FROM {of} AS q)",
}


@pytest.mark.parametrize("levels", [2, 12])
@pytest.mark.parametrize("shape", QUADRUPLED)
def test_growth_is_followed_from_query_to_query(shape: str, levels: int) -> None:
    """`s || s || s || s` twice is 16 names in a row; twelve times it is 16 million."""
    level = QUADRUPLED[shape].format(s="s||s||s||s", of="{of}")
    queries = ["a0(s) AS (SELECT name FROM customers)"]
    queries += [f"a{i + 1}(s) AS ({level.format(of=f'a{i}')})" for i in range(levels)]
    sql = f"WITH {', '.join(queries)} SELECT length(s) FROM a{levels}"
    assert verdict(sql).accepted is (levels == 2), verdict(sql).reasons


def test_the_same_name_for_a_changed_column_is_no_growth() -> None:
    """`trim(name) AS name` reads the table's column, not itself."""
    sql = (
        "WITH a AS (SELECT trim(name) AS name FROM customers), "
        "b AS (SELECT name || '!' AS name FROM a) "
        "SELECT upper(name) AS name, rpad(name, 20) FROM b"
    )
    for dialect in ("duckdb", "postgres"):
        assert verdict(sql, dialect).accepted, verdict(sql, dialect).reasons


def test_values_side_by_side_do_not_multiply() -> None:
    """Padding twenty columns makes twenty short texts."""
    padded = ", ".join("rpad(status, 500)" for _ in range(20))
    assert verdict(f"SELECT {padded} FROM orders", "postgres").accepted


def chained(first: str, step: str, length: int, last: str) -> str:
    """Queries that each read the one before; `step` holds its number."""
    steps = [f"b{i} AS ({step.format(before=i - 1, at=i)})" for i in range(1, length)]
    return f"WITH b0 AS ({first}), {', '.join(steps)} {last}"


STEPS = ", ".join(f"c{(at + 1) % 200} || 'x'" for at in range(200))
BRANCHING = {
    "joins of one with itself": chained(
        "SELECT status AS n FROM orders",
        "SELECT a.*, c.n || 'x' AS m{at} FROM b{before} a, b{before} c",
        40,
        "SELECT group_concat(n || m39) FROM b39",
    ),
    "dates of dates": chained(
        "SELECT ordered_on AS d FROM orders",
        f"SELECT greatest({', '.join('d' * 12)}) AS d FROM b{{before}}",
        8,
        "SELECT count(*) FROM generate_series((SELECT min(d) FROM b7), now(), INTERVAL 1 DAY)",
    ),
    "divisors of divisors": chained(
        "SELECT quantity AS n FROM order_items",
        f"SELECT {' + '.join('n' * 12)} AS n FROM b{{before}}",
        7,
        "SELECT repeat('x', (100 / n)::INT) FROM b6",
    ),
    "columns that go round": (
        f"WITH RECURSIVE r({', '.join(f'c{at}' for at in range(200))}, n) AS "
        f"(SELECT {', '.join(['status'] * 200)}, 1 FROM orders UNION ALL "
        f"SELECT {STEPS}, n + 1 FROM r WHERE n < 5) SELECT c0 FROM r"
    ),
}


@pytest.mark.parametrize("shape", BRANCHING)
@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_following_takes_no_time(dialect: str, shape: str) -> None:
    """What is read many times is measured once: by itself each of these takes hours, or seconds
    and hundreds of megabytes."""
    began_at = process_time()
    verdict(BRANCHING[shape], dialect)
    assert process_time() - began_at < LONGEST_S


def test_the_tree_is_whole_after_it_was_looked_through() -> None:
    """Whatever is built to see how a recursion ends takes no piece of the query away."""
    tree = syntax.read(
        "WITH RECURSIVE r(n, m) AS (SELECT 1, 2 UNION ALL SELECT n + 1, m FROM r "
        "WHERE n < 3 AND NOT length(repeat('x', m)) <= 49) SELECT * FROM r",
        "duckdb",
    )
    list(too_much_work(tree, shop.catalog("duckdb")))
    strays = [node for node in tree.walk() for child in node.iter_expressions()
              if child.parent is not node]  # fmt: skip
    assert strays == []
