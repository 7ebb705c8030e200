"""Who is let in over HTTP, for how much, and what is written down of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import anyio
import jwt
import pytest

from forerun.access import LOOPBACK, Allowance, Identity, Scope
from forerun.access.config import AuthConfig, QuotasConfig
from forerun.app.access import opened_trail
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Asked, owner_of
from forerun.domain.branches import MAIN
from forerun.errors import NotFound
from tests.api.keyed import audited, bearer, caller, key
from tests.api.service import (
    COUNT,
    FOREVER,
    PER_CITY,
    configuration,
    limits,
    model,
    served,
    until,
    with_model,
)

pytestmark = pytest.mark.anyio

BODY = {"question": COUNT}
AT_ONCE = AuthConfig(keys="memory", remember_s=0.0)
EVERYWHERE = ServeSection(host="0.0.0.0", state="memory")  # noqa: S104


async def test_the_first_key_closes_a_service_on_loopback(shop_url: str) -> None:
    """Until there is one, whoever is on the machine may ask; then nobody without, as a browser
    and a client understand."""
    async with served(configuration(shop_url, auth=AT_ONCE)) as (deployment, asks):
        assert (await asks.post("/v1/ask", json=BODY)).status_code == 200
        text = await key(deployment)
        without = await asks.post("/v1/ask", json=BODY)
        wrong = await asks.post("/v1/ask", json=BODY, headers=bearer(text[:-1] + "x"))
        right = await asks.post("/v1/ask", json=BODY, headers=bearer(text))
        other = await asks.post("/v1/ask", json=BODY, headers={"Authorization": f"Basic {text}"})
    assert [each.status_code for each in (without, wrong, other)] == [401, 401, 401]
    assert without.headers["WWW-Authenticate"] == "Bearer"
    assert (right.status_code, right.json()["rows"]) == (200, [[3]])


@pytest.mark.parametrize(
    ("serve", "host", "address"),
    [
        (ServeSection(state="memory"), "page.example", "127.0.0.1"),
        (ServeSection(state="memory"), "localhost.page.example", "127.0.0.1"),
        (ServeSection(state="memory"), "localhost", "10.0.0.7"),
        (EVERYWHERE, "localhost", "127.0.0.1"),
    ],
)
async def test_only_the_machine_itself_comes_in_without_a_key(
    shop_url: str, serve: ServeSection, host: str, address: str
) -> None:
    """Not a page whose name leads here, nor whoever a proxy asks for, nor anybody where more than
    loopback is listened to."""
    async with served(configuration(shop_url, serve=serve)) as (deployment, _):
        async with caller(deployment, host=host, address=address) as somebody:
            assert (await somebody.post("/v1/ask", json=BODY)).status_code == 401
        text = await key(deployment)
        async with caller(deployment, text, host, address) as somebody:
            assert (await somebody.post("/v1/ask", json=BODY)).status_code == 200


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "Via"])
async def test_what_a_proxy_has_passed_on_is_not_of_this_machine(
    shop_url: str, header: str
) -> None:
    """Whoever it was asked by: also where that is said to be local."""
    async with served(configuration(shop_url)) as (_, asks):
        passed_on = await asks.post("/v1/ask", json=BODY, headers={header: "127.0.0.1"})
    assert passed_on.status_code == 401


async def test_while_keys_cannot_be_looked_up_nobody_is_called_a_stranger(shop_url: str) -> None:
    """503 and when that changes is not known; the process is ready all the same."""
    down = AuthConfig(keys="postgresql://nobody@127.0.0.1:1/none")
    async with served(configuration(shop_url, auth=down)) as (_, asks):
        without = await asks.post("/v1/ask", json=BODY)
        ready = await asks.get("/readyz")
    assert (without.status_code, without.json()["code"]) == (503, "identity_unavailable")
    assert (ready.status_code, ready.json()["databases"]) == (200, {})


async def test_a_rate_that_is_used_up_says_when_to_come_back(shop_url: str) -> None:
    """429, before any waiting; and the audit log has whom it has turned away."""
    quotas = QuotasConfig(per_minute=1)
    async with served(configuration(shop_url, quotas=quotas)) as (deployment, asks):
        text = await key(deployment, "blue", "ann")
        first = await asks.post("/v1/ask", json=BODY, headers=bearer(text))
        again = await asks.post("/v1/ask/stream", json=BODY, headers=bearer(text))
        lines = await audited(deployment)
        assert deployment.admission.running == 0
    assert (first.status_code, again.status_code) == (200, 429)
    assert 1 <= int(again.headers["Retry-After"]) <= 60
    assert [line["error_code"] for line in lines] == [None, "rate_limited"]
    assert [line["operation"] for line in lines] == ["ask", "stream"]
    assert {line["user"] for line in lines} == {"ann"}


async def test_looking_for_databases_uses_up_the_rate(shop_url: str) -> None:
    """Names that are not there could else be tried without end."""
    quotas = QuotasConfig(per_minute=1)
    async with served(configuration(shop_url, quotas=quotas)) as (deployment, asks):
        text = await key(deployment, "blue", "ann")
        guessed = {**BODY, "database": "guessed"}
        tries = [await asks.post("/v1/ask", json=guessed, headers=bearer(text)) for _ in range(2)]
    assert [each.status_code for each in tries] == [404, 429]


async def test_a_question_that_was_asked_before_counts_once(shop_url: str) -> None:
    """Under its id it is read again, however little is left."""
    asked = {**BODY, "id": "1" * 32}
    quotas = QuotasConfig(per_minute=1)
    async with served(configuration(shop_url, quotas=quotas)) as (deployment, asks):
        first = await asks.post("/v1/ask", json=asked)
        again = await asks.post("/v1/ask", json=asked)
        assert len(await audited(deployment)) == 1
    assert again.content == first.content


async def test_what_questions_have_used_is_paid(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the tokens of a day are spent, the next question is told to come back tomorrow."""
    with with_model(monkeypatch, model()):
        async with served(configuration(shop_url)) as (deployment, asks):
            text = await key(deployment, allowance=Allowance(tokens_per_day=1))
            first = await asks.post("/v1/ask", json=BODY, headers=bearer(text))
            spent = await asks.post("/v1/ask", json=BODY, headers=bearer(text))
            other = await asks.post("/v1/ask", json=BODY, headers=bearer(await key(deployment)))
    assert first.json()["usage"]["input_tokens"] > 0
    assert (spent.status_code, spent.json()["code"]) == (429, "budget_spent")
    assert int(spent.headers["Retry-After"]) >= 1
    assert other.status_code == 200


