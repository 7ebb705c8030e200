"""What is compared: the leanest peer, the sequential path, and the ladder rung by rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from forerun.domain import Mode, Role, Rung
from forerun.domain.decision import GUESSES
from forerun.testing.simulator import ErrorRates

_LADDER = (
    Rung.CONTEXT,
    Rung.REVIEW,
    Rung.WRITE_AHEAD,
    Rung.DRAFT_AHEAD,
    Rung.SQL_FIRST,
    Rung.HEDGE,
)
PEER = "two-call"
WITHOUT_DRAFTS = "hedge, drafts never right"
"""The row that is taken apart: what is lost where no draft helps."""
DEARER = MappingProxyType(
    {"max_extra_cost_ratio": 5.0, "max_extra_tokens": 100_000, "max_speculative_queries": 16}
)
"""Three writers want more room than the defaults leave."""
SMALL = frozenset({Role.ANALYST, Role.REVIEWER, Role.NARRATOR})


@dataclass(frozen=True, slots=True)
class Strategy:
    """One row of the table."""

    name: str
    mode: Mode | None = Mode.PARALLEL
    """None: the leanest peer."""
    rungs: frozenset[Rung] = frozenset()
    small: frozenset[Role] = frozenset()
    """Roles of the small model."""
    mixed: bool = False
    """Asked simple questions too."""
    errors: ErrorRates = field(default_factory=ErrorRates)
    prose: bool = True
    ceilings: Mapping[str, float] = field(default_factory=dict)
    """Settings that differ from the defaults."""
    against: str = "sequential"
    """The row that it is compared with."""


def strategies() -> tuple[Strategy, ...]:
    """The rows of the table, each rung on top of those before it."""
    rungs: frozenset[Rung] = frozenset()
    rows = [
        Strategy(PEER, None, prose=False),
        Strategy("sequential", Mode.SEQUENTIAL),
        Strategy("hybrid", Mode.HYBRID, frozenset({*_LADDER, *GUESSES}), mixed=True),
    ]
    for rung in _LADDER:
        rungs |= {rung}
        if rung is Rung.DRAFT_AHEAD:  # all guess at the query
            rungs |= GUESSES
        rows.append(Strategy(rung.value, rungs=rungs))
    rows.append(Strategy("small-roles", rungs=rungs, small=SMALL))
    rungs |= {Rung.CANDIDATES}
    rows.append(Strategy("candidates", rungs=rungs, small=SMALL, ceilings=dict(DEARER)))
    rungs |= {Rung.CONFIDENT_ACCEPT}
    proven = {**DEARER, "accept_precision": 0.95}
    rows.append(Strategy("confident-accept", rungs=rungs, small=SMALL, ceilings=proven))
    return tuple(rows)


def variants() -> tuple[Strategy, ...]:
    """The same with other luck: what the figures hang on."""
    hedge = next(row for row in strategies() if row.name == "hedge")
    small = next(row for row in strategies() if row.name == "small-roles")
    several = next(row for row in strategies() if row.name == "candidates")
    never, always = ErrorRates(draft_right=0.0), ErrorRates(draft_right=1.0)
    bound = replace(always, slice_right=1.0)
    none = replace(never, own_words_right=0.0, added_needlessly=0.0)
    all_but_drafts = replace(never, own_words_right=1.0, slice_right=1.0)
    return (
        replace(hedge, name=WITHOUT_DRAFTS, errors=never),
        replace(hedge, name="hedge, all guesses right but drafts", errors=all_but_drafts),
        replace(hedge, name="hedge, no guess ever right", errors=none),
        replace(hedge, name="hedge, drafts always right", errors=always),
        replace(hedge, name="hedge, slice and drafts always right", errors=bound),
        Strategy("sequential, no prose", Mode.SEQUENTIAL, prose=False),
        replace(hedge, name="hedge, no prose", prose=False, against="sequential, no prose"),
        replace(small, name="small-roles, drafts never right", errors=never),
        replace(small, name="small-roles, no guess ever right", errors=none),
        replace(small, name="small-roles, drafts always right", errors=always),
        replace(several, name="candidates, drafts never right", errors=never),
        replace(several, name="candidates, drafts always right", errors=always),
    )
