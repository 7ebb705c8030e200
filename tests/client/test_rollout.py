"""Flags and experiments of a service, through the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun.client import Client
from forerun.errors import FlagConflict
from tests.api.service import listening
from tests.client.raw import QUICK, reply, saying

pytestmark = pytest.mark.anyio


async def test_an_act_is_done_once_however_often_it_is_sent() -> None:
    """The same key each time, another one for each act."""
    done = reply(200, {"what": "set parallel"})
    async with saying(b"", b"", done) as raw, Client(raw.url, patience=QUICK) as client:
        await client.flags.change("parallel", "the first tenth", 1, stage="canary", percentage=10)
        await client.experiments.act("x", "ramp", "on", step=2)
    *first, second = raw.requests
    assert [each.path for each in first] == ["/v1/flags/parallel"] * 3
    assert len({each.headers["idempotency-key"] for each in first}) == 1
    assert second.headers["idempotency-key"] != first[0].headers["idempotency-key"]
    assert second.path == "/v1/experiments/x/ramp"
    assert (first[0].method, first[0].body) == (
        "PUT",
        {"why": "the first tenth", "expected_version": 1, "stage": "canary", "percentage": 10},
    )


async def test_the_life_of_a_flag_and_of_an_experiment(tmp_path: Path) -> None:
    """Against the real routes: read, changed, killed, lifted, audited; planned, started, judged."""
    from tests.api import rolling
    from tests.api.service import app_of, shop

    async with (
        rolling.rolling_out(shop(tmp_path / "shop.duckdb"), tmp_path) as made,
        listening(app_of(made.deployment)) as url,
        Client(url, patience=QUICK) as client,
    ):
        flag = await client.flags.read("parallel")
        assert flag["version"] is not None
        await client.flags.change(
            "parallel", "a tenth", flag["version"], stage="canary", percentage=10
        )
        with pytest.raises(FlagConflict):
            await client.flags.change("parallel", "again", flag["version"], percentage=20)
        assert (await client.flags.kill("parallel", "wrong answers"))["everywhere"]
        assert (await client.flags.standing())["kill"] is not None
        assert (await client.flags.lift("parallel", "they were right"))["kill"] is None
        assert [each["flag"] for each in await client.flags.all()] == ["parallel"]
        assert len(await client.flags.audit("parallel")) == 3

        plan = {"name": "faster", "hypothesis": "It is faster."}
        made_up = await client.experiments.create(plan)
        await client.experiments.act(made_up["id"], "start", "now", expected_version=1)
        assert (await client.experiments.read(made_up["id"]))["state"] == "running"
        assert [each["id"] for each in await client.experiments.all()] == [made_up["id"]]
        assert (await client.experiments.results(made_up["id"]))["state"] == "running"
        assert (await client.experiments.decision(made_up["id"]))["action"]
        assert len(await client.experiments.audit(made_up["id"])) == 2
        assert (await client.experiments.act(made_up["id"], "rollback", "enough"))["everywhere"]
