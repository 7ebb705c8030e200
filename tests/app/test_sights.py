"""Askers with permissions, through Forerun on real databases: what each is shown, told and kept."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from forerun import Forerun, Settings
from forerun.app.models import Roles
from forerun.domain import (
    EMPTY,
    Answer,
    Asker,
    Mode,
    Permissions,
    Policies,
    Progress,
    Question,
    RowRule,
    Status,
    Turn,
    permissions_for,
)
from forerun.errors import BadInput, BadPolicy
from forerun.ports import Prompt
from forerun.stages import Models
from forerun.testing import ScriptedModel
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio

POLICIES = Policies(
    hidden=("orders.region", "payroll"),
    unsent=("customers.name",),
    rows=(RowRule("orders", "region = {region}"),),
)
SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
CREATE TABLE orders (
    id INTEGER, customer_id INTEGER REFERENCES customers (id), amount INTEGER, status TEXT,
    region TEXT);
CREATE TABLE payroll (who TEXT, wage INTEGER);
CREATE VIEW totals AS SELECT region, sum(amount) AS total FROM orders GROUP BY region;
INSERT INTO customers VALUES (1, 'Ann Secretname', 'Kiel'), (2, 'Bob', 'Bremen');
INSERT INTO orders VALUES
    (1, 1, 5, 'open', 'EU'), (2, 1, 7, 'odd', 'EU'), (3, 2, 9, 'lost', 'US');
INSERT INTO payroll VALUES ('Ann', 9000);
"""
COUNT = "How many orders are there?"
KNOWN = """
tables:
  orders:
    columns:
      status: {synonyms: [state]}
metrics:
  turnover: {table: orders, sql: SUM(amount)}
  wages: {table: payroll, sql: SUM(wage)}
  places: {table: orders, sql: 'COUNT(DISTINCT region)'}
golden_queries:
  - {question: 'How much was sold?', sql: SELECT SUM(amount) FROM orders}
  - {question: 'What do we pay?', sql: SELECT SUM(wage) FROM payroll}
  - {question: 'Where do we sell?', sql: SELECT DISTINCT region FROM orders}
"""


def asker(region: str | None, policies: Policies = POLICIES, tenant: str = "acme") -> Asker:
    attributes = {} if region is None else {"region": region}
    return Asker(tenant, sight=permissions_for(policies, tenant, attributes=attributes))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(make_duckdb(tmp_path / "shop.duckdb", SHOP))


@pytest.fixture
async def forerun(shop: Path, tmp_path: Path) -> AsyncIterator[Forerun]:
    knowledge = tmp_path / "known.yaml"
    knowledge.write_text(KNOWN)
    settings = Settings(state="memory", knowledge=str(knowledge))
    async with Forerun(str(shop), settings=settings) as opened:
        yield opened


def cell(answer: Answer) -> object:
    assert answer.status is Status.ANSWERED, answer
    assert answer.rows is not None
    return answer.rows.rows[0][-1]


async def test_each_asker_counts_his_own_rows_and_none_is_given_anothers(forerun: Forerun) -> None:
    """Twice each, one after the other: the second time from what is kept."""
    await anyio.sleep(0.1)  # a file written to just now is not yet known to be unchanged
    for kept in (False, True):
        for region, count in (("EU", 2), ("US", 1), ("none", 0)):
            answer = await forerun.ask(COUNT, asker=asker(region))
            assert cell(answer) == count
            assert answer.cache.hit is kept
        everything = await forerun.ask(COUNT)
        assert (cell(everything), everything.cache.hit) == (3, kept)


async def test_askers_at_once_do_not_share_the_work_on_one_answer(forerun: Forerun) -> None:
    found: dict[str, object] = {}

    async def ask(region: str) -> None:
        found[region] = cell(await forerun.ask(COUNT, asker=asker(region)))

    async with anyio.create_task_group() as group:
        for region in ("EU", "US", "none"):
            group.start_soon(ask, region)
    assert found == {"EU": 2, "US": 1, "none": 0}


async def test_other_wordings_of_a_question_are_an_askers_own(forerun: Forerun) -> None:
    """Answers are shared between wordings by the canonical query, which says nothing of regions."""
    assert cell(await forerun.ask(COUNT, asker=asker("EU"))) == 2
    assert cell(await forerun.ask("Count the orders", asker=asker("US"))) == 1
    assert cell(await forerun.ask("count the orders.", asker=asker("EU"))) == 2


