"""The loop over HTTP: what an asker says of an answer is reviewed, and then answers the next."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import duckdb
import httpx
import pytest
from fastapi import Request

from forerun.access import Identity, Scope
from forerun.api.identifying import identified
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Deployment
from forerun.app.serving.teaching import spreading
from forerun.app.settings import Settings
from forerun.domain import Policies
from forerun.testing.playbook import Playbook
from forerun.testing.scripted import ScriptedModel
from tests.api.service import app_of, configuration, served, shop, until, with_model

pytestmark = pytest.mark.anyio

BUSINESS = "How is business?"
KIEL = "SELECT count(*) AS customers FROM customers WHERE city = 'Kiel'"
COUNT = "How many customers are there?"
ALL = "SELECT count(*) AS customers FROM customers"
KEPT = Settings(state="memory")


def person(request: Request) -> Identity:
    """Whoever the headers say."""
    said: Mapping[str, str] = request.headers
    scopes = frozenset(map(Scope, said.get("x-scopes", "ask,admin").split(",")))
    return Identity("key", said.get("x-tenant", "acme"), said.get("x-user", "ann"), scopes)


@asynccontextmanager
async def opened(url: str, **sections: Any) -> AsyncIterator[tuple[Deployment, httpx.AsyncClient]]:
    async with served(configuration(url, **sections)) as (deployment, asks):
        app_of(deployment).dependency_overrides[identified] = person
        yield deployment, asks


async def asked(asks: httpx.AsyncClient, question: str, **headers: str) -> dict[str, Any]:
    answer = await asks.post("/v1/ask", json={"question": question}, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def did(asks: httpx.AsyncClient, method: str, path: str, body: Any, **headers: str) -> Any:
    response = await asks.request(method, path, json=body, headers=headers)
    assert response.status_code < 300, response.text
    return response.json()


async def corrected(asks: httpx.AsyncClient, question: str, sql: str, **headers: str) -> str:
    """The id of the proposal that comes of it."""
    answer = await asked(asks, question, **headers)
    said = {"answer_id": answer["trace_id"], "verdict": "wrong", "corrected_sql": sql}
    return str((await did(asks, "POST", "/v1/feedback", said, **headers))["golden_query"])


async def added(asks: httpx.AsyncClient, question: str, sql: str, **headers: str) -> dict[str, Any]:
    body = {"question": question, "sql": sql}
    return dict(await did(asks, "POST", "/v1/golden-queries", body, **headers))


async def test_what_was_corrected_and_accepted_answers_the_next(shop_url: str) -> None:
    """Not before it was accepted, nor once it is retired; and the answer says how it was read."""
    async with served(configuration(shop_url, settings=KEPT)) as (_, asks):
        id_ = await corrected(asks, BUSINESS, KIEL)
        assert (await asked(asks, BUSINESS))["status"] != "answered"
        listed = await did(asks, "GET", "/v1/golden-queries?status=proposed", None)
        assert [each["id"] for each in listed["golden_queries"]] == [id_]
        path = f"/v1/golden-queries/{id_}"
        accepted = await did(asks, "POST", f"{path}/accept", {"why": "Only Kiel counts."})
        assert accepted["status"] == "accepted"
        reviews = [(each["act"], each["why"]) for each in accepted["reviews"]]
        assert reviews == [("accepted", "Only Kiel counts."), ("proposed", None)]
        answer = await asked(asks, "how is  business")
        assert answer["rows"] == [[2]]
        assert answer["reading"] == f"golden query “{BUSINESS}”"
        assert (await did(asks, "DELETE", path, None))["status"] == "retired"
        assert (await asked(asks, BUSINESS))["status"] != "answered"


async def test_an_answer_that_was_kept_is_not_given_once_the_team_knows_better(
    shop_url: str,
) -> None:
    """What is known is part of what a kept answer hangs on."""
    async with opened(shop_url, settings=KEPT) as (_, asks):
        assert (await asked(asks, COUNT))["rows"] == [[3]]
        again = await asked(asks, COUNT)
        assert again["cache"]["hit"]
        await added(asks, COUNT, KIEL)
        answer = await asked(asks, COUNT)
        assert (answer["rows"], answer["cache"]["hit"]) == ([[2]], False)
        other = await asked(asks, COUNT, **{"x-tenant": "other"})
        assert (other["rows"], other["cache"]["hit"]) == ([[3]], False)


async def test_one_tenant_neither_sees_nor_is_answered_by_anothers(shop_url: str) -> None:
    """Proposals, golden queries, terms and feedback; by list and by id."""
    other = {"x-tenant": "other"}
    async with opened(shop_url) as (_, asks):
        proposed = await corrected(asks, "How is life?", KIEL)
        golden = await added(asks, BUSINESS, KIEL)
        body = {"term": "clients", "table": "customers"}
        term = await did(asks, "POST", "/v1/glossary", body)
        assert (await asked(asks, BUSINESS, **other))["status"] != "answered"
        for path in ("feedback", "golden-queries", "glossary"):
            listed = await did(asks, "GET", f"/v1/{path}", None, **other)
            assert [each for each in listed.values() if each] == []
        ids = (("golden-queries", golden["id"]), ("golden-queries", proposed))
        for path, id_ in (*ids, ("glossary", term["id"])):
            for method in ("GET", "DELETE"):
                response = await asks.request(method, f"/v1/{path}/{id_}", headers=other)
                assert response.status_code == 404
        response = await asks.post(f"/v1/golden-queries/{proposed}/accept", json={}, headers=other)
        assert response.status_code == 404


async def test_feedback_is_of_ones_own_answers_and_the_last_word_counts(shop_url: str) -> None:
    """Said twice it is there once; taken back, its proposal goes."""
    async with opened(shop_url) as (_, asks):
        answer = await asked(asks, COUNT)
        right = {"answer_id": answer["trace_id"], "verdict": "right"}
        first = await did(asks, "POST", "/v1/feedback", right)
        assert first["golden_query"] is not None
        again = await did(asks, "POST", "/v1/feedback", right)
        assert again["golden_query"] == first["golden_query"]
        bea = await asks.post("/v1/feedback", json=right, headers={"x-user": "bea"})
        assert bea.status_code == 404
        wrong = {"answer_id": answer["trace_id"], "verdict": "wrong", "comment": "No."}
        await did(asks, "POST", "/v1/feedback", wrong)
        listed = (await did(asks, "GET", "/v1/feedback", None))["feedback"]
        assert [(each["verdict"], each["comment"]) for each in listed] == [("wrong", "No.")]
        assert (await did(asks, "GET", "/v1/golden-queries", None))["golden_queries"] == []
        assert (await did(asks, "GET", "/v1/feedback?verdict=right", None))["feedback"] == []


async def test_what_the_gate_refuses_is_refused_with_its_reasons(shop_url: str) -> None:
    """And nothing is kept of it, neither the feedback nor the golden query."""
    bad = {
        "DROP TABLE customers": "not_a_query",
        "SELECT town FROM customers": "unknown_column",
        "SELECT 1; SELECT 2": "not_one_statement",
        "SELECT (": "unparsable",
    }
    async with opened(shop_url) as (_, asks):
        answer = await asked(asks, COUNT)
        for sql, code in bad.items():
            said = {"answer_id": answer["trace_id"], "verdict": "wrong", "corrected_sql": sql}
            for path, body in (
                ("/v1/feedback", said),
                ("/v1/golden-queries", {"question": COUNT, "sql": sql}),
            ):
                response = await asks.post(path, json=body)
                assert response.status_code == 422, response.text
                problem = response.json()
                assert problem["code"] == "sql_refused"
                assert [each["code"] for each in problem["reasons"]] == [code]
        assert (await did(asks, "GET", "/v1/feedback", None))["feedback"] == []
        assert (await did(asks, "GET", "/v1/golden-queries", None))["golden_queries"] == []


async def test_who_was_second_is_told_so(shop_url: str) -> None:
    """Two change the same: the one who saw an earlier version gets 409, and nothing is lost."""
    async with opened(shop_url) as (_, asks):
        path = f"/v1/golden-queries/{await corrected(asks, BUSINESS, KIEL)}"
        change = {"question": BUSINESS, "sql": ALL, "expected_version": 1}
        assert (await did(asks, "PUT", path, change))["version"] == 2
        assert (await asks.put(path, json=change)).status_code == 409
        late = await asks.post(f"{path}/reject", json={"expected_version": 1})
        assert (late.status_code, late.json()["code"]) == (409, "conflict")
        assert (await did(asks, "POST", f"{path}/accept", {"expected_version": 2}))["version"] == 3
        again = await did(asks, "POST", f"{path}/accept", {"expected_version": 2})
        assert again["version"] == 3
        assert (await asks.post(f"{path}/reject", json={})).status_code == 409
        assert (await asked(asks, BUSINESS))["rows"] == [[3]]
        term = {"term": "clients", "table": "customers"}
        path = f"/v1/glossary/{(await did(asks, 'POST', '/v1/glossary', term))['id']}"
        assert (await asks.post("/v1/glossary", json=term)).status_code == 409
        await did(asks, "PUT", path, {**term, "expected_version": 1})
        assert (await asks.put(path, json={**term, "expected_version": 1})).status_code == 409
        assert (await asks.delete(f"{path}?expected_version=1")).status_code == 409
        assert (await asks.delete(f"{path}?expected_version=2")).status_code == 204


async def test_a_question_has_one_golden_query(shop_url: str) -> None:
    """A later one for the same question takes the place of the earlier, which says so."""
    async with opened(shop_url) as (_, asks):
        first = await added(asks, BUSINESS, KIEL)
        second = await added(asks, "how is business", ALL)
        assert (await asked(asks, BUSINESS))["rows"] == [[3]]
        retired = await did(asks, "GET", f"/v1/golden-queries/{first['id']}", None)
        assert retired["status"] == "retired"
        assert second["id"] in retired["reviews"][0]["why"]


async def test_words_of_the_glossary_are_understood_until_they_are_deleted(shop_url: str) -> None:
    """A table by another name, a column by another name, and a figure."""
    async with opened(shop_url) as (_, asks):
        terms = [
            {"term": "patrons", "table": "customers"},
            {"term": "abode", "table": "customers", "column": "city"},
            {"term": "reach", "table": "customers", "expression": "COUNT(DISTINCT city)"},
        ]
        kept = [await did(asks, "POST", "/v1/glossary", term) for term in terms]
        assert (await asked(asks, "How many patrons are there?"))["rows"] == [[3]]
        per = await asked(asks, "How many patrons are there per abode?")
        assert sorted(per["rows"]) == [["Bremen", 1], ["Kiel", 2]]
        assert (await asked(asks, "What is the reach?"))["rows"] == [[2]]
        for each in kept:
            assert (await asks.delete(f"/v1/glossary/{each['id']}")).status_code == 204
        assert (await asked(asks, "How many patrons are there?"))["status"] != "answered"


async def test_a_term_that_the_database_has_no_place_for_is_refused(shop_url: str) -> None:
    """With the name that was meant, where there is one like it."""
    bad = (
        {"term": "abode", "table": "customers", "column": "town"},
        {"term": "abode", "table": "custommers"},
        {"term": "reach", "table": "customers", "expression": "city"},
        {"term": "reach", "table": "customers", "expression": "COUNT(town)"},
        {"term": "???", "table": "customers"},
        {"term": "abode", "table": "customers", "column": "city", "expression": "COUNT(*)"},
    )
    async with opened(shop_url) as (_, asks):
        for term in bad:
            response = await asks.post("/v1/glossary", json=term)
            assert response.status_code == 400, response.text
        told = (await asks.post("/v1/glossary", json=bad[1])).json()
        assert "custommers" in told["detail"]
        assert (await did(asks, "GET", "/v1/glossary", None))["terms"] == []


async def test_what_no_longer_fits_takes_no_part_and_says_so(tmp_path: Path) -> None:
    """Its table is gone, and the question is read as if nobody had taught it."""
    url = str(tmp_path / "shop.sqlite")
    with closing(sqlite3.connect(url)) as database:
        database.executescript(
            "CREATE TABLE customers (id INTEGER); CREATE TABLE numbers (n INTEGER);"
            "INSERT INTO numbers VALUES (7)"
        )
    async with opened(url) as (_, asks):
        golden = await added(asks, BUSINESS, "SELECT max(n) AS n FROM numbers")
        await did(asks, "POST", "/v1/glossary", {"term": "digits", "table": "numbers"})
        assert (await asked(asks, BUSINESS))["rows"] == [[7]]
        with closing(sqlite3.connect(url)) as database:
            database.executescript("DROP TABLE numbers")
        assert (await asked(asks, BUSINESS))["status"] != "answered"
        shown = await did(asks, "GET", f"/v1/golden-queries/{golden['id']}", None)
        assert "numbers" in shown["broken"]
        [entry] = (await did(asks, "GET", "/v1/glossary", None))["terms"]
        assert "numbers" in entry["broken"]


async def test_another_database_of_the_same_name_is_told_of_once_and_not_answered_by(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was taught of the one that had the name before takes no part where it does not fit, and
    the log says how much of it that is."""
    state = ServeSection(state=str(tmp_path / "state.sqlite"))
    async with served(configuration(shop(tmp_path / "one.duckdb"), serve=state)) as (_, asks):
        for question, sql in {BUSINESS: ALL, "One?": "SELECT 1 AS n"}.items():
            await did(asks, "POST", "/v1/golden-queries", {"question": question, "sql": sql})
        await did(asks, "POST", "/v1/glossary", {"term": "punters", "table": "customers"})
    assert "not used" not in caplog.text
    with duckdb.connect(str(tmp_path / "two.duckdb")) as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    other = configuration(str(tmp_path / "two.duckdb"), serve=state)
    async with served(other) as (_, asks):
        assert (await asked(asks, BUSINESS))["status"] != "answered"
        with anyio.fail_after(5):
            while "not used" not in caplog.text:
                await anyio.sleep(0.01)
        assert (await asked(asks, "One?"))["rows"] == [[1]]
        await anyio.sleep(2 * spreading.EVERY_S)
    [told] = [each.getMessage() for each in caplog.records if "not used" in each.getMessage()]
    assert "taught of shop, 1 golden queries and 1 words" in told


