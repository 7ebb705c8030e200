"""What caches keep comes back exactly as it was, or not at all."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forerun.domain import (
    Answer,
    CacheLayer,
    CacheUse,
    Catalog,
    Clarification,
    Column,
    Decision,
    Draft,
    Failure,
    Fallback,
    ForeignKey,
    GoldenQuery,
    Kind,
    Metric,
    Origin,
    Reason,
    ReasonCode,
    Refusal,
    ResultColumn,
    Rows,
    Status,
    Strategy,
    Table,
    TraceId,
    Usage,
    Value,
)
from forerun.wire.kept import answer_from_kept, answer_to_kept, catalog_from_kept, catalog_to_kept

TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["\ud83d\ude00", "\udc80", "😀"]
)
ZONES = (
    st.none()
    | st.timezones()
    | st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
)
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**4_400, max_value=10**4_401),
    st.floats(),
    st.decimals(),
    TEXT,
    st.binary(max_size=20),
    st.binary(max_size=20).map(bytearray),
    st.dates(),
    st.datetimes(timezones=ZONES, allow_imaginary=True),
    st.times(timezones=ZONES),
    st.timedeltas(),
    st.uuids(),
)
KEYS = st.one_of(TEXT, st.integers(), st.dates(), st.tuples(st.integers(), TEXT), st.none())
CELLS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.frozensets(KEYS, max_size=3),
        st.sets(KEYS, max_size=3),
    ),
    max_leaves=12,
)
COLUMNS = st.sampled_from(
    [st.integers(), st.floats(), st.decimals(), st.dates(), st.uuids(), TEXT, CELLS]
).flatmap(lambda cell: st.lists(st.none() | cell, min_size=3, max_size=3))


def exactly(value: Value) -> Value:
    """What two values must share to be the same: types all the way down, NaN being NaN."""
    if isinstance(value, dict):
        return dict, [(exactly(key), exactly(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [exactly(item) for item in value]
    if isinstance(value, set | frozenset):
        return type(value), sorted(repr(exactly(item)) for item in value)
    if isinstance(value, datetime | time):
        return type(value), repr(value), value.fold, type(value.tzinfo), repr(value.tzinfo)
    return type(value), repr(hex(value) if isinstance(value, int) else value)


def answer_of(*columns: list[Value], **more: Any) -> Answer:
    named = tuple(ResultColumn(f"c{n}", "T", Kind.OTHER) for n in range(len(columns)))
    rows = Rows(named, tuple(zip(*columns, strict=True)))
    return Answer(
        "how many?", Status.ANSWERED, "duckdb", "sequential", TraceId(""), rows=rows, **more
    )


def there_and_back(answer: Answer) -> Answer:
    return answer_from_kept(answer_to_kept(answer))


def cells_of(answer: Answer) -> list[Value]:
    assert answer.rows is not None
    return [cell for row in answer.rows.rows for cell in row]


FULL = Answer(
    question="Wie viele Kunden? 😀 \ud800",
    status=Status.CLARIFY,
    dialect="postgres",
    orchestrator="parallel",
    trace_id=TraceId(""),
    standalone="How many customers?",
    sql="SELECT count(*) FROM customers",
    reading="customers, counted",
    rows=Rows((ResultColumn("n", "BIGINT", Kind.INTEGER),), ((1,), (None,)), truncated=True),
    summary="One.",
    chart={"mark": "bar", "data": {"values": [{"x": 1, "y": 1.5}, {"x": None, "y": True}]}},
    suggestions=("And last year?",),
    clarification=Clarification(
        "Which?",
        ("paid", "all"),
        (Draft("SELECT 1", Origin.PARSER, 0.5, "one", guess=True), Draft("x", Origin.MODEL, 1)),
    ),
    refusal=Refusal("no", (Reason(ReasonCode.EMPTY, "nothing", "ask"),)),
    confidence=0.75,
    warnings=("careful",),
    tables=frozenset({"b", "a"}),
    volatile=True,
)
CATALOG = Catalog(
    "shop",
    "duckdb",
    (
        Table(
            "orders",
            (
                Column("id", "BIGINT", Kind.INTEGER, nullable=False),
                Column(
                    "amount",
                    "DECIMAL(9,2)",
                    Kind.DECIMAL,
                    comment="net",
                    samples=(Decimal("1.50"), Decimal("-0.00")),
                    samples_complete=True,
                    synonyms=("value",),
                    unit="EUR",
                ),
                Column("day", "DATE", Kind.DATE, samples=(date(2025, 1, 31),)),
                Column("any", "VARIANT", Kind.OTHER, samples=("x", 1, 1.5, b"\xff", (1, [2]))),
            ),
            schema="sales",
            primary_key=("id",),
            foreign_keys=(ForeignKey(("customer", "shop"), "customers", ("id", "shop")),),
            unique=(("id", "day"), ("any",)),
            comment="all of them",
            rows=12,
            rows_estimated=True,
            is_view=True,
            synonyms=("purchases",),
            display=("id",),
            time="day",
            hidden=("password",),
        ),
        Table("empty", ()),
    ),
    (Metric("revenue", "sales.orders", "SUM(amount)", ("turnover",), "net"), Metric("n", "t", "1")),
    (GoldenQuery("How much?", "SELECT 1"),),
)


def test_everything_that_is_kept_of_an_answer_comes_back() -> None:
    """Each part is set to something that is not its default, and is there again."""
    again = there_and_back(FULL)
    assert again == FULL
    assert exactly(again.chart) == exactly(FULL.chart)
    assert isinstance(again.tables, frozenset)


def test_how_an_answer_came_about_is_not_kept() -> None:
    """Cost, schedule, identity and trouble are those of another question: they are left out."""
    told = replace(
        FULL,
        trace_id=TraceId("ab" * 16),
        usage=Usage(input_tokens=3),
        decision=Decision(Strategy.PARALLEL, 1.0, 1.0, "default", "why"),
        fallback=Fallback(used=True),
        cache=CacheUse(hit=True, layer=CacheLayer.DISK),
        partial=True,
        failure=Failure("x", "y"),
    )
    assert there_and_back(told) == FULL


@pytest.mark.parametrize("status", list(Status))
def test_an_answer_of_nothing_but_words_comes_back(status: Status) -> None:
    """No rows is not the same as rows of which there are none."""
    bare = Answer("?", status, "sqlite", "sequential", TraceId(""))
    assert there_and_back(bare) == bare
    columns = (ResultColumn("a", "INT", Kind.INTEGER), ResultColumn("a", "INT", Kind.INTEGER))
    for rows in (Rows((), ()), Rows(columns, ()), Rows(columns, ((1, 2),))):
        assert there_and_back(replace(bare, rows=rows)) == replace(bare, rows=rows)


@given(columns=st.lists(COLUMNS, min_size=1, max_size=3))
@example(columns=[[Decimal("sNaN123"), Decimal("-0E+3"), None]])
@example(columns=[[1, True, 1.0], [float("nan"), -0.0, float("-inf")], ["nan", ["nan"], {"a": 1}]])
@example(columns=[["decimal", ["decimal", "1"], {"decimal": ["1"]}]])
def test_any_cell_comes_back_with_its_type(columns: list[list[Value]]) -> None:
    """Whatever drivers give, nested and mixed: the same values, the same types, to the digit."""
    answer = answer_of(*columns)
    again = there_and_back(answer)
    assert exactly(cells_of(again)) == exactly(cells_of(answer))


@given(chart=st.dictionaries(TEXT, CELLS, max_size=4))
def test_any_chart_comes_back(chart: dict[str, Value]) -> None:
    """A chart's data may hold what JSON has no word for."""
    answer = answer_of([1], chart=chart)
    assert exactly(there_and_back(answer).chart) == exactly(chart)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "EST", "Etc/GMT+3", "Asia/Kathmandu"])
