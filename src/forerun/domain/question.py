"""What was asked, by whom, when, and what it may cost."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from forerun.domain.catalog import Catalog
from forerun.domain.permissions import Permissions

TraceId = NewType("TraceId", str)


def new_trace_id() -> TraceId:
    """32 random hex digits, the size OpenTelemetry uses."""
    return TraceId(uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation."""

    question: str
    standalone: str
    """The question as it was understood without its conversation."""
    sql: str | None
    summary: str | None = None
    sure: float = 1.0
    """How sure it is that `sql` is what was asked: less than 1 where that was only asked back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may take: rows and bytes fetched, seconds on the server."""

    max_rows: int = 1_000
    max_bytes: int = 16 * 1024 * 1024
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks. Caches and conversations never cross from one asker's tenant to another's."""

    tenant: str = "default"
    permissions: str = ""
    """A fingerprint of what the asker may see; that of `sight`, where that is given."""
    user: str = ""
    """Names the asker within the tenant; stays in one arm of an experiment."""
    sight: Permissions | None = None
    """What the asker may see. None: all that the connection may."""

    def __post_init__(self) -> None:
        if self.sight is not None:
            object.__setattr__(self, "permissions", self.sight.fingerprint)


@dataclass(frozen=True, slots=True)
class Question:
    """A question on its way through the pipeline."""

    text: str
    now: datetime
    """What "today" means; the only clock the pipeline reads for meaning."""
    conversation: tuple[Turn, ...] = ()
    asker: Asker = Asker()
    limits: Limits = Limits()
    deadline: float | None = None
    """When everything is cancelled, on the clock of `anyio.current_time()`."""
    guess: bool = False
    """Whether, without a model, a reading that is only likely may be answered, as a guess."""
    anew: bool = False
    """Whether whatever is kept of earlier answers is passed by."""
    conversation_id: str | None = None
    """Names the conversation, where the question is part of one."""
    id: TraceId = field(default_factory=new_trace_id)


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the catalog that matters to one question, with sampled values."""

    catalog: Catalog
    whole: bool
    """True when nothing was left out, so that no analyst needs to look for more."""
    joins: int | None = field(default=None, compare=False)
    """About how many the question needs, by its words; None where they say nothing."""


@dataclass(frozen=True, slots=True)
class Context:
    """The question made stand-alone, with what the team knows about it."""

    question: str
    """The question with its follow-up references resolved."""
    now: datetime
    follow_up: bool = False
    conversation: tuple[Turn, ...] = ()
    guess: bool = False
    """Whether the asker allows guesses."""
    limits: Limits = Limits()
    """What a statement for it may take."""
    said: str | None = None
    """The asker's own words, to be read after the last turn; None where `question` says it all."""
    examples: tuple[tuple[str, str], ...] = ()
    """Earlier questions like this one, with the SQL that answered them, for the writer to see."""
