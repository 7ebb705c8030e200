"""One thing taken for another is no answer: a negation for a number, a part for the whole."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from forerun.domain import Catalog, Column, ForeignKey, Kind, Table
from forerun.parsing import parser, proposing, ranking
from forerun.parsing.plans import During, Plan
from forerun.parsing.ranking import Candidate
from forerun.parsing.vetoing import vetoes
from tests.parsing import league, shop

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _number(name: str) -> Column:
    return Column(name, "INTEGER", Kind.INTEGER, nullable=False)


def _text(name: str, *samples: str) -> Column:
    return Column(name, "TEXT", Kind.TEXT, samples=samples, samples_complete=True)


def _table(name: str, key: str, *columns: Column, refers: tuple[str, ...] = ()) -> Table:
    keys = tuple(ForeignKey((column,), f"{column[:-3]}s", (column,)) for column in refers)
    columns = (_number(key), *map(_number, refers), *columns)
    return Table(name, columns, primary_key=(key,), foreign_keys=keys, rows=400)


DAY = Column("started_on", "DATE", Kind.DATE, nullable=False)
CHIEF = Column("is_chief", "BOOLEAN", Kind.BOOLEAN, samples=(False, True), samples_complete=True)
MARINA = parser.indexed(
    Catalog(
        "marina",
        "duckdb",
        (
            _table("boats", "boat_no", _number("max_sailors"), _text("type", "yacht", "ferry")),
            _table("sailors", "sailor_no", _text("name", "Al", "Bo"), _text("rank", "low", "high")),
            _table(
                "trips",
                "trip_id",
                *(DAY, Column("miles", "DOUBLE", Kind.FLOAT), Column("toll", "DOUBLE", Kind.FLOAT)),
                refers=("boat_no", "sailor_no"),
            ),
            _table("licences", "licence_id", CHIEF, refers=("sailor_no",)),
        ),
    )
)

OFFERED = Column("offered_on", "DATE", Kind.DATE, nullable=False)
DUE = Column("due_on", "DATE", Kind.DATE, nullable=False)
PAID = Column("paid_on", "DATE", Kind.DATE)
LETTINGS = Catalog(
    "lettings",
    "duckdb",
    (
        _table("flats", "flat_id", _text("state", "available", "let", "sold"), OFFERED),
        _table(
            "payments",
            "payment_id",
            *(Column("amount", "DOUBLE", Kind.FLOAT), DUE, PAID, _text("method", "cash", "card")),
        ),
    ),
)


def _best(question: str) -> tuple[Candidate, set[str]]:
    """The first reading, and what speaks against it."""
    lattice, candidates = proposing.propose(question, MARINA, NOW.date(), ranking.weights())
    return candidates[0], {veto.name for veto in vetoes(lattice, candidates[0])}


def _plans(question: str) -> list[Plan]:
    _, candidates = proposing.propose(question, MARINA, NOW.date(), ranking.weights())
    return [candidate.plan for candidate in candidates]


def test_no_is_not_short_for_number() -> None:
    """`no trips in 2025` denies the trips of that year; it is no boat with the number 2025."""
    best, against = _best("How many boats had no trips in 2025?")
    periods = [c.field.name for c in best.plan.conditions if isinstance(c, During)]
    assert (periods, against) == (["started_on"], set())
    assert all(semi.negated for semi in best.plan.semis)


def test_both_of_two_groups_are_taken() -> None:
    """A unit of time is said for each, too, where it follows another group."""
    plans = _plans("number of trips by rank and month")
    grouped = [{term.unit or term.entity.key for term in plan.group} for plan in plans]
    assert {"month", "sailors"} in grouped


def test_a_unit_of_time_beside_another_group_is_not_left_out() -> None:
    """A reading without its month is no answer; a month of a year says the year as well."""
    question = "number of trips by rank and month"
    lattice, candidates = proposing.propose(question, MARINA, NOW.date(), ranking.weights())
    short = [c for c in candidates if c.plan.group and not any(t.unit for t in c.plan.group)]
    assert short
    assert all("left-out" in {veto.name for veto in vetoes(lattice, c)} for c in short)
    assert _best("number of trips per month and year")[1] == set()


@pytest.mark.parametrize(
    ("question", "against"),
    [
        ("How many boats have more than 4 trips?", set()),
        ("How many sailors are not chief licences?", {"one-that-is-not"}),
        ("How many boats are not yachts?", set()),
        ("average toll per miles", {"rate-for-group"}),
        ("average toll per rank", set()),
        ("Which boat has the highest average max sailors?", {"average-of-one"}),
    ],
)
def test_one_thing_is_not_taken_for_another(question: str, against: set[str]) -> None:
    """How many fit is not how many were there, some that are not are not all, a rate is no list,
    and there is no average of one.
    """
    assert _best(question)[1] == against


def test_what_is_for_so_many_is_not_counted() -> None:
    """How many fit in is a column; how many have been there was not asked."""
    question = "How many boats for 4 sailors?"
    lattice, candidates = proposing.propose(question, MARINA, NOW.date(), ranking.weights())
    counted = [candidate for candidate in candidates if candidate.plan.having]
    assert counted
    assert all("made-for-so-many" in {v.name for v in vetoes(lattice, c)} for c in counted)


def test_per_minute_is_no_group_where_rows_last_some_minutes() -> None:
    """The column is called by the plural: each row has so many of them."""
    assert "rate-for-group" in league.against("average points per minute")
    assert "rate-for-group" not in league.against("average points per country")


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("available flats", "state = 'available'"),
        ("how many flats are let?", "state = 'let'"),
        ("let me see the flats", "FROM flats"),
    ],
)
def test_a_state_that_is_stored_is_said_by_it(question: str, sql: str) -> None:
    """Words that mostly say nothing are a state where they are said of rows that have one."""
    assert sql in parser.parse(question, LETTINGS, NOW).drafts[0].sql
    assert ("state" in parser.parse(question, LETTINGS, NOW).drafts[0].sql) == ("state" in sql)


@pytest.mark.parametrize(
    ("question", "certain"),
    [
        ("how many flats were let in 2024?", False),
        ("how many flats were offered in 2024?", True),
        ("total amount collected by method", False),
        ("amount outstanding by method", False),
        ("total amount by method", True),
    ],
)
def test_a_day_and_a_sum_are_of_what_was_done(question: str, certain: bool) -> None:
    """Flats have a day of being offered and none of being let; not every amount has been paid."""
    assert (parser.parse(question, LETTINGS, NOW).drafts[0].confidence > 0.6) == certain


@pytest.mark.parametrize(
    "question",
    ["names of customers and the products that they have",
     "products with a lower price than at least one product of Falkon",
     "names of products heavier than 2 or higher than 1"],
)  # fmt: skip
def test_what_goes_with_what_is_no_single_list(question: str) -> None:
    """Nor are some rows a number, or two limits of one column two conditions."""
    best = shop.parsed(question).drafts[0]
    wrong = "UNION" in best.sql or "price >= 1" in best.sql or " OR " in best.sql
    assert best.confidence <= 0.2 or not wrong


def test_two_lists_in_one_are_still_given() -> None:
    """Where nothing says that they belong together."""
    assert shop.parsed("names of customers and suppliers").drafts[0].confidence > 0.85


def test_a_reference_is_more_or_less_only_where_its_number_is_spoken_of() -> None:
    """`two or more records` is no club whose number is at least 2; "club number above 2" is."""
    clubs = _table("clubs", "club_no", _text("club", "Red", "Blue"))
    refers = (ForeignKey(("club",), "clubs", ("club_no",)),)
    columns = (_number("election_no"), _number("club"), _text("delegate", "Al", "Bo"))
    elections = Table("elections", columns, primary_key=("election_no",), foreign_keys=refers)
    index = parser.indexed(Catalog("town", "duckdb", (clubs, elections)))
    question = "Which elections have a club of 2 or more?"
    lattice, candidates = proposing.propose(question, index, NOW.date(), ranking.weights())
    compared = [c for c in candidates if any(x.field.name == "club" for x in c.plan.conditions)]
    assert compared
    assert all("reference-compared" in {v.name for v in vetoes(lattice, c)} for c in compared)
    assert "reference-compared" not in _best("trips with boat no over 2")[1]


def test_a_number_behind_the_rows_is_theirs() -> None:
    """`the address of customer 10` asks for an address, and for none that is called 10."""
    columns = (_number("customer_id"), _text("customer_address"), _text("customer_name"))
    customers = Table("customers", columns, primary_key=("customer_id",), rows=15)
    bridge = _table("customer_addresses", "line_no", refers=("customer_id",))
    index = parser.indexed(Catalog("town", "sqlite", (customers, bridge)))
    question = "Return the address of customer 10."
    lattice, candidates = proposing.propose(question, index, NOW.date(), ranking.weights())
    wrong = [
        c for c in candidates if any(x.field.stems[-1] == "address" for x in c.plan.conditions)
    ]
    assert wrong
    assert all("row-by-number" in {v.name for v in vetoes(lattice, c)} for c in wrong)


def test_what_somebody_has_is_counted_and_not_the_owner() -> None:
    """`stores the chain South has` are no chains called South, of which there is one."""
    named = _text("chain_name", "South", "North")
    chains = Table("store_chains", (_number("chain_id"), named), primary_key=("chain_id",), rows=2)
    key = ForeignKey(("chain_id",), "store_chains", ("chain_id",))
    columns = (_number("store_id"), _number("chain_id"), _text("name", "A", "B"))
    stores = Table("small_stores", columns, primary_key=("store_id",), foreign_keys=(key,), rows=9)
    index = parser.indexed(Catalog("town", "sqlite", (chains, stores)))
    question = "Count the number of stores the chain South has."
    lattice, candidates = proposing.propose(question, index, NOW.date(), ranking.weights())
    counts = [c for c in candidates if c.plan.select[0].aggregate and c.plan.where]
    wrong = [c for c in counts if c.plan.select[0].entity.key == "store_chains"]
    assert wrong
    assert all("owner-counted" in {v.name for v in vetoes(lattice, c)} for c in wrong)
