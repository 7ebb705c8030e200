"""`config check|show`: what the service would be told."""

from __future__ import annotations

import anyio

from forerun.app.access import tells_askers_apart
from forerun.app.configuration import Configuration
from forerun.app.serving import Deployment
from forerun.app.serving.places import refuse_what_cannot_be
from forerun.app.showing import shown
from forerun.cli.console import safe, stdout
from forerun.cli.leaving import ExitStatus, print_json


def check(file: str | None) -> ExitStatus:
    """Raises what is wrong."""
    configuration = Configuration.read(file)
    authenticated = anyio.run(tells_askers_apart, configuration.auth, configuration.quotas)
    refuse_what_cannot_be(configuration, authenticated=authenticated)
    anyio.run(Deployment(configuration).refuse_what_cannot_be)
    where = configuration.file or "the environment alone"
    stdout().print(f"The configuration can be used: {safe(str(where))}.")
    return ExitStatus.ANSWERED


def show(file: str | None, *, as_json: bool) -> ExitStatus:
    """Section by section."""
    sections = shown(Configuration.read(file))
    if as_json:
        print_json(
            {
                name: {
                    value.name: {"value": value.value, "source": value.source} for value in values
                }
                for name, values in sections.items()
            }
        )
        return ExitStatus.ANSWERED
    for name, values in sections.items():
        stdout().print(f"[bold]{safe(f'[{name}]')}[/]")
        for value in values:
            dim = "[dim]" if value.source == "default" else ""
            said = safe(f"{value.name} = {value.text}")
            stdout().print(f"{dim}{said}{'[/]' if dim else ''}  [dim]# {value.source}[/]")
        stdout().print()
    return ExitStatus.ANSWERED
