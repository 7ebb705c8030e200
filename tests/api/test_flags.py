"""Flags over HTTP: read, changed once and by who has looked, killed at once, and audited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.wire.problems import MEDIA_TYPE
from tests.api.rolling import Rolling, rolling_out
from tests.api.service import configuration, served

pytestmark = pytest.mark.anyio

TENTH = {"stage": "canary", "percentage": 10, "why": "the first tenth", "expected_version": 1}


@pytest.fixture
async def rolling(shop_url: str, tmp_path: Path) -> AsyncIterator[Rolling]:
    async with rolling_out(shop_url, tmp_path) as made:
        yield made


async def test_a_change_is_in_the_file_and_in_the_trail(rolling: Rolling) -> None:
    """Read, changed, read again; who, what, why, before and after, in a chain that holds."""
    before = await rolling.json("GET", "/v1/flags/parallel")
    assert before["value"]["stage"] == "off"
    done = await rolling.json("PUT", "/v1/flags/parallel", json=TENTH)
    assert (done["everywhere"], done["unaudited"], done["file"]["version"]) == (True, None, 2)
    after = await rolling.json("GET", "/v1/flags/parallel")
    assert after["value"] == {**before["value"], "stage": "canary", "percentage": 10.0}
    assert rolling.flag()["variants"]["everybody"] == {"stage": "canary", "percentage": 10.0}
    trail = await rolling.json("GET", "/v1/flags/parallel/audit")
    [line] = trail["lines"]
    assert trail["holds"]
    assert (line["who"], line["action"], line["why"]) == ("loopback", "set_flag", TENTH["why"])
    assert line["before"]["variants"]["everybody"] == {"stage": "off"}
    assert line["after"]["variants"]["everybody"]["percentage"] == 10.0
    listed = await rolling.json("GET", "/v1/flags")
    assert [each["flag"] for each in listed["flags"]] == ["parallel"]


async def test_who_comes_second_is_refused(rolling: Rolling) -> None:
    """409, and the file stays as the first one left it; without a version it is 422."""
    await rolling.json("PUT", "/v1/flags/parallel", json=TENTH)
    problem = await rolling.json("PUT", "/v1/flags/parallel", 409, json={**TENTH, "percentage": 20})
    assert problem["code"] == "flag_conflict"
    assert rolling.flag()["variants"]["everybody"]["percentage"] == 10.0
    body = {"stage": "off", "why": "because"}
    assert (await rolling.json("PUT", "/v1/flags/parallel", 422, json=body))["fields"] == [
        {"field": "expected_version", "message": "Field required"}
    ]


async def test_a_change_with_its_key_is_made_once(rolling: Rolling) -> None:
    """Repeated after a lost answer it is no conflict; for something else the key is refused."""
    key = {"Idempotency-Key": "one"}
    await rolling.json("PUT", "/v1/flags/parallel", json=TENTH, headers=key)
    again = await rolling.json("PUT", "/v1/flags/parallel", json=TENTH, headers=key)
    assert (again["what"], again["file"]["version"]) == (None, 2)
    await rolling.experiment()
    given = {"name": "n", "hypothesis": "h"}
    refused = await rolling.json("POST", "/v1/experiments", 409, json=given, headers=key)
    assert refused["code"] == "key_taken"


async def test_null_takes_a_threshold_away(rolling: Rolling) -> None:
    """And leaving it out leaves it."""
    first = {**TENTH, "threshold": 20}
    await rolling.json("PUT", "/v1/flags/parallel", json=first)
    assert rolling.flag()["variants"]["everybody"]["threshold"] == 20
    second = {"percentage": 20, "why": "w", "expected_version": 2}
    await rolling.json("PUT", "/v1/flags/parallel", json=second)
    assert rolling.flag()["variants"]["everybody"]["threshold"] == 20
    third = {"threshold": None, "why": "w", "expected_version": 3}
    await rolling.json("PUT", "/v1/flags/parallel", json=third)
    assert "threshold" not in rolling.flag()["variants"]["everybody"]


async def test_a_kill_and_its_end(rolling: Rolling) -> None:
    """In the file and at once; told where the rollout stands; lifted with a reason."""
    done = await rolling.json("POST", "/v1/flags/parallel/kill", json={"why": "wrong answers"})
    assert (done["everywhere"], done["kill"]["why"]) == (True, "wrong answers")
    assert rolling.flag()["state"] == "DISABLED"
    stands = await rolling.json("GET", "/v1/rollout")
    assert (stands["source"], stands["kill"]["who"]) == ("kill", "loopback")
    await rolling.json("DELETE", "/v1/flags/parallel/kill", 422)
    await rolling.json("DELETE", "/v1/flags/parallel/kill", params={"why": "mended"})
    assert rolling.flag()["state"] == "ENABLED"
    trail = await rolling.json("GET", "/v1/flags/parallel/audit")
    assert [line["action"] for line in trail["lines"]] == ["kill_flag", "lift_flag"]


async def test_a_kill_that_reaches_nobody_else_says_so(shop_url: str, tmp_path: Path) -> None:
    """503: this process has stopped, the others go on; what cannot be written down is kept."""
    folder = tmp_path / "gone"
    folder.mkdir()
    async with rolling_out(shop_url, folder) as rolling:
        rolling.file.unlink()
        folder.rename(tmp_path / "elsewhere")
        problem = await rolling.json(
            "POST", "/v1/flags/parallel/kill", 503, json={"why": "wrong answers"}
        )
        assert problem["code"] == "not_everywhere"
        stands = await rolling.json("GET", "/v1/rollout")
        assert stands["kill"]["where"] == "this process"


HOSTILE: list[dict[str, Any]] = [
    {"content": b'{"why": "w", "expected_version": 1, "percentage": NaN}'},
    {"content": b'{"why": "w", "expected_version": 1, "percentage": 1e400}'},
    {"content": b'{"why": "w", "expected_version": 1, "threshold": -Infinity}'},
    {"content": b'{"why": "w", "expected_version": 1' + b"0" * 400 + b', "percentage": 1}'},
    {"content": b'{"why": "w", "expected_version": 1, "owner": "\\u0000"}'},
    {"content": b'{"why": "\\ud800", "expected_version": 1, "percentage": 1}'},
    {"content": b'{"why": "w", "expected_version": 1, "stage": "everything"}'},
    {"content": b'{"why": "w", "expected_version": 1, "salt": "mine"}'},
    {"content": b'{"why": "", "expected_version": 1, "percentage": 1}'},
    {"content": b"[" * 10_000},
    {"json": {**TENTH, "why": "w" * 3_000}},
    {"json": {**TENTH, "percentage": True}},
    {"json": {**TENTH, "expires": "tomorrow"}},
    {"json": TENTH, "headers": {"Idempotency-Key": "k" * 300}},
]


@pytest.mark.parametrize("given", HOSTILE, ids=lambda given: str(given)[:60])
async def test_what_is_no_change_is_refused(rolling: Rolling, given: dict[str, Any]) -> None:
    """422, or 400 where it is no JSON, as problem details, never 500; the file stays as it is."""
    headers = {"Content-Type": "application/json", **given.get("headers", {})}
    response = await rolling.asks.put("/v1/flags/parallel", **{**given, "headers": headers})
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    assert rolling.flag()["variants"]["everybody"] == {"stage": "off"}


async def test_a_flag_that_there_is_not(rolling: Rolling) -> None:
    """404, read or changed; what would be no good file is 400."""
    assert (await rolling.json("GET", "/v1/flags/nope", 404))["code"] == "unknown_flag"
    await rolling.json("PUT", "/v1/flags/nope", 404, json={**TENTH, "stage": "off"})
    await rolling.json("PUT", "/v1/flags/parallel", 400, json={**TENTH, "percentage": 0.001})
    assert (await rolling.json("GET", "/v1/flags/a%00b", 422))["code"] == "invalid_request"


async def test_without_a_flag_file_there_is_little_to_tell(shop_url: str) -> None:
    """What the environment says is told; there is nothing to change."""
    async with served(configuration(shop_url)) as (_, asks):
        stands = await asks.get("/v1/rollout")
        assert (stands.status_code, stands.json()["file"]["path"]) == (200, None)
        changed = await asks.put("/v1/flags/parallel", json=TENTH)
        assert (changed.status_code, changed.json()["code"]) == (404, "no_rollout")
        listed = await asks.get("/v1/experiments")
        assert (listed.status_code, listed.json()["code"]) == (404, "no_rollout")


async def test_five_databases_share_one_rollout(shop_url: str, tmp_path: Path) -> None:
    """One file is followed and one conductor runs, and each database says its own name."""
    others = {f"shop{number}": shop_url for number in range(4)}
    async with rolling_out(shop_url, tmp_path, others) as rolling:
        databases = rolling.deployment.databases.opened
        assert len(databases) == 5
        assert {id(each._rollout) for each in databases.values()} == {
            id(rolling.deployment.rollout)
        }
        await rolling.json("POST", "/v1/flags/parallel/kill", json={"why": "wrong answers"})
        for each in databases.values():
            assert each._rollout is not None
            wired = await each._hybrid()
            assert wired.hybrid.trials is not None
            assert wired.hybrid.trials.shadows is rolling.deployment.rollout.shadows  # type: ignore[union-attr]
        with anyio.fail_after(5):
            assert (await rolling.json("GET", "/v1/rollout"))["source"] == "kill"
