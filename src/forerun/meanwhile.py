"""What can be found out of a query while its writer still says how it reads the question."""

from __future__ import annotations

from functools import partial

from forerun import checking, running
from forerun.catalog import CatalogReader
from forerun.drafting import SqlFirst


def looked_at(hearing: SqlFirst | None, catalog: CatalogReader) -> SqlFirst:
    """Hears as `hearing` does, and has the query looked at first. Checking it is then no time of
    the asker's: what was found out of a text is not found out again."""
    heard = hearing or SqlFirst()
    heard.look_ahead = partial(_look_at, catalog)
    return heard


def _look_at(reader: CatalogReader, sql: str) -> None:
    catalog = reader.given
    if catalog is None:
        return
    statement = checking.look_ahead(sql, catalog).statement
    if statement is not None:
        running.look_ahead(statement)
