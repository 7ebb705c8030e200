"""What a tenant has taught, for askers who may not see everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun import Forerun, Settings
from forerun.app.models import Roles
from forerun.domain import (
    Asker,
    GoldenQuery,
    Policies,
    RowRule,
    Status,
    Taught,
    Term,
    permissions_for,
)
from forerun.ports import Prompt
from forerun.stages import Models
from forerun.testing import ScriptedModel
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio

POLICIES = Policies(
    hidden=("payroll",), unsent=("customers.name",), rows=(RowRule("orders", "region = {region}"),)
)
SOLD = GoldenQuery("How is business?", "SELECT sum(amount) AS sold FROM orders")
PAID = GoldenQuery("What do we pay?", "SELECT sum(wage) AS paid FROM payroll")
ANN = GoldenQuery(
    "How much did our best customer buy?",
    "SELECT sum(amount) AS sold FROM orders JOIN customers ON customers.id = customer_id "
    "WHERE name = 'Ann Secretname'",
)
TAUGHT = Taught((SOLD, PAID, ANN), (Term("wages", "payroll", None, "SUM(wage)"),))


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return make_duckdb(
        tmp_path / "shop.duckdb",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE orders (customer_id INTEGER, amount INTEGER, region TEXT);"
        "CREATE TABLE payroll (who TEXT, wage INTEGER);"
        "INSERT INTO customers VALUES (1, 'Ann Secretname');"
        "INSERT INTO orders VALUES (1, 5, 'EU'), (1, 7, 'US');"
        "INSERT INTO payroll VALUES ('Ann', 9000);",
    )


def european(tenant: str = "acme") -> Asker:
    sight = permissions_for(POLICIES, tenant, attributes={"region": "EU"})
    return Asker(tenant, sight=sight)


def declined(prompt: Prompt) -> str:
    return "Unanswerable: I was told to decline."


async def test_a_golden_query_gives_each_asker_what_he_may_see(shop: str) -> None:
    """His rows alone; and none that reads what is out of his sight is there for him."""
    async with Forerun(shop, settings=Settings(state="memory")) as fr:
        await fr.teach("acme", TAUGHT)
        everything = await fr.ask(SOLD.question, asker=Asker("acme"))
        mine = await fr.ask(SOLD.question, asker=european())
        assert everything.rows is not None
        assert mine.rows is not None
        assert (everything.rows.rows, mine.rows.rows) == (((12,),), ((5,),))
        assert (await fr.ask(PAID.question, asker=Asker("acme"))).status is Status.ANSWERED
        assert (await fr.ask(PAID.question, asker=european())).status is not Status.ANSWERED
        assert (await fr.catalog(asker=european())).metrics == ()
        assert [m.name for m in (await fr.catalog(asker=Asker("acme"))).metrics] == ["wages"]


async def test_what_one_tenant_has_taught_no_other_knows(shop: str) -> None:
    """Also where both may see the same, and both kept an answer."""
    async with Forerun(shop, settings=Settings(state="memory")) as fr:
        await fr.teach("acme", TAUGHT)
        for asker in (Asker("other"), european("other")):
            assert (await fr.ask(SOLD.question, asker=asker)).status is not Status.ANSWERED
            assert (await fr.catalog(asker=asker)).golden_queries == ()
        assert (await fr.ask(SOLD.question, asker=european())).status is Status.ANSWERED
        await fr.teach("acme", Taught())
        assert (await fr.ask(SOLD.question, asker=european())).status is not Status.ANSWERED


async def test_no_model_is_shown_a_query_that_may_hold_what_it_is_not_sent(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values of the column stand in it; who may send them has it shown."""
    writer = ScriptedModel(declined)
    roles = Roles(Models(writer=writer), None, (writer,))
    monkeypatch.setattr("forerun.app.forerun.open_roles", lambda settings: roles)
    async with Forerun(shop, settings=Settings(state="memory", cache="none", samples=False)) as fr:
        await fr.teach("acme", TAUGHT)
        await fr.ask(ANN.question, asker=european())
        assert writer.prompts
        assert not any("Secretname" in prompt.user for prompt in writer.prompts)
        await fr.ask(ANN.question, asker=Asker("acme"))
        assert any("Secretname" in prompt.user for prompt in writer.prompts)
