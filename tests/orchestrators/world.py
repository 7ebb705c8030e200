"""A small real database and models that err by chance, the same way for the same prompt."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import anyio
import duckdb

from forerun import prompts
from forerun.adapters.databases import connect
from forerun.app import Settings
from forerun.app.hybrid import Wired, wire_hybrid
from forerun.catalog import CatalogSource
from forerun.domain import (
    Answer,
    Context,
    Draft,
    Limits,
    Mode,
    Origin,
    Question,
    Rung,
    Slice,
    TraceId,
    Turn,
    Usage,
)
from forerun.orchestrators import Tracked
from forerun.orchestrators.auditing import AuditedDatabase
from forerun.ports import Completion, Database, Model, ModelAbilities, OnText, Prompt
from forerun.stages import Models, Policy, Resources
from forerun.testing import count_tokens
from forerun.testing.simulator.jobs import About

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EAGER = Settings(
    state="memory",
    enable_parallel=True,
    parallel_threshold=0.0,
    second_value=1_000.0,
    max_extra_cost_ratio=1_000.0,
    max_extra_tokens=10_000_000,
)
"""Everything that may be begun ahead of time is; but in half of the worlds no cheap draft."""

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR, city VARCHAR);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), total DOUBLE, day DATE);
CREATE TABLE products (id INTEGER PRIMARY KEY, title VARCHAR, price DECIMAL(8, 2));
CREATE TABLE lines (order_id INTEGER REFERENCES orders (id), product_id INTEGER, pieces INTEGER);
INSERT INTO customers SELECT i, 'Name ' || i, 'Town ' || (i % 4) FROM range(1, 21) AS r(i);
INSERT INTO orders SELECT i, 1 + i % 20, i * 1.1, DATE '2025-01-01' + (i % 90)::INTEGER
    FROM range(1, 61) AS r(i);
INSERT INTO products SELECT i, 'Product ' || i, i * 2.5 FROM range(1, 9) AS r(i);
INSERT INTO lines SELECT i, 1 + i % 8, i % 5 FROM range(1, 61) AS r(i);
"""

QUERIES = (
    "SELECT city, COUNT(*) AS customers FROM customers GROUP BY city ORDER BY city",
    "SELECT c.city, COUNT(*) AS customers FROM customers AS c GROUP BY c.city ORDER BY c.city",
    "SELECT city, COUNT(*) AS customers FROM customers WHERE id > 3 GROUP BY city ORDER BY city",
    "SELECT COUNT(*) AS n FROM orders",
    "SELECT COUNT(*) AS n FROM orders WHERE total > 20 AND id < 50",
    "SELECT COUNT(*) AS n FROM orders WHERE id < 50 AND total > 20",
    "SELECT COUNT(*) AS n FROM orders AS o WHERE 20 < o.total AND o.id < 50",
    "SELECT id, total FROM orders ORDER BY id LIMIT 3",
    "SELECT id, name FROM customers ORDER BY id",
    "SELECT title FROM products WHERE price > 1000",
    "SELECT c.city, SUM(o.total) AS revenue FROM customers AS c JOIN orders AS o "
    "ON o.customer_id = c.id GROUP BY c.city ORDER BY c.city",
    "SELECT town FROM customers",
    "SELECT CAST(name AS INTEGER) AS broken FROM customers",
    "DELETE FROM customers",
    "SELECT name FROM",
    "",
)
"""Right, equal in other words, other rows, refused, failing when run, no SQL at all."""

ASKED = (
    "How many customers are there per city?",
    "How many orders are there?",
    "How many orders are above 20?",
    "What is the revenue per city?",
    "List the customers",
)
ROOM = (2, 1_000)
"""Rows that an answer may have."""
EARLIER = (Turn("How many orders?", "How many orders are there?", QUERIES[3]),)

_QUESTION = re.compile(r"<question>\n(.*)\n</question>", re.DOTALL)


