"""Whatever clients do, each is answered or dropped within its limit, and nobody else notices."""

from __future__ import annotations

import json
import socket
import struct
import time
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import anyio.abc
import httpx
import pytest

from forerun.testing.openai_server import OpenAIServer
from tests.api.service import COUNT, FOREVER
from tests.service.asking import asking_meanwhile, question, request, until
from tests.service.conftest import LETTERS
from tests.service.processes import Served, serving

pytestmark = pytest.mark.anyio

CLIENT_S = 1.0
MOST_GROWTH_MB = 150.0
CONFIG = """
[settings]
state = "memory"
cache = "none"
[databases.shop]
url = "{url}"
[databases.waiting]
url = "{url}"
[databases.waiting.settings]
model = "openai:silent"
model_url = "{model}"
model_key = "none"
model_timeout = 600
timeout = 600
[serve]
state = "memory"
client_s = {client_s}
resume_s = 0.3
linger_s = 2
[telemetry]
log = "none"
"""


@pytest.fixture(scope="module")
def served(folder: Path, shop_url: str, silent_model: OpenAIServer) -> Iterator[Served]:
    config = CONFIG.format(url=shop_url, model=silent_model.base_url, client_s=CLIENT_S)
    with serving(folder, config) as service:
        httpx.post(f"{service.url}/v1/ask", content=question(COUNT), timeout=60)
        yield service
        assert service.process.poll() is None
        assert "Traceback" not in service.said()


async def connect(served: Served) -> anyio.abc.SocketStream:
    return await anyio.connect_tcp("127.0.0.1", served.port)


async def read_all(stream: anyio.abc.SocketStream, within_s: float = 10.0) -> bytes:
    """Until the service hangs up."""
    came = b""
    with anyio.fail_after(within_s):
        try:
            while True:
                came += await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return came


async def exchanged(served: Served, *pieces: bytes) -> bytes:
    """What comes back for these bytes until the service hangs up."""
    async with await connect(served) as stream:
        try:
            for piece in pieces:
                await stream.send(piece)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            pass  # refused before all of it was sent
        return await read_all(stream)


def status_of(response: bytes) -> int:
    return int(response.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b'{"question": "\\u0000How many customers\\u0000 are there?\\u0000"}', {200, 400}),
        (b'{"question": "How many \\ud800 customers are there?"}', {200, 422}),
        (b'{"question": "\xff\xfe\xc3("}', {400, 422}),
        (b'{"question": "\xed\xa0\x80"}', {400, 422}),
        (b"[" * 200_000, {400, 422}),
        (b'{"question":' * 50_000, {400, 422}),
        (b'{"question": "x", "max_rows": 1e400}', {400, 422}),
        (b'{"question": "x", "max_rows": ' + b"9" * 5_000 + b"}", {400, 422}),
        (b'{"question": "x", "timeout_s": NaN}', {400, 422}),
        (b'{"question": "x", "timeout_s": -1}', {422}),
        (b'{"question": "' + b"x" * 10_001 + b'"}', {422}),
        (b'{"question": "x", "database": "\\u0000\\ud83d"}', {404, 422}),
        (b'{"question": "x", "conversation_id": "../../etc\\u0000"}', {422}),
        (b'{"question": "x", "id": "\\uff11"}', {422}),
        (b'{"question": "x"} trailing', {400, 422}),
        (b"", {400, 422}),
        (b"\x00" * 1_000, {400, 422}),
        (b'"just text"', {422}),
        (b"null", {422}),
    ],
)
@pytest.mark.parametrize("path", ["/v1/ask", "/v1/ask/stream"])
async def test_a_body_of_any_kind_is_answered(
    served: Served, path: str, body: bytes, statuses: set[int]
) -> None:
    """With an answer, or with a problem that has a code: never with a fault."""
    if b'"database"' not in body:
        body = body.replace(b'{"question": "', b'{"database": "shop", "question": "', 1)
    came = await exchanged(served, request("POST", path, body, Connection="close"))
    assert status_of(came) in statuses, came[:500]
    if status_of(came) >= 400:
        assert b"application/problem+json" in came
        assert b'"code":' in came


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/json;charset=🦆",
        "application/x-www-form-urlencoded",
        "; ;",
        "x" * 5_000,
    ],
)
async def test_a_wrong_content_type_is_refused(served: Served, content_type: str) -> None:
    """Or taken for JSON, where it still says so."""
    body = question(COUNT)
    sent = request("POST", "/v1/ask", body, Content_Type=content_type, Connection="close")
    came = await exchanged(served, sent)
    assert status_of(came) in {200, 400, 415, 422}, came[:300]


