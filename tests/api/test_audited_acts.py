"""What is done beside questions is written down: who, what, and which SQL."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from forerun.access import Scope
from forerun.access.config import QuotasConfig
from tests.api.keyed import audited, caller, key
from tests.api.service import COUNT, configuration, served

pytestmark = pytest.mark.anyio

KIEL = "SELECT count(*) AS n FROM customers WHERE city = 'Kiel'"
BREMEN = "SELECT count(*) AS n FROM customers WHERE city = 'Bremen'"
REFUSED = "DELETE FROM customers"
NONE = 32 * "0"


async def did(admin: httpx.AsyncClient, method: str, path: str, **body: Any) -> dict[str, Any]:
    """What came of it; empty where nothing is told."""
    response = await admin.request(method, f"/v1/{path}", json=body)
    return dict(response.json()) if response.content else {}


async def test_what_is_taught_is_written_down_with_its_sql(shop_url: str) -> None:
    """Feedback with the correction, and every write of a golden query or a term, also what is
    refused; and the chain holds."""
    async with served(configuration(shop_url)) as (deployment, _):
        text = await key(deployment, "blue", "ann", frozenset({Scope.ASK, Scope.ADMIN}))
        async with caller(deployment, text) as admin:
            answer = (await did(admin, "POST", "ask", question=COUNT))["trace_id"]
            said = {"answer_id": answer, "verdict": "wrong"}
            refused = await did(admin, "POST", "feedback", **said, corrected_sql=REFUSED)
            proposed = await did(admin, "POST", "feedback", **said, corrected_sql=KIEL)
            id_ = proposed["golden_query"]
            await did(admin, "POST", f"golden-queries/{id_}/accept", expected_version=1)
            changed = {"question": COUNT, "sql": BREMEN, "expected_version": 2}
            await did(admin, "PUT", f"golden-queries/{id_}", **changed)
            await did(admin, "DELETE", f"golden-queries/{id_}")
            added = await did(admin, "POST", "golden-queries", question="In Kiel?", sql=KIEL)
            term = {"term": "shoppers", "table": "customers", "expression": "count(id)"}
            known = await did(admin, "POST", "glossary", **term)
            await did(admin, "PUT", f"glossary/{known['id']}", **term, expected_version=1)
            await did(admin, "DELETE", f"glossary/{known['id']}")
        _, *acts = await audited(deployment)
        assert deployment.access.audit is not None
        assert (await deployment.access.audit.trail.verify()).broken_at is None
    assert refused["code"] == "sql_refused"
    assert {(act["user"], act["database"]) for act in acts} == {("ann", "shop")}
    assert [(act["act"], act["subject"], act["sql"], act["error_code"]) for act in acts] == [
        ("feedback", answer, REFUSED, "sql_refused"),
        ("feedback", answer, KIEL, None),
        ("golden_accepted", id_, KIEL, None),
        ("golden_changed", id_, BREMEN, None),
        ("golden_retired", id_, BREMEN, None),
        ("golden_added", added["id"], KIEL, None),
        ("term_added", known["id"], "count(id)", None),
        ("term_changed", known["id"], "count(id)", None),
        ("term_deleted", known["id"], "count(id)", None),
    ]
    assert [act["question"] for act in acts] == [*[COUNT] * 5, "In Kiel?", *["shoppers"] * 3]


async def test_who_has_read_a_schema_is_written_down(shop_url: str) -> None:
    """With its database."""
    async with served(configuration(shop_url)) as (deployment, _):
        async with caller(deployment, await key(deployment, "blue", "ann")) as asks:
            await asks.get("/v1/databases/shop/schema")
        [act] = await audited(deployment)
    assert (act["act"], act["user"], act["database"]) == ("schema_read", "ann", "shop")


async def test_what_is_turned_away_early_is_written_down(shop_url: str) -> None:
    """A database, a golden query and a term that there are not: each try is a line with what was
    given, and with the reason."""
    term = {"term": "shoppers", "table": "customers", "expression": "count(id)"}
    golden = {"question": COUNT, "sql": KIEL, "expected_version": 1}
    async with served(configuration(shop_url)) as (deployment, _):
        text = await key(deployment, "blue", "ann", frozenset({Scope.ASK, Scope.ADMIN}))
        async with caller(deployment, text) as admin:
            for method, path, body in (
                ("GET", "databases/other/schema", {}),
                ("PUT", f"golden-queries/{NONE}", golden),
                ("POST", f"golden-queries/{NONE}/accept", {}),
                ("PUT", f"glossary/{NONE}", {**term, "expected_version": 1}),
                ("DELETE", f"glossary/{NONE}", {}),
            ):
                assert (await did(admin, method, path, **body))["code"] == "not_found", path
        acts = await audited(deployment)
    assert {(act["user"], act["error_code"]) for act in acts} == {("ann", "not_found")}
    assert [(act["act"], act["subject"], act["database"], act["sql"]) for act in acts] == [
        ("schema_read", None, "other", None),
        ("golden_changed", NONE, "", KIEL),
        ("golden_accepted", NONE, "", None),
        ("term_changed", NONE, "", "count(id)"),
        ("term_deleted", NONE, "", None),
    ]


async def test_feedback_beyond_a_rate_is_written_down(shop_url: str) -> None:
    """Each try, with the answer and the SQL that it is about, and the reason; and it is counted
    like any other request."""
    given = configuration(shop_url, quotas=QuotasConfig(per_minute=2))
    said = {"answer_id": NONE, "verdict": "wrong", "corrected_sql": KIEL}
    async with served(given) as (deployment, _):
        async with caller(deployment, await key(deployment, "blue", "ann")) as asks:
            codes = [(await did(asks, "POST", "feedback", **said))["code"] for _ in range(4)]
        acts = await audited(deployment)
    assert codes == [*2 * ["not_found"], *2 * ["rate_limited"]]
    assert [(act["act"], act["subject"], act["sql"], act["error_code"]) for act in acts] == [
        ("feedback", NONE, KIEL, code) for code in codes
    ]
