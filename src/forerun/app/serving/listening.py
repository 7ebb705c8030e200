"""The socket that a service listens on."""

from __future__ import annotations

import socket

from forerun.app.sections import ServeSection
from forerun.errors import BadInput


def bind(serve: ServeSection) -> socket.socket:
    """The socket that the service listens on. Raises `BadInput` where it cannot be had."""
    family = socket.AF_INET6 if ":" in serve.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((serve.host, serve.port))
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


def address_of(listening: socket.socket) -> str:
    """`http://host:port`, whichever port it was given."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