@pytest.mark.parametrize("told", [True, False])
async def test_a_question_of_ten_megabytes_is_refused(served: Served, told: bool) -> None:
    """With 413, whether its length is told first or not, and before all of it has come."""
    body = b'{"question": "' + b"x" * 10_000_000 + b'"}'
    if told:
        came = await exchanged(served, request("POST", "/v1/ask", body))
    else:
        head = request("POST", "/v1/ask", None, Transfer_Encoding="chunked")
        chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in _parts(body, 100_000)]
        came = await exchanged(served, head, *chunks)
    # What was sent after the refusal may have reset the connection, and the refusal with it.
    assert not came or status_of(came) == 413


def _parts(whole: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


async def test_headers_without_end_are_refused(served: Served) -> None:
    """Megabytes of them are not gathered."""
    before = served.memory_mb()
    for header in (b"X: " + b"y" * 20_000_000, b"X-Y: z\r\n" * 1_000_000):
        pieces = list(_parts(b"GET /v1/databases HTTP/1.1\r\nHost: localhost\r\n" + header, 60_000))
        came = await exchanged(served, *pieces)
        assert not came or status_of(came) in {400, 431}
    assert served.memory_mb() - before < 30


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/databases HTTP/1.1\r\nHost: local",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b'Content-Length: 1000\r\n\r\n{"question": "',
        b"GET /v1/databases HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n",
        b"",
    ],
    ids=["headers", "body", "after a request", "nothing"],
)
async def test_who_sends_byte_by_byte_is_left_in_time(served: Served, sent: bytes) -> None:
    """A hundred at once, each a byte now and then, and each gone soon after its time is over."""
    lasted: list[float] = []

    async def drip() -> None:
        began_at = time.monotonic()
        async with await connect(served) as stream, anyio.create_task_group() as group:

            async def go_on() -> None:
                await stream.send(sent)
                while sent:
                    await anyio.sleep(0.2)
                    await stream.send(b"\n" if sent.endswith(b"\n") else b"x")

            async def read() -> None:
                await read_all(stream)
                group.cancel_scope.cancel()

            group.start_soon(read)
            try:
                await go_on()
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                group.cancel_scope.cancel()
        lasted.append(time.monotonic() - began_at)

    async with asking_meanwhile(served.url), anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(drip)
    assert len(lasted) == 100
    assert max(lasted) < CLIENT_S + 4
    await until(lambda: served.open_files() < 60)


async def test_a_thousand_open_streams_keep_nobody_waiting(served: Served) -> None:
    """All of one question that is not answered. When they leave at once, it is cancelled."""
    before, id_ = served.open_files(), uuid.uuid4().hex
    memory = served.memory_mb()
    asked = request("POST", "/v1/ask/stream", question(FOREVER, "waiting", id=id_))
    async with AsyncExitStack() as stack:
        streams = []
        for _ in range(1_000):
            streams.append(await stack.enter_async_context(await connect(served)))
            await streams[-1].send(asked)
        for stream in streams:
            assert status_of(await stream.receive()) == 200
        async with asking_meanwhile(served.url) as ordinary:
            await until(lambda: len(ordinary.seconds) >= 5)
        assert served.memory_mb() - memory < MOST_GROWTH_MB
    await until(lambda: served.open_files() <= before + 5)
    await _ends_cancelled(served, id_)


async def _ends_cancelled(served: Served, *ids: str) -> None:
    """Soon nothing is under way; to look at a question before would be to take part in it."""
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=10) as client:
        with anyio.fail_after(10):
            while "forerun_in_flight 0.0" not in (await client.get("/metrics")).text:
                await anyio.sleep(0.05)
        for id_ in ids:
            events = (await client.get(f"/v1/ask/{id_}/stream")).text
            assert '"code":"cancelled"' in events


