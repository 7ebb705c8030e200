"""How often each of the simulated models is right, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Probabilities. Everything is drawn from the seed and the prompt."""

    writer_right: float = 0.88
    """At the first try. Of its errors half are refused, half are valid and give other rows."""
    own_words_right: float = 0.8
    """Of follow-ups that it writes in the asker's own words: so often it understands them, and
    writes what it would write of the question in full. Else it errs."""
    repair_right: float = 0.95
    slice_right: float = 0.75
    """Else the analyst adds a table."""
    added_needlessly: float = 0.5
    """Of the questions to which it adds one: so often the writer does as well without the table.
    Else it errs where the table is not shown to it."""
    draft_right: float = 0.5
    """Half of the right drafts are the writer's query in other words. Errors as the writer's."""
    draft_confident: float = 0.3
    """Share of drafts that say they are sure, as far as `confident_right` allows."""
    confident_right: float = 0.995
    """Of those that say so."""
    reviewer_catches: float = 0.9
    """Of the statements that give other rows."""
    reviewer_objects_wrongly: float = 0.01
    """Of those that are right."""
    stall: float = 0.02
    """Calls whose first token takes many times as long."""
