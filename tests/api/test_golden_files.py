"""Golden queries as a file: out of one service, into another, whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest

from forerun import knowledge
from forerun.access import LOOPBACK
from forerun.app.sections import ServeSection
from forerun.app.serving.teaching import GoldenStatus, Review
from tests.api.keyed import audited
from tests.api.service import configuration, served, shop

pytestmark = pytest.mark.anyio

KIEL = "SELECT count(*) AS \"n: # \\ Ü\"\nFROM customers -- in Kiel\nWHERE city = 'Kiel'"
LONG = f"SELECT count(*) AS n FROM customers WHERE city = '{'x' * 15_000}'"
QUERIES = {"How is: business?": KIEL, "yes": "SELECT count(*) AS n FROM customers", "Far": LONG}


async def exported(asks: httpx.AsyncClient) -> str:
    response = await asks.get("/v1/golden-queries/export")
    assert response.headers["Content-Type"].startswith("application/yaml")
    return response.text


async def imported(asks: httpx.AsyncClient, yaml: str) -> httpx.Response:
    return await asks.post("/v1/golden-queries/import", json={"yaml": yaml, "why": "a move"})


async def test_what_is_exported_is_imported_the_same(shop_url: str, tmp_path: Path) -> None:
    """Questions and SQL, whatever they hold, and only those that are accepted; twice changes
    nothing. A file is a knowledge file, too."""
    other = shop(tmp_path / "other.duckdb")
    async with (
        served(configuration(shop_url)) as (_, one),
        served(configuration(other)) as (_, two),
    ):
        for question, sql in {"Gone?": "SELECT 1 AS n", **QUERIES}.items():
            body = {"question": question, "sql": sql}
            added = (await one.post("/v1/golden-queries", json=body)).json()
            if question == "Gone?":
                await one.delete(f"/v1/golden-queries/{added['id']}")
        text = await exported(one)
        first, again = await imported(two, text), await imported(two, text)
        assert await exported(two) == text
        [last, *_] = (await two.get("/v1/golden-queries")).json()["golden_queries"]
        reviews = (await two.get(f"/v1/golden-queries/{last['id']}")).json()["reviews"]
    assert first.status_code == 200, first.text
    read = knowledge.read(text, "a file").golden_queries
    assert {each.question: each.sql for each in read} == QUERIES
    assert [each["question"] for each in first.json()["golden_queries"]] == list(QUERIES)
    assert again.json() == first.json()
    assert (reviews[0]["act"], reviews[0]["why"]) == ("accepted", "a move")


async def test_to_import_again_undoes_nothing_that_was_decided_since(shop_url: str) -> None:
    """What was replaced, retired, rejected or changed is left alone, and told as that; it may still
    be accepted by its id. What nobody has touched stays, too."""
    queries = ("Replaced?", "Retired?", "Rejected?", "Changed?", "Kept?")
    kiel, bremen = (f"SELECT count(*) AS n FROM customers WHERE city = '{c}'" for c in ("K", "B"))
    file = "golden_queries:\n" + "".join(
        f"  - {{question: '{question}', sql: \"{kiel}\"}}\n" for question in queries
    )
    async with served(configuration(shop_url)) as (deployment, asks):
        given = (await imported(asks, file)).json()
        ids = {each["question"]: each["id"] for each in given["golden_queries"]}
        where = {question: f"/v1/golden-queries/{id_}" for question, id_ in ids.items()}
        new = {"question": "Replaced?", "sql": bremen}
        await asks.post("/v1/golden-queries", json=new)
        await asks.delete(where["Retired?"])
        await deployment.teaching.goldens.change(
            await deployment.teaching.golden_query(LOOPBACK, ids["Rejected?"]),
            lambda golden: replace(golden, status=GoldenStatus.REJECTED),
            Review(0, "rejected", "ann", 0.0),
        )
        changed = {"question": "Changed?", "sql": bremen, "expected_version": 2}
        assert (await asks.put(where["Changed?"], json=changed)).status_code == 200
        before = (await asks.get("/v1/golden-queries")).json()
        again = (await imported(asks, file)).json()
        assert (await asks.get("/v1/golden-queries")).json() == before
        revived = await asks.post(f"{where['Retired?']}/accept", json={})
        acts = await audited(deployment)
    assert given["left_alone"] == []
    assert [each["question"] for each in again["golden_queries"]] == ["Kept?"]
    assert [(each["question"], each["status"]) for each in again["left_alone"]] == [
        ("Replaced?", "retired"),
        ("Retired?", "retired"),
        ("Rejected?", "rejected"),
        ("Changed?", "accepted"),
    ]
    assert revived.json()["status"] == "accepted"
    added = [act["question"] for act in acts if act["act"] == "golden_added"]
    assert added == [*queries, "Replaced?", "Kept?"]


async def test_another_query_that_is_accepted_for_a_question_stays_unless_asked_to_go(
    shop_url: str,
) -> None:
    """A file that nobody here has seen before says otherwise of a question: what is accepted here
    is left alone, and shown. With `replace` the file's takes its place."""
    ours = {"question": "In Kiel?", "sql": "SELECT count(*) AS n FROM customers WHERE city = 'K'"}
    async with served(configuration(shop_url)) as (_, asks):
        added = (await asks.post("/v1/golden-queries", json=ours)).json()
        first = (await imported(asks, GOOD)).json()
        kept = await exported(asks)
        replacing = {"yaml": GOOD, "replace": True}
        second = (await asks.post("/v1/golden-queries/import", json=replacing)).json()
        replaced = await exported(asks)
    assert first["golden_queries"] == []
    assert [each["id"] for each in first["left_alone"]] == [added["id"]]
    assert ours["sql"] in knowledge.read(kept, "it").golden_queries[0].sql
    assert (len(second["golden_queries"]), second["left_alone"]) == (1, [])
    [now] = knowledge.read(replaced, "it").golden_queries
    assert now.sql == "SELECT count(*) AS n FROM customers"