async def test_no_asker_is_given_anothers_answer_when_the_database_is_gone(
    forerun: Forerun, shop: Path
) -> None:
    assert cell(await forerun.ask(COUNT, asker=asker("EU"))) == 2
    shop.rename(shop.with_suffix(".away"))
    time.sleep(0.01)
    try:
        other = await forerun.ask(COUNT, asker=asker("US"))
    except BadInput:
        return
    assert other.rows is None or cell(other) == 1


async def test_a_missing_attribute_leaves_no_table(forerun: Forerun) -> None:
    assert (await forerun.catalog(asker=asker(None))).table("orders") is None
    assert (await forerun.sql("SELECT * FROM orders", asker=asker(None))).refusal is not None


async def test_the_catalog_of_an_asker_holds_nothing_out_of_sight(forerun: Forerun) -> None:
    seen = await forerun.catalog(samples=True, asker=asker("EU"))
    assert sorted(table.key for table in seen.tables) == ["customers", "orders"]
    orders, customers = seen.table("orders"), seen.table("customers")
    assert orders is not None
    assert customers is not None
    assert [column.name for column in orders.columns] == ["id", "customer_id", "amount", "status"]
    assert orders.rows is None
    assert all(not column.samples for column in orders.columns)
    assert {c.name: c.samples for c in customers.columns if c.samples}.keys() == {"city"}
    assert [metric.name for metric in seen.metrics] == ["turnover"]
    assert [golden.question for golden in seen.golden_queries] == ["How much was sold?"]


async def test_what_others_had_sampled_is_not_shown(forerun: Forerun) -> None:
    whole = await forerun.catalog(samples=True)
    status = next(c for t in whole.tables for c in t.columns if c.name == "status")
    assert "lost" in status.samples
    for again in (False, True):
        seen = await forerun.catalog(samples=again, asker=asker("EU"))
        assert not [c for t in seen.tables if t.name == "orders" for c in t.columns if c.samples]


async def test_an_asker_has_one_catalog_for_as_long_as_it_is_the_same(forerun: Forerun) -> None:
    first = await forerun.catalog(samples=True, asker=asker("EU"))
    assert await forerun.catalog(samples=True, asker=asker("EU")) is first
    assert await forerun.catalog(samples=True, asker=asker("US")) is not first


async def test_an_answer_names_nothing_hidden(forerun: Forerun) -> None:
    """Nor do its trace, its reasons or anything else of it."""
    for question in (COUNT, "How much was sold?", "How many orders are there per status?"):
        answer = await forerun.ask(question, asker=asker("EU"))
        assert answer.status is Status.ANSWERED
        told = repr(answer).lower()
        assert "'eu'" not in told
        assert "payroll" not in told
        assert "region" not in told


async def test_what_is_out_of_sight_is_asked_about_as_if_it_were_not_there(
    forerun: Forerun,
) -> None:
    """The answer to who names it is that to who names what there is not."""
    told = []
    for word in ("payroll", "paywall"):
        answer = await forerun.ask(f"Show the wage of every {word}", asker=asker("EU"))
        assert answer.status is not Status.ANSWERED
        told.append(repr((answer.status, answer.clarification, answer.refusal)).replace(word, ""))
    assert told[0] == told[1]


async def test_direct_sql_gives_what_may_be_seen_and_shows_what_was_asked(forerun: Forerun) -> None:
    answer = await forerun.sql("SELECT * FROM orders ORDER BY id", asker=asker("EU"))
    assert answer.rows is not None
    assert answer.rows.rows == ((1, 1, 5, "open"), (2, 1, 7, "odd"))
    assert answer.sql is not None
    assert "region" not in answer.sql.lower()
    verdict = await forerun.check("SELECT count(*) FROM orders", asker=asker("EU"))
    assert verdict.statement is not None
    assert """("orders"."region" = 'EU')""" in verdict.statement.sql
    assert verdict.statement.shown == "SELECT count(*) FROM orders"


