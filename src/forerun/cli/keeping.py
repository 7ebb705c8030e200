"""`cache`: what is kept of earlier answers, and dropping it."""

from __future__ import annotations

from collections.abc import Sequence

from forerun.app.caching import name_of, open_shared_cache
from forerun.app.opening import url_of
from forerun.app.settings import Settings
from forerun.caching.freshness import ago
from forerun.cli.console import printable, stdout
from forerun.cli.grids import grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.domain import ShelfStatus
from forerun.ports import Scope
from forerun.wire import shelves_to_json


async def status(*, as_json: bool) -> ExitStatus:
    """What the shared cache holds."""
    cache = open_shared_cache(Settings.read())
    try:
        shelves = await cache.status()
    finally:
        await cache.aclose()
    if as_json:
        print_json({"cache": cache.name, "shelves": shelves_to_json(shelves)})
    else:
        _show(cache.name, shelves)
    return ExitStatus.ANSWERED


async def clear(
    db: str | None, table: str | None, tenant: str | None, *, as_json: bool
) -> ExitStatus:
    """Drop what is named; everything where nothing is."""
    scope = Scope(tenant, name_of(url_of(db)) if db is not None else None, table)
    cache = open_shared_cache(Settings.read())
    try:
        dropped = await cache.purge(scope)
    finally:
        await cache.aclose()
    if as_json:
        print_json({"cache": cache.name, "dropped": dropped})
    else:
        entries = "1 entry" if dropped == 1 else f"{dropped:,} entries"
        stdout().print(f"Dropped {entries} from the {cache.name} cache.")
    return ExitStatus.ANSWERED


def _show(name: str, shelves: Sequence[ShelfStatus]) -> None:
    if not shelves:
        stdout().print(f"The {name} cache is empty.")
        return
    grid = grid_with_heads()
    for heading in ("kept", "database", "tenant"):
        grid.add_column(heading)
    for heading in ("entries", "bytes", "oldest"):
        grid.add_column(heading, justify="right")
    for each in shelves:
        grid.add_row(
            each.shelf.value,
            printable(each.database),
            printable(each.tenant),
            f"{each.entries:,}",
            f"{each.bytes:,}",
            ago(each.oldest_s),
        )
    stdout().print(grid)
