"""Experiments over HTTP: their life, what is seen of them, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from forerun.rollout.experiments.records import Mismatch, Pair, Verdict
from forerun.wire.problems import MEDIA_TYPE
from tests.api.rolling import Rolling, rolling_out

pytestmark = pytest.mark.anyio

WHY = {"why": "a test"}


@pytest.fixture
async def rolling(shop_url: str, tmp_path: Path) -> AsyncIterator[Rolling]:
    async with rolling_out(shop_url, tmp_path) as made:
        yield made


def path(id_: str, what: str = "") -> str:
    return f"/v1/experiments/{id_}/{what}".rstrip("/")


async def test_the_life_of_an_experiment(rolling: Rolling) -> None:
    """Planned, started, ramped, paused, resumed, promoted, rolled back: each in the flag file, and
    all of it in the trail."""
    id_ = await rolling.experiment(guardrails=[])
    everybody = rolling.flag()["variants"]["everybody"]
    assert everybody == {"stage": "off"}
    for verb, stage in (
        ("start", {"stage": "canary", "percentage": 10.0}),
        ("ramp", {"stage": "canary", "percentage": 50.0}),
        ("pause", {"stage": "off"}),
        ("resume", {"stage": "canary", "percentage": 50.0}),
        ("promote", {"stage": "live"}),
    ):
        version = (await rolling.json("GET", path(id_)))["version"]
        body = {**WHY, "expected_version": version}
        if verb == "promote":
            unproven = await rolling.json("POST", path(id_, verb), 409, json=body)
            assert (unproven["code"], "no_data" in unproven["detail"]) == ("not_proven", True)
            await report_twice_as_fast(rolling, id_, 300)
        after = await rolling.json("POST", path(id_, verb), json=body)
        assert after["version"] == version + 1
        assert rolling.flag()["variants"]["everybody"] == stage
    rolled = await rolling.json("POST", path(id_, "rollback"), json=WHY)
    assert (rolled["everywhere"], rolled["written_down"], rolled["unaudited"]) == (True, True, None)
    assert rolling.flag()["state"] == "DISABLED"
    trail = await rolling.json("GET", path(id_, "audit"))
    actions = [line["action"] for line in trail["lines"]]
    assert actions == ["create", "start", "ramp", "pause", "resume", "promote", "roll_back"]
    assert trail["holds"]
    [listed] = (await rolling.json("GET", "/v1/experiments"))["experiments"]
    assert (listed["id"], listed["state"]) == (id_, "rolled_back")


async def report_twice_as_fast(rolling: Rolling, id_: str, questions: int) -> None:
    """As another system does, every second question in the parallel arm."""
    arms = ["parallel" if number % 2 else "sequential" for number in range(questions)]
    exposures = [
        {"request": f"p{n}", "unit": f"p{n}", "arm": arm, "stratum": "complex"}
        for n, arm in enumerate(arms)
    ]
    outcomes = [
        {
            "request": f"p{n}",
            "seconds": (10.0 + n % 5) / (2.0 if arm == "parallel" else 1.0),
            "verdict": "answered",
            "served": arm,
        }
        for n, arm in enumerate(arms)
    ]
    await rolling.json("POST", path(id_, "exposures"), json={"exposures": exposures})
    await rolling.json("POST", path(id_, "outcomes"), json={"outcomes": outcomes})


async def test_conflicts_are_409(rolling: Rolling) -> None:
    """Another version, another state, another experiment that runs; and an unknown one is 404."""
    id_, other = await rolling.experiment(), await rolling.experiment(name="other")
    old = {**WHY, "expected_version": 7}
    assert (await rolling.json("POST", path(id_, "start"), 409, json=old))["code"] == (
        "version_conflict"
    )
    await rolling.json("POST", path(id_, "start"), json=WHY)
    refused = await rolling.json("POST", path(other, "start"), 409, json=WHY)
    assert (refused["code"], "faster is running" in refused["detail"]) == ("already_running", True)
    assert (await rolling.json("POST", path(id_, "resume"), 409, json=WHY))["code"] == "not_allowed"
    missing = await rolling.json("POST", path("nobody", "start"), 404, json=WHY)
    assert missing["code"] == "unknown_experiment"


async def test_stopped_it_gives_way_to_another(rolling: Rolling) -> None:
    """Undecided, everybody sequential, nothing killed."""
    id_, other = await rolling.experiment(), await rolling.experiment(name="other")
    await rolling.json("POST", path(id_, "start"), json=WHY)
    stopped = await rolling.json("POST", path(id_, "stop"), json=WHY)
    assert stopped["state"] == "stopped"
    flag = rolling.flag()
    assert (flag["state"], flag["variants"]["everybody"]) == ("ENABLED", {"stage": "off"})
    await rolling.json("POST", path(other, "start"), json=WHY)


async def test_an_act_with_its_key_is_done_once(rolling: Rolling) -> None:
    """Planned and started twice with the same keys: one experiment, one start."""
    plan = {"name": "faster", "hypothesis": "It is faster."}
    headers = {"Idempotency-Key": "plan"}
    first = await rolling.json("POST", "/v1/experiments", 201, json=plan, headers=headers)
    assert first == await rolling.json("POST", "/v1/experiments", 201, json=plan, headers=headers)
    headers = {"Idempotency-Key": "start"}
    begun = await rolling.json("POST", path(first["id"], "start"), json=WHY, headers=headers)
    again = await rolling.json("POST", path(first["id"], "start"), json=WHY, headers=headers)
    assert begun == again
    assert len((await rolling.json("GET", "/v1/experiments"))["experiments"]) == 1


async def test_other_systems_assign_and_report(rolling: Rolling) -> None:
    """The same arm each time; what is reported twice counts once; then there are results."""
    id_ = await rolling.experiment(ramp=[50])
    await rolling.json("POST", path(id_, "start"), json=WHY)
    given = [
        await rolling.json("POST", path(id_, "assign"), json={"unit": f"unit {n}"})
        for n in range(20)
    ]
    assert {each["arm"] for each in given} == {"sequential", "parallel"}
    again = await rolling.json("POST", path(id_, "assign"), json={"unit": "unit 3"})
    assert again == given[3]
    counted = [each for each in given if each["counted"]]
    exposures = [
        {"request": f"r{n}", "unit": each["unit"], "arm": each["arm"], "stratum": "complex"}
        for n, each in enumerate(counted)
    ]
    outcomes = [
        {"request": f"r{n}", "seconds": 2.0 + n, "verdict": "answered", "served": each["arm"]}
        for n, each in enumerate(counted)
    ]
    said = await rolling.json("POST", path(id_, "exposures"), json={"exposures": exposures})
    assert said == {"reported": len(counted), "new": len(counted)}
    await rolling.json("POST", path(id_, "outcomes"), json={"outcomes": outcomes})
    twice = await rolling.json("POST", path(id_, "outcomes"), json={"outcomes": outcomes})
    assert twice == {"reported": len(counted), "new": 0}
    results = await rolling.json("GET", path(id_, "results"))
    arms = results["as_assigned"]["arms"]
    assert sum(arm["units"] for arm in arms.values()) == len(counted)
    assert (await rolling.json("GET", path(id_, "decision")))["action"] == "hold"
    assert (await rolling.json("GET", path(id_, "series")))["points"][-1]["units"] == len(counted)


async def test_shadow_runs_are_told(rolling: Rolling) -> None:
    """How fast, how often another answer, against what noise; and each difference."""
    id_ = await rolling.experiment()
    assert rolling.deployment.rollout is not None
    assert rolling.deployment.rollout.conductor is not None
    store = rolling.deployment.rollout.conductor.store
    answered = Verdict.ANSWERED
    await store.add_pairs(
        id_,
        [
            Pair(f"r{n}", "complex", n % 4 == 0, 4.0, 2.0, answered, answered, n % 4 == 0, 1.0)
            for n in range(80)
        ],
    )
    await store.add_mismatch(
        id_, Mismatch("r1", "how many?", "1 row became 2.", "SELECT 1", None, "{}", "{}", 1.0)
    )
    told = await rolling.json("GET", path(id_, "shadows"))
    assert (told["parallel"]["pairs"], told["noise"]["pairs"]) == (60, 20)
    assert told["above_noise"]
    assert (await rolling.json("GET", path(id_, "results")))["shadows"] == told
    assert told["sentence"] == (await rolling.json("GET", path(id_, "decision")))["held_back"]
    [mismatch] = (await rolling.json("GET", path(id_, "mismatches")))["mismatches"]
    assert (mismatch["question"], mismatch["sequential_sql"]) == ("how many?", "SELECT 1")
    assert (await rolling.json("GET", path("shadow", "shadows")))["parallel"]["pairs"] == 0


HOSTILE: list[tuple[str, bytes]] = [
    ("", b'{"name": "n", "hypothesis": "h", "alpha": NaN}'),
    ("", b'{"name": "n", "hypothesis": "h", "horizon": 1e999}'),
    ("", b'{"name": "n", "hypothesis": "h", "ramp": [' + b"1," * 5_000 + b"2]}"),
    ("", b'{"name": "a\\u0000b", "hypothesis": "h"}'),
    ("", b'{"name": "n", "hypothesis": "\\udfff"}'),
    ("", b'{"name": "n", "hypothesis": "h", "salt": "mine"}'),
    ("/x/start", b'{"why": "w", "expected_version": -1}'),
    ("", b'{"name": "n", "hypothesis": "h", "alpha": 5e-324}'),
    ("", b'{"name": "n", "hypothesis": "h", "auto_promote": 0}'),
    ("/x/start", b'{"expected_version": 1}'),
    ("/x/ramp", b'{"why": "w", "step": 10000000000000000000000000}'),
    ("/x/assign", b'{"unit": "\\u0000"}'),
    ("/x/assign", b'{"unit": 7}'),
    ("/x/exposures", b'{"exposures": [' + b"0," * 20_000 + b"0]}"),
    (
        "/x/exposures",
        b'{"exposures": [{"request": "r", "unit": "u", "arm": "parallel", "stratum": "s", '
        b'"at": 0}]}',
    ),
    (
        "/x/outcomes",
        b'{"outcomes": [{"request": "r", "seconds": NaN, "verdict": "answered", "served": '
        b'"parallel"}]}',
    ),
    (
        "/x/outcomes",
        b'{"outcomes": [{"request": "r", "seconds": 1, "verdict": "lost", "served": "parallel"}]}',
    ),
    ("/a%00b/start", b'{"why": "w"}'),
]


@pytest.mark.parametrize(("place", "body"), HOSTILE, ids=lambda value: str(value)[:50])
async def test_what_is_nothing_is_refused(rolling: Rolling, place: str, body: bytes) -> None:
    """422 as problem details, never 500."""
    as_json = {"Content-Type": "application/json"}
    response = await rolling.asks.post(f"/v1/experiments{place}", content=body, headers=as_json)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == MEDIA_TYPE


IMPOSSIBLE: list[dict[str, Any]] = [{"ramp": [5, 1]}, {"ramp": [100]}, {"horizon": 5}]


@pytest.mark.parametrize("plan", IMPOSSIBLE, ids=str)
async def test_a_plan_that_cannot_be_is_400(rolling: Rolling, plan: dict[str, Any]) -> None:
    """It is a plan by its form, and the fault is named."""
    given = {"name": "n", "hypothesis": "h", **plan}
    problem = await rolling.json("POST", "/v1/experiments", 400, json=given)
    assert problem["hint"]


@pytest.mark.parametrize("edge", [{"alpha": 1e-6}, {"alpha": 0.4999}, {"per_step": 1}], ids=str)
async def test_the_shortest_experiment_has_figures(rolling: Rolling, edge: dict[str, Any]) -> None:
    """A horizon of one unit, and the least and the greatest alpha: nothing, but no fault."""
    given = {"per_step": 1, "horizon": 1, "guardrails": [{"metric": "p95_time", "margin": 0}]}
    id_ = await rolling.experiment(**{**given, **edge})
    for what in ("results", "decision", "series", "shadows"):
        await rolling.json("GET", path(id_, what))
    assert (await rolling.json("GET", path(id_, "decision")))["action"] == "no_data"
