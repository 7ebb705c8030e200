"""How many joins a question needs, remembered: reading a question takes some 20 ms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from forerun.domain import Catalog
from forerun.parsing.parser import parse


def joins_of(question: str, catalog: Catalog, now: datetime) -> int | None:
    """Joins of the best reading; None where there is none."""
    return _joins(_Asked(question, now.date(), catalog.fingerprint, catalog, now))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question to some tables on some day, whatever values were sampled from them since."""

    text: str
    day: date
    fingerprint: str
    catalog: Catalog = field(compare=False)
    now: datetime = field(compare=False)


@lru_cache(maxsize=1_024)
def _joins(asked: _Asked) -> int | None:
    return parse(asked.text, asked.catalog, asked.now).joins
