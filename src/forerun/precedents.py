"""What was asked before that is most like a new question: to be proposed, never to be answered by.

Likeness of words is no likeness of meaning ("first" and "last" are one word apart). So an earlier
query is only an example for a writer, or a draft to work ahead on, which counts for nothing unless
the writer's own query is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from forerun.domain import Context, Draft, Origin, Slice
from forerun.drafters import Drafter

LONGEST_KEPT = 1_000
"""Characters of a question of which the sorted words are remembered."""
FLOOR = 0.7
"""Of likeness, 0 to 1; below it an example would more mislead than help."""

Earlier: TypeAlias = Sequence[tuple[str, str]]
"""Questions of one asker's tenant that were answered, with their SQL; the latest last."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """An earlier question, its SQL, and how alike the questions are, 0 to 1."""

    question: str
    sql: str
    likeness: float


def nearest(text: str, earlier: Earlier, floor: float = FLOOR) -> Precedent | None:
    """The earlier question that is most like `text`, of several the latest; None below `floor`.

    Words in any order, case and punctuation apart; some 10 ms for ten thousand questions.
    """
    from rapidfuzz import fuzz, process  # only where there is something to compare

    latest_first = earlier[::-1]
    found = process.extractOne(
        _sorted_words(text),
        [_sorted_words(question) for question, _ in latest_first],
        scorer=fuzz.ratio,
        score_cutoff=100.0 * floor,
    )
    if found is None:
        return None
    _, score, at = found
    question, sql = latest_first[at]
    return Precedent(question, sql, score / 100.0)


def _sorted_words(question: str) -> str:
    """What it is compared by. The same earlier questions are compared with each new one."""
    return (_sorted_lately if len(question) <= LONGEST_KEPT else _sorted)(question)


def _sorted(question: str) -> str:
    from rapidfuzz import utils

    return " ".join(sorted(utils.default_process(question).split()))


_sorted_lately = lru_cache(maxsize=4_096)(_sorted)


def proposing(first: Drafter) -> Drafter:
    """A drafter that asks `first`; where that has no draft, the example that the writer is shown.

    An asker's examples are of his own tenant, and come with the context.
    """

    async def drafter(slice_: Slice, context: Context) -> Draft | None:
        drafted = await first(slice_, context)
        if drafted is not None or not context.examples:
            return drafted
        question, sql = context.examples[0]
        return Draft(sql, Origin.MEMORY, FLOOR, f"as for “{question}”")

    return drafter
