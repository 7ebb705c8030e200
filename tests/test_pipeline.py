"""The whole sequential pipeline over a real DuckDB file and a real HTTP model server.

Each way in which a model misbehaves ends in a repaired, clarified or clearly failed answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import duckdb
import pytest

from forerun import Forerun, Settings, prompts
from forerun.domain import Answer, ReasonCode, Stage, Status
from forerun.testing import Playbook
from forerun.testing.openai_server import (
    ChatRequest,
    Hangs,
    OpenAIServer,
    Raw,
    Refuses,
    Reply,
    Resets,
    Says,
    serve_openai,
)

pytestmark = pytest.mark.anyio

QUESTION = "How many orders did each city place?"
GOOD = (
    "SELECT c.city, COUNT(*) AS orders FROM orders AS o "
    "JOIN customers AS c ON o.customer_id = c.id GROUP BY c.city ORDER BY c.city"
)
BAD_COLUMN = GOOD.replace("c.city", "c.town")
SUMMARY = "Bremen placed 2 orders and Kiel 1."


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, city VARCHAR);
            CREATE TABLE orders (
                id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id),
                total DECIMAL(10, 2));
            INSERT INTO customers VALUES (1, 'Bremen'), (2, 'Kiel');
            INSERT INTO orders VALUES (1, 1, 10.5), (2, 1, 4.5), (3, 2, 7);
            """
        )
    return path


def playbook(**changes: object) -> Playbook:
    return replace(Playbook(queries={QUESTION: GOOD}, summary=SUMMARY), **changes)  # type: ignore[arg-type]


@contextmanager
def served(
    shop: Path, script: Callable[[ChatRequest], Reply], **settings: object
) -> Iterator[tuple[Forerun, OpenAIServer]]:
    """A Forerun whose models all live on one scripted server."""
    with serve_openai(script) as server:
        chosen = Settings(
            model="scripted", model_url=server.base_url, model_timeout=1.0, model_attempts=2
        )
        yield Forerun(str(shop), settings=replace(chosen, **settings)), server  # type: ignore[arg-type]


async def answer_to(
    shop: Path, script: Callable[[ChatRequest], Reply], **settings: object
) -> Answer:
    with served(shop, script, **settings) as (forerun, _):
        async with forerun:
            return await forerun.ask(QUESTION)


def is_writer(request: ChatRequest) -> bool:
    return request.system == prompts.load("writer").system


class FirstWriterReply:
    """The first call of the writer gets `first`; every other call follows the playbook."""

    def __init__(self, first: Reply, then: Playbook) -> None:
        self.first: Reply | None = first
        self.then = then

    def __call__(self, request: ChatRequest) -> Reply:
        if is_writer(request) and self.first is not None:
            first, self.first = self.first, None
            return first
        return self.then(request)


def stages_of(answer: Answer) -> list[Stage]:
    return [span.stage for span in answer.trace.spans]


async def test_a_question_runs_through_every_stage_in_order(shop: Path) -> None:
    """SQL, rows, the model's summary, a chart and a counted cost; the trace tells each stage."""
    answer = await answer_to(shop, playbook())
    assert answer.status is Status.ANSWERED
    assert answer.rows is not None
    assert answer.rows.rows == (("Bremen", 2), ("Kiel", 1))
    assert answer.summary == SUMMARY
    assert answer.chart is not None
    assert stages_of(answer) == [
        Stage.LINK,
        Stage.ANALYSE,
        Stage.CONTEXTUALISE,
        Stage.DRAFT,
        Stage.CHECK,
        Stage.REVIEW,
        Stage.RUN,
        Stage.NARRATE,
    ]
    assert answer.usage.model_calls == 3
    assert answer.usage.input_tokens > 100
    ends = [span.end_ms for span in answer.trace.spans]
    assert ends == sorted(ends)


