"""What is kept of what a team has taught. All of it is one tenant's, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from forerun.app.serving.asked import Owner
from forerun.catalog.words import normalised
from forerun.domain import GoldenQuery, Term


class Judgement(StrEnum):
    """What an asker says of an answer."""

    RIGHT = "right"
    WRONG = "wrong"


CHANGED = "changed"
"""What a review says of another wording, or other SQL."""


class GoldenStatus(StrEnum):
    """Only what is accepted takes part in answering."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Review:
    """Who did what to a golden query, when and why. `version` is the one that came of it."""

    version: int
    act: str
    """A status that it was given, or `changed`."""
    who: str
    at: float
    """Seconds since 1970, as everywhere here."""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class KeptGolden:
    """A question and the SQL that somebody says is right for it."""

    tenant: str
    id: str
    database: str
    question: str
    sql: str
    status: GoldenStatus
    proposed_by: str
    at: float
    warnings: tuple[str, ...] = ()
    """For whoever reviews it."""
    version: int = 1
    number: int = 0
    """Counts up within the tenant; given when it is kept, as is `version`."""

    @property
    def key(self) -> str:
        """What questions share that are the same."""
        return normalised(self.question)


@dataclass(frozen=True, slots=True)
class Importing:
    """The golden queries of a file, or of a part of one."""

    queries: Sequence[GoldenQuery]
    why: str | None = None
    first: int = 1
    """The number of the first one in the file: what errors count from."""
    replaces: bool = False
    """Whether one takes the place of another that is accepted for its question."""

    def place(self, at: int) -> str:
        """Of the query at that index."""
        return f"golden_queries.{self.first + at}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What has come of the golden queries of a file."""

    accepted: tuple[KeptGolden, ...]
    left_alone: tuple[KeptGolden, ...]
    """As they are, because it was decided otherwise of them, or of their questions, here."""


@dataclass(frozen=True, slots=True)
class KeptFeedback:
    """What an asker said of one answer of his, the last time he said something of it."""

    owner: Owner
    answer: str
    database: str
    question: str
    judgement: Judgement
    at: float
    comment: str | None = None
    corrected_sql: str | None = None
    golden: str | None = None
    """The golden query that came of it."""
    number: int = 0
    said_by: str = ""


@dataclass(frozen=True, slots=True)
class KeptTerm:
    """An entry of the glossary."""

    tenant: str
    id: str
    database: str
    term: Term
    changed_by: str
    at: float
    version: int = 1
    number: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a list: of these databases, of this status or judgement, before this number."""

    databases: tuple[str, ...]
    of: str | None = None
    before: int | None = None
    most: int = 100

    def within(self, seen: Iterable[str]) -> Wanted:
        """Of these databases at most; of all of them where none is named."""
        asked = tuple(name for name in seen if not self.databases or name in self.databases)
        return replace(self, databases=asked)


def golden_id(tenant: str, database: str, question: str, statement: str) -> str:
    """Whoever proposes the same again finds it there. `statement` is the SQL as the gate wrote
    it."""
    said = repr((tenant, database, normalised(question), statement))
    return blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()
