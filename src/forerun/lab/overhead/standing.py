"""Ports that are there and are never asked, for stages that cost nothing."""

from __future__ import annotations

from collections.abc import Sequence

from forerun.domain import Catalog, Column, Limits, Rows, Statement, Table, Usage
from forerun.lab.overhead.idle import CATALOG, ROWS
from forerun.ports import (
    Completion,
    DatabaseAbilities,
    ModelAbilities,
    OnText,
    Plan,
    Prompt,
    Version,
)


class StandInModel:
    """See `forerun.ports.Model`."""

    name = "stand-in"
    abilities = ModelAbilities()

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        return Completion("", Usage(1), self.name)

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        return Usage(1)

    async def aclose(self) -> None:
        return None


class StandInDatabase:
    """See `forerun.ports.Database`."""

    name = "stand-in"
    dialect = "duckdb"
    abilities = DatabaseAbilities()

    async def read_structure(self) -> Catalog:
        return CATALOG

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        return list(columns)

    async def explain(self, statement: Statement) -> Plan:
        return Plan()

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        return ROWS

    async def version(self) -> Version:
        """Nothing ever changes here."""
        return Version("as it was", "as it was")

    async def warnings(self) -> tuple[str, ...]:
        return ()

    async def aclose(self) -> None:
        return None
