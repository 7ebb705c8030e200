"""Policies over HTTP: two keys, one question, and each sees what is its own."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import duckdb
import httpx
import pytest

from forerun.access import LOOPBACK, Scope
from forerun.app.configuration import Configuration
from forerun.app.sections import DatabaseSection
from forerun.app.serving import Asked, Deployment
from forerun.app.settings import Settings
from forerun.app.showing import shown
from forerun.domain import Policies, RowRule
from forerun.errors import BadPolicy, BadSetting
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel
from tests.api.keyed import audited, caller, key
from tests.api.service import configuration, events_of, served, with_model
from tests.mcp.shops import make_shop

pytestmark = pytest.mark.anyio

COUNT = "How many orders are there?"
AMOUNT = "What is the total amount of orders per customer?"
OF_NORA, OF_SVEN = "How many orders has Nora?", "How many orders has Sven?"
AND_SVEN = "and Sven?"
POLICIES = Policies(
    hidden=("orders.region", "payroll"), rows=(RowRule("orders", "region = {region}"),)
)
KEEPING = Settings(state="memory", cache="memory")


@pytest.fixture(scope="module")
def sales_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("policies") / "sales.duckdb")
    with duckdb.connect(path) as connection:
        connection.execute(
            "CREATE TABLE orders (order_id INTEGER PRIMARY KEY, customer VARCHAR, amount INTEGER, "
            "region VARCHAR)"
        )
        connection.execute(
            "INSERT INTO orders VALUES (1, 'Nora', 10, 'North'), (2, 'Nils', 20, 'North'), "
            "(3, 'Sven', 40, 'South')"
        )
        connection.execute("CREATE TABLE payroll (name VARCHAR, wage INTEGER)")
        connection.execute("CREATE TABLE places (place VARCHAR)")
        connection.execute("INSERT INTO places VALUES ('Kiel'), ('Ulm')")
    time.sleep(0.1)  # a file written to just now is not yet known to be unchanged
    return path


@asynccontextmanager
async def sales(url: str, policies: Policies = POLICIES) -> AsyncIterator[Deployment]:
    databases = {"sales": DatabaseSection(url, policies=policies)}
    async with served(configuration(url, databases=databases, settings=KEEPING)) as (served_, _):
        yield served_


async def of_region(deployment: Deployment, region: str | None) -> httpx.AsyncClient:
    """Somebody of the one tenant, with that attribute."""
    attributes = () if region is None else (("region", region),)
    return caller(deployment, await key(deployment, "acme", attributes=attributes))


QUERIES = {
    AMOUNT: "SELECT customer, sum(amount) AS amount FROM orders GROUP BY customer",
    OF_NORA: "SELECT count(*) AS orders FROM orders WHERE customer = 'Nora'",
    OF_SVEN: "SELECT count(*) AS orders FROM orders WHERE customer = 'Sven'",
    AND_SVEN: "SELECT count(*) AS orders FROM orders WHERE customer = 'Sven'",
}


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedModel]:
    """Writes the same query for everybody."""
    writer = ScriptedModel(Playbook(QUERIES))
    with with_model(monkeypatch, writer):
        yield writer


async def asked(by: httpx.AsyncClient, question: str = COUNT, **body: Any) -> dict[str, Any]:
    response = await by.post("/v1/ask", json={"question": question, **body})
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


async def test_each_key_sees_its_own_rows_and_never_the_others_kept_answer(sales_url: str) -> None:
    """Of one tenant, the same question: each gets other rows, the first time and the second, when
    it is given what was kept; and who has the same attributes is given that, too."""
    async with sales(sales_url) as deployment:
        north = await of_region(deployment, "North")
        south = await of_region(deployment, "South")
        northern = await of_region(deployment, "North")
        told = [await asked(one) for one in (north, south, north, south, northern)]
    assert [each["rows"] for each in told] == [[[2]], [[1]], [[2]], [[1]], [[2]]]
    assert [each["cache"]["hit"] for each in told] == [False, False, True, True, True]
    assert told[0]["sql"] == told[1]["sql"]
    assert "region" not in str([each["sql"] for each in told])


async def test_streams_hold_no_more_than_the_answer(
    sales_url: str, scripted: ScriptedModel
) -> None:
    """No event tells of other rows, of hidden columns, or of the rule."""
    async with sales(sales_url) as deployment:
        north = await of_region(deployment, "North")
        body = {"question": AMOUNT, "mode": "parallel"}
        response = await north.post("/v1/ask/stream", json=body)
    last = events_of(response)[-1]
    assert (last.name, sorted(last.data["rows"])) == ("answer", [["Nils", 20], ["Nora", 10]])
    assert not [word for word in ("Sven", "region", "South", "payroll") if word in response.text]


async def test_the_schema_is_the_askers_own(sales_url: str) -> None:
    """What is hidden is not there, nor a table whose rule lacks its attribute."""
    seen = {}
    async with sales(sales_url) as deployment:
        for region in ("North", None):
            by = await of_region(deployment, region)
            tables = (await by.get("/v1/databases/sales/schema")).json()["tables"]
            seen[region] = {t["name"]: [c["name"] for c in t["columns"]] for t in tables}
    assert seen["North"] == {"orders": ["order_id", "customer", "amount"], "places": ["place"]}
    assert seen[None] == {"places": ["place"]}


async def test_a_key_without_the_attribute_is_refused_clearly(
    sales_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told what it lacks, and gets nothing of the table, not even by SQL of its own; what
    needs no attribute is answered."""
    async with sales(sales_url) as deployment:
        nobody = await of_region(deployment, None)
        refused = await asked(nobody)
        streamed = events_of(await nobody.post("/v1/ask/stream", json={"question": AMOUNT}))[-1]
        with with_model(monkeypatch, ScriptedModel(Playbook(QUERIES))):
            async with sales(sales_url) as other:
                written = await asked(await of_region(other, None), AMOUNT)
        own = await asked(nobody, "How many places are there?")
        direct = await deployment.sql(Asked("SELECT count(*) FROM orders"), LOOPBACK)
    for answer in (refused, streamed.data, written):
        assert answer["status"] in ("refused", "clarify")
        assert answer["rows"] == []
        assert "does not say your region" in answer["warnings"][-1]
    assert own["rows"] == [[2]]
    assert (direct.status.value, direct.rows) == ("refused", None)
    assert "does not say your region" in direct.warnings[-1]