async def test_what_is_not_used_any_more_is_left_out_of_an_export(tmp_path: Path) -> None:
    """Its table is gone: the file says so, and can be imported again, which one of a table that
    there is not could not."""
    url = shop(tmp_path / "shop.duckdb")
    fine, lost = "SELECT count(*) AS n FROM customers", "SELECT count(*) AS n FROM numbers"
    async with served(configuration(url)) as (_, asks):
        for question, sql in {"Customers?": fine, "Numbers?": lost}.items():
            await asks.post("/v1/golden-queries", json={"question": question, "sql": sql})
        whole = await exported(asks)
        await asks.post("/v1/ask", json={"question": "How many customers are there?"})
    state = ServeSection(state=str(tmp_path / "state.sqlite"))
    async with served(configuration(url, serve=state)) as (_, asks):
        await imported(asks, whole)
    with duckdb.connect(url) as connection:
        connection.execute("DROP TABLE numbers")
    async with served(configuration(url, serve=state)) as (_, asks):
        text = await exported(asks)
        again = await imported(asks, text)
    assert [each.question for each in knowledge.read(text, "it").golden_queries] == ["Customers?"]
    [said] = [line for line in text.splitlines() if line.startswith("# Left out: Numbers? ")]
    assert "numbers" in said.partition("Numbers? ")[2]
    assert again.status_code == 200


async def test_errors_of_a_part_of_a_file_count_from_the_files_beginning(shop_url: str) -> None:
    """Where the request says which number its first query has in the file."""
    wrong = f"{GOOD}  - {{question: 'Drop?', sql: DROP TABLE customers}}"
    odd = f'{GOOD}  - {{question: "a\\0", sql: SELECT 1}}'
    async with served(configuration(shop_url)) as (_, asks):
        told = [
            (await asks.post("/v1/golden-queries/import", json={"yaml": yaml, "first": 101})).json()
            for yaml in (wrong, odd)
        ]
    assert [each["code"] for each in told] == ["sql_refused", "bad_knowledge"]
    assert ["golden_queries.102" in each["detail"] for each in told] == [True, True], told


