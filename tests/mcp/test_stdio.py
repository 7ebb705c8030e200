"""`forerun mcp` as the process that a host starts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import anyio
import pytest

from forerun.access.config import AuthConfig
from forerun.access.keys import Grant
from forerun.app.access import opened_keys
from mcp import Client, StdioServerParameters
from tests.mcp.shops import ENDLESS, structured

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

COMMAND = ("-m", "forerun.cli", "mcp")
ENVIRONMENT = {**os.environ, "FORERUN_SERVE_STATE": "memory", "FORERUN_AUTH_KEYS": "memory"}
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
PATIENCE_S = 60
EVERYWHERE = "0.0.0.0"  # noqa: S104 - to be refused


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, *COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, **environment},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # also where tests do not
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def send(process: subprocess.Popen[bytes], method: str, id_: int | None, params: Any) -> None:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    write(process, json.dumps(message if id_ is None else {**message, "id": id_}))


def write(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()


def read(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    message: dict[str, Any] = json.loads(process.stdout.readline())
    assert message["jsonrpc"] == "2.0"
    return message


def shake_hands(process: subprocess.Popen[bytes]) -> None:
    send(process, "initialize", 1, HELLO)
    assert read(process)["id"] == 1
    send(process, "notifications/initialized", None, {})


async def test_a_host_starts_it_and_asks(shop: Path) -> None:
    """The SDK's own client drives a whole conversation with the process."""
    parameters = StdioServerParameters(
        command=sys.executable, args=[*COMMAND, "--db", f"shop={shop}"], env=ENVIRONMENT
    )
    began_at = time.monotonic()
    async with Client(parameters) as client:
        tools = (await client.list_tools()).tools
        listed_after_s = time.monotonic() - began_at
        answer = structured(
            await client.call_tool("ask", {"question": "How many customers are in Kiel?"})
        )
    assert len(tools) == 6
    assert answer["rows"] == [[2]]
    assert listed_after_s < PATIENCE_S


def test_nothing_but_the_protocol_is_written_to_standard_output(shop: Path) -> None:
    """Garbage, deep nesting and megabytes are answered by errors in between; closing the input
    ends the process, with status 0."""
    with started("--db", str(shop)) as process:
        shake_hands(process)
        for garbage in ("no JSON", "[" * 100_000, '{"jsonrpc": "2.0"}', "\0"):
            write(process, garbage)
            refused = read(process)
            assert refused["id"] is None
            assert refused["error"]["code"] == -32700
        long = {"name": "ask", "arguments": {"question": "x" * 10_000_000}}
        send(process, "tools/call", 2, long)
        assert "10,000 is the most" in read(process)["result"]["content"][0]["text"]
        send(process, "tools/list", 3, {})
        assert len(read(process)["result"]["tools"]) == 6
        out, err = process.communicate(timeout=PATIENCE_S)
    assert out == b""
    assert b"Traceback" not in err
    assert process.returncode == 0


def test_where_there_are_keys_the_process_needs_one(shop: Path, tmp_path: Path) -> None:
    """Without one, or with a wrong one, tools are listed, each call says what to do, and standard
    error has said it, too; with the right one it asks as whose it is."""
    place = str(tmp_path / "access.sqlite")

    async def make() -> str:
        async with opened_keys(AuthConfig(keys=place)) as keys:
            return (await keys.create(Grant("laptop", "acme")))[1]

    text = anyio.run(make)
    for given, told in (({}, "FORERUN_KEY="), ({"FORERUN_KEY": text[:-1] + "_"}, "FORERUN_KEY")):
        with started("--db", str(shop), FORERUN_AUTH_KEYS=place, **given) as process:
            result = called(process)
            _, err = process.communicate(timeout=PATIENCE_S)
        assert result["isError"]
        assert told in result["content"][0]["text"]
        assert told in err.decode()
        assert text not in err.decode()
    with started("--db", str(shop), FORERUN_AUTH_KEYS=place, FORERUN_KEY=text) as process:
        assert called(process)["structuredContent"]["rows"] == [[1]]


def called(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    shake_hands(process)
    send(process, "tools/call", 2, {"name": "run_sql", "arguments": {"sql": "SELECT 1"}})
    while "result" not in (message := read(process)):
        pass
    result: dict[str, Any] = message["result"]
    return result


def begin_endless(process: subprocess.Popen[bytes]) -> None:
    """Ask what takes for ever, and wait until its statement runs."""
    shake_hands(process)
    meta = {"progressToken": "t"}
    call = {"name": "ask", "arguments": {"question": ENDLESS}, "_meta": meta}
    send(process, "tools/call", 2, call)
    while "run" not in read(process)["params"]["message"]:
        pass


@pytest.mark.parametrize("ending", ["closed", signal.SIGTERM, signal.SIGINT])
def test_its_end_is_not_held_up_by_what_is_under_way(slow: Path, ending: str | int) -> None:
    """Closing the input or a signal cancels everything, with its statements, and it is gone."""
    with started("--db", str(slow)) as process:
        begin_endless(process)
        began_at = time.monotonic()
        if isinstance(ending, str):
            close(process.stdin)
        else:
            process.send_signal(ending)
        status = process.wait(timeout=PATIENCE_S)
        assert time.monotonic() - began_at < 10
    assert status == (130 if ending == signal.SIGINT else 0)


def close(stream: IO[bytes] | None) -> None:
    assert stream is not None
    stream.close()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "There is no database to ask"),
        (("--db", "nowhere.sqlite"), "nowhere.sqlite"),
        (("--db", "demo", "--transport", "http", "--host", EVERYWHERE), EVERYWHERE),
        (("--db", "demo", "--config", "none.toml"), "none.toml"),
    ],
)
def test_what_cannot_be_served_is_said_at_once(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """On standard error, where hosts show it; status 2, and nothing on standard output."""
    done = subprocess.run(
        [sys.executable, *COMMAND, *arguments],
        input=b"",
        capture_output=True,
        cwd=tmp_path,
        timeout=PATIENCE_S,
        env=ENVIRONMENT,
    )
    assert done.returncode == 2
    assert told in done.stderr.decode()
    assert done.stdout == b""


def headers_without_end(port: int) -> bytes:
    """What is answered to them."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
        client.sendall(
            b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + b"X-More: and more\r\n" * 5_000
        )
        return client.recv(1_000)


async def test_it_serves_clients_elsewhere_until_it_is_told_to_stop(shop: Path) -> None:
    """`--transport http` says where, puts up with no endless headers, and SIGTERM ends it."""
    with started("--db", f"shop={shop}", "--transport", "http", "--port", "0") as process:
        assert process.stderr is not None
        told = process.stderr.readline().decode().strip()
        assert told.startswith("MCP at http://127.0.0.1:")
        async with Client(told.removeprefix("MCP at ")) as client:
            result = await client.call_tool("run_sql", {"sql": "SELECT 1"})
        assert structured(result)["rows"] == [[1]]
        assert b" 431 " in headers_without_end(int(told.split(":")[2].split("/")[0]))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE_S) == 0


def test_a_port_that_is_taken_is_said(shop: Path) -> None:
    """With what to do, and without a stack trace."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with started("--db", str(shop), "--transport", "http", "--port", port) as process:
            _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "Use another --port" in err.decode()
    assert "Traceback" not in err.decode()
