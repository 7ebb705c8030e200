"""Conversations over HTTP: each its owner's alone, and in order whoever serves them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
import pytest

from forerun.access import LOOPBACK
from forerun.app.sections import ServeSection
from forerun.app.serving import owner_of
from tests.api.service import COUNT, PER_CITY, configuration, served
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
