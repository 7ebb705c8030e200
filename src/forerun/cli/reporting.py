"""`experiment assign|exposures|outcomes`: experiments of other systems."""

from __future__ import annotations

import sys
from pathlib import Path

from forerun.app import experimenting
from forerun.app.rolling_out import conducting
from forerun.cli.acting import settings_for
from forerun.cli.console import safe, stdout
from forerun.cli.leaving import ExitStatus, print_json
from forerun.errors import UnreadableFile
from forerun.rollout.experiments.reported import exposure_of, outcome_of, records_of
from forerun.rollout.experiments.shapes import given_to_json

STDIN = "-"


async def assign(
    id_: str, unit: str, flags: str | None, store: str | None, *, as_json: bool
) -> ExitStatus:
    """In a pipe nothing but the path to take is on standard output's first line."""
    async with conducting(settings_for(flags, store)) as conductor:
        given = await experimenting.assigned(conductor, id_, unit)
    if as_json:
        print_json(given_to_json(given))
        return ExitStatus.ANSWERED
    stdout().print(given.path.value)
    counted = f"it counts in {given.arm.value}" if given.counted else "it does not count"
    stdout().print(f"[dim]{safe(given.reason)}; {counted}, as unit {given.unit}[/]")
    return ExitStatus.ANSWERED


async def exposures(id_: str, file: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """All of a file, or nothing where a line is no exposure."""
    async with conducting(settings_for(None, store)) as conductor:
        records = records_of(_text(file), exposure_of, conductor.clock())
        new = await experimenting.add_exposures(conductor, id_, records)
    _tell(len(records), new, "exposures", as_json=as_json)
    return ExitStatus.ANSWERED


async def outcomes(id_: str, file: str, store: str | None, *, as_json: bool) -> ExitStatus:
    """The same of outcomes."""
    async with conducting(settings_for(None, store)) as conductor:
        records = records_of(_text(file), outcome_of, conductor.clock())
        new = await experimenting.add_outcomes(conductor, id_, records)
    _tell(len(records), new, "outcomes", as_json=as_json)
    return ExitStatus.ANSWERED


def _tell(reported: int, new: int, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"reported": reported, "new": new})
    else:
        stdout().print(f"{reported:,} {what}, {new:,} of them new.")


def _text(file: str) -> str:
    """Raises `UnreadableFile`."""
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else Path(file).expanduser().read_bytes()
        return raw.decode("utf-8")
    except OSError as failed:
        reason = failed.strerror or "it is no file"
        raise UnreadableFile(f"{file} cannot be read: {reason}.", "Name a file.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{file} is no UTF-8 text.", "Write JSON, a line each.") from None
