"""A fuzzer that reads the OpenAPI document finds nothing that is not as it says, on any route."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyStrategyDefinition, Unsatisfiable
from schemathesis.checks import CHECKS
from schemathesis.config import CacheConfig
from schemathesis.core.result import Ok

from tests.api.service import COUNT
from tests.rollout.flags.files import rollout
from tests.service.processes import Served, serving

CONFIG = """
[settings]
state = "memory"
flags = "{folder}/flags.json"
experiments = "{folder}/experiments.sqlite"
enable_parallel = true
[databases.shop]
url = "{url}"
[serve]
state = "{folder}/state.sqlite"
resume_s = 0.2
[telemetry]
log = "none"
"""
NOT_CHECKED = {
    # What the document cannot say, such as that the steps of a ramp rise, is refused with 400.
    "positive_data_acceptance",
    # There are no keys here.
    "ignored_auth",
    "object_level_authorization",
}
QUICK = settings(
    max_examples=4,
    stateful_step_count=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
SHORTEST = settings(QUICK, max_examples=1)
"""To make data for an operation takes far longer than to send it."""
THOROUGH = settings(QUICK, max_examples=30, stateful_step_count=20, derandomize=False)


@pytest.fixture(scope="module")
def served(folder: Path, shop_url: str) -> Iterator[Served]:
    (folder / "flags.json").write_text(json.dumps(rollout(stage="canary", percentage=50)))
    with serving(folder, CONFIG.format(folder=folder, url=shop_url)) as service:
        said = {"question": COUNT, "id": "0" * 32, "conversation_id": "known"}
        assert httpx.post(f"{service.url}/v1/ask", json=said, timeout=60).status_code == 200
        yield service
        assert service.process.poll() is None
        assert "Traceback" not in service.said()


@pytest.fixture(scope="module")
def document(served: Served) -> schemathesis.BaseSchema:
    """The service's own; without keys, which here nobody is asked for."""
    config = schemathesis.Config(cache=CacheConfig(enabled=False), seed=7431)
    written = httpx.get(f"{served.url}/v1/openapi.json").json()
    written.pop("security", None)
    for path in written["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
    loaded = schemathesis.openapi.from_dict(written, config=config)
    loaded.config.update(base_url=served.url)
    wrong = loaded.config.checks.negative_data_rejection
    wrong.expected_statuses = [*wrong.expected_statuses, "413"]  # of what is too long
    return loaded


def checks() -> list[Any]:
    return [check for check in CHECKS.get_all() if check.__name__ not in NOT_CHECKED]


def ask_by_itself(operation: schemathesis.APIOperation[Any, Any, Any, Any], how: settings) -> None:
    """With data as the document has it, and with data that it forbids."""
    for mode in schemathesis.GenerationMode:

        @how
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=checks(), timeout=30)

        with suppress(Unsatisfiable):  # there is nothing that could be wrong
            answers()


def ask_in_sequences(document: schemathesis.BaseSchema, how: settings) -> None:
    """What one operation gives is what the next one is asked for.

    The service remembers: where Hypothesis begins a sequence once more, it may be answered
    otherwise. It gives up then, and all begins anew.
    """

    class Workflow(document.as_state_machine()):  # type: ignore[misc]
        def validate_response(
            self, response: schemathesis.Response, case: schemathesis.Case[Any], **_: object
        ) -> None:
            case.validate_response(response, checks=checks())

    for _ in range(5):
        with suppress(FlakyStrategyDefinition):
            Workflow.run(settings=how)
            return
    pytest.fail("no run came to its end")


@pytest.mark.timeout(600)  # of all routes together, where the machine is busy
def test_every_route_does_what_the_document_says(document: schemathesis.BaseSchema) -> None:
    """No fault, no status and no shape that is not documented; what is wrong is refused."""
    names = []
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        names.append(found.ok().label)
        ask_by_itself(found.ok(), SHORTEST)
    assert {"POST /v1/ask", "GET /v1/ask/{id}/stream", "GET /readyz"} <= set(names)


def test_routes_one_after_another_do_what_the_document_says(
    document: schemathesis.BaseSchema,
) -> None:
    """Questions, their answers and conversations; experiments through their lives."""
    ask_in_sequences(document, QUICK)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_route_is_surprised_by_much_more_of_it(document: schemathesis.BaseSchema) -> None:
    """The same with many examples, another time with others."""
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        ask_by_itself(found.ok(), THOROUGH)
    ask_in_sequences(document, THOROUGH)
