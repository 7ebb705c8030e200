"""Without a model: answer, guess where the asker allows it, ask back, or say what is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from forerun.domain import Catalog, Clarification, Context, Draft, Refusal
from forerun.parsing.aside import aside
from forerun.parsing.parser import Parsed

MOST_TABLES = 8
"""Named where nothing was found; of others it is said how many."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How probable a reading must be."""

    answer: float = 0.85
    """To be answered."""
    guess: float = 0.6
    """To be answered as a guess, for an asker who allows guesses."""


async def answered(
    parsed: Parsed, context: Context, catalog: Catalog, thresholds: Thresholds
) -> Draft | Clarification | Refusal:
    """The same beside the event loop, where something has yet to be put into words."""
    if given(parsed, context, thresholds) is not None:
        return answer(parsed, context, catalog, thresholds)
    return await aside(answer, parsed, context, catalog, thresholds)


def given(parsed: Parsed, context: Context, thresholds: Thresholds) -> Draft | None:
    """The best reading, where it is answered, be it as a guess."""
    best = parsed.best
    if best is None or best.confidence >= thresholds.answer:
        return best
    guessed = context.guess and best.confidence >= thresholds.guess
    return replace(best, guess=True) if guessed else None


def answer(
    parsed: Parsed, context: Context, catalog: Catalog, thresholds: Thresholds
) -> Draft | Clarification | Refusal:
    """What the parser alone makes of a question that it has read."""
    if parsed.refusal is not None:
        return Refusal(parsed.refusal)
    best = given(parsed, context, thresholds)
    return best or parsed.clarification or Refusal(_nothing_found(parsed, catalog))


def _nothing_found(parsed: Parsed, catalog: Catalog) -> str:
    about = ", ".join(table.name for table in catalog.tables[:MOST_TABLES])
    if more := len(catalog.tables[MOST_TABLES:]):
        about += f" and {more} more"
    words = ", ".join(f"“{word}”" for word in parsed.unknown)
    what = (
        f"The data has nothing that I can connect with {words}."
        if words
        else "I found nothing in the data that this question could be about."
    )
    return f"{what} It holds: {about}." if about else f"{what} It holds no table."