async def test_errors_of_the_database_name_nothing_hidden(forerun: Forerun) -> None:
    """DuckDB proposes names of its own, and quotes the query that it was sent."""
    for sql in (
        "SELECT strptime(status, '%Y') FROM orders",
        "SELECT x.nothing FROM (SELECT unnest([1])) AS x, orders",
        "SELECT * FROM orders WHERE amount > 'text'",
        "SELECT (SELECT region) FROM orders",
        "SELECT l.regio FROM orders, LATERAL (SELECT 1 AS one) l",
        "SELECT s.payrol FROM (FROM orders SELECT struct_pack(a := 1) AS s)",
    ):
        answer = await forerun.sql(sql, asker=asker("EU"))
        assert answer.status is Status.REFUSED, sql
        told = repr(answer.refusal).lower().replace(sql.lower(), "")
        assert "'eu'" not in told
        assert "payroll" not in told
        assert "where (" not in told
        if "region" not in sql:
            assert '"region"' not in told


async def test_views_are_out_of_sight_beside_row_policies_unless_they_are_named(
    forerun: Forerun,
) -> None:
    assert (await forerun.catalog(asker=asker("EU"))).table("totals") is None
    open_views = replace(POLICIES, views=("totals",))
    assert (await forerun.catalog(asker=asker("EU", open_views))).table("totals") is not None
    ruled = replace(POLICIES, rows=(*POLICIES.rows, RowRule("totals", "region = {region}")))
    total = await forerun.sql("SELECT * FROM totals", asker=asker("EU", ruled))
    assert total.rows is not None
    assert total.rows.rows == (("EU", 12),)


@pytest.mark.parametrize(
    "policies",
    [
        replace(POLICIES, rows=(RowRule("ordres", "region = {region}"),)),
        replace(POLICIES, rows=(RowRule("orders", "regoin = {region}"),)),
        replace(POLICIES, hidden=("orders.regoin",)),
        replace(POLICIES, unsent=("customers.nmae",)),
        replace(POLICIES, views=("total",)),
        replace(POLICIES, columns={"order": ("id",)}),
        replace(POLICIES, columns={"orders": ("idd",)}),
    ],
)
async def test_policies_that_do_not_fit_answer_nobody(forerun: Forerun, policies: Policies) -> None:
    """A name that is misspelled must not leave open what it was to close."""
    for _ in range(2):
        with pytest.raises(BadPolicy) as caught:
            await forerun.ask(COUNT, asker=asker("EU", policies))
        assert "ord" not in f"{caught.value.message}{caught.value.hint}"
        with pytest.raises(BadPolicy):
            await forerun.sql("SELECT 1", asker=asker("EU", policies))


async def test_another_sequential_path_is_refused_to_who_may_not_see_everything(
    forerun: Forerun,
) -> None:
    async def elsewhere(question: Question, progress: Progress = EMPTY) -> Answer:
        raise AssertionError("not asked")

    with pytest.raises(BadInput, match="past what this asker may see"):
        await forerun.ask(COUNT, asker=asker("EU"), sequential=elsewhere)


async def test_an_orchestrator_of_everything_answers_nobody_with_permissions(
    forerun: Forerun,
) -> None:
    """Whoever drives it without `ask` is not shown more by that."""
    hybrid = await forerun.orchestrator()
    for who in (asker("EU"), asker("US")):
        with pytest.raises(BadPolicy):
            await hybrid(Question(COUNT, datetime.now(UTC), asker=who))


async def test_a_conversation_keeps_to_what_its_asker_may_see(forerun: Forerun) -> None:
    talk = forerun.conversation(asker("EU"))
    assert cell(await talk.ask(COUNT)) == 2
    assert cell(await forerun.conversation(asker("US")).ask(COUNT)) == 1


# What no model is sent


