"""A Database whose complaints tell an asker nothing that is out of his sight."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from forerun.domain import Limits, Rows, Statement
from forerun.errors import ForerunError, StatementFailed, StatementTimedOut
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import Plan

WORDS = re.compile(r"\w+")
EXCERPT = re.compile(r"\bLINE \d+:")
"""After it DuckDB and PostgreSQL quote the query, from anywhere within it."""
UNSAID = "The database refused this query; why, it says in words that you may not see."


@dataclass(frozen=True, slots=True)
class DiscreetDatabase(PassingDatabase):
    """Passes the database's own words on only where they name nothing hidden, quote no query that
    holds restrictions, and tell no value that no model may be sent."""

    hidden: Callable[[], frozenset[str]]
    """Names of tables and columns that are out of sight, in lower case."""

    async def explain(self, statement: Statement) -> Plan:
        with self._discreetly(statement):
            return await self.inner.explain(statement)

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        with self._discreetly(statement):
            return await self.inner.run(statement, limits)

    @contextmanager
    def _discreetly(self, statement: Statement) -> Iterator[None]:
        try:
            yield
        except StatementTimedOut:
            raise  # in our own words
        except ForerunError as failure:
            touches = statement.unsent and isinstance(failure, StatementFailed)
            said, hint = failure.message, failure.hint
            is_restricted = statement.asked is not None
            if is_restricted:  # what follows is a piece of the query that ran
                said, hint = EXCERPT.split(said)[0].strip(), None
            if touches or self._tells(f"{said} {hint or ''}", is_restricted):
                raise type(failure)(UNSAID, "Say it with plainer SQL.") from None
            if (said, hint) != (failure.message, failure.hint):
                raise type(failure)(said, hint) from None
            raise

    def _tells(self, said: str, is_restricted: bool) -> bool:
        """Whether a hidden name, or part of a query that may hold restrictions, is in it."""
        lowered = said.lower()
        words = set(WORDS.findall(lowered))
        quotes = is_restricted and ("where (" in lowered or "where(" in lowered)
        return quotes or any(
            name in words if WORDS.fullmatch(name) else name in lowered for name in self.hidden()
        )
