"""The simulated provider as a Model, a Database and an HTTP server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

import anyio
import duckdb
import httpx2
import pytest

from forerun.adapters.databases import connect
from forerun.adapters.models import open_model
from forerun.domain import (
    Limits,
    Statement,
    Usage,
)
from forerun.errors import StatementFailed, StatementTimedOut
from forerun.ports import Model, Prompt
from forerun.testing.simulator import (
    Engine,
    ErrorRates,
    SimulatedDatabase,
    SimulatedModel,
)
from forerun.testing.simulator.server import SimulatedServer, serve_simulated
from forerun.testing.virtual_clock import run_virtually
from tests.testing.simulated import (
    CASES,
    MODERN,
    engine_of,
    writer_prompt,
)

SCALE = 0.002


def test_a_call_that_is_broken_off_costs_what_was_written() -> None:
    """Input in full, output by the time of the break; each call once, streamed or not."""

    async def break_off() -> tuple[Usage, Usage, float, SimulatedModel]:
        model = SimulatedModel(engine_of())
        prompt = writer_prompt(CASES[0])
        planned = replace(model.engine).plan(prompt)
        at = planned.first_token_s + 1.0
        with anyio.move_on_after(at):
            await model.complete(prompt)
        usage = model.estimate(prompt, "")
        return usage, planned.usage, at, model

    usage, whole, at, model = run_virtually(break_off)
    assert usage.input_tokens == whole.input_tokens
    assert usage.output_tokens in (67, 68)
    assert usage.cost_usd == pytest.approx(
        (usage.input_tokens * 3.0 + usage.output_tokens * 15.0) / 1e6
    )
    never_asked = model.estimate(writer_prompt(CASES[1]), "")
    assert never_asked.output_tokens == 0
    assert model.under_way == 0
    (call,) = model.calls
    assert call.began_at == 0.0
    assert call.ends_at > at


def test_pieces_come_in_order_at_their_times() -> None:
    """Streamed, each piece is there when it was planned for; whole, the reply takes as long."""

    async def stream() -> None:
        model = SimulatedModel(engine_of())
        prompt = writer_prompt(CASES[0])
        planned = replace(model.engine).plan(prompt)
        heard: list[tuple[float, str]] = []

        async def hear(text: str) -> None:
            heard.append((anyio.current_time(), text))

        completion = await model.complete(prompt, hear)
        assert [text for _, text in heard] == [piece.text for piece in planned.pieces]
        assert [at for at, _ in heard] == pytest.approx([p.at_s for p in planned.pieces])
        assert [at for at, _ in heard] == sorted(at for at, _ in heard)
        assert completion.text == planned.text
        assert len(planned.pieces) <= 16
        assert anyio.current_time() == pytest.approx(planned.seconds)

    run_virtually(stream)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE orders AS SELECT i AS id, i * 2 AS total FROM range(9) r(i)"
        )
    return str(path)


def statement(sql: str) -> Statement:
    return Statement(sql, "duckdb")


def test_statements_take_simulated_time_and_give_real_rows(shop: str) -> None:
    """Lognormal by text, the same each time; plans and structure take none."""

    async def ask() -> None:
        database = SimulatedDatabase(connect(shop), 3.0, seed=1)
        catalog = await database.read_structure()
        assert [t.name for t in catalog.tables] == ["orders"]
        texts = [statement(f"SELECT COUNT(*) FROM orders WHERE id < {n}") for n in range(4)]
        assert (await database.explain(texts[0])).rows is not None
        assert anyio.current_time() == 0.0
        for _ in range(2):
            before = anyio.current_time()
            found = [await database.run(text, Limits()) for text in texts]
            assert [rows.rows for rows in found] == [((n,),) for n in range(4)]
            expected = sum(map(database.seconds, texts))
            assert anyio.current_time() - before == pytest.approx(expected)
        seconds = [database.seconds(statement(f"SELECT {n}")) for n in range(1_000)]
        assert median(seconds) == pytest.approx(3.0, rel=0.1)
        await database.aclose()

    run_virtually(ask)


def test_statements_are_refused_time_out_and_are_cancelled(shop: str) -> None:
    """Refusals are the database's own, each time; limits and cancellation follow the clock."""

    async def ask() -> None:
        database = SimulatedDatabase(connect(shop), 3.0)
        for _ in range(2):
            with pytest.raises(StatementFailed, match="nothing"):
                await database.run(statement("SELECT nothing FROM orders"), Limits())
        with pytest.raises(StatementTimedOut):
            await database.run(statement("SELECT 1"), Limits(timeout_s=0.1))
        before = anyio.current_time()
        with anyio.move_on_after(0.2) as scope:
            await database.run(statement("SELECT 1"), Limits())
        assert scope.cancelled_caught
        assert anyio.current_time() - before == pytest.approx(0.2)
        assert database.under_way == 0
        await database.aclose()

    run_virtually(ask)