@dataclass
class ErringModel:
    """Says what chance says, by seed and prompt alone: alike for every schedule."""

    seed: int
    slowest_s: float = 0.004
    clarifies: bool = True
    abilities: ModelAbilities = field(default_factory=ModelAbilities)
    name: str = "erring:model"
    stubborn: bool = False
    """Whether its writer minds the question alone, and not which tables it is shown."""
    calls: int = 0
    under_way: int = 0

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        self.calls += 1
        self.under_way += 1
        try:
            chance = random.Random(f"{self.seed}|{prompt.name}|{prompt.user}|{prompt.sample}")
            said = self._said(prompt, chance)
            await anyio.sleep(chance.random() * self.slowest_s)
            for start in range(0, len(said), 40):
                if on_text is not None:
                    await on_text(said[start : start + 40])
                await anyio.sleep(chance.random() * self.slowest_s / 8)
            return Completion(said, self.estimate(prompt, said), self.name)
        finally:
            self.under_way -= 1

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        asked = count_tokens(prompt.system) + count_tokens(prompt.user)
        return Usage(1, asked, count_tokens(said), 0.0)

    async def aclose(self) -> None:
        return None

    def _said(self, prompt: Prompt, chance: random.Random) -> str:
        job = prompt.name.partition("@")[0]
        if job == "analyst":
            return chance.choice(["NONE", "NONE", "NONE", "products", "lines\nproducts"])
        if job == "follow_up":
            return chance.choice(ASKED)
        if job == "reviewer":
            return chance.choice(["CORRECT", "CORRECT", "CORRECT", "WRONG: not that", "hm"])
        if job == "narrator":
            words = chance.choice(["These are the rows.", "It says so.", "See https://x.example"])
            return json.dumps({"summary": words, "suggestions": [chance.choice(ASKED)]})
        if self.stubborn:
            about = About(prompt.user)
            told = f"{about.question}|{about.refused}|{prompt.sample}"
            return self._written(random.Random(f"{self.seed}|{told}"))
        return self._written(chance)

    def _written(self, chance: random.Random) -> str:
        if self.clarifies and chance.random() < 0.08:
            return "Clarify: Which one?\n- the first of them\n- the second of them"
        if self.clarifies and chance.random() < 0.04:
            return "Unanswerable: the weather"
        sql = chance.choice(QUERIES)
        text = f"```sql\n{sql}\n```\nReading: as it stands\nConfidence: {chance.random():.2f}"
        if chance.random() < 0.1:  # it thinks better of it
            text += f"\n\nOr rather:\n```sql\n{chance.choice(QUERIES)}\n```"
        return text


@dataclass
class World:
    """One database, its models, and the orchestrator over them."""

    resources: Resources
    wired: Wired
    model: ErringModel

    async def ask(self, question: Question, mode: Mode) -> Answer:
        hybrid = self.wired.in_mode(mode)
        answer = await Tracked(hybrid, self.resources.database.dialect, hybrid.name)(question)
        await self.wired.experience.save_when_due()
        return answer

    async def aclose(self) -> None:
        await self.wired.aclose()
        await self.resources.database.aclose()


def make_shop(path: Path) -> str:
    with duckdb.connect(str(path)) as connection:
        connection.execute(SHOP)
    return str(path)


def question_of(seed: int, deadline_s: float | None = None) -> Question:
    """One of a few questions, a follow-up now and then, sometimes with room for few rows."""
    chance = random.Random(f"question {seed}")
    asked = Question(
        chance.choice(ASKED),
        NOW,
        EARLIER if chance.random() < 0.4 else (),
        limits=Limits(max_rows=chance.choice(ROOM)),
        id=TraceId(f"{seed:032x}"),  # by which one accepted draft in twenty is audited all the same
    )
    if deadline_s is None:
        return asked
    return replace(asked, deadline=anyio.current_time() + deadline_s)


async def world_of(
    seed: int,
    shop: str | Database,
    *,
    settings: Settings = EAGER,
    roles: Sequence[Model | None] | None = None,
    slowest_s: float = 0.004,
    clarifies: bool = True,
) -> World:
    """A world whose luck is in `seed`. `roles`: analyst, writer, reviewer, narrator."""
    chance = random.Random(f"world {seed}")
    model = ErringModel(seed, slowest_s, clarifies)
    database = AuditedDatabase(connect(shop) if isinstance(shop, str) else shop)
    models = Models(*(roles or (model, model, model, model)))
    if roles is None and chance.random() < 0.2:
        models = replace(models, reviewer=None)
    policy = Policy(slice_tables=2)

    async def drafter(slice_: Slice, context: Context) -> Draft | None:
        luck = random.Random(f"draft {seed} {context.question}")
        await anyio.sleep(luck.random() * slowest_s / 4)
        return Draft(luck.choice(QUERIES[:-1]), Origin.MEMORY, 0.7)

    if settings is EAGER and chance.random() < 0.5:  # a cheap draft would be preferred
        settings = replace(settings, rungs=settings.rungs - {Rung.DRAFT_AHEAD.value})
    resources = Resources(
        database,
        CatalogSource(database),
        models,
        policy,
        drafter if chance.random() < 0.8 else None,
    )
    model.stubborn = chance.random() < 0.7
    return World(resources, await wire_hybrid(resources, settings), model)


def is_writer(prompt: Prompt) -> bool:
    return prompt.system == prompts.load("writer").system
