"""What was asked of the service, and of whom it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from hashlib import blake2b

from forerun.access import Identity
from forerun.domain import Mode, new_trace_id
from forerun.errors import BadInput


@dataclass(frozen=True, slots=True)
class Owner:
    """To whom a question, its answer and its conversation belong; nobody else learns of them."""

    tenant: str
    user: str
    databases: frozenset[str] | None = field(default=None, compare=False)
    """Those that may be asked now; of others he finds nothing either. None: all."""

    def may_see(self, database: str) -> bool:
        return self.databases is None or database in self.databases


def owner_of(identity: Identity) -> Owner:
    """The user, or the key itself where it has none; with other attributes, which may show other
    rows, somebody else. Each is written in a way that no name can imitate another's."""
    who = f"user:{identity.user}" if identity.user else f"key:{identity.id}"
    return Owner(identity.tenant, f"{_digest(identity)}/{who}", identity.databases)


def _digest(identity: Identity) -> str:
    if not identity.attributes:
        return ""
    said = repr(sorted(identity.attributes.items()))
    return blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


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

    def is_again(self, question: str, database: str) -> bool:
        """Whether it is that question to that database, asked once more."""
        return question == self.question and self.database in (None, database)


def storable(text: str) -> str:
    """The same without NUL and halves of characters, which not every store takes."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def question_id(given: str | None) -> str:
    """32 hex digits; a UUID may be written as usual. Raises `BadInput`."""
    if given is None:
        return new_trace_id()
    try:
        return uuid.UUID(given).hex
    except ValueError:
        raise BadInput(
            f"{given[:80]!r} is no id for a question.", "Use 32 hex digits, such as a UUID."
        ) from None
