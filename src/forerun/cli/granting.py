"""`keys`: made, listed, revoked."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from forerun.access.config import AuthConfig
from forerun.access.identity import Scope
from forerun.access.keys import Grant, Key
from forerun.access.shapes import key_to_json
from forerun.app.access import opened_keys
from forerun.cli.console import safe, stderr, stdout
from forerun.cli.durations import seconds
from forerun.cli.grids import NOTHING, grid_with_heads
from forerun.cli.leaving import ExitStatus, print_json
from forerun.errors import BadInput
from forerun.wire.moments import when


async def create(
    grant: Grant, expires_in: str | None, auth: AuthConfig, *, as_json: bool
) -> ExitStatus:
    """In a pipe nothing but the key is on standard output."""
    expires_in_s = None if expires_in is None else seconds(expires_in, "--expires-in")
    async with opened_keys(auth) as keys:
        key, text = await keys.create(grant, expires_in_s)
    if as_json:
        print_json({**key_to_json(key), "key": text})
        return ExitStatus.ANSWERED
    stdout().print(text)
    stderr().print(
        f"Keep it: it is shown this once. Revoke it with: forerun keys revoke {key.id}",
        style="dim",
    )
    return ExitStatus.ANSWERED


def warn_of_names(grant: Grant, databases: Collection[str]) -> None:
    """Of a database that the configuration does not have; it may be named by `serve --db`."""
    if not databases or grant.databases is None:
        return
    for name in sorted(grant.databases - set(databases)):
        known = safe(", ".join(databases))
        stderr().print(
            f"[yellow]Note:[/] the configuration has no database {safe(name)}, only {known}."
        )


async def list_keys(auth: AuthConfig, *, as_json: bool) -> ExitStatus:
    """The latest first."""
    async with opened_keys(auth) as keys:
        found = await keys.all()
    if as_json:
        print_json({"keys": [key_to_json(each) for each in found]})
    elif not found:
        stdout().print("There is no key yet. Make one: forerun keys create --name …")
    else:
        _show(found)
    return ExitStatus.ANSWERED


async def revoke(id_: str, auth: AuthConfig, *, as_json: bool) -> ExitStatus:
    """To revoke it again changes nothing."""
    async with opened_keys(auth) as keys:
        key = await keys.revoke(id_)
    if as_json:
        print_json(key_to_json(key))
    else:
        seconds_ = auth.remember_s
        stdout().print(
            f"{safe(key.grant.name)} ({key.id}) is revoked. Processes that know it refuse it "
            f"within {seconds_:g} s."
        )
    return ExitStatus.ANSWERED


def scopes(given: Sequence[str] | None) -> frozenset[Scope]:
    """Raises `BadInput` for one that there is not."""
    known = {scope.value: scope for scope in Scope}
    names = given or [Scope.ASK.value]
    if unknown := [each for each in names if each not in known]:
        raise BadInput(f"There is no scope {unknown[0]}.", f"Use {' or '.join(known)}.")
    return frozenset(known[each] for each in names)


def attributes(given: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Raises `BadInput` for what is not `name=value`, or names one twice."""
    found: dict[str, str] = {}
    for each in given or []:
        name, equals, value = each.partition("=")
        if not equals or not name.strip() or not value.strip() or name in found:
            raise BadInput(f"--attribute is {each!r}.", "Write it as name=value, each name once.")
        found[name.strip()] = value.strip()
    return tuple(sorted(found.items()))


def _show(found: Sequence[Key]) -> None:
    grid = grid_with_heads()
    for heading in ("id", "name", "tenant", "user", "scopes", "databases", "state", "created"):
        grid.add_column(heading)
    for key in found:
        grant = key.grant
        databases = "all" if grant.databases is None else ", ".join(sorted(grant.databases))
        grid.add_row(
            key.id,
            safe(grant.name),
            safe(grant.tenant),
            safe(grant.user or NOTHING),
            ", ".join(sorted(scope.value for scope in grant.scopes)),
            safe(databases),
            _state(key),
            when(key.created_at),
        )
    stdout().print(grid)


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return f"revoked {when(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return f"{'good until' if key.is_good(time.time()) else 'expired'} {when(key.expires_at)}"