async def test_of_several_processes_one_tells_what_each_of_them_finds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not used any more of what was taught, and policies that do not fit; the next service
    tells it again."""
    state = ServeSection(state=str(tmp_path / "state.sqlite"))
    async with served(configuration(shop(tmp_path / "one.duckdb"), serve=state)) as (_, asks):
        await did(asks, "POST", "/v1/glossary", {"term": "punters", "table": "customers"})
    with duckdb.connect(str(tmp_path / "two.duckdb")) as connection:
        connection.execute("CREATE TABLE numbers (n INTEGER)")
    url = str(tmp_path / "two.duckdb")
    misfit = Policies(columns={"customers": ("id",)})
    databases = {"shop": DatabaseSection(url), "limited": DatabaseSection(url, policies=misfit)}
    for start in ("first", "second"):
        caplog.clear()
        (tmp_path / start).mkdir()
        other = configuration(url, serve=state, databases=databases)
        each = replace(other, told_in=str(tmp_path / start))

        async with served(each), served(each):
            await until(lambda: all(told_of(what, caplog) for what in ("not used", "do not fit")))
            await anyio.sleep(2 * spreading.EVERY_S)
        assert len(told_of("not used", caplog)) == len(told_of("do not fit", caplog)) == 1


def told_of(what: str, caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in (each.getMessage() for each in caplog.records) if what in line]


async def test_the_knowledge_file_has_the_last_word(tmp_path: Path) -> None:
    """What it hides stays hidden, and what it answers cannot be answered otherwise."""
    url = shop(tmp_path / "shop.duckdb")
    (tmp_path / "shop.forerun.yaml").write_text(
        "tables: {customers: {columns: {city: {hidden: true}}}}\n"
        f"golden_queries: [{{question: '{BUSINESS}', sql: {ALL}}}]\n"
    )
    async with opened(url) as (_, asks):
        overruling = {"question": "how is business", "sql": "SELECT 1 AS n FROM customers"}
        response = await asks.post("/v1/golden-queries", json=overruling)
        assert (response.status_code, response.json()["code"]) == (409, "conflict")
        hidden = {"question": "How is Kiel?", "sql": KIEL}
        response = await asks.post("/v1/golden-queries", json=hidden)
        assert (response.status_code, response.json()["code"]) == (422, "sql_refused")
        term = {"term": "abode", "table": "customers", "column": "city"}
        assert (await asks.post("/v1/glossary", json=term)).status_code == 400
        assert (await asked(asks, BUSINESS))["rows"] == [[3]]


async def test_another_process_knows_it_soon(
    shop_url: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is started later knows it from its first question on."""
    monkeypatch.setattr(spreading, "EVERY_S", 0.02)
    serve = ServeSection(state=state)
    async with (
        opened(shop_url, serve=serve) as (_, one),
        opened(shop_url, serve=serve) as (_, other),
    ):
        await added(one, BUSINESS, KIEL)
        with anyio.fail_after(10):
            while (answer := await asked(other, BUSINESS))["status"] != "answered":
                await anyio.sleep(0.01)
        assert answer["rows"] == [[2]]
    async with opened(shop_url, serve=serve) as (_, later):
        assert (await asked(later, BUSINESS))["rows"] == [[2]]


