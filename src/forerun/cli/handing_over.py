"""`golden`: golden queries out of a service as a file, and into another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import anyio

from forerun.app import Settings
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.elsewhere import naming_the_key
from forerun.cli.files import read_text, write_new
from forerun.cli.leaving import ExitStatus, print_json
from forerun.client import Client
from forerun.errors import BadKnowledge, Conflict, ForerunError, SQLRefused

STANDARD = "-"
"""In the place of a file: standard input, or output."""
_DECIDED = (
    "they were rejected, retired, changed or replaced there, or another query is accepted for "
    "their question, which --replace replaces."
)
_SHAPE = "It is YAML with golden_queries, as `forerun golden export` writes it."


async def export(server: str, database: str | None, file: Path) -> ExitStatus:
    """In a pipe nothing but the file is on standard output."""
    key = Settings.read().key
    async with Client(server, key) as client:
        with naming_the_key(key):
            text = await client.golden_queries.export(database)
    if str(file) == STANDARD:
        print(text, end="")
    else:
        write_new(text, file)
        stderr().print(f"Written to {safe(str(file))}.", style="dim")
    for said in _left_out(text):
        stderr().print(safe(said), style="dim")
    return ExitStatus.ANSWERED


def _left_out(text: str) -> list[str]:
    """What the service says at the beginning of the file of those that it has left out."""
    comments = takewhile(lambda line: line.startswith("# "), text.splitlines())
    return [line.removeprefix("# ") for line in comments][1:]


@dataclass(frozen=True, slots=True)
class Import:
    """What is to be imported, and where to."""

    server: str
    database: str | None
    file: Path
    why: str | None
    replace: bool

    @property
    def name(self) -> str:
        return "Standard input" if str(self.file) == STANDARD else str(self.file)


@dataclass(slots=True)
class Done:
    """How far an import has come: queries of the file."""

    accepted: int = 0
    left_alone: int = 0

    @property
    def so_far(self) -> str:
        through = self.accepted + self.left_alone
        return f"The first {through} are through." if through else ""


async def import_(job: Import, *, as_json: bool) -> ExitStatus:
    """A long file goes in parts, each of which is taken whole or not at all. Those before one that
    is wrong stay; to import the file again, once it is put right, changes nothing of them."""
    done = Done()
    try:
        await _import(job, done)
    except ForerunError:
        if done.so_far:
            stderr().print(done.so_far, style="dim")
        raise
    except anyio.get_cancelled_exc_class():
        stderr().print(f"Interrupted. {done.so_far} To import the file again goes on after them.")
        raise
    if as_json:
        print_json({"imported": done.accepted, "left_alone": done.left_alone})
    else:
        stdout().print(f"{done.accepted} golden queries of {safe(job.name)} are accepted.")
        if done.left_alone:
            stdout().print(f"{done.left_alone} are left alone: {_DECIDED}")
    return ExitStatus.ANSWERED


async def _import(job: Import, done: Done) -> None:
    key, text = Settings.read().key, read_text(job.file, _SHAPE)
    async with Client(job.server, key) as client:
        with naming_the_key(key), _naming(job.name):
            parts = client.golden_queries.import_(
                text, job.database, job.why, file=job.name, replace=job.replace
            )
            async for part in parts:
                done.accepted += len(part["golden_queries"])
                done.left_alone += len(part["left_alone"])


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """A service knows a file only by what is in it; here what is wrong with it is told with its
    name."""
    try:
        yield
    except (BadKnowledge, SQLRefused, Conflict) as error:
        if not error.message.startswith(file):
            error.message = f"{file}: {error.message}"
        raise
