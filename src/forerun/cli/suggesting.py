"""`schema --suggest`: a first version of the file of what is known of a database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forerun.app import Forerun, Settings
from forerun.app.knowing import NONE, first_version
from forerun.cli.asking import make_demo
from forerun.cli.files import write_new
from forerun.cli.leaving import ExitStatus
from forerun.errors import BadInput


async def suggest(db: str, out: Path | None, *, as_json: bool) -> ExitStatus:
    """Print the file, or write it to `out`, which must not be there yet.

    What an earlier file says is left aside: the database alone is looked at.
    """
    if as_json:
        raise BadInput("--suggest writes YAML.", "Leave out --json.")
    if db == "demo":
        make_demo()
    async with Forerun(db, settings=replace(Settings.read(), knowledge=NONE)) as forerun:
        text = first_version(await forerun.catalog(samples=True))
    if out is None:
        print(text, end="")
    else:
        write_new(text, out)
        print(f"Written to {out}. Read it through, then ask with --knowledge {out}.")
    return ExitStatus.ANSWERED


def refuse_out(out: Path | None) -> None:
    """Raises `BadInput`: without --suggest there is nothing to write."""
    if out is not None:
        raise BadInput("--out goes with --suggest.", "Add --suggest, or leave out --out.")
