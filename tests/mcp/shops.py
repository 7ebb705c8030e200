"""A small database, a deployment over it, and the SDK's own client in front of that."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.client.session import ElicitationFnT

from forerun.access import LOOPBACK, Identity
from forerun.access.config import AuthConfig, QuotasConfig
from forerun.access.keys import Grant
from forerun.app.configuration import Configuration
from forerun.app.sections import DatabaseSection, ServeSection
from forerun.app.serving import Deployment
from forerun.app.settings import Settings
from forerun.domain import Policies
from forerun.mcp.calls import Context
from forerun.mcp.server import build_server
from mcp import Client

SERVE = ServeSection(state="memory")
NO_POLICIES, NO_QUOTAS = Policies(), QuotasConfig()
BOTH_ERAS = ("auto", "legacy")
"""The protocol of 2026-07-28, and the one before it, with its handshake."""
SLOW_SQL = (
    "SELECT count(*) FROM slow AS a JOIN slow AS b ON a.x < b.x JOIN slow AS c ON b.x < c.x "
    "JOIN slow AS d ON c.x < d.x"
)
ENDLESS = "How many endless are there?"


def make_shop(path: Path) -> Path:
    """Two tables that belong together."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE TABLE regions (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
            CREATE TABLE customers (
                id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, credit REAL, debit REAL,
                region_id INTEGER REFERENCES regions (id)
            );
            INSERT INTO regions VALUES (1, 'North'), (2, 'South');
            INSERT INTO customers VALUES (1, 'Ann', 'Kiel', 1, 2, 1), (2, 'Bob', 'Bremen', 3, 4, 1),
                (3, 'Cy', 'Kiel', 5, 6, 2);
            """
        )
    return path


def make_slow(path: Path) -> Path:
    """A table on which SLOW_SQL takes for ever, as it does to count its view."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            CREATE TABLE slow (x INTEGER);
            CREATE VIEW endless AS SELECT a.x FROM slow a, slow b, slow c, slow d;
            """
        )
        db.executemany("INSERT INTO slow VALUES (?)", [(number,) for number in range(2_000)])
        db.commit()
    return path


def configured(
    *shops: Path,
    serve: ServeSection = SERVE,
    samples: bool = True,
    policies: Policies = NO_POLICIES,
    quotas: QuotasConfig = NO_QUOTAS,
) -> Configuration:
    return Configuration(
        settings=Settings(state="memory", samples=samples),
        databases={shop.stem: DatabaseSection(str(shop), policies=policies) for shop in shops},
        serve=serve,
        auth=AuthConfig(keys="memory", remember_s=0.0),
        quotas=quotas,
    )


async def key(deployment: Deployment, *given: Any, **named: Any) -> str:
    """The text of a new key; `given` and `named` are those of `Grant` after its name."""
    _, text = await deployment.access.keys.create(Grant("test", *given, **named))
    return text


@asynccontextmanager
async def connected(
    deployment: Deployment,
    *,
    era: str = "auto",
    identity: Identity = LOOPBACK,
    asked: ElicitationFnT | None = None,
) -> AsyncIterator[Client]:
    """A client in the same process, of whoever `identity` is."""

    async def opened() -> Deployment:
        return deployment

    async def who_asks(context: Context) -> Identity:
        return identity

    server = build_server(opened, who_asks)
    async with Client(server, mode=era, elicitation_callback=asked) as client:
        yield client


def text_of(result: types.CallToolResult) -> str:
    """The text that a model reads."""
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def structured(result: types.CallToolResult) -> dict[str, Any]:
    content = result.structured_content
    assert isinstance(content, dict), text_of(result)
    return content
