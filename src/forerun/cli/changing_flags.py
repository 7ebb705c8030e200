"""`flags init|set|kill|lift`: changes of the flag file. This process ends at once, so that only
what stands in the file counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forerun.app import flagging
from forerun.app.flagging import Changed, changed_to_json
from forerun.app.rolling_out import opened_rollout
from forerun.cli.acting import settings_for, who_acts
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.flagging import shown
from forerun.cli.leaving import ExitStatus, print_json
from forerun.errors import BadInput
from forerun.rollout.experiments.conducting import By
from forerun.rollout.flags import ROLLOUT, Change, Flags

EVERYWHERE = "Every process that follows the file sees it."


def wanted(
    flag: str,
    serve: str | None,
    terms: Mapping[str, Any],
    metadata: Mapping[str, Any],
    gone: tuple[str, ...] = (),
) -> Change:
    """What is not None is to be changed, and terms that are `gone` are taken away.

    Raises `BadInput` where nothing is to be changed, or a term is both.
    """
    terms, metadata = _given(terms), _given(metadata)
    if both := terms.keys() & set(gone):
        raise BadInput(f"The {', '.join(both)} is to be set and taken away.", "Say one of both.")
    terms |= dict.fromkeys(gone)
    if serve is None and not terms and not metadata:
        raise BadInput(
            f"Nothing is said of what {flag} is to be.",
            "E.g. forerun flags set --stage canary --percentage 10 --why 'the first tenth'.",
        )
    return Change(flag, serve, terms, metadata)


async def begin(file: str | None, by: By, *, as_json: bool) -> ExitStatus:
    """A first file."""
    async with opened_rollout(settings_for(file)) as rollout:
        _tell(await flagging.begin(rollout, by), as_json=as_json)
    if not as_json:
        stdout().print("Next: forerun flags set --stage shadow --why …", style="dim")
    return ExitStatus.ANSWERED


async def change(file: str | None, wanted: Change, by: By, *, as_json: bool) -> ExitStatus:
    """Without an expected version, of the one that lies there at this moment."""
    async with opened_rollout(settings_for(file)) as rollout:
        _tell(await flagging.change(rollout, wanted, by), as_json=as_json)
    return ExitStatus.ANSWERED


async def kill(name: str, file: str | None, by: By, *, as_json: bool) -> ExitStatus:
    """It has failed where the file could not be written."""
    async with opened_rollout(settings_for(file), store_must_open=False) as rollout:
        flags = rollout.flags
        is_broken = flags.state().problem is not None and _is_there(flags)
        done = await flagging.kill(rollout, name, by)
        _tell(done, as_json=as_json)
        if not done.everywhere and not as_json:
            end = name.upper().replace("-", "_").replace(".", "_")
            _complain(
                f"{name} goes on: this process alone has stopped, and it ends now. {done.problem}",
                "Change the file where it comes from, or start the processes that answer with "
                f"FORERUN_KILL_{end}=true.",
            )
        is_new = done.line is not None and done.line.before is None and name != ROLLOUT
        if is_broken and done.everywhere:
            _note("What lay there could not be read. It is kept beside it, as …broken.")
        elif is_new and done.everywhere:
            _note(f"The file had no flag {name}: it has one now, switched off. Is it spelt right?")
    return ExitStatus.ANSWERED if done.everywhere else ExitStatus.FAILED


async def lift(name: str, file: str | None, by: By, *, as_json: bool) -> ExitStatus:
    """It has failed where the file could not be written."""
    async with opened_rollout(settings_for(file)) as rollout:
        done = await flagging.lift(rollout, name, by)
        _tell(done, as_json=as_json)
        if not done.everywhere and not as_json:
            _complain(
                f"{name} stays killed. {done.problem}",
                "Put the file right, or change it where it comes from.",
            )
        if done.everywhere and done.kill is not None:
            _note(f"It stays off all the same: {done.kill.reason}.")
    return ExitStatus.ANSWERED if done.everywhere else ExitStatus.FAILED


def by(who: str | None, why: str, expect: int | None = None, key: str | None = None) -> By:
    """What the options say of who does it and why."""
    return By(who_acts(who), why, expect, key)


def _tell(done: Changed, *, as_json: bool) -> None:
    """What stands in the file now, and who sees it."""
    if as_json:
        print_json(changed_to_json(done))
    elif done.everywhere:
        _tell_people(done)
    if done.unaudited is not None:
        _note(done.unaudited)


def _tell_people(done: Changed) -> None:
    line, out, file = done.line, stdout(), safe(str(done.state.path))
    if line is None:
        out.print(f"Nothing to do: it was done before. {file} is at version {done.state.version}.")
        return
    if line.what.startswith("lift") and line.before == line.after:
        out.print(f"Nothing to do: {file} says so already.")
        return
    before, after = _told(line.before), _told(line.after)
    out.print(f"{safe(line.flag)}: {safe(before)} → {safe(after)}")
    version = f"version {line.version}, by {line.who}: {line.why}"
    out.print(f"{file} is at {safe(version)}")
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