def test_moments_come_back_as_duckdb_gives_them(zone: str) -> None:
    """DuckDB gives zones of pytz: summer and winter are different objects there."""
    with duckdb.connect() as connection:
        connection.execute(f"SET timezone = '{zone}'")
        (moments,) = connection.execute(
            "SELECT TIMESTAMPTZ '2025-01-15 12:00:00+00', TIMESTAMPTZ '2025-07-15 12:00:00.5+00',"
            " TIMESTAMPTZ '2025-10-26 00:30:00+00', TIMESTAMPTZ '2025-10-26 01:30:00+00'"
        ).fetchall()
    again = cells_of(there_and_back(answer_of(list(moments))))
    assert again == list(moments)
    for before, after in zip(moments, again, strict=True):
        assert after.tzinfo is before.tzinfo  # type: ignore[attr-defined]


def test_named_zones_come_back() -> None:
    """A zone by name stays one; a fixed offset keeps the name it was given; the fold stays."""
    moments: list[Value] = [
        datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2025, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30), "NST")),
        time(1, 2, 3, 4, timezone(timedelta(seconds=59))),
        datetime(2025, 1, 1, fold=1),  # noqa: DTZ001 - databases have moments without a zone
    ]
    assert exactly(cells_of(there_and_back(answer_of(moments)))) == exactly(moments)


