"""`golden`: golden queries out of a service as a file, and into another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forerun.app import Settings
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.elsewhere import naming_the_key
from forerun.cli.files import read_text, write_new
from forerun.cli.leaving import ExitStatus, print_json
from forerun.client import Client
from forerun.errors import BadKnowledge, Conflict, ForerunError, SQLRefused

STANDARD = "-"
"""In the place of a file: standard input, or output."""
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
    return ExitStatus.ANSWERED


async def import_(
    server: str, database: str | None, file: Path, why: str | None, *, as_json: bool
) -> ExitStatus:
    """A long file goes in parts, each of which is taken whole or not at all. Those before one that
    is wrong stay; to import the file again, once it is put right, changes nothing of them."""
    key, text = Settings.read().key, read_text(file, _SHAPE)
    name = "Standard input" if str(file) == STANDARD else str(file)
    taken = left_alone = 0
    async with Client(server, key) as client:
        try:
            with naming_the_key(key), _naming(name):
                async for part in client.golden_queries.import_(text, database, why, file=name):
                    taken += len(part["golden_queries"])
                    left_alone += len(part["left_alone"])
        except ForerunError:
            if done := taken + left_alone:
                stderr().print(f"The first {done} are through. After them:", style="dim")
            raise
    if as_json:
        print_json({"imported": taken, "left_alone": left_alone})
    else:
        stdout().print(f"{taken} golden queries of {safe(name)} are accepted.")
        if left_alone:
            decided = "rejected, retired, changed or replaced"
            stdout().print(f"{left_alone} that were {decided} are left alone.")
    return ExitStatus.ANSWERED


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
