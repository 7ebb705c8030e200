"""The sections of `forerun.toml` that are about the service itself. Secrets are never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forerun.domain import Policies


def option(explanation: str, default: Any, *, secret: bool = False, address: bool = False) -> Any:
    """One value of a section, with the text that docs/service.md has for it.

    A `secret` is never shown; an `address` is, without the password that may be in it.
    """
    metadata = {"help": explanation, "secret": secret}
    return field(default=default, repr=not (secret or address), metadata=metadata)


@dataclass(frozen=True, slots=True)
class ServeSection:
    """`[serve]`: where the service listens, what it keeps, and how it ends."""

    host: str = option(
        "Address to listen on. Any but a loopback address needs authentication.", "127.0.0.1"
    )
    port: int = option("Port to listen on; 0: a free one.", 8080)
    workers: int = option("Processes. More than one need `redis`, and a `state` to share.", 1)
    state: str | None = option(
        "Where answers and conversations are kept: a file, `postgresql://…` for several hosts, or "
        "`memory`. Unset: a file in the user's state folder.",
        None,
        address=True,
    )
    redis: str | None = option(
        "Redis (`redis://…`) through which processes pass on the events of questions and "
        "cancel them. Unset: questions are known to their own process alone.",
        None,
        address=True,
    )
    heartbeat_s: float = option("Seconds of silence after which a stream says that it lives.", 15.0)
    drain_s: float = option(
        "Seconds that questions under way have to finish once the service is told to stop.", 30.0
    )
    resume_s: float = option(
        "Seconds that a question goes on after its stream was cut off, for it to be resumed.", 5.0
    )
    linger_s: float = option(
        "Seconds for which the events of an ended question can still be read.", 60.0
    )
    keep_s: float = option("Seconds for which answers and conversations are kept.", 30 * 86_400.0)
    keep_answers: int = option("Answers kept at most; the oldest go first.", 100_000)
    body_bytes: int = option("Bytes of a request's body at most.", 1_000_000)
    client_s: float = option(
        "Seconds for which a client is waited for: to send a request, and to take what it is sent.",
        20.0,
    )
    mcp: bool = option(
        "Whether models' hosts are served, too, by MCP at `/mcp`. Needs `forerun[mcp]` and a "
        "single worker: sessions are known to their own process alone.",
        default=False,
    )
    cors_origins: tuple[str, ...] = option(
        "Web pages, by origin (`https://app.example`), that may ask from a browser.", ()
    )


@dataclass(frozen=True, slots=True)
class LimitsSection:
    """`[limits]`: how much one process does at once. Statements and work done ahead have settings
    of their own: `max_statements`, `max_speculations`; what a key may use up is in `[quotas]`."""

    questions: int = option("Questions answered at once; the others wait.", 64)
    queue: int = option("Questions waiting at most; further ones are sent away.", 256)
    queue_s: float = option("Seconds that a question waits at most before it is sent away.", 10.0)
    rows: int = option(
        "Rows that a question may ask for (`max_rows`); who asks for more gets so many.", 10_000
    )
    followers: int = option(
        "Streams at once of questions that another process answers; who would be one too many "
        "gets 503 `overloaded`.",
        64,
    )


@dataclass(frozen=True, slots=True)
class DatabaseSection:
    """`[databases.NAME]`: one database that may be asked."""

    url: str = option("The database: as for `--db`.", "", address=True)
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """`[databases.NAME.settings]`: settings for this database alone."""
    policies: Policies = field(default_factory=Policies)
    """`[databases.NAME.policies]`: what askers may see of it."""