async def test_a_conversation_goes_on_in_the_same_sight(
    sales_url: str, scripted: ScriptedModel
) -> None:
    """A follow-up is asked for the same asker; another one's conversation of the same name is
    another, of which no word comes into a prompt."""
    async with sales(sales_url) as deployment:
        north = await of_region(deployment, "North")
        south = await of_region(deployment, "South")
        talk = {"conversation_id": "talk"}
        told = [await asked(north, each, **talk) for each in (OF_NORA, AND_SVEN)]
        asked_before = len(scripted.prompts)
        told.append(await asked(south, OF_SVEN, **talk))
        turns = (await south.get("/v1/conversations/talk")).json()["turns"]
    assert [each["rows"] for each in told] == [[[1]], [[0]], [[1]]]
    assert "Nora" not in str(scripted.prompts[asked_before:])
    assert "Nora" in str(scripted.prompts[:asked_before])
    assert [turn["question"] for turn in turns] == [OF_SVEN]


async def test_suggestions_come_from_what_is_seen(sales_url: str) -> None:
    """None names what is hidden."""
    async with sales(sales_url) as deployment:
        answer = await asked(await of_region(deployment, "North"), AMOUNT)
    assert not [
        word for word in ("region", "payroll", "wage") if word in str(answer["suggestions"])
    ]


async def test_the_audit_log_says_what_was_in_sight(sales_url: str) -> None:
    """Each rule with what it was bound to, beside the SQL in the asker's terms."""
    async with sales(sales_url) as deployment:
        await asked(await of_region(deployment, "North"))
        await asked(await of_region(deployment, None))
        bound, closed = await audited(deployment)
    hidden = "hidden: orders.region, payroll"
    assert bound["policies"] == ["orders: region = {region}; region = 'North'", hidden]
    assert closed["policies"] == ["orders: nothing, for want of an attribute", hidden]


