"""The loop over HTTP: what an asker says of an answer is reviewed, and then answers the next."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.service import configuration, served

pytestmark = pytest.mark.anyio

BUSINESS = "How is business?"
GOOD = "SELECT count(*) AS customers FROM customers WHERE city = 'Kiel'"
COUNT = "How many customers are there?"


async def asked(asks: httpx.AsyncClient, question: str, **given: Any) -> dict[str, Any]:
    answer = await asks.post("/v1/ask", json={"question": question, **given})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def said(asks: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    response = await asks.post("/v1/feedback", json=given)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def test_what_was_corrected_and_accepted_answers_the_next(shop_url: str) -> None:
    """Not before it was accepted; and the answer says by which golden query it was read."""
    async with served(configuration(shop_url)) as (_, asks):
        first = await asked(asks, BUSINESS)
        assert first["status"] != "answered"
        kept = await said(
            asks, answer_id=first["trace_id"], verdict="wrong", corrected_sql=GOOD
        )
        assert (await asked(asks, BUSINESS))["status"] != "answered"
        listed = (await asks.get("/v1/golden-queries?status=proposed")).json()
        assert [each["id"] for each in listed["golden_queries"]] == [kept["golden_query"]]
        path = f"/v1/golden-queries/{kept['golden_query']}"
        accepted = await asks.post(f"{path}/accept", json={"why": "Only Kiel counts."})
        assert accepted.status_code == 200, accepted.text
        assert accepted.json()["status"] == "accepted"
        assert [each["act"] for each in accepted.json()["reviews"]] == ["accepted", "proposed"]
        answer = await asked(asks, "how is  business")
        assert answer["rows"] == [[2]]
        assert answer["reading"] == f"golden query “{BUSINESS}”"
        retired = await asks.delete(f"{path}?why=not any more")
        assert retired.json()["status"] == "retired"
        assert (await asked(asks, BUSINESS))["status"] != "answered"
