"""`audit`: what was asked, and whether the log can be believed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from forerun.access.audit import Line
from forerun.access.audit.trail import Kind
from forerun.access.config import AuthConfig
from forerun.access.shapes import line_to_json, standing_to_json
from forerun.app.access import opened_trail
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.durations import moment
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.wire.moments import when


async def list_lines(
    since: str | None, tenant: str | None, most: int, auth: AuthConfig, *, as_json: bool
) -> ExitStatus:
    """The latest first."""
    after = 0.0 if since is None else moment(since, "--since", time.time())
    async with opened_trail(auth) as trail:
        found = await trail.lines(after, tenant, most)
    if as_json:
        print_json({"lines": [line_to_json(each) for each in found]})
    elif not found:
        stdout().print("Nothing has been asked.")
    else:
        _show(found)
    return ExitStatus.ANSWERED


async def verify(auth: AuthConfig, *, as_json: bool) -> ExitStatus:
    """It has failed where the chain does not hold."""
    async with opened_trail(auth) as trail:
        standing = await trail.verify()
    if as_json:
        print_json(standing_to_json(standing))
    elif standing.broken_at is not None:
        stderr().print(
            f"[bold red]Error:[/] The chain breaks at line {standing.broken_at}: somebody has "
            "changed, cut or moved lines."
        )
        stderr().print("[dim]Compare with a copy of the store, and with a hash noted elsewhere.[/]")
    elif standing.last is None:
        stdout().print("Nothing has been asked.")
    else:
        stdout().print(
            f"The chain holds: {standing.lines:,} lines, {standing.first} to {standing.last}."
        )
        stdout().print(f"Its last hash, to be noted elsewhere: {standing.last_hash}")
    return ExitStatus.ANSWERED if standing.broken_at is None else ExitStatus.FAILED


def _show(found: Sequence[Line]) -> None:
    grid = grid_with_heads()
    headings = ("line", "at", "tenant", "who", "database", "question", "status", "rows", "SQL sent")
    for heading in headings:
        grid.add_column(heading)
    for line in found:
        grid.add_row(str(line.number), when(line.entry.at), *map(safe, _cells(line)))
    stdout().print(grid)


def _cells(line: Line) -> list[str]:
    body, kind = line.body, str(line.entry.kind)
    if kind == Kind.LOST:
        said = f"{body['questions']} lines could not be written down"
        return [NOTHING, NOTHING, NOTHING, said, NOTHING, NOTHING, NOTHING]
    if kind == Kind.ANCHOR:
        said = f"lines up to {body['through']} were removed, being old"
        return [NOTHING, NOTHING, NOTHING, said, NOTHING, NOTHING, NOTHING]
    who = f"{body['user']} ({body['key']})" if body["user"] else body["key"]
    if kind == Kind.REFUSED:
        counts = ", ".join(f"{count} × {code}" for code, count in body["refused"].items())
        said = f"further tries that were refused since {body['since']}: {counts}"
        return [line.entry.tenant, who, NOTHING, said, NOTHING, NOTHING, NOTHING]
    about = [line.entry.tenant, who, body["database"], body["question"] or NOTHING]
    how = body["act"] if kind == Kind.ACT else body["status"]
    code, rows = body["error_code"], body.get("rows")
    return [
        *about,
        how + (f" ({code})" if code else ""),
        NOTHING if rows is None else str(rows),
        NOTHING if kind == Kind.ACT else str(len(body["statements"])),
    ]
