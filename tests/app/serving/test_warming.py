"""The first question to a service takes no longer than others."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun import Forerun
from forerun.app.serving.databases import Databases
from forerun.catalog.derived import Derived
from forerun.domain import Catalog, Status
from forerun.parsing import index, parser
from tests.duckdb_files import make_duckdb

pytestmark = pytest.mark.anyio


async def test_the_parser_knows_the_databases_before_anybody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first question finds the catalog put into an index, and it is that of its own tables."""
    built: list[str] = []

    def noted(catalog: Catalog) -> index.Index:
        built.append(catalog.database)
        return index.build(catalog)

    shop = make_duckdb(
        tmp_path / "shop.duckdb", "CREATE TABLE customers AS SELECT 1 AS id, 'Voe' AS city"
    )
    monkeypatch.setattr(parser, "_indexes", Derived(noted))
    async with Forerun(shop) as forerun:
        await Databases({"shop": forerun}).warm_up()
        assert len(built) == 1
        answer = await forerun.ask("how many customers are there?")
    assert answer.status is Status.ANSWERED
    assert len(built) == 1
