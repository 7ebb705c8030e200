"""`check`: the gate alone, for one statement or a file of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from forerun.app import Forerun
from forerun.cli.asking import make_demo
from forerun.cli.console import safe, stdout
from forerun.cli.files import read_text
from forerun.cli.leaving import ExitStatus, print_json
from forerun.domain import Verdict
from forerun.errors import BadInput
from forerun.wire import JSON, verdict_to_json

_SHAPE = 'Each line is an object {"sql": "…", "id": …}; id may be left out.'


@dataclass(frozen=True, slots=True)
class _Line:
    """One statement of the file, with the id that its verdict is given."""

    sql: str
    id: JSON = None


async def check(db: str, sql: str | None, file: Path | None, *, as_json: bool) -> ExitStatus:
    """Print a verdict for each statement; UNDECIDED when any is refused."""
    if (sql is None) == (file is None):
        raise BadInput("Give one statement, or --file with statements, not both.")
    statements = _read(file) if file is not None else [_Line(sql or "")]
    if db == "demo":
        make_demo()
    refused = False
    async with Forerun(db) as forerun:
        for statement in statements:
            verdict = await forerun.check(statement.sql)
            refused = refused or not verdict.accepted
            if as_json or file is not None:
                print_json(verdict_to_json(statement.sql, verdict, statement.id))
            else:
                _show(verdict)
    return ExitStatus.UNDECIDED if refused else ExitStatus.ANSWERED


def _show(verdict: Verdict) -> None:
    out = stdout()
    out.print("[bold green]accepted[/]" if verdict.accepted else "[bold red]refused[/]")
    for reason in verdict.reasons:
        hint = f" [dim]{safe(reason.hint)}[/]" if reason.hint else ""
        out.print(f"  [bold]{reason.code.value}[/]: {safe(reason.message)}{hint}")
    for warning in verdict.warnings:
        out.print(f"  [yellow]Note:[/] {safe(warning)}")


def _read(file: Path) -> list[_Line]:
    """All statements, so that a broken line is found before anything is printed."""
    numbered = enumerate(read_text(file, _SHAPE).split("\n"), start=1)
    return [_line(line, f"{file}:{number}") for number, line in numbered if line.strip()]


def _line(text: str, where: str) -> _Line:
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{where} is not JSON.", _SHAPE) from error
    if not isinstance(fields, dict) or not isinstance(fields.get("sql"), str):
        raise BadInput(f"{where} has no sql.", _SHAPE)
    return _Line(fields["sql"], fields.get("id"))