@contextmanager
def served(engine: Engine, tmp_path: Path) -> Iterator[tuple[SimulatedServer, Callable[[], Model]]]:
    """The engine over HTTP, and a way to open a client of it that knows the prices."""
    price = "input = 3.0\noutput = 15.0\ncached_input = 0.3\n"
    (tmp_path / "prices.toml").write_text(f'["sim-strong"]\n{price}')
    with serve_simulated(engine, SCALE) as server:

        def open_it() -> Model:
            prices = str(tmp_path / "prices.toml")
            return open_model("sim-strong", base_url=server.base_url, api_key="k", prices=prices)

        yield server, open_it


async def ask_all(model: Model, asked: Sequence[Prompt]) -> list[tuple[str, list[str], Usage]]:
    """Text, pieces and usage of each, streamed, one after another."""
    found = []
    for prompt in asked:
        pieces: list[str] = []

        async def hear(text: str, pieces: list[str] = pieces) -> None:
            pieces.append(text)

        completion = await model.complete(prompt, hear)
        found.append((completion.text, pieces, completion.usage))
    return found


@pytest.mark.anyio
async def test_over_http_it_says_and_costs_the_same(tmp_path: Path) -> None:
    """Text, order of the pieces, tokens, and money, cached tokens included."""
    asked = [writer_prompt(case) for case in CASES[:3]]
    with served(engine_of(), tmp_path) as (server, open_it):
        model = open_it()
        over_http = await ask_all(model, asked)
        await model.aclose()
    in_process = run_in_thread(engine_of(), asked)
    for (text, pieces, usage), (same, _, known) in zip(over_http, in_process, strict=True):
        assert text == same == "".join(pieces)
        assert len(pieces) > 1
        assert (usage.input_tokens, usage.output_tokens) == (
            known.input_tokens,
            known.output_tokens,
        )
        assert usage.cost_usd == pytest.approx(known.cost_usd)
    assert [call.usage for call in server.calls] == [usage for *_, usage in in_process]
    assert server.calls[1].began_at > server.calls[0].ends_at
    lasted = server.calls[0].ends_at - server.calls[0].began_at
    assert lasted == pytest.approx(engine_of().plan(asked[0]).seconds * SCALE)


def run_in_thread(engine: Engine, asked: Sequence[Prompt]) -> list[tuple[str, list[str], Usage]]:
    """On a virtual clock, whose loop needs a thread of its own here."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run_virtually, ask_all, SimulatedModel(engine), asked).result()


def test_the_draw_travels_over_http(tmp_path: Path) -> None:
    """By `seed` where it is sent, else warm requests are counted; strangers are refused."""
    engine = engine_of(ErrorRates(writer_right=0.4))
    prompt = writer_prompt(CASES[1])
    draws = [replace(engine).plan(prompt, sample).text for sample in range(4)]
    messages = [
        {"role": "system", "content": prompt.system},
        {"role": "user", "content": prompt.user},
    ]
    with served(engine, tmp_path) as (server, _):

        def ask(**body: object) -> httpx2.Response:
            document = {"model": "m-small", "messages": messages, **body}
            return httpx2.post(f"{server.base_url}/chat/completions", json=document, timeout=30.0)

        def text(**body: object) -> str:
            return str(json.loads(ask(**body).content)["choices"][0]["message"]["content"])

        assert len(set(draws)) > 1
        assert [text(seed=n, temperature=0.8) for n in range(4)] == draws
        assert [text(temperature=0.8) for _ in range(3)] == draws[1:]
        assert [text(temperature=0), text()] == [draws[0], draws[0]]
        usage = ask().json()["usage"]
        assert usage["prompt_tokens_details"]["cached_tokens"] > 0
        assert server.calls[0].usage.cost_usd == pytest.approx(
            replace(engine).plan(prompt, speed=MODERN.small).usage.cost_usd
        )
        messages[1]["content"] = "<question>\nnever heard of\n</question>"
        assert ask().status_code == 400
