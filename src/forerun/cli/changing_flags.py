"""`flags init|set|kill|lift`: changes of the flag file. This process ends at once, so that only
what stands in the file counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from forerun.app.rolling_out import need_flag_file, opened_flags
from forerun.cli.acting import settings_for, who_acts
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.flagging import refuse_broken, shown
from forerun.cli.leaving import ExitStatus, print_json
from forerun.errors import BadInput
from forerun.rollout.flags import ROLLOUT, AuditLine, Change, Editor, Flags, Reach
from forerun.rollout.flags.shapes import change_to_json

EVERYWHERE = "Every process that follows the file sees it."


@dataclass(frozen=True, slots=True)
class _Desk:
    """An editor, and the lines of audit that it has written."""

    flags: Flags
    editor: Editor
    trail: list[AuditLine]


def wanted(
    flag: str, serve: str | None, terms: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Change:
    """What is not None is to be changed. Raises `BadInput` where nothing is."""
    terms, metadata = _given(terms), _given(metadata)
    if serve is None and not terms and not metadata:
        raise BadInput(
            f"Nothing is said of what {flag} is to be.",
            "E.g. forerun flags set --stage canary --percentage 10 --why 'the first tenth'.",
        )
    return Change(flag, serve, terms, metadata)


async def begin(file: str | None, who: str | None, why: str, *, as_json: bool) -> ExitStatus:
    """A first file."""
    async with _desk(file) as desk:
        await desk.editor.begin(who=who_acts(who), why=why)
        _tell(desk, Reach(everywhere=True, problem=None, kill=None), as_json=as_json)
    if not as_json:
        stdout().print("Next: forerun flags set --stage shadow --why …", style="dim")
    return ExitStatus.ANSWERED


async def change(
    file: str | None,
    wanted: Change,
    expect: int | None,
    who: str | None,
    why: str,
    *,
    as_json: bool,
) -> ExitStatus:
    """Without `expect`, of the version that lies there at this moment."""
    async with _desk(file) as desk:
        refuse_broken(desk.flags)
        version = desk.flags.state().version or 0
        expected = version if expect is None else expect
        await desk.editor.set(wanted, expected_version=expected, who=who_acts(who), why=why)
        kill = desk.flags.kill_of(wanted.flag)
        _tell(desk, Reach(everywhere=True, problem=None, kill=kill), as_json=as_json)
    return ExitStatus.ANSWERED


async def kill(
    name: str, file: str | None, who: str | None, why: str, *, as_json: bool
) -> ExitStatus:
    """It has failed where the file could not be written."""
    async with _desk(file) as desk:
        is_broken = desk.flags.state().problem is not None and _is_there(desk.flags)
        reach = await desk.editor.kill(name, who=who_acts(who), why=why)
        _tell(desk, reach, as_json=as_json)
        if not reach.everywhere and not as_json:
            end = name.upper().replace("-", "_").replace(".", "_")
            _complain(
                f"{name} goes on: this process alone has stopped, and it ends now. {reach.problem}",
                "Change the file where it comes from, or start the processes that answer with "
                f"FORERUN_KILL_{end}=true.",
            )
        if is_broken and reach.everywhere:
            _note("What lay there could not be read. It is kept beside it, as …broken.")
        elif desk.trail[-1].before is None and reach.everywhere and name != ROLLOUT:
            _note(f"The file had no flag {name}: it has one now, switched off. Is it spelt right?")
    return ExitStatus.ANSWERED if reach.everywhere else ExitStatus.FAILED


async def lift(
    name: str, file: str | None, who: str | None, why: str, *, as_json: bool
) -> ExitStatus:
    """It has failed where the file could not be written."""
    async with _desk(file) as desk:
        reach = await desk.editor.lift(name, who=who_acts(who), why=why)
        _tell(desk, reach, as_json=as_json)
        if not reach.everywhere and not as_json:
            _complain(
                f"{name} stays killed. {reach.problem}",
                "Put the file right, or change it where it comes from.",
            )
        if reach.everywhere and reach.kill is not None:
            _note(f"It stays off all the same: {reach.kill.reason}.")
    return ExitStatus.ANSWERED if reach.everywhere else ExitStatus.FAILED


@asynccontextmanager
async def _desk(file: str | None) -> AsyncIterator[_Desk]:
    settings = settings_for(file)
    need_flag_file(settings)
    trail: list[AuditLine] = []
    async with opened_flags(settings) as flags:
        yield _Desk(flags, Editor(flags, trail.append), trail)


def _tell(desk: _Desk, reach: Reach, *, as_json: bool) -> None:
    """What stands in the file now, and who sees it."""
    line, state = desk.trail[-1], desk.flags.state()
    if as_json:
        print_json(change_to_json(line, reach, state))
        return
    if not reach.everywhere:
        return
    out = stdout()
    if line.what.startswith("lift") and line.before == line.after:
        out.print(f"Nothing to do: {safe(str(state.path))} says so already.")
        return
    flag = line.what.split(" ", 1)[1]
    before, after = _told(line.before), _told(line.after)
    out.print(f"{safe(flag)}: {safe(before)} → {safe(after)}")
    version = f"version {line.version}, by {line.who}: {line.why}"
    out.print(f"{safe(str(state.path))} is at {safe(version)}")
    out.print(EVERYWHERE)


def _told(flag: Mapping[str, Any] | None) -> str:
    """What a flag of the file gives whomever no rule catches."""
    if flag is None:
        return "not there"
    if flag["state"] != "ENABLED":
        return "killed"
    return shown(flag["variants"][flag["defaultVariant"]])


def _is_there(flags: Flags) -> bool:
    return flags.path is not None and flags.path.exists()


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _note(text: str) -> None:
    stderr().print(f"[yellow]Note:[/] {safe(text)}")


def _complain(what: str, hint: str) -> None:
    stderr().print(f"[bold red]Error:[/] {safe(what)}")
    stderr().print(f"[dim]{safe(hint)}[/]")
