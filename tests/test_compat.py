"""The plan's own names: a dict in, a dict out, and an orchestrator of one's own wrapped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from forerun.app import Settings
from forerun.compat import HybridOrchestrator, Orchestrator
from forerun.testing import Playbook
from forerun.testing.openai_server import ChatRequest, OpenAIServer, Refuses, Reply, serve_openai

pytestmark = pytest.mark.anyio

QUESTION = "How many customers are there?"
SQL = "SELECT COUNT(*) AS n FROM customers"
REQUEST = {"question": QUESTION}
OFF = Settings(state="memory")


@dataclass
class Legacy:
    """A system that was there before."""

    result: Mapping[str, Any] = field(default_factory=lambda: {"success": True, "data": [41]})
    error: Exception | None = None
    requests: list[Mapping[str, Any]] = field(default_factory=list)

    async def process(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        return self.result


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three customers."""
    path = tmp_path_factory.mktemp("compat") / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customers AS SELECT * FROM range(3) AS r(id)")
    return path


@pytest.fixture(scope="module")
def provider() -> Iterator[OpenAIServer]:
    """A model that knows the answer."""
    with serve_openai(_said) as server:
        yield server


PLAYBOOK = Playbook(queries={QUESTION: SQL})


def _said(asked: ChatRequest) -> Reply:
    return PLAYBOOK(asked)


@pytest.fixture(scope="module")
def broken() -> Iterator[OpenAIServer]:
    """A model that refuses whatever it is asked."""
    with serve_openai(lambda _: Refuses(400, "No.")) as server:
        yield server


def on(server: OpenAIServer) -> Settings:
    return Settings(
        state="memory",
        model="openai:any",
        model_url=server.base_url,
        model_key="none",
        model_attempts=1,
        enable_parallel=True,
        parallel_threshold=0.0,
    )


async def process(
    shop: Path, settings: Settings, request: Mapping[str, Any], legacy: Orchestrator | None = None
) -> dict[str, Any]:
    orchestrator = HybridOrchestrator(legacy, database=shop, settings=settings)
    async with orchestrator:
        return await orchestrator.process(request)


async def test_without_legacy_it_answers(shop: Path) -> None:
    """`success` beside all fields of an answer's JSON, which is JSON."""
    result = await process(shop, OFF, REQUEST)
    assert result["success"] is True
    assert (result["status"], result["rows"]) == ("answered", [[3]])
    assert result["decision"]["strategy"] == "sequential"
    assert result["decision"]["reason"] == "ENABLE_PARALLEL is false."
    assert result["fallback"] == {"used": False, "reason": None, "at_stage": None, "code": None}
    assert result.keys() >= {"sql", "columns", "summary", "chart", "timings", "usage", "trace_id"}
    json.dumps(result, allow_nan=False)


async def test_it_answers_in_parallel(shop: Path, provider: OpenAIServer) -> None:
    """With the flag on, and legacy not asked at all."""
    legacy = Legacy()
    result = await process(shop, on(provider), REQUEST, legacy)
    assert result["success"] is True
    assert result["rows"] == [[3]]
    assert result["decision"]["strategy"] == "parallel"
    assert result["fallback"]["used"] is False
    assert legacy.requests == []


async def test_legacy_answers_while_the_flag_is_off(shop: Path) -> None:
    """With its own result, and the decision beside it; it gets the request as it came."""
    legacy = Legacy()
    request = {**REQUEST, "tenant": "acme"}
    result = await process(shop, OFF, request, legacy)
    assert legacy.requests == [request]
    assert (result["success"], result["data"]) == (True, [41])
    assert result["decision"]["strategy"] == "sequential"
    assert result["fallback"]["used"] is False
    assert "rows" not in result


async def test_legacy_answers_when_parallel_fails(shop: Path, broken: OpenAIServer) -> None:
    """Once, and the result says why it had to."""
    legacy = Legacy()
    result = await process(shop, on(broken), REQUEST, legacy)
    assert len(legacy.requests) == 1
    assert (result["success"], result["data"]) == (True, [41])
    assert result["decision"]["strategy"] == "parallel"
    assert result["fallback"]["used"] is True
    assert result["fallback"]["reason"]


async def test_what_legacy_says_of_itself_stands(shop: Path) -> None:
    """Its failure is no success of ours; a result without `success` is none either."""
    result = await process(shop, OFF, REQUEST, Legacy({"success": False, "error": "busy"}))
    assert (result["success"], result["error"]) == (False, "busy")
    result = await process(shop, OFF, REQUEST, Legacy({"data": []}))
    assert result["success"] is False


async def test_the_exception_of_legacy_comes_out(shop: Path) -> None:
    """The very one that it raised, as before it was wrapped."""
    error = RuntimeError("legacy is broken")
    with pytest.raises(RuntimeError) as raised:
        await process(shop, OFF, REQUEST, Legacy(error=error))
    assert raised.value is error