async def test_a_wrong_column_is_repaired_with_the_reason_told(shop: Path) -> None:
    """The repair prompt holds the refused SQL and what was wrong with it."""
    script = playbook(queries={QUESTION: BAD_COLUMN}, repairs={QUESTION: GOOD})
    with served(shop, script) as (forerun, server):
        async with forerun:
            answer = await forerun.ask(QUESTION)
    assert answer.status is Status.ANSWERED
    assert Stage.REPAIR in stages_of(answer)
    told = [request.user for request in server.requests if "<refused>" in request.user]
    assert len(told) == 1
    assert "unknown_column" in told[0]
    assert "town" in told[0]


async def test_an_objection_of_the_reviewer_is_repaired_before_anything_runs(shop: Path) -> None:
    """The refused query never reaches the database."""
    wrong = "SELECT city, 1 AS orders FROM customers"
    script = playbook(
        queries={QUESTION: wrong}, repairs={QUESTION: GOOD}, objections={wrong: "It counts nothing"}
    )
    answer = await answer_to(shop, script)
    assert answer.status is Status.ANSWERED
    assert stages_of(answer).count(Stage.RUN) == 1
    assert stages_of(answer).count(Stage.REVIEW) == 2


async def test_a_writer_that_cannot_mend_its_query_is_stopped(shop: Path) -> None:
    """At most two repairs; then the refusal names the typed reasons."""
    answer = await answer_to(shop, playbook(queries={QUESTION: BAD_COLUMN}))
    assert answer.status is Status.REFUSED
    assert stages_of(answer).count(Stage.REPAIR) <= 2
    assert answer.refusal is not None
    assert {reason.code for reason in answer.refusal.reasons} == {ReasonCode.UNKNOWN_COLUMN}
    assert Stage.RUN not in stages_of(answer)


@pytest.mark.parametrize(
    "first",
    [
        "I would love to help, but let me think about it.",
        Says(f"```sql\n{GOOD}\n```", breaks_off_after=4),
        Says(f"```sql\n{GOOD[:40]}", finish_reason="length"),
        Refuses(429, "slow down", retry_after_s=0.2),
        Refuses(503, "overloaded"),
        Resets(),
        Raw(b"<html>502 Bad Gateway</html>", "text/html"),
    ],
    ids=["no SQL", "breaks off", "cut short", "429", "503", "reset", "garbage"],
)
async def test_one_bad_reply_is_got_over_or_told(shop: Path, first: Reply) -> None:
    """After one bad reply the question is answered, or has clearly failed."""
    answer = await answer_to(shop, FirstWriterReply(first, playbook()))
    if answer.status is Status.ANSWERED:
        assert answer.rows is not None
        assert answer.rows.rows == (("Bremen", 2), ("Kiel", 1))
    else:
        assert answer.status is Status.FAILED
        assert answer.failure is not None
        assert answer.failure.code.startswith("model_")
        assert answer.failure.message


@pytest.mark.parametrize(
    ("always", "code"),
    [
        (Refuses(401, "bad key"), "model_denied"),
        (Refuses(429, "slow down", retry_after_s=0.1), "model_busy"),
        (Hangs(), "model_unreachable"),
        (Resets(), "model_unreachable"),
        (Raw(b"not json"), "model_reply_broken"),
    ],
    ids=["401", "429", "hang", "reset", "garbage"],
)
async def test_a_model_that_never_works_fails_clearly(shop: Path, always: Reply, code: str) -> None:
    """The answer has failed with the code of its cause, and says what to do."""
    answer = await answer_to(shop, lambda _: always)
    assert answer.status is Status.FAILED
    assert answer.failure is not None
    assert answer.failure.code == code
    assert answer.failure.hint


async def test_an_unclear_question_comes_back_with_choices(shop: Path) -> None:
    """Not knowing is an outcome, with complete questions to choose from."""
    choices = ("How many orders by city?", "How many customers by city?")
    answer = await answer_to(shop, playbook(unclear={QUESTION: choices}))
    assert answer.status is Status.CLARIFY
    assert answer.clarification is not None
    assert answer.clarification.choices == choices