async def test_only_admins_review(shop_url: str) -> None:
    """Whoever may only ask says what was right, and sees nothing of what others said."""
    asker = {"x-scopes": "ask"}
    async with opened(shop_url) as (_, asks):
        id_ = await corrected(asks, BUSINESS, KIEL, **asker)
        calls: tuple[tuple[str, str, Any], ...] = (
            ("GET", "/v1/feedback", None),
            ("GET", "/v1/golden-queries", None),
            ("POST", "/v1/golden-queries", {"question": BUSINESS, "sql": KIEL}),
            ("GET", f"/v1/golden-queries/{id_}", None),
            ("PUT", f"/v1/golden-queries/{id_}", None),
            ("POST", f"/v1/golden-queries/{id_}/accept", {}),
            ("POST", f"/v1/golden-queries/{id_}/reject", {}),
            ("DELETE", f"/v1/golden-queries/{id_}", None),
            ("GET", "/v1/glossary", None),
            ("POST", "/v1/glossary", {"term": "clients", "table": "customers"}),
        )
        for method, path, body in calls:
            response = await asks.request(method, path, json=body, headers=asker)
            assert response.status_code == 403, (method, path, response.text)


async def test_lists_go_on_where_they_ended(shop_url: str) -> None:
    """Page by page everything comes once, the latest first."""
    async with opened(shop_url) as (_, asks):
        for number in range(5):
            await added(asks, f"Question {number}?", ALL)
        found, cursor = [], ""
        while True:
            page = await did(asks, "GET", f"/v1/golden-queries?limit=2{cursor}", None)
            found += [each["question"] for each in page["golden_queries"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert found == [f"Question {number}?" for number in reversed(range(5))]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/feedback", '{"answer_id": "x", "verdict": "right"}'),
        ("/v1/feedback", '{"answer_id": "' + "a" * 32 + '", "verdict": "maybe"}'),
        ("/v1/golden-queries", '{"question": "a\\u0000b", "sql": "SELECT 1"}'),
        ("/v1/golden-queries", '{"question": "\\ud800", "sql": "SELECT 1"}'),
        ("/v1/golden-queries", '{"question": "  ", "sql": "SELECT 1"}'),
        ("/v1/golden-queries", '{"question": "q", "sql": "' + "x" * 20_001 + '"}'),
        ("/v1/golden-queries", '{"question": "q", "sql": NaN}'),
        ("/v1/golden-queries/" + "a" * 32 + "/accept", '{"expected_version": NaN}'),
        ("/v1/golden-queries/" + "a" * 32 + "/accept", '{"expected_version": 1e400}'),
        ("/v1/golden-queries/" + "a" * 32 + "/accept", '{"expected_version": "1"}'),
        ("/v1/glossary", '{"term": "a\\u0000", "table": "customers"}'),
        (
            "/v1/glossary",
            '{"term": "a", "table": "b", "synonyms": [' + '"a",' * 50 + '"a"]}',
        ),
        ("/v1/glossary", '{"term": "a", "table": "customers", "more": 1}'),
    ],
)
async def test_what_is_out_of_bounds_is_refused(shop_url: str, path: str, body: str) -> None:
    """As problem details, before anything looks at it."""
    headers = {"Content-Type": "application/json"}
    async with opened(shop_url) as (_, asks):
        response = await asks.post(path, content=body.encode(), headers=headers)
    assert response.status_code == 422, response.text
    assert response.json()["code"] == "invalid_request"


async def test_a_writer_is_shown_the_nearest_and_has_the_last_word(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As data in the prompt; the trace says which one it was."""
    writer = ScriptedModel(Playbook({BUSINESS: ALL}, summary="As the rows say."))
    with with_model(monkeypatch, writer):
        async with opened(shop_url) as (_, asks):
            assert (await asked(asks, BUSINESS))["rows"] == [[3]]
            assert not any("<golden_queries>" in prompt.user for prompt in writer.prompts)
            await added(asks, BUSINESS, KIEL)
            answer = await asked(asks, BUSINESS)
    assert answer["rows"] == [[3]]
    shown = [prompt.user for prompt in writer.prompts if "<golden_queries>" in prompt.user]
    assert shown
    assert "city = 'Kiel'" in shown[0]
    details = [stage["detail"] or "" for stage in answer["timings"]["stages"]]
    assert any(BUSINESS in detail for detail in details)
