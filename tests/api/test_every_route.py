"""Every route of the OpenAPI document, by a stranger, by another tenant, and by whose it is."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx
import pytest

from forerun.access import Scope
from forerun.api import create_app
from forerun.app.sections import DatabaseSection
from forerun.app.serving import Deployment
from forerun.app.settings import Settings
from tests.api.keyed import caller, key
from tests.api.service import COUNT, configuration, served

pytestmark = pytest.mark.anyio

BLUES = "0f3a5b0e9c7d4c1e8f6a2b4d6c8e0a12"
SECRETS = (BLUES, "talk", "kiel", "customers", '"shop"')
"""Words of what is blue's alone. No red key may read one, but where it has sent it itself."""
ASKS = {"question": "How many customers are in Kiel?", "database": "shop", "id": BLUES}
KEEPING = Settings(state="memory", cache="memory")


@dataclass(frozen=True)
class Case:
    """A request about something of blue's, and how it ends for red and for blue."""

    foreign: int
    own: int = 200
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands for the parameters of the path."""
    body: Mapping[str, Any] | None = None


OF_AN_ANSWER = {"id": BLUES}
OF_A_TALK = {"id": "talk"}
OF_SHOP = {"name": "shop"}
OF_A_QUERY = {"id": "blue's golden query"}
OF_A_TERM = {"id": "blue's term"}
OF_KIEL = {"question": "Who lives in Kiel?", "sql": "SELECT id FROM customers WHERE city = 'Kiel'"}
PATRONS = {"database": "shop", "term": "patrons", "table": "customers"}
CHANGED = {"term": "patrons", "table": "customers", "description": "They pay."}
ACTS = (
    "start", "pause", "resume", "stop", "ramp", "promote", "rollback", "assign", "exposures",
    "outcomes",
)  # fmt: skip
FIGURES = ("results", "series", "decision", "shadows", "mismatches", "audit")
OF_ALL_TENANTS = (
    "GET /v1/rollout",
    "GET /v1/flags",
    "GET /v1/flags/{name}",
    "PUT /v1/flags/{name}",
    "POST /v1/flags/{name}/kill",
    "DELETE /v1/flags/{name}/kill",
    "GET /v1/flags/{name}/audit",
    "POST /v1/experiments",
    "GET /v1/experiments",
    "GET /v1/experiments/{id}",
    *(f"POST /v1/experiments/{{id}}/{act}" for act in ACTS),
    *(f"GET /v1/experiments/{{id}}/{figures}" for figures in FIGURES),
)
CASES: Mapping[str, Case] = {
    "POST /v1/ask": Case(404, body={"question": COUNT, "database": "shop"}),
    "POST /v1/ask/stream": Case(404, body={"question": COUNT, "database": "shop"}),
    "GET /v1/ask/{id}/stream": Case(404, values=OF_AN_ANSWER),
    "POST /v1/ask/{id}/cancel": Case(404, values=OF_AN_ANSWER),
    "GET /v1/answers/{id}": Case(404, values=OF_AN_ANSWER),
    "GET /v1/conversations": Case(200),
    "GET /v1/conversations/{id}": Case(404, values=OF_A_TALK),
    "DELETE /v1/conversations/{id}": Case(404, own=204, values=OF_A_TALK),
    "GET /v1/databases": Case(200),
    "GET /v1/databases/{name}/schema": Case(404, values=OF_SHOP),
    "GET /v1/cache": Case(403, own=403),
    "GET /v1/cache/{name}": Case(403, own=403, values=OF_SHOP),
    "DELETE /v1/cache/{name}": Case(404, values=OF_SHOP),
    "POST /v1/feedback": Case(404, body={"answer_id": BLUES, "verdict": "right"}),
    "GET /v1/feedback": Case(200),
    "POST /v1/golden-queries": Case(404, own=201, body={**OF_KIEL, "database": "shop"}),
    "GET /v1/golden-queries": Case(200),
    "GET /v1/golden-queries/export": Case(200, own=400),
    "POST /v1/golden-queries/import": Case(404, body={"database": "shop", "yaml": ""}),
    "GET /v1/golden-queries/{id}": Case(404, values=OF_A_QUERY),
    "PUT /v1/golden-queries/{id}": Case(
        404, values=OF_A_QUERY, body={**OF_KIEL, "expected_version": 1}
    ),
    "DELETE /v1/golden-queries/{id}": Case(404, values=OF_A_QUERY),
    "POST /v1/golden-queries/{id}/accept": Case(404, values=OF_A_QUERY, body={}),
    "POST /v1/golden-queries/{id}/reject": Case(404, values=OF_A_QUERY, body={}),
    "POST /v1/glossary": Case(404, own=201, body={**PATRONS, "term": "guests"}),
    "GET /v1/glossary": Case(200),
    "GET /v1/glossary/{id}": Case(404, values=OF_A_TERM),
    "PUT /v1/glossary/{id}": Case(404, values=OF_A_TERM, body={**CHANGED, "expected_version": 1}),
    "DELETE /v1/glossary/{id}": Case(404, own=204, values=OF_A_TERM),
    "GET /v1/performance": Case(200),
    "GET /v1/performance/{operation}": Case(200, values={"operation": "ask"}),
    "GET /v1/traces": Case(200),
    "GET /v1/traces/{id}": Case(404, values=OF_AN_ANSWER),
    **dict.fromkeys(OF_ALL_TENANTS, Case(403, own=403, values={"name": "parallel", "id": "1"})),
    "GET /metrics": Case(403, own=403),
    "GET /": Case(200),
    "GET /healthz": Case(200),
    "GET /readyz": Case(200),
}
"""Whoever adds a route says here how it keeps tenants apart."""
FAR = "192.0.2.7"
"""Not this machine, where nobody needs a key until there is one."""
FOR_EVERYBODY = {"GET /", "GET /healthz", "GET /readyz"}
ROUTES = sorted(
    f"{method.upper()} {path}"
    for path, methods in create_app(None).openapi()["paths"].items()
    for method in methods
)


async def sent(by: httpx.AsyncClient, route: str, ids: Mapping[str, str]) -> httpx.Response:
    method, path = route.split()
    case = CASES[route]
    values = {name: ids.get(value, value) for name, value in case.values.items()}
    return await by.request(method, path.format(**values), json=case.body)


def told_of_blue(response: httpx.Response, route: str) -> set[str]:
    asked = str(CASES[route]).lower()
    return {word for word in SECRETS if word in response.text.lower() and word not in asked}


async def keys(deployment: Deployment) -> tuple[str, str, Mapping[str, str]]:
    """Blue's, who asked and taught, and red's, who may administer and ask as much, in a tenant of
    its own; and the ids of what blue has taught."""
    both = frozenset(Scope)
    blue = await key(deployment, "blue", "ann", both)
    red = await key(deployment, "red", "ann", both, frozenset({"other"}))
    async with caller(deployment, blue) as ann:
        answer = await ann.post("/v1/ask", json={**ASKS, "conversation_id": "talk"})
        assert answer.json()["rows"] == [[2]]
        told = await ann.post("/v1/feedback", json={"answer_id": BLUES, "verdict": "right"})
        term = await ann.post("/v1/glossary", json=PATRONS)
    await deployment.telemetry.flush()  # else there is nothing yet that could be seen
    ids = (told.json()["golden_query"], term.json()["id"])
    return blue, red, dict(zip((OF_A_QUERY["id"], OF_A_TERM["id"]), ids, strict=True))


def test_every_route_is_covered() -> None:
    """A new one fails here until it is said how it keeps tenants apart."""
    assert sorted(CASES) == ROUTES


@pytest.mark.parametrize("route", ROUTES)
async def test_a_route_keeps_strangers_and_other_tenants_out(shop_url: str, route: str) -> None:
    """Without a key: 401. With another tenant's, of a user of the same name: what is not theirs is
    not found, or forbidden, and no word of it comes back. Whose it is gets it, afterwards."""
    databases = {"shop": DatabaseSection(shop_url), "other": DatabaseSection(shop_url)}
    async with served(configuration(shop_url, databases=databases)) as (deployment, _):
        blue, red, ids = await keys(deployment)
        async with (
            caller(deployment, address=FAR) as stranger,
            caller(deployment, red, address=FAR) as foreign,
            caller(deployment, blue, address=FAR) as ann,
        ):
            unknown = await sent(stranger, route, ids)
            hers = await sent(foreign, route, ids)
            his = await sent(ann, route, ids)
    if route in FOR_EVERYBODY:
        assert (unknown.status_code, told_of_blue(unknown, route)) == (200, set())
    else:
        assert (unknown.status_code, unknown.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert unknown.json()["code"] == "unauthenticated"
    assert (hers.status_code, told_of_blue(hers, route)) == (CASES[route].foreign, set())
    assert his.status_code == CASES[route].own
    if route in ("GET /v1/traces", "GET /v1/traces/{id}"):
        assert BLUES in his.text


async def test_an_admin_of_a_tenant_drops_that_tenants_answers_alone(shop_url: str) -> None:
    """One of the tenant `default` drops everybody's, or those of whom he names."""
    both = frozenset(Scope)
    kept = configuration(shop_url, settings=KEEPING)
    async with served(kept) as (deployment, _):
        blue, red = await key(deployment, "blue", "", both), await key(deployment, "red", "", both)
        of_all = await key(deployment, "default", "", both)
        async with (
            caller(deployment, blue) as ann,
            caller(deployment, red) as bea,
            caller(deployment, of_all) as admin,
        ):
            assert not await _asked(ann)
            assert not await _asked(bea)
            assert (await bea.delete("/v1/cache/shop?tenant=blue")).status_code == 403
            assert (await bea.delete("/v1/cache/shop")).json()["dropped"] > 0
            assert await _asked(ann)
            assert not await _asked(bea)
            assert (await admin.delete("/v1/cache/shop?tenant=blue")).json()["dropped"] > 0
            assert await _asked(bea)
            assert not await _asked(ann)
            assert (await admin.delete("/v1/cache/shop")).json()["dropped"] > 0
            assert not await _asked(bea)
            assert (await admin.get("/v1/cache")).status_code == 200


async def _asked(by: httpx.AsyncClient) -> bool:
    """Whether the answer was kept from before."""
    answer = (await by.post("/v1/ask", json={"question": COUNT})).json()
    assert answer["rows"] == [[3]]
    return bool(answer["cache"]["hit"])


async def test_who_has_only_an_address_learns_where_to_go(shop_url: str) -> None:
    """A browser is shown a page whose policy lets in its own style and nothing else, a program
    links; each GET of them is there, and the last two are there for strangers."""
    async with served(configuration(shop_url)) as (deployment, _), caller(deployment) as asks:
        page = await asks.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
        links = (await asks.get("/")).json()["links"]
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert all(
            f"{path}<" in page.text or f" {path}</code>" in page.text for path in links.values()
        )
        style = page.text.partition("<style>")[2].partition("</style>")[0]
        hashed = b64encode(sha256(style.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{hashed}'"
        assert page.headers["content-security-policy"] == policy
        for name in links.keys() - {"ask", "stream"}:
            assert (await asks.get(links[name])).status_code == 200
        stranger = caller(deployment, host="elsewhere.example")
        seen = [(await stranger.get(path)).status_code == 200 for path in links.values()]
        assert seen == [False] * (len(links) - 2) + [True] * 2
