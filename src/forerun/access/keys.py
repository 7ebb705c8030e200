"""Keys as they are kept: whose they are, what for, until when; never their text."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from forerun.access import tables
from forerun.access.identity import NO_LIMIT, Allowance, Identity, Scope
from forerun.access.key_text import new_key
from forerun.errors import BadInput
from forerun.ports import SQLStore, Transaction

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key is given. See `Identity` for the meaning of each."""

    name: str
    """For people, to tell keys from each other."""
    tenant: str = "default"
    user: str = ""
    scopes: frozenset[Scope] = frozenset({Scope.ASK})
    databases: frozenset[str] | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    allowance: Allowance = NO_LIMIT


@dataclass(frozen=True, slots=True)
class Key:
    """One key. Times are seconds since 1970."""

    id: str
    grant: Grant
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None

    def is_good(self, now: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    @property
    def identity(self) -> Identity:
        g = self.grant
        return Identity(
            self.id, g.tenant, g.user, g.scopes, g.databases, dict(g.attributes), g.allowance
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A key with the hash of its text."""

    key: Key
    hash: str


class Keys:
    """The keys of one store. Errors: `Unavailable`."""

    def __init__(self, store: SQLStore) -> None:
        self._store = store

    async def create(self, grant: Grant, expires_in_s: float | None = None) -> tuple[Key, str]:
        """A new key, and its text, which nobody can ever look up again.

        Raises `BadInput` for names that are empty, too long or not one line.
        """
        check_grant(grant)
        text, now = new_key(), time.time()
        expires_at = None if expires_in_s is None else now + expires_in_s
        key = Key(text.id, grant, now, expires_at)
        row = (text.id, text.hash, _grant_to_text(grant), now, expires_at, None)
        await self._store.write(lambda tx: tx.change(tables.ADD_KEY, *row))
        return key, text.text

    async def all(self) -> Sequence[Key]:
        """The latest first; those that are revoked or have expired, too."""
        rows = await self._store.read(lambda tx: tx.rows(tables.KEYS))
        return [_kept_from(row).key for row in rows]

    async def find(self, id_: str) -> Kept | None:
        rows = await self._store.read(lambda tx: tx.rows(tables.KEY, id_))
        return _kept_from(rows[0]) if rows else None

    async def any(self) -> bool:
        """Whether there has ever been one."""
        return bool(await self._store.read(lambda tx: tx.rows(tables.ANY_KEY)))

    async def revoke(self, id_: str) -> Key:
        """The key as it is now; to revoke it again changes nothing. Raises `BadInput` where there
        is none."""

        def revoke(tx: Transaction) -> Key:
            tx.change(tables.REVOKE_KEY, time.time(), id_)
            if not (rows := tx.rows(tables.KEY, id_)):
                raise BadInput(f"There is no key {id_}.", "List them: forerun keys list.")
            return _kept_from(rows[0]).key

        check_name("A key's id", id_)
        return await self._store.write(revoke)


def check_grant(grant: Grant) -> None:
    """Raises `BadInput` for what no store keeps as it is, or nobody could tell apart."""
    check_name("The name", grant.name)
    check_name("The tenant", grant.tenant)
    if grant.user:
        check_name("The user", grant.user)
    for database in grant.databases or ():
        check_name("The database", database)
    for name, value in grant.attributes:
        check_name("The name of an attribute", name)
        check_name(f"The attribute {name}", value)
    if not grant.scopes:
        raise BadInput("A key without a scope is good for nothing.", "Give it ask or admin.")


def check_name(what: str, text: str) -> None:
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
        raise BadInput(
            f"{what} is {text[:50]!r}.",
            f"Give one line of 1 to {LONGEST_NAME} printable characters.",
        )


def _grant_to_text(grant: Grant) -> str:
    a = grant.allowance
    return json.dumps(
        {
            "name": grant.name,
            "tenant": grant.tenant,
            "user": grant.user,
            "scopes": sorted(scope.value for scope in grant.scopes),
            "databases": None if grant.databases is None else sorted(grant.databases),
            "attributes": dict(grant.attributes),
            "per_minute": a.per_minute,
            "tokens_per_day": a.tokens_per_day,
            "usd_per_day": a.usd_per_day,
        }
    )


def _grant_from_text(text: str) -> Grant:
    said: dict[str, Any] = json.loads(text)
    databases = said["databases"]
    return Grant(
        said["name"],
        said["tenant"],
        said["user"],
        frozenset(map(Scope, said["scopes"])),
        None if databases is None else frozenset(databases),
        tuple(sorted(said["attributes"].items())),
        Allowance(said["per_minute"], said["tokens_per_day"], said["usd_per_day"]),
    )


def _kept_from(row: Sequence[Any]) -> Kept:
    id_, hash_, text, created_at, expires_at, revoked_at = row
    return Kept(Key(id_, _grant_from_text(text), created_at, expires_at, revoked_at), hash_)