@pytest.mark.parametrize(
    "request_",
    [{}, {"question": "  "}, {**REQUEST, "mode": "fast"}, {**REQUEST, "timeout_s": 0}],
    ids=["nothing", "blank", "mode", "timeout"],
)
async def test_bad_input_is_no_success(shop: Path, request_: Mapping[str, Any]) -> None:
    """Nothing is raised; the result says what to put right, and legacy is not asked."""
    legacy = Legacy()
    result = await process(shop, OFF, request_, legacy)
    assert result["success"] is False
    assert result["error"]["code"] in ("empty_question", "bad_input")
    assert result.keys() >= {"decision", "fallback"}
    assert legacy.requests == []


async def test_no_question_is_not_a_question(shop: Path) -> None:
    """A request whose question is None asks nothing."""
    legacy = Legacy()
    result = await process(shop, OFF, {"question": None}, legacy)
    assert (result["success"], legacy.requests) == (False, [])


async def test_numbers_that_are_words_are_bad_input(shop: Path) -> None:
    """A request often comes out of JSON or a form."""
    result = await process(shop, OFF, {**REQUEST, "max_rows": "many"})
    assert result["success"] is False


async def unreachable(settings: Settings) -> tuple[bool, int]:
    """Whether it succeeded and how often legacy was asked, where our connection is dead."""
    legacy = Legacy()
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    async with HybridOrchestrator(legacy, database=url, settings=settings) as orchestrator:
        result = await orchestrator.process(REQUEST)
    return result["success"], len(legacy.requests)


async def test_legacy_needs_no_database_of_ours() -> None:
    """It answered without our connection before it was wrapped, and does after."""
    assert await unreachable(OFF) == (True, 1)


@pytest.mark.parametrize("enabled", [False, True])
async def test_nor_with_a_model(provider: OpenAIServer, enabled: bool) -> None:
    """With a model, too: not possible, says the plan, is a reason to ask legacy."""
    settings = replace(on(provider), enable_parallel=enabled)
    assert await unreachable(settings) == (True, 1)


@pytest.mark.parametrize(
    ("enabled", "threshold", "expected"),
    [(False, 0.0, False), (True, 0.0, True), (True, 1e6, False)],
)
async def test_should_use_parallel_follows_the_flags(
    shop: Path, enabled: bool, threshold: float, expected: bool
) -> None:
    """A plain bool, told before any model is opened: there is none to be opened."""
    settings = Settings(
        state="memory",
        model="openai:any",
        model_url="http://127.0.0.1:1",
        enable_parallel=enabled,
        parallel_threshold=threshold,
    )
    orchestrator = HybridOrchestrator(database=shop, settings=settings)
    assert orchestrator.should_use_parallel(REQUEST) is expected
    assert orchestrator.should_use_parallel({}) is False
    await orchestrator.aclose()


async def test_should_use_parallel_needs_a_writer(shop: Path) -> None:
    """Without a model nothing goes parallel."""
    settings = Settings(state="memory", enable_parallel=True, parallel_threshold=0.0)
    orchestrator = HybridOrchestrator(database=shop, settings=settings)
    assert orchestrator.should_use_parallel(REQUEST) is False
    await orchestrator.aclose()


async def test_should_use_parallel_heeds_the_mode(shop: Path, provider: OpenAIServer) -> None:
    """What `process` would do with this very request."""
    orchestrator = HybridOrchestrator(database=shop, settings=on(provider))
    said = orchestrator.should_use_parallel({**REQUEST, "mode": "sequential"})
    await orchestrator.aclose()
    assert said is False


async def test_the_monitor_counts_the_operation(shop: Path) -> None:
    """Under its name: how many, how well, how fast."""
    legacy = Legacy({"success": False, "error": "busy"})
    orchestrator = HybridOrchestrator(database=shop, settings=OFF)
    wrapping = HybridOrchestrator(legacy, forerun=orchestrator._forerun)
    async with orchestrator:
        for each in (orchestrator, orchestrator, orchestrator, wrapping):
            await each.process(REQUEST)
        figures = orchestrator.monitor.operations()
    assert figures.keys() == {"hybrid_orchestrator"}
    found = figures["hybrid_orchestrator"]
    assert (found.count, found.success_rate) == (4, 0.75)
    assert 0 < found.p50_s <= found.p95_s


async def test_the_monitor_counts_what_raises(shop: Path) -> None:
    """A legacy that raises has failed, too."""
    orchestrator = HybridOrchestrator(Legacy(error=RuntimeError()), database=shop, settings=OFF)
    async with orchestrator:
        with pytest.raises(RuntimeError):
            await orchestrator.process(REQUEST)
        assert orchestrator.monitor.operations()["hybrid_orchestrator"].success_rate == 0.0