class Team:
    """Models that answer with one query, and remember all that they were told."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.model = ScriptedModel(self._reply)

    def _reply(self, prompt: Prompt) -> str:
        if prompt.role == "writer":
            return f"```sql\n{self.sql}\n```"
        if prompt.role == "reviewer":
            return '{"correct": true}'
        return "There is one. It was told by the narrator."

    @property
    def told(self) -> str:
        return "\n".join(f"{prompt.system}\n{prompt.user}" for prompt in self.model.prompts)

    def narrated(self) -> bool:
        return any(prompt.role == "narrator" for prompt in self.model.prompts)


def with_models(forerun: Forerun, team: Team) -> Forerun:
    model = team.model
    forerun._roles = Roles(Models(model, model, model, model), None, (model,))
    return forerun


@pytest.mark.parametrize("mode", [Mode.SEQUENTIAL, Mode.PARALLEL])
@pytest.mark.parametrize(
    ("sql", "is_told"),
    [
        ("SELECT city FROM customers", True),
        ("SELECT count(name) AS n FROM customers", True),
        ("SELECT count(DISTINCT c.name) AS n FROM customers c", True),
        ("SELECT count(*) AS n FROM customers", True),
        ("SELECT name FROM customers", False),
        ("SELECT upper(c.NAME) AS x FROM customers c", False),
        ("SELECT max(name) AS x FROM customers", False),
        ("SELECT string_agg(name, ',') AS x FROM customers", False),
        ("SELECT * FROM customers", False),
        ("SELECT c.* FROM customers c", False),
        ("SELECT c FROM customers c", False),
        ("SELECT x FROM (SELECT name AS x FROM customers) AS d", False),
        ("WITH q (x) AS (SELECT name FROM customers) SELECT x FROM q", False),
        ("SELECT x FROM customers AS c (id, x)", False),
        ("SELECT city FROM customers WHERE name LIKE 'Ann%'", False),
        ("SELECT id FROM customers ORDER BY name", False),
        ("SELECT CASE WHEN name > 'B' THEN 1 ELSE 0 END AS x FROM customers", False),
        ("SELECT (SELECT min(name) FROM customers) AS x FROM customers", False),
        ("SELECT city FROM customers UNION SELECT name FROM customers", False),
        ("SELECT COLUMNS('n.*') FROM customers", False),
    ],
)
async def test_values_that_no_model_may_have_are_put_into_words_without_one(
    forerun: Forerun, sql: str, is_told: bool, mode: Mode
) -> None:
    team = Team(sql)
    answer = await with_models(forerun, team).ask("Who are they?", asker=asker("EU"), mode=mode)
    assert answer.status is Status.ANSWERED, answer.failure or answer.refusal
    assert answer.summary
    assert team.narrated() is is_told
    assert "Secretname" not in team.told


async def test_without_a_policy_the_narrator_is_told_as_ever(forerun: Forerun) -> None:
    team = Team("SELECT name FROM customers")
    await with_models(forerun, team).ask("Who are they?")
    assert team.narrated()
    assert "Secretname" in team.told


async def test_what_was_said_of_such_values_is_not_told_with_a_follow_up(forerun: Forerun) -> None:
    team = Team("SELECT count(*) AS n FROM customers")
    before = Turn("Who?", "Who?", "SELECT name FROM customers", "It is Ann Secretname.")
    await with_models(forerun, team).ask("And how many?", conversation=[before], asker=asker("EU"))
    assert team.model.prompts
    assert "Secretname" not in team.told


async def test_an_error_that_quotes_such_a_value_is_not_told_to_the_writer(
    forerun: Forerun,
) -> None:
    team = Team("SELECT CAST(name AS INTEGER) AS n FROM customers")
    answer = await with_models(forerun, team).ask("Which number?", asker=asker("EU"))
    assert answer.status is Status.REFUSED
    assert len([p for p in team.model.prompts if p.role == "writer"]) > 1
    assert "Secretname" not in team.told
    assert "Secretname" not in repr(answer.refusal)


async def test_prompts_hold_nothing_out_of_sight(forerun: Forerun) -> None:
    await forerun.catalog(samples=True)
    team = Team("SELECT count(*) AS n FROM orders")
    await with_models(forerun, team).ask("How many are there?", asker=asker("EU"))
    for word in ("payroll", "wage", "region", "'EU'", "lost", "odd", "Secretname", "totals"):
        assert word not in team.told
    assert "Kiel" in team.told


async def test_a_refusal_names_nothing_out_of_sight_to_the_writer(forerun: Forerun) -> None:
    team = Team("SELECT wage, regio FROM payrol")
    await with_models(forerun, team).ask("What is paid?", asker=asker("EU"))
    assert "payroll" not in team.told
    assert "region" not in team.told


async def test_permissions_that_limit_nothing_change_nothing(forerun: Forerun) -> None:
    whole = await forerun.catalog()
    assert (await forerun.catalog(asker=Asker(sight=Permissions()))).tables == whole.tables
    answer = await forerun.ask(COUNT)
    again = await forerun.ask(COUNT, asker=Asker(sight=Permissions()))
    assert again.cache.hit
    assert again.rows == answer.rows