async def test_what_is_cancelled_is_paid_and_written_down(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model was asked and a statement sent before its asker left: both are told, and paid."""
    with with_model(monkeypatch, model()):
        async with served(configuration(shop_url)) as (deployment, asks):
            text = await key(deployment, allowance=Allowance(tokens_per_day=1))
            body = {"question": FOREVER, "mode": "sequential"}
            under_way = deployment._asks
            async with anyio.create_task_group() as group:

                async def ask() -> None:
                    await asks.post("/v1/ask", json=body, headers=bearer(text))

                group.start_soon(ask)
                await until(
                    lambda: any(b'"run"' in f for a in under_way.values() for f in a.log.frames)
                )
                group.cancel_scope.cancel()
            await until(lambda: all(each.done.is_set() for each in under_way.values()))
            [line] = await audited(deployment)
            again = await asks.post("/v1/ask", json=BODY, headers=bearer(text))
    assert (line["status"], line["error_code"]) == ("failed", "cancelled")
    assert line["model_calls"] > 0
    assert line["output_tokens"] > 0
    assert [each["outcome"] for each in line["statements"]] == ["cancelled"]
    assert again.json()["code"] == "budget_spent"


async def test_every_statement_is_written_down_also_those_sent_ahead(
    shop_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what became of each; as many as were heard of while it was asked."""
    with with_model(monkeypatch, model(token_delay_s=0.002)):
        async with served(configuration(shop_url)) as (deployment, asks):
            body = {"question": PER_CITY, "mode": "parallel"}
            answer = (await asks.post("/v1/ask", json=body)).json()
            [line] = await audited(deployment)
            [ask] = deployment._asks.values()
    sent = ask.recorder.trace().statements
    assert any(each.branch != MAIN for each in sent)
    assert [(each["sql"], each["branch"], each["outcome"]) for each in line["statements"]] == [
        (each.sql, each.branch, each.outcome) for each in sent
    ]
    assert line["trace_id"] == answer["trace_id"]
    assert (line["key"], line["database"], line["rows"]) == ("loopback", "shop", 2)


async def test_who_is_turned_away_is_written_down_with_the_reason(shop_url: str) -> None:
    """No database of that name, a key that may not ask, and a service that stops."""
    admin = frozenset({Scope.ADMIN})
    async with served(configuration(shop_url)) as (deployment, asks):
        texts = [await key(deployment), await key(deployment, scopes=admin)]
        nowhere = {**BODY, "database": "nowhere"}
        missing = await asks.post("/v1/ask", json=nowhere, headers=bearer(texts[0]))
        forbidden = await asks.post("/v1/ask", json=BODY, headers=bearer(texts[1]))
        await deployment.drain()
        late = await asks.post("/v1/ask", json=BODY, headers=bearer(texts[0]))
        lines = await audited(deployment)
    assert [each.status_code for each in (missing, forbidden, late)] == [404, 403, 503]
    codes = [line["error_code"] for line in lines]
    assert codes == ["not_found", "forbidden", "draining"]
    assert lines[0]["database"] == "nowhere"


async def test_who_leaves_while_waiting_is_written_down(shop_url: str) -> None:
    """As cancelled; nothing was sent for it."""
    full = limits(questions=1)
    async with served(configuration(shop_url, limits=full)) as (deployment, asks):
        await deployment.admission.admit("shop", 60)
        with anyio.move_on_after(5) as scope:
            async with anyio.create_task_group() as group:

                async def ask() -> None:
                    await asks.post("/v1/ask", json=BODY)

                group.start_soon(ask)
                await until(lambda: deployment.admission.waiting == 1)
                group.cancel_scope.cancel()
        [line] = await audited(deployment)
    assert not scope.cancelled_caught
    assert (line["error_code"], line["statements"]) == ("cancelled", [])


async def test_direct_sql_is_let_in_paid_and_written_down_alike(shop_url: str) -> None:
    """Also such as fails, and such as is refused by the gate."""
    quotas = QuotasConfig(per_minute=3)
    async with served(configuration(shop_url, quotas=quotas)) as (deployment, _):
        good = await deployment.sql(Asked("SELECT count(*) FROM customers"), LOOPBACK)
        bad = await deployment.sql(Asked("DROP TABLE customers"), LOOPBACK)
        with pytest.raises(NotFound):
            await deployment.sql(Asked("SELECT 1", "nowhere"), LOOPBACK)
        lines = await audited(deployment)
        assert deployment.admission.running == 0
    assert good.rows is not None
    assert (good.rows.rows, bad.rows) == (((3,),), None)
    assert [line["operation"] for line in lines] == ["sql"] * 3
    assert [line["question"] for line in lines][1] == "DROP TABLE customers"
    assert [len(line["statements"]) for line in lines] == [1, 0, 0]
    assert [line["error_code"] for line in lines][2] == "not_found"


async def test_the_last_question_is_in_the_log_when_the_service_has_ended(
    shop_url: str, tmp_path: Path
) -> None:
    """Also one that was cancelled by that."""
    auth = AuthConfig(keys=str(tmp_path / "access.sqlite"))
    async with served(configuration(shop_url, auth=auth)) as (deployment, _):
        await deployment.begin(Asked(FOREVER, anew=True), LOOPBACK, "ask")
        await anyio.wait_all_tasks_blocked()
    async with opened_trail(auth) as trail:
        [line] = await trail.lines()
    assert line.body["question"] == FOREVER


async def test_keys_without_a_user_share_nothing(shop_url: str) -> None:
    """Of the same tenant, each sees its own questions; so does one user with other attributes,
    which may show other rows. With the same, a user's keys are one."""
    north, south = (("region", "North"),), (("region", "South"),)
    async with served(configuration(shop_url)) as (deployment, _):
        named = ("user", "attributes")
        givens = [
            dict(zip(named, each, strict=True))
            for each in (("", ()), ("", ()), ("ann", north), ("ann", south), ("ann", north))
        ]
        texts = [await key(deployment, **given) for given in givens]
        seen = []
        for number, text in enumerate(texts):
            async with caller(deployment, text) as one:
                await one.post("/v1/ask", json={**BODY, "conversation_id": f"talk-{number}"})
        for text in texts:
            async with caller(deployment, text) as one:
                listed = (await one.get("/v1/conversations")).json()["conversations"]
            seen.append({int(each["id"][-1]) for each in listed})
    assert seen == [{0}, {1}, {2, 4}, {3}, {2, 4}]


async def test_a_narrower_key_of_the_same_user_finds_nothing_of_other_databases(
    shop_url: str,
) -> None:
    """Neither answers nor conversations, nor what is under way."""
    databases = {"shop": DatabaseSection(shop_url), "other": DatabaseSection(shop_url)}
    async with served(configuration(shop_url, databases=databases)) as (deployment, _):
        wide = await key(deployment, user="ann")
        narrow = await key(deployment, user="ann", databases=frozenset({"other"}))
        body = {**BODY, "database": "shop", "conversation_id": "c"}
        async with caller(deployment, wide) as one, caller(deployment, narrow) as two:
            id_ = (await one.post("/v1/ask", json=body)).json()["trace_id"]
            paths = (f"/v1/answers/{id_}", f"/v1/ask/{id_}/stream", "/v1/conversations/c")
            assert [(await one.get(path)).status_code for path in paths] == [200, 200, 200]
            assert [(await two.get(path)).status_code for path in paths] == [404, 404, 404]
            assert (await two.post(f"/v1/ask/{id_}/cancel")).status_code == 404
            assert (await two.delete("/v1/conversations/c")).status_code == 404
            assert (await two.get("/v1/conversations")).json() == {"conversations": []}
            going_on = await two.post("/v1/ask", json={**body, "database": "other"})
            assert (await one.get("/v1/conversations/c")).status_code == 200
    assert (going_on.status_code, going_on.json()["code"]) == (400, "bad_input")


async def test_databases_that_are_not_ready_are_named_to_their_askers(shop_url: str) -> None:
    """Whoever has no key learns whether questions may be sent, and no name."""
    async with served(configuration(shop_url)) as (deployment, asks):
        text = await key(deployment, databases=frozenset({"shop"}))
        elsewhere = await key(deployment, databases=frozenset({"other"}))
        told = [
            (await asks.get("/readyz", headers=headers)).json()
            for headers in ({}, bearer(text), bearer(elsewhere), bearer("forerun_x"))
        ]
    assert [each["databases"] for each in told] == [{}, {"shop": "ok"}, {}, {}]
    assert {each["status"] for each in told} == {"ready"}


async def test_a_token_says_who_asks_and_of_which_tenant(shop_url: str, tmp_path: Path) -> None:
    """With tokens taken, nobody comes in without, and what one says of databases is heeded."""
    secret = "s" * 32
    file = tmp_path / "secret"
    file.write_text(secret)
    auth = AuthConfig(
        keys="memory",
        jwt_issuer="https://login",
        jwt_audience="forerun",
        jwt_key_file=str(file),
        jwt_algorithms=("HS256",),
        jwt_tenant_claim="tenant",
        jwt_databases_claim="databases",
    )
    said: dict[str, object] = {"iss": "https://login", "aud": "forerun", "tenant": "blue"}
    said |= {"sub": "ann", "exp": int(time.time()) + 60}
    async with served(configuration(shop_url, auth=auth)) as (deployment, asks):
        tokens = [jwt.encode({**said, "databases": [name]}, secret) for name in ("shop", "hr")]
        answers = [await asks.post("/v1/ask", json=BODY)]
        for token in (*tokens, f"{tokens[0]}x"):
            body = {**BODY, "database": "shop"}
            answers.append(await asks.post("/v1/ask", json=body, headers=bearer(token)))
        lines = await audited(deployment)
    assert [each.status_code for each in answers] == [401, 200, 404, 401]
    assert {(line["key"], line["user"]) for line in lines} == {("jwt:ann", "ann")}


def origin(page: str) -> dict[str, str]:
    return {"Origin": page}


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("https://evil.example", 403),
        ("http://localhost.evil.example", 403),
        ("http://localhost:9999", 403),
        ("null", 403),
        ("http://[", 403),
        ("http://localhost", 200),
        ("https://app.example", 200),
    ],
)
async def test_pages_of_strangers_change_nothing(shop_url: str, page: str, status: int) -> None:
    """In a browser they could use what its user may; pages of our own and of origins that are
    allowed may ask. What is only read is not refused, since no page sees it."""
    serve = ServeSection(state="memory", cors_origins=("https://app.example",))
    async with served(configuration(shop_url, serve=serve)) as (deployment, asks):
        asked = await asks.post("/v1/ask", json=BODY, headers=origin(page))
        read = await asks.get("/v1/databases", headers=origin(page))
        assert len(await audited(deployment)) == (status == 200)
    assert (asked.status_code, read.status_code) == (status, 200)
    if status == 403:
        assert asked.json()["code"] == "foreign_origin"
        assert "access-control-allow-origin" not in read.headers


async def test_no_page_is_allowed_unless_it_is_named(shop_url: str) -> None:
    """Neither asks a browser that first inquires, nor is any header added."""
    async with served(configuration(shop_url)) as (_, asks):
        headers = {**origin("https://app.example"), "Access-Control-Request-Method": "POST"}
        inquiry = await asks.options("/v1/ask", headers=headers)
        asked = await asks.post("/v1/ask", json=BODY, headers=origin("https://app.example"))
    assert (inquiry.status_code, asked.status_code) == (405, 403)
    assert "access-control-allow-origin" not in {*inquiry.headers, *asked.headers}


def test_owners_cannot_be_imitated_by_a_name() -> None:
    """Whatever a user is called, it is nobody else's questions that he finds."""
    plain = Identity("k1", "blue")
    north = Identity("k2", "blue", "ann", attributes={"region": "North"})
    names = ["k1", "key:k1", "/key:k1", owner_of(plain).user, owner_of(north).user]
    imitators = [owner_of(replace(plain, id="k3", user=name)) for name in names]
    assert not {owner_of(plain), owner_of(north)} & set(imitators)
