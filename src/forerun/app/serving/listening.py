"""The socket that a service listens on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from forerun.app.sections import ServeSection
from forerun.errors import BadInput

KEEPALIVE_PROBES = 3
ACCEPTED_A_TURN = 16


def bind(serve: ServeSection) -> socket.socket:
    """The socket that the service listens on. Raises `BadInput` where it cannot be had."""
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((serve.host, serve.port))
        _give_up_who_is_gone(listening, serve.client_s)
        listening.listen()  # who comes while the databases are opened waits; a second service fails
    except (OSError, OverflowError) as error:
        listening.close()
        raise BadInput(
            f"Nothing can listen on {serve.host}, port {serve.port}: "
            f"{getattr(error, 'strerror', None) or error}.",
            "Use another --port (0: a free one), or stop what listens there.",
        ) from None
    listening.set_inheritable(True)
    return listening


@contextmanager
def doors_of(listening: socket.socket) -> Iterator[list[socket.socket]]:
    """The socket under several descriptors, for an event loop to watch all of them; closed in the
    end, as `listening` is.

    uvloop takes one connection from each in a turn (libuv/libuv#3696). With one, of 200 clients
    that come at once the last is only seen 200 turns later, and under load a turn is long.
    """
    with ExitStack() as stack:
        stack.enter_context(closing(listening))
        others = (stack.enter_context(closing(listening.dup())) for _ in range(ACCEPTED_A_TURN - 1))
        yield [listening, *others]


def address_of(listening: socket.socket) -> str:
    """`http://host:port`, whichever port it was given."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _give_up_who_is_gone(listening: socket.socket, within_s: float) -> None:
    """Have the system end connections, accepted from now on, that take nothing of what they are
    sent for so long, or whose client is gone without a word. Where the system can do that."""
    options = {
        "TCP_USER_TIMEOUT": round(within_s * 1000),
        "TCP_KEEPIDLE": max(1, round(within_s)),
        "TCP_KEEPINTVL": max(1, round(within_s / KEEPALIVE_PROBES)),
        "TCP_KEEPCNT": KEEPALIVE_PROBES,
    }
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in options.items():
        if (option := getattr(socket, name, None)) is not None:
            listening.setsockopt(socket.IPPROTO_TCP, option, value)
