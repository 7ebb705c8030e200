"""`bench cache`: what a kept answer costs."""

from __future__ import annotations

from rich.console import Console

from forerun.cli.console import stdout
from forerun.cli.grids import grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.lab.caches import Caches, Spread, Where, measure_caches, to_json


async def caches(where: Where, *, as_json: bool) -> ExitStatus:
    """Every cache, on the demo database."""
    found = await measure_caches(where)
    if as_json:
        print_json(to_json(found))
        return ExitStatus.ANSWERED
    _show(found, stdout())
    return ExitStatus.ANSWERED


def _show(found: Caches, out: Console) -> None:
    grid = grid_with_heads()
    grid.add_column("microseconds")
    for heading in ("p50", "p95"):
        grid.add_column(heading, justify="right")
    for name, spread in _rows(found):
        if spread is None:
            grid.add_row(name, "does not answer", "")
        else:
            grid.add_row(name, f"{spread.p50:,.1f}", f"{spread.p95:,.1f}")
    out.print(grid)
    together = found.coalesced
    out.print(f"{together.askers} equal questions at once: {together.executions} answered.")
    out.print(
        f"{found.kept:,} answers in memory take {found.bytes_per_answer:,.0f} bytes each; the "
        f"cache counts {found.counted_bytes_per_answer:,.0f}."
    )


def _rows(found: Caches) -> tuple[tuple[str, Spread | None], ...]:
    return (
        ("a bare look-up by the words, for comparison", found.dict_us),
        ("key and look-up", found.lookup_us),
        ("kept answer through the orchestrator", found.answer_hit_us),
        ("  of that: has the file changed?", found.file_version_us),
        ("kept answer through Forerun.ask", found.ask_hit_us),
        ("kept answer from disk", found.disk_hit_us),
        ("kept answer from Redis", found.redis_hit_us),
        ("has PostgreSQL changed? (once a second)", found.server_version_us),
        ("the same answer made", found.made_us),
    )
