"""A process is killed in the middle of its work; the next one over the same state tells no lies."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from forerun.testing.openai_server import OpenAIServer, Says, serve_openai
from forerun.testing.playbook import Playbook
from tests.api.service import COUNT, PER_CITY, QUERIES
from tests.rollout.flags.files import rollout
from tests.service.processes import Served, serving
from tests.services import Scratch

pytestmark = pytest.mark.anyio

CONFIG = """
[settings]
state = "memory"
cache = "none"
flags = "{folder}/flags.json"
experiments = "{experiments}"
enable_parallel = true
parallel_threshold = 0.0
model = "openai:scripted"
model_url = "{model}"
model_key = "none"
[databases.shop]
url = "{url}"
[serve]
state = "{state}"
[telemetry]
log = "none"
"""
CONVERSATIONS, ALONE = 4, 4
PLAN = {"name": "faster", "hypothesis": "It is faster.", "ramp": [50]}


@pytest.fixture(scope="module")
def scripted() -> Iterator[OpenAIServer]:
    playbook = Playbook(QUERIES, summary="It is as the rows say.")
    with serve_openai(lambda asked: Says(playbook(asked), token_delay_s=0.002)) as server:
        yield server


@dataclass
class Traffic:
    """Askers at work, and what they know when the service dies."""

    url: str
    asked: dict[str, str] = field(default_factory=dict)
    """Questions by id, all that were sent."""
    answers: dict[str, Any] = field(default_factory=dict)
    """Those that came."""
    conversations: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Ids of what was asked in each, in order."""

    async def ask_on(self, conversation: str | None) -> None:
        """One question after another, until nobody answers any more."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30, trust_env=False) as client:
            while True:
                id_, question = uuid.uuid4().hex, (COUNT, PER_CITY)[len(self.asked) % 2]
                body = {"question": question, "id": id_, "conversation_id": conversation}
                self.asked[id_] = question
                if conversation is not None:
                    self.conversations[conversation].append(id_)
                try:
                    response = await client.post("/v1/ask", json=body)
                except httpx.TransportError:
                    return
                if response.status_code == 200:
                    self.answers[id_] = response.json()

    async def until_killed(self, served: Served, after_s: float) -> None:
        async with anyio.create_task_group() as group:
            for number in range(CONVERSATIONS + ALONE):
                group.start_soon(self.ask_on, uuid.uuid4().hex if number < CONVERSATIONS else None)
            with anyio.fail_after(30):
                while len(self.answers) < 2 * CONVERSATIONS:
                    await anyio.sleep(0.01)
            await anyio.sleep(after_s)
            served.kill()


async def begin_experiment(url: str) -> str:
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        made = await client.post("/v1/experiments", json=PLAN)
        assert made.status_code == 201, made.text
        id_: str = made.json()["id"]
        started = await client.post(f"/v1/experiments/{id_}/start", json={"why": "a proof"})
        assert started.status_code == 200, started.text
    return id_


async def check(url: str, traffic: Traffic, experiment: str) -> None:
    """What the next process knows fits what the askers know."""
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for id_, question in traffic.asked.items():
            kept = await client.get(f"/v1/answers/{id_}")
            assert kept.status_code in {200, 404}
            if kept.status_code == 200:
                assert kept.json()["question"] == question
                assert kept.json() == traffic.answers.get(id_, kept.json())
        for conversation, ids in traffic.conversations.items():
            await _check_conversation(client, conversation, ids, traffic)
        await _check_lost(client, traffic)
        trail = (await client.get(f"/v1/experiments/{experiment}/audit")).json()
        assert trail["holds"], trail
        assert [line["action"] for line in trail["lines"]][:2] == ["create", "start"]
        results = await client.get(f"/v1/experiments/{experiment}/results")
        assert results.status_code == 200


async def _check_conversation(
    client: httpx.AsyncClient, conversation: str, ids: list[str], traffic: Traffic
) -> None:
    """Its turns are its questions in order: each that was answered, and at most one more."""
    found = await client.get(f"/v1/conversations/{conversation}")
    turns = found.json()["turns"] if found.status_code == 200 else []
    answered = [id_ for id_ in ids if id_ in traffic.answers]
    assert [turn["answer_id"] for turn in turns] in (ids[: len(answered)], ids[: len(answered) + 1])
    for number, turn in enumerate(turns, start=1):
        assert (turn["number"], turn["follows"]) == (number, number - 1)
        assert turn["question"] == traffic.asked[turn["answer_id"]]
        assert (await client.get(f"/v1/answers/{turn['answer_id']}")).status_code == 200


async def _check_lost(client: httpx.AsyncClient, traffic: Traffic) -> None:
    """What was under way is not there, which is told at once; asked again, it is answered."""
    lost = [id_ for id_ in traffic.asked if id_ not in traffic.answers]
    for id_ in lost:
        began_at = time.monotonic()
        stream = await client.get(f"/v1/ask/{id_}/stream")
        assert stream.status_code == 404 or "event: answer" in stream.text
        assert time.monotonic() - began_at < 5
    for id_ in lost[:2]:
        body = {"question": traffic.asked[id_], "id": id_}
        assert (await client.post("/v1/ask", json=body)).json()["status"] == "answered"


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "state.sqlite")
    scratch: Scratch = request.getfixturevalue("postgres")
    return scratch.owner_url


def configured(folder: Path, shop_url: str, model: OpenAIServer, state: str) -> str:
    (folder / "flags.json").write_text(json.dumps(rollout(stage="off")))
    return CONFIG.format(
        folder=folder,
        experiments=str(folder / "experiments.sqlite"),
        model=model.base_url,
        url=shop_url,
        state=state,
    )


async def kill_and_check(folder: Path, config: str, after_s: float, experiment: str = "") -> str:
    with serving(folder, config) as first:
        experiment = experiment or await begin_experiment(first.url)
        traffic = Traffic(first.url)
        await traffic.until_killed(first, after_s)
    with serving(folder, config) as second:
        await check(second.url, traffic, experiment)
        assert "Traceback" not in second.said()
    return experiment


@pytest.mark.slow
@pytest.mark.timeout(600)  # eight starts of a process, on a busy machine, too
async def test_nothing_is_half_there_after_a_kill(
    tmp_path: Path, shop_url: str, scripted: OpenAIServer, state: str
) -> None:
    """At several moments, over the same state: records are whole, conversations in order, the
    experiment's trail intact, and what was under way is not there."""
    config, chance, experiment = (
        configured(tmp_path, shop_url, scripted, state),
        random.Random(),
        "",
    )
    for _ in range(4):
        experiment = await kill_and_check(tmp_path, config, chance.uniform(0, 0.5), experiment)