GOOD = "golden_queries:\n  - {question: 'In Kiel?', sql: SELECT count(*) AS n FROM customers}\n"


@pytest.mark.parametrize(
    ("yaml", "status", "code", "said"),
    [
        ("golden_queries: [", 400, "bad_knowledge", "line 1, column 18"),
        ("golden_queries: [{question: a}]", 400, "bad_knowledge", "golden_queries.1.sql"),
        ("golden: []", 400, "bad_knowledge", "golden is not known here"),
        (f"{GOOD}metrics: {{x: {{table: t, sql: COUNT(*)}}}}", 400, "bad_knowledge", "only"),
        (f"{GOOD}  - {{question: 'in  kiel', sql: SELECT 1}}", 400, "bad_knowledge", "earlier"),
        (
            f"{GOOD}  - {{question: 'Drop?', sql: DROP TABLE customers}}",
            422,
            "sql_refused",
            "s.2 c",
        ),
        (f'{GOOD}  - {{question: "a\\0", sql: SELECT 1}}', 400, "bad_knowledge", "s.2.question"),
        (f"{GOOD}  - {{question: {'x' * 2_001}, sql: SELECT 1}}", 400, "bad_knowledge", "s.2.qu"),
    ],
)
async def test_a_file_that_is_wrong_changes_nothing(
    shop_url: str, yaml: str, status: int, code: str, said: str
) -> None:
    """It is told where; what is right in it is not taken either, and is written down as that."""
    async with served(configuration(shop_url)) as (deployment, asks):
        refused = await imported(asks, yaml)
        listed: dict[str, Any] = (await asks.get("/v1/golden-queries")).json()
        acts = await audited(deployment)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert said in refused.json()["detail"]
    assert listed["golden_queries"] == []
    assert {act["error_code"] for act in acts} <= {"sql_refused"}


async def test_a_file_that_fails_is_one_line_of_the_audit_log(shop_url: str) -> None:
    """With the query at which it failed, however many come before and after it."""
    good = [f"  - {{question: 'Ask {number}?', sql: SELECT 1 AS n}}\n" for number in range(20)]
    wrong = "  - {question: 'Drop?', sql: DROP TABLE customers}\n"
    async with served(configuration(shop_url)) as (deployment, asks):
        refused = await imported(
            asks, "".join(["golden_queries:\n", *good[:10], wrong, *good[10:]])
        )
        acts = await audited(deployment)
    assert refused.status_code == 422
    assert [(act["act"], act["question"], act["sql"], act["error_code"]) for act in acts] == [
        ("golden_added", "Drop?", "DROP TABLE customers", "sql_refused")
    ]


async def test_a_file_of_too_many_is_refused_before_any_is_looked_at(shop_url: str) -> None:
    """It says how many there may be, also where the first is wrong; one line is written down."""
    many = [
        f"  - {{question: 'Ask {number}?', sql: DROP TABLE customers}}\n" for number in range(301)
    ]
    async with served(configuration(shop_url)) as (deployment, asks):
        refused = await imported(asks, "".join(["golden_queries:\n", *many]))
        acts = await audited(deployment)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "301 golden queries; 300" in refused.json()["detail"]
    assert [(act["database"], act["sql"], act["error_code"]) for act in acts] == [
        ("shop", None, "conflict")
    ]


async def test_a_file_for_no_database_is_written_down(shop_url: str) -> None:
    """As that; and each query of a file that is taken, by its id."""
    body = {"database": "nowhere", "yaml": GOOD}
    async with served(configuration(shop_url)) as (deployment, asks):
        lost = await asks.post("/v1/golden-queries/import", json=body)
        [added] = (await imported(asks, GOOD)).json()["golden_queries"]
        acts = await audited(deployment)
    assert lost.status_code == 404
    assert [(act["database"], act["subject"], act["error_code"]) for act in acts] == [
        ("nowhere", None, "not_found"),
        ("shop", added["id"], None),
    ]