async def test_what_the_data_does_not_hold_is_refused(shop: Path) -> None:
    """The writer's own finding is the answer; nothing was run."""
    answer = await answer_to(shop, playbook(queries={}))
    assert answer.status is Status.REFUSED
    assert answer.refusal is not None
    assert "Nothing in the database tells" in answer.refusal.message


async def test_a_follow_up_is_made_to_stand_alone(shop: Path) -> None:
    """The second turn is understood in the light of the first."""
    script = playbook(standalone={"and in Kiel?": QUESTION})
    with served(shop, script) as (forerun, _):
        async with forerun:
            conversation = forerun.conversation()
            first = await conversation.ask(QUESTION)
            second = await conversation.ask("and in Kiel?")
    assert first.status is second.status is Status.ANSWERED
    assert second.standalone == QUESTION
    assert second.question == "and in Kiel?"
    assert len(conversation.turns) == 2


async def test_a_made_up_figure_never_reaches_the_asker(shop: Path) -> None:
    """A summary with a number that the rows do not hold is replaced, and the answer says so."""
    answer = await answer_to(shop, playbook(summary="Bremen placed 4711 orders."))
    assert answer.status is Status.ANSWERED
    assert answer.summary is not None
    assert "4711" not in answer.summary
    assert any("4711" in warning for warning in answer.warnings)


@pytest.mark.parametrize(
    "hostile",
    [
        "DELETE FROM orders",
        "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
        "SELECT 1; DROP TABLE orders",
        "SELECT * FROM read_text('/etc/passwd')",
        "COPY customers TO '/tmp/forerun_leak.csv'",
    ],
)
async def test_a_hostile_model_changes_nothing(shop: Path, hostile: str) -> None:
    """Whatever the writer sends, the file stays as it is and the question is refused."""
    before = hashlib.sha256(shop.read_bytes()).hexdigest()
    answer = await answer_to(shop, playbook(queries={QUESTION: hostile}))
    assert answer.status is Status.REFUSED
    assert Stage.RUN not in stages_of(answer)
    assert hashlib.sha256(shop.read_bytes()).hexdigest() == before


async def test_a_deadline_that_cuts_the_narrator_leaves_the_rows(shop: Path) -> None:
    """The answer is partial: rows, and a summary of bare facts."""

    def script(request: ChatRequest) -> Reply:
        return Hangs() if request.system == prompts.load("narrator").system else playbook()(request)

    with served(shop, script, model_timeout=30.0) as (forerun, _):
        async with forerun:
            await forerun.catalog(samples=True)
            answer = await forerun.ask(QUESTION, timeout_s=1.5)
    assert answer.status is Status.ANSWERED
    assert answer.partial
    assert answer.rows is not None
    assert answer.summary
    assert answer.trace.total_ms < 10_000


async def test_a_deadline_before_the_rows_fails_and_hangs_up(shop: Path) -> None:
    """The model's connection is closed when the time is up."""
    with served(shop, lambda _: Hangs(), model_timeout=30.0) as (forerun, server):
        async with forerun:
            await forerun.catalog(samples=True)
            answer = await forerun.ask(QUESTION, timeout_s=1.0)
            assert answer.failure is not None
            assert answer.failure.code == "deadline_exceeded"
            with anyio.fail_after(10):
                while not server.disconnects:
                    await anyio.sleep(0.01)


async def test_an_asker_who_leaves_takes_the_model_call_along(shop: Path) -> None:
    """Cancelling the question closes the request to the model."""
    with served(shop, lambda _: Hangs(), model_timeout=30.0) as (forerun, server):
        async with forerun:
            with anyio.fail_after(30):
                async with anyio.create_task_group() as group:
                    group.start_soon(forerun.ask, QUESTION)
                    while not server.requests:
                        await anyio.sleep(0.01)
                    group.cancel_scope.cancel()
                while not server.disconnects:
                    await anyio.sleep(0.01)