async def test_a_database_is_called_by_its_name_in_the_service(sales_url: str) -> None:
    """What it is called where it is would tell of that."""
    databases = {"till": DatabaseSection(sales_url)}
    async with served(configuration(sales_url, databases=databases)) as (_, by):
        schema = (await by.get("/v1/databases/till/schema")).json()
    assert schema["database"] == "till"


async def test_who_teaches_what_is_out_of_sight_is_told_why(sales_url: str) -> None:
    """A reviewer whose key lacks an attribute: the SQL is right, but the key sees too little."""
    taught = {"question": "How is business?", "sql": "SELECT count(*) FROM orders"}
    async with sales(sales_url) as deployment:
        for attributes, status in ((), 422), ((("region", "North"),), 201):
            scopes = frozenset({Scope.ADMIN, Scope.ASK})
            by = caller(
                deployment, await key(deployment, "acme", scopes=scopes, attributes=attributes)
            )
            response = await by.post("/v1/golden-queries", json=taught)
            assert response.status_code == status
            if status == 422:
                assert "does not say your region" in response.json()["hint"]


async def test_policies_that_do_not_fit_close_the_database_and_are_logged(
    sales_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its askers are told no names; the log is, when the service starts."""
    async with sales(sales_url, Policies(hidden=("orders.regoin",))) as deployment:
        by = await of_region(deployment, "North")
        response = await by.post("/v1/ask", json={"question": COUNT})
        schema = await by.get("/v1/databases/sales/schema")
        ready = await by.get("/readyz")
    for refused in (response, schema):
        assert (refused.status_code, refused.json()["code"]) == (503, "bad_policy")
        assert "regoin" not in refused.text
    assert caplog.text.count("There is no orders.regoin") == 1
    assert (ready.status_code, ready.json()["databases"]) == (503, {"sales": "bad_policy"})


async def test_a_database_that_has_come_to_fit_its_policies_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a table was missing that is there by now: nobody need start the service anew."""
    monkeypatch.setattr("forerun.app.serving.databases.ASKED_AGAIN_S", 0.0)
    url = str(make_shop(tmp_path / "shop.sqlite"))

    async def becomes(deployment: Deployment, kind: type[Exception] | None) -> None:
        with anyio.fail_after(20):
            while type((await deployment.databases.reach())["sales"]) is not (kind or type(None)):
                await anyio.sleep(0.02)

    async with sales(url, Policies(hidden=("later",))) as deployment:
        await becomes(deployment, BadPolicy)
        with closing(sqlite3.connect(url)) as owner:
            owner.execute("CREATE TABLE later (n INTEGER)")
        await becomes(deployment, None)


def test_a_configuration_with_policies_is_read_and_shown(tmp_path: Path) -> None:
    """As docs/policies.md writes it; what is misspelled, or half a rule, is refused."""
    file = tmp_path / "forerun.toml"
    text = """
[databases.shop]
url = "shop.duckdb"
[databases.shop.policies]
tables = ["customers", "orders"]
hidden = ["customers.email"]
[databases.shop.policies.columns]
products = ["product_id", "name"]
[[databases.shop.policies.rows]]
table = "orders"
where = "region IN ({regions})"
exempt = { role = ["auditor"] }
"""
    file.write_text(text)
    read = Configuration.read(file, {})
    assert read.databases["shop"].policies == Policies(
        tables=("customers", "orders"),
        columns={"products": ("product_id", "name")},
        hidden=("customers.email",),
        rows=(RowRule("orders", "region IN ({regions})", {"role": ("auditor",)}),),
    )
    told = {each.name: each.value for each in shown(read)["databases.shop.policies"]}
    assert told["hidden"] == ["customers.email"]
    assert told["rows"][0]["where"] == "region IN ({regions})"
    for wrong, said in (
        ("hidden", r"\[databases.shop.policies\] has no 'hiden'"),
        ("where", r"\[databases.shop.policies.rows\] has no 'wher'"),
    ):
        file.write_text(text.replace(wrong, wrong[:-1] if wrong == "where" else "hiden"))
        with pytest.raises(BadSetting, match=said):
            Configuration.read(file, {})
    file.write_text(text.replace('where = "region IN ({regions})"', ""))
    with pytest.raises(BadSetting, match="without table or without where"):
        Configuration.read(file, {})
