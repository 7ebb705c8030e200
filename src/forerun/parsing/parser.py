"""Question and catalog in, ranked drafts out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from forerun.domain import Catalog, Clarification, Draft


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the parser made of a question."""

    drafts: tuple[Draft, ...] = ()
    """Best first; `Draft.confidence` is the calibrated probability of being right."""
    clarification: Clarification | None = None
    """What to ask back when the best draft is not sure enough to be answered."""
    unknown: tuple[str, ...] = ()
    """Words of the question that nothing in the catalog or the grammar explains."""


def parse(question: str, catalog: Catalog, now: datetime) -> Parsed:
    """Read `question` against `catalog`; `now` is what "today" means. Never raises for any text."""
    del question, catalog, now
    return Parsed()