class _Odd(str):
    """A text of a type of its own."""


@pytest.mark.parametrize("cell", [IPv4Address("127.0.0.1"), _Odd("x"), object(), range(3)])
@pytest.mark.parametrize("where", ["alone", "nested", "chart"])
def test_what_could_not_be_given_back_is_refused(cell: object, where: str) -> None:
    """Better not kept than given back as something else."""
    answer = (
        answer_of([1], chart={"x": cell})
        if where == "chart"
        else answer_of([[cell] if where == "nested" else cell])
    )
    with pytest.raises(ValueError, match="cannot be kept"):
        answer_to_kept(answer)


def test_nesting_without_end_is_refused() -> None:
    """Neither way does depth end the process, or in another error."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="cannot be kept"):
        answer_to_kept(answer_of([deep]))
    with pytest.raises(ValueError, match="not kept by us"):
        answer_from_kept("[" * 100_000)
    while deep:  # taken apart by hand: Python's own way is recursive
        deep = deep.pop()


def test_rows_that_are_not_as_wide_as_their_columns_are_refused() -> None:
    """Such rows cannot be kept by column."""
    column = ResultColumn("a", "INT", Kind.INTEGER)
    for rows in (
        Rows((column,), ((1, 2),)),
        Rows((column, column), ((1, 2), (1,))),
        Rows((), ((),)),
    ):
        with pytest.raises(ValueError):
            answer_to_kept(replace(FULL, rows=rows))


SOMETHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT)
JSON = st.recursive(
    SOMETHING,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["decimal", "date", "plain", "values"]), inner, max_size=2
        )
        | st.tuples(
            st.sampled_from(["decimal", "datetime", "time", "span", "map", "list", "int", "uuid"]),
            inner,
        ).map(list)
    ),
    max_leaves=6,
)


def places(kept: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything inside kept JSON."""
    inner = (
        kept.items()
        if isinstance(kept, dict)
        else enumerate(kept)
        if isinstance(kept, list)
        else ()
    )
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def put(kept: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Kept JSON with something else at `path`."""
    if not path:
        return value
    copy = dict(kept) if isinstance(kept, dict) else list(kept)
    copy[path[0]] = put(copy[path[0]], path[1:], value)
    return copy


RICH = replace(
    FULL,
    rows=answer_of(
        [Decimal(1), None], [date(2025, 1, 1), None], [1, "x"],
        [datetime(2025, 1, 1, tzinfo=UTC), timedelta(1)], [{1: (2,)}, UUID(int=3)],
    ).rows,
    chart={"x": Decimal(1)},
)  # fmt: skip
KEPT = answer_to_kept(RICH)
KEPT_CATALOG = catalog_to_kept(CATALOG)


def checked(answer: Answer) -> None:
    """Of the types that an answer has, as far as a caller relies on them."""
    for field in fields(answer):
        value, model = getattr(answer, field.name), getattr(RICH, field.name)
        if value is not None and field.name not in ("confidence", "chart"):
            assert type(value) is type(model), field.name
    assert all(
        type(text) is str for text in (*answer.suggestions, *answer.warnings, *answer.tables)
    )
    assert type(answer.confidence) in (float, int, type(None))
    if answer.rows is not None:
        assert {len(row) for row in answer.rows.rows} <= {len(answer.rows.columns)}
        assert {type(row) for row in answer.rows.rows} <= {tuple}
    answer_to_kept(answer)


@given(data=st.data())
def test_mangled_parts_are_refused_or_of_the_right_types(data: st.DataObject) -> None:
    """Anything in the place of any part: a ValueError, or an answer that is one."""
    whole = json.loads(KEPT)
    mangled = put(whole, data.draw(st.sampled_from(places(whole))), data.draw(JSON))
    try:
        answer = answer_from_kept(json.dumps(mangled))
    except ValueError:
        return
    checked(answer)


@given(data=st.data())
def test_mangled_catalogs_are_refused_or_of_the_right_types(data: st.DataObject) -> None:
    """The same for catalogs: what comes back can be kept again and has its fingerprint."""
    whole = json.loads(KEPT_CATALOG)
    mangled = put(whole, data.draw(st.sampled_from(places(whole))), data.draw(JSON))
    try:
        catalog = catalog_from_kept(json.dumps(mangled))
    except ValueError:
        return
    assert catalog.fingerprint
    catalog_to_kept(catalog)


@given(
    start=st.integers(0, len(KEPT)),
    length=st.integers(0, 20),
    instead=st.text('"[]{},:0123456789.eE+-null\\uD800 \x00', max_size=8),
)
@example(start=0, length=len(KEPT), instead="")
@example(start=0, length=len(KEPT), instead="null")
@example(start=0, length=0, instead="\ufeff")
def test_mangled_text_is_refused_or_of_the_right_types(
    start: int, length: int, instead: str
) -> None:
    """Torn, overwritten or spliced at any place."""
    try:
        answer = answer_from_kept(KEPT[:start] + instead + KEPT[start + length :])
    except ValueError:
        return
    checked(answer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"layout":1}',
        '{"layout":2}',
        "NaN",
        "1" * 5_000,
        KEPT_CATALOG,
        "\x00",
    ],
)
def test_other_text_is_refused_with_a_reason(text: str) -> None:
    """What is no kept answer at all, is of another layout, or is a catalog."""
    with pytest.raises(ValueError, match=r"not kept by us: \w"):
        answer_from_kept(text)


def test_a_catalog_comes_back_whole() -> None:
    """Structure, knowledge, metrics, golden queries and samples, with the same fingerprint."""
    again = catalog_from_kept(catalog_to_kept(CATALOG))
    assert again == CATALOG
    assert again.fingerprint == CATALOG.fingerprint
    for before, after in zip(CATALOG.tables, again.tables, strict=True):
        assert [exactly(c.samples) for c in after.columns] == [
            exactly(c.samples) for c in before.columns
        ]


@given(samples=st.lists(CELLS, max_size=4))
def test_any_sample_comes_back(samples: list[Value]) -> None:
    """Samples are cells, with the same exactness."""
    column = Column("a", "T", Kind.OTHER, samples=tuple(samples))
    catalog = Catalog("d", "duckdb", (Table("t", (column,)),))
    (table,) = catalog_from_kept(catalog_to_kept(catalog)).tables
    assert exactly(table.columns[0].samples) == exactly(tuple(samples))
