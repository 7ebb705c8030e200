"""What was asked of the service, and of whom it is."""

from __future__ import annotations

from dataclasses import dataclass

from forerun.access import Identity
from forerun.domain import Asker, Mode


@dataclass(frozen=True, slots=True)
class Owner:
    """To whom a question, its answer and its conversation belong; nobody else learns of them."""

    tenant: str
    user: str


def owner_of(identity: Identity) -> Owner:
    return Owner(identity.tenant, identity.user)


def asker_of(identity: Identity) -> Asker:
    """As whom the databases are asked."""
    return Asker(identity.tenant, user=identity.user)


def who(identity: Identity) -> str:
    """What is written down of whoever has done something."""
    return identity.user or identity.id


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as it came in."""

    question: str
    database: str | None = None
    """None: the only one there is."""
    id: str | None = None
    """32 hex digits of the client's choosing; what is asked again under it is not done again."""
    conversation_id: str | None = None
    mode: Mode = Mode.HYBRID
    max_rows: int | None = None
    timeout_s: float | None = None
    anew: bool = False
    guess: bool | None = None
    traceparent: str | None = None
    """The W3C header of that name, where the question came with one."""