async def test_who_vanishes_in_the_middle_of_a_stream_leaves_nothing(served: Served) -> None:
    """By reset, after the first event: each question ends once its time to be resumed is over."""
    ids = [uuid.uuid4().hex for _ in range(30)]
    before = served.open_files()

    async def vanish(id_: str) -> None:
        stream = await connect(served)
        await stream.send(request("POST", "/v1/ask/stream", question(FOREVER, "waiting", id=id_)))
        await stream.receive()
        raw = stream.extra(anyio.abc.SocketAttribute.raw_socket)  # noqa: S610 - not Django's
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await stream.aclose()

    async with asking_meanwhile(served.url), anyio.create_task_group() as group:
        for id_ in ids:
            group.start_soon(vanish, id_)
    await until(lambda: served.open_files() <= before + 5)
    await _ends_cancelled(served, *ids)


async def test_who_reads_nothing_is_left_in_time(served: Served) -> None:
    """What they asked for fits no buffer: the service neither keeps it nor waits for them."""
    before, memory = served.open_files(), served.memory_mb()
    body = question(LETTERS, "waiting", max_rows=100_000, id=uuid.uuid4().hex)
    deaf = []
    for _ in range(10):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(("127.0.0.1", served.port))
        client.sendall(request("POST", "/v1/ask", body))
        deaf.append(client)
    try:
        async with asking_meanwhile(served.url):
            await until(lambda: served.open_files() >= before + 10)
            await until(lambda: served.open_files() <= before + 5, within_s=30)
    finally:
        for client in deaf:
            client.close()
    assert served.memory_mb() - memory < MOST_GROWTH_MB * 2


@pytest.mark.parametrize(
    "value",
    ["-1", "0", "1e9", "abc", "", "9" * 4_000, "9" * 20, "18446744073709551616", "٣", "0x1"],
)
async def test_an_absurd_last_event_id_does_no_harm(served: Served, value: str) -> None:
    """It is refused, or nothing comes after it but the end."""
    id_ = uuid.uuid4().hex
    asked = question(COUNT, id=id_)
    for sent in (
        request("POST", "/v1/ask/stream", asked, Last_Event_ID=value, Connection="close"),
        request("GET", f"/v1/ask/{id_}/stream", Last_Event_ID=value, Connection="close"),
    ):
        assert status_of(await exchanged(served, sent)) in {200, 204, 404, 422}


async def test_an_id_that_many_use_at_once_stands_for_one_question(served: Served) -> None:
    """Twenty who ask the same get the same answer, and who asks something else is told so."""
    id_ = uuid.uuid4().hex
    answers: list[httpx.Response] = []
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=30) as client:

        async def ask(asked: str) -> None:
            body = question(asked, id=id_, cache="bypass")
            answers.append(await client.post("/v1/ask", content=body, headers=JSON))

        async with anyio.create_task_group() as group:
            for number in range(30):
                group.start_soon(ask, "Show all customers" if number % 3 == 2 else COUNT)
    taken = [answer for answer in answers if answer.status_code == 409]
    same = {answer.content for answer in answers if answer.status_code == 200}
    assert (len(taken), len(same)) in [(10, 1), (20, 1)]  # whichever came first
    assert {answer.json()["code"] for answer in taken} == {"id_taken"}


JSON = {"Content-Type": "application/json"}


async def test_requests_sent_one_after_another_without_waiting_are_answered_in_order(
    served: Served,
) -> None:
    """HTTP/1.1 pipelining, questions among them."""
    names = [f"/v1/ask/{uuid.uuid4().hex}/cancel" for _ in range(10)]
    sent = b"".join(
        request("POST", name, b"") + request("POST", "/v1/ask", question(COUNT)) for name in names
    )
    came = await exchanged(served, sent + request("GET", "/healthz", Connection="close"))
    statuses = [int(part[:3]) for part in came.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [404, 200] * 10 + [200]
    said = [part.partition(b"\r\n\r\n")[2] for part in came.split(b"HTTP/1.1 ")[1:]]
    told = [json.loads(part)["instance"] for part in said[:-1:2]]
    assert told == names


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /v1/databases/%00%ff%fe/schema HTTP/1.1\r\nHost: localhost\r\n"
        b"Connection: close\r\n\r\n",
        b"GET /v1/answers/..%2f..%2fetc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /v1/conversations?limit=%FF HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused(served: Served, sent: bytes) -> None:
    """And never a fault of ours."""
    came = await exchanged(served, sent)
    assert not came or 200 <= status_of(came) < 500, came[:300]
