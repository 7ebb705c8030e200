"""Rival queries are run two at a time, and end together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import anyio
import pytest

from forerun.domain import Limits, Rows, Statement, Verdict
from forerun.errors import StatementTimedOut, Unavailable
from forerun.ports import Database
from forerun.running import agreeing, run_rivals
from forerun.running.asking import refused_by_database
from forerun.testing.virtual_clock import run_virtually

NOTHING = Rows((), ())
NOWHERE = cast(Database, None)
LIMITS = Limits(timeout_s=5.0)


@dataclass
class Running:
    """Each statement says how many seconds it takes; below zero the database is gone after as
    many, and past the limits it is timed out."""

    under_way: set[str] = field(default_factory=set)
    most: int = 0
    left: list[str] = field(default_factory=list)
    """Cancelled."""

    async def run(self, _: object, statement: Statement, limits: Limits) -> Rows | Verdict:
        self.under_way.add(statement.sql)
        self.most = max(self.most, len(self.under_way))
        takes_s = float(statement.sql)
        try:
            await anyio.sleep(min(abs(takes_s), limits.timeout_s))
        except anyio.get_cancelled_exc_class():
            self.left.append(statement.sql)
            raise
        finally:
            self.under_way.remove(statement.sql)
        if takes_s < 0:
            raise Unavailable("It is gone.")
        if takes_s > limits.timeout_s:
            return refused_by_database(StatementTimedOut("It took too long."))
        return NOTHING


@dataclass
class Told:
    rows: tuple[Rows | None, ...] | Unavailable
    after_s: float


def told(monkeypatch: pytest.MonkeyPatch, running: Running, *seconds: float) -> Told:
    monkeypatch.setattr(agreeing, "run", running.run)
    statements = [Statement(f"{each}", "sqlite") for each in seconds]

    async def scene() -> Told:
        try:
            found = await run_rivals(NOWHERE, statements, LIMITS, 60.0)
        except Unavailable as error:
            return Told(error, anyio.current_time())
        return Told(found, anyio.current_time())

    return run_virtually(scene)


def test_two_are_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is done takes the next; what each gave stands where it was given."""
    running = Running()
    found = told(monkeypatch, running, 3.0, 1.0, 1.5, 0.25)
    assert (found.rows, found.after_s, running.most) == ((NOTHING,) * 4, 3.0, 2)


def test_one_that_is_too_slow_ends_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told then, and nothing more begun."""
    running = Running()
    found = told(monkeypatch, running, 9.0, 1.0, 4.5, 1.25)
    assert (found.rows, found.after_s, running.left) == ((), 5.0, ["4.5"])


def test_a_database_that_is_gone_ends_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as if they had been run one after the other; also where it is gone for both."""
    running = Running()
    found = told(monkeypatch, running, 4.0, -1.0, 2.0)
    assert isinstance(found.rows, Unavailable)
    assert (found.after_s, running.left) == (1.0, ["4.0"])
    assert isinstance(told(monkeypatch, Running(), -1.0, -1.0).rows, Unavailable)
