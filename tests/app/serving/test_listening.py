"""Clients that come at once are let in at once."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest

from forerun.app.sections import ServeSection
from forerun.app.serving.listening import ACCEPTED_A_TURN, bind, doors_of

CLIENTS = 96


class _Counting(asyncio.Protocol):
    accepted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        type(self).accepted += 1
        transport.close()


async def _turns_until_all_are_in(doors: list[socket.socket]) -> int:
    loop, turns = asyncio.get_running_loop(), 0
    servers = [await loop.create_server(_Counting, sock=door) for door in doors]
    while _Counting.accepted < CLIENTS:
        turns += 1
        await asyncio.sleep(0)
    for server in servers:
        server.close()
    return turns


@pytest.fixture(autouse=True)
def _nobody_is_in_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Counting, "accepted", 0)


def test_many_who_come_at_once_are_let_in_within_few_turns_of_uvloop() -> None:
    """A turn of a busy loop takes long; with one connection a turn the last one waits for all."""
    uvloop = pytest.importorskip("uvloop")
    with ExitStack() as clients, doors_of(bind(ServeSection(port=0))) as doors:
        for _ in range(CLIENTS):
            clients.enter_context(socket.create_connection(doors[0].getsockname()))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            turns = runner.run(_turns_until_all_are_in(doors))
    assert turns < 3 * CLIENTS / ACCEPTED_A_TURN


def test_no_door_is_left_open() -> None:
    """What listens under several descriptors listens no more once it is left."""
    with doors_of(bind(ServeSection(port=0))) as doors:
        address = doors[0].getsockname()
        socket.create_connection(address).close()
    assert {door.fileno() for door in doors} == {-1}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
