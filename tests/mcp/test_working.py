"""While a question is worked on: progress, cancellation, and who is asked what was meant."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import mcp_types as types
import pytest

from forerun.app.serving import Deployment
from forerun.mcp.progress import TOTAL
from tests.mcp.shops import BOTH_ERAS, ENDLESS, SLOW_SQL, connected, structured, text_of

pytestmark = pytest.mark.anyio

UNCLEAR = {"question": "How many zorbs customers?"}
Answered = Callable[[object, types.ElicitRequestParams], Awaitable[types.ElicitResult]]


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_progress_names_the_stages_and_only_ever_grows(
    deployment: Deployment, era: str
) -> None:
    """A step for each stage, never beyond the total, all of them before the answer."""
    steps: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, total, message))

    async with connected(deployment, era=era) as client:
        await client.call_tool(
            "ask", {"question": "How many customers are in Kiel?"}, progress_callback=hear
        )
    assert [step for step, _, _ in steps] == list(range(1, len(steps) + 1))
    assert all(total == TOTAL and step <= TOTAL for step, total, _ in steps)
    messages = [message for _, _, message in steps]
    assert messages[0] == "link: finding tables"
    assert "run: running" in messages


@pytest.mark.parametrize("era", BOTH_ERAS)
@pytest.mark.parametrize(
    ("tool", "arguments"), [("ask", {"question": ENDLESS}), ("run_sql", {"sql": SLOW_SQL})]
)
async def test_a_cancelled_call_ends_its_statement(
    slow_deployment: Deployment, era: str, tool: str, arguments: dict[str, str]
) -> None:
    """A statement that would take for ever has ended soon after the client has cancelled."""
    running = anyio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        if message == "run: running":
            running.set()

    async with connected(slow_deployment, era=era) as client:
        async with anyio.create_task_group() as group:
            call = client.call_tool

            async def ask() -> None:
                await call(tool, arguments, progress_callback=hear)

            group.start_soon(ask)
            with anyio.fail_after(20):
                await running.wait()
            group.cancel_scope.cancel()
        with anyio.fail_after(5):
            while slow_deployment.admission.running or busy_threads():
                await anyio.sleep(0.01)
        after = await client.call_tool("run_sql", {"sql": "SELECT 1"})
    assert structured(after)["rows"] == [[1]]


def busy_threads() -> int:
    """Each statement has one of its own."""
    return anyio.to_thread.current_default_thread_limiter().borrowed_tokens


@pytest.mark.parametrize("era", BOTH_ERAS)
async def test_a_client_that_can_ask_its_user_is_asked_which_reading_is_meant(
    deployment: Deployment, era: str
) -> None:
    """One call, and what the user picks is answered."""
    asked: list[types.ElicitRequestParams] = []

    async def pick(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params)
        choices = params.model_dump()["requested_schema"]["properties"]["reading"]["enum"]
        return types.ElicitResult(action="accept", content={"reading": choices[0]})

    async with connected(deployment, era=era, asked=pick) as client:
        answer = structured(await client.call_tool("ask", UNCLEAR))
    assert answer["status"] == "answered"
    assert len(asked) == 1


@pytest.mark.parametrize("era", BOTH_ERAS)
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_a_user_who_does_not_choose_leaves_it_to_the_model(
    deployment: Deployment, era: str, action: str
) -> None:
    """The choices come back as the result, and nobody is asked twice."""
    asked: list[object] = []

    async def refuse(context: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        asked.append(params)
        return types.ElicitResult.model_validate({"action": action})

    async with connected(deployment, era=era, asked=refuse) as client:
        result = await client.call_tool("ask", UNCLEAR)
    assert structured(result)["status"] == "clarify"
    assert "Ask again" in text_of(result)
    assert len(asked) == 1


async def test_a_made_up_choice_leads_nowhere(deployment: Deployment) -> None:
    """What a client claims to bring back of a call of its own is looked up as its own."""
    async with connected(deployment) as client:
        result = await client.session.call_tool(
            "ask",
            UNCLEAR,
            input_responses={"reading": types.ElicitResult(action="decline")},
            request_state='["00000000000000000000000000000000", "somebody-elses"]',
        )
    assert isinstance(result, types.CallToolResult)
    assert result.is_error
    assert "There is no question" in text_of(result)
