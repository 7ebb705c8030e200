"""Conversations over HTTP: each its owner's alone, and in order whoever serves them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
import pytest

from forerun.access import LOOPBACK
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import owner_of
from tests.api.service import COUNT, PER_CITY, configuration, served, shop
from tests.app.people import people

pytestmark = pytest.mark.anyio

TWO_CITIES = (("Kiel", "Bremen"), ("Kiel", "Kiel"))


async def test_a_follow_up_refers_to_what_was_asked_before(shop_url: str) -> None:
    """Also when another process answers it: the second is served by one that knows nothing but the
    store."""
    first = {"question": "How many customers are in Kiel?", "conversation_id": "c"}
    second = {"question": "and in Bremen?", "conversation_id": "c"}
    serve = ServeSection(state=f"{shop_url}.follow-up.sqlite")
    async with served(configuration(shop_url, serve=serve)) as (_, one):
        assert (await one.post("/v1/ask", json=first)).json()["rows"] == [[2]]
        async with served(configuration(shop_url, serve=serve)) as (_, other):
            answer = (await other.post("/v1/ask", json=second)).json()
            listed = (await other.get("/v1/conversations")).json()["conversations"]
            whole = (await one.get("/v1/conversations/c")).json()
    assert answer["rows"] == [[1]]
    assert [each["turns"] for each in listed] == [2]
    assert [turn["question"] for turn in whole["turns"]] == [first["question"], second["question"]]
    assert [turn["follows"] for turn in whole["turns"]] == [0, 1]


async def test_a_name_that_stands_for_another_database_by_now_gets_no_earlier_turns(
    shop_url: str, tmp_path: Path
) -> None:
    """What was said of the one is not gone on with on the other: that is told, the conversation can
    still be read, and goes on where the name stands for the first one again."""
    other_url = shop(tmp_path / "other.duckdb")
    first = {"question": "How many customers are in Kiel?", "conversation_id": "c"}
    second = {"question": "and in Bremen?", "conversation_id": "c"}
    serve = ServeSection(state=f"{shop_url}.moved.sqlite")
    async with served(configuration(shop_url, serve=serve)) as (_, http):
        assert (await http.post("/v1/ask", json=first)).json()["rows"] == [[2]]
    async with served(configuration(other_url, serve=serve)) as (_, http):
        refused = await http.post("/v1/ask", json=second)
        turns = (await http.get("/v1/conversations/c")).json()["turns"]
    async with served(configuration(shop_url, serve=serve)) as (_, http):
        gone_on = (await http.post("/v1/ask", json=second)).json()
    assert refused.status_code == 400
    assert "another database by now" in refused.json()["detail"]
    assert [turn["question"] for turn in turns] == [first["question"]]
    assert gone_on["rows"] == [[1]]


async def test_a_conversation_says_which_database_it_is_about(shop_url: str) -> None:
    """Of two databases the first question names one; those that follow need not, and a conversation
    that there is not yet says nothing."""
    both = {name: DatabaseSection(shop_url) for name in ("shop", "copy")}
    body = {"question": "How many customers are in Kiel?", "conversation_id": "c"}
    async with served(configuration(shop_url, databases=both)) as (_, http):
        unsaid = await http.post("/v1/ask", json=body)
        await http.post("/v1/ask", json={**body, "database": "copy"})
        answer = await http.post("/v1/ask", json={**body, "question": "and in Bremen?"})
        conversation = (await http.get("/v1/conversations/c")).json()
    assert unsaid.status_code == 400
    assert answer.json()["rows"] == [[1]]
    assert (conversation["database"], len(conversation["turns"])) == ("copy", 2)


async def test_a_choice_stands_for_the_question_that_was_asked_back(
    shop_url: str, tmp_path: Path
) -> None:
    """The words of one of the choices are answered in that reading, by whichever process."""
    url = people(tmp_path / "people.duckdb", TWO_CITIES)
    serve = ServeSection(state=f"{url}.state.sqlite")
    body = {"question": "How many people are there per city?", "conversation_id": "people"}
    async with served(configuration(url, serve=serve)) as (_, one):
        asked_back = (await one.post("/v1/ask", json=body)).json()
    assert asked_back["status"] == "clarify"
    choice = asked_back["clarification"]["choices"][0]
    async with served(configuration(url, serve=serve)) as (_, other):
        chosen = await other.post("/v1/ask", json={**body, "question": choice})
    assert chosen.json()["status"] == "answered"
    assert chosen.json()["question"] == body["question"]


async def test_two_at_once_in_one_conversation_both_become_turns(shop_url: str, state: str) -> None:
    """Neither is lost and their order is the store's; which turns each had seen is told."""
    serve = ServeSection(state=state)
    async with (
        served(configuration(shop_url, serve=serve)) as (_, one),
        served(configuration(shop_url, serve=serve)) as (deployment, other),
    ):
        async with anyio.create_task_group() as group:
            for asks, question in ((one, COUNT), (other, PER_CITY)):
                body = {"question": question, "conversation_id": "both"}
                group.start_soon(partial(asks.post, "/v1/ask", json=body))
        turns = (await one.get("/v1/conversations/both")).json()["turns"]
        _, seen = await deployment.keeper.remembered(owner_of(LOOPBACK), "both", "shop")
    assert sorted(turn["question"] for turn in turns) == sorted([COUNT, PER_CITY])
    assert [turn["number"] for turn in turns] == [1, 2]
    assert seen == 2


async def test_a_deleted_conversation_is_gone_with_its_answers(shop_url: str) -> None:
    """Neither it nor the answers of its turns can be read again."""
    async with served(configuration(shop_url)) as (_, asks):
        answer = await asks.post("/v1/ask", json={"question": COUNT, "conversation_id": "c"})
        id_ = answer.json()["trace_id"]
        assert (await asks.get(f"/v1/answers/{id_}")).status_code == 200
        assert (await asks.delete("/v1/conversations/c")).status_code == 204
        for path in ("/v1/conversations/c", f"/v1/answers/{id_}"):
            assert (await asks.get(path)).status_code == 404
        assert (await asks.delete("/v1/conversations/c")).status_code == 404
