"""What one tenant has taught of one database, held against the catalog as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

import anyio.to_thread

from forerun import checking, knowledge
from forerun.catalog.words import normalised
from forerun.domain import Catalog, Draft, GoldenQuery, Origin, Taught, Term

OVERRULED = "The knowledge file answers this question already, and has the last word."
_NO_GOLDEN: Mapping[GoldenQuery, str] = {}
_NO_TERMS: Mapping[Term, str] = {}


@dataclass(frozen=True, slots=True)
class Faults:
    """Why some of it is not used."""

    golden_queries: Mapping[GoldenQuery, str] = field(default_factory=lambda: _NO_GOLDEN)
    terms: Mapping[Term, str] = field(default_factory=lambda: _NO_TERMS)


@dataclass(frozen=True, slots=True)
class _Fit:
    """What of it fits one structure."""

    fingerprint: str
    terms: tuple[Term, ...]
    golden_queries: tuple[GoldenQuery, ...]
    faults: Faults


@dataclass(eq=False)
class Lessons:
    """Checked once for each structure of the database: some 2 ms a golden query."""

    taught: Taught = field(default_factory=Taught)
    _last: _Fit | None = None

    @property
    def any(self) -> bool:
        return self.taught != Taught()

    @cached_property
    def digest(self) -> str:
        return blake2b(repr(self.taught).encode("utf-8", "replace"), digest_size=16).hexdigest()

    def given_to(self, catalog: Catalog) -> Catalog:
        """The catalog with all that fits it."""
        fit = self._fit(catalog)
        return knowledge.with_taught(catalog, fit.terms, fit.golden_queries)

    async def learn(self, catalog: Catalog) -> Faults:
        """Check it ahead of the questions, in a thread, and tell what does not fit."""
        fit = await anyio.to_thread.run_sync(self._fit, catalog)
        return fit.faults

    def _fit(self, catalog: Catalog) -> _Fit:
        last = self._last
        if last is not None and last.fingerprint == catalog.fingerprint:
            return last
        glossary = knowledge.Glossary.of(catalog, self.taught.terms)
        answered = {normalised(query.question) for query in catalog.golden_queries}
        faults: dict[GoldenQuery, str] = {}
        for query in self.taught.golden_queries:
            if normalised(query.question) in answered:
                faults[query] = OVERRULED
            elif (fault := fault_of(query, catalog)) is not None:
                faults[query] = fault
        self._last = _Fit(
            catalog.fingerprint,
            tuple(glossary.terms),
            tuple(query for query in self.taught.golden_queries if query not in faults),
            Faults(faults, glossary.faults),
        )
        return self._last


def fault_of(query: GoldenQuery, catalog: Catalog) -> str | None:
    """Why the gate would not let it pass."""
    verdict = checking.check(Draft(query.sql, Origin.MEMORY, 1.0), catalog)
    return None if verdict.accepted else "; ".join(reason.message for reason in verdict.reasons)
