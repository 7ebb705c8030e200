"""What the caches are told of questions and SQL, which they know nothing of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from forerun import checking, drafting, precedents
from forerun.domain import Answer, Context, Draft, Origin, Question, Slice
from forerun.intents import intent, intent_of, words_of
from forerun.stages import Resources

INTENT, WORDED = "\0intent ", "\0worded "
"""No question begins like that: control characters are taken out of them."""


@dataclass(frozen=True, slots=True)
class UnderstoodBy:
    """See `forerun.caching.making.Meaning`."""

    resources: Resources
    examples: bool = True
    """Whether the writer is shown what was asked before."""
    drafts: bool = True
    """Whether every query that answers has been through the writer, and the reviewer."""

    def is_dated(self, question: Question, answer: Answer) -> bool | None:
        if answer.sql is None:
            return True
        # The asker's own words: what a model makes of "today" in a follow-up was not said by him.
        words = " ".join((*(turn.question for turn in question.conversation), question.text))
        hangs = checking.hangs(answer.sql, answer.dialect, words, question.now)
        return None if hangs is checking.Hangs.ON_THE_MOMENT else hangs is checking.Hangs.ON_THE_DAY

    async def of_question(
        self, slice_: Slice, context: Context, is_kept: Callable[[str], Awaitable[bool]]
    ) -> tuple[str, ...]:
        signature = None
        if await is_kept(_worded(context)):  # else nothing was asked that could mean the same
            signature = await intent(slice_, context, self.resources)
        return (*self._standalone(context), *_signed(signature))

    async def of_answered(
        self, question: Question, slice_: Slice, context: Context, answer: Answer
    ) -> tuple[str, ...]:
        if answer.sql is None:
            return ()
        catalog = await self.resources.catalog.structure()
        signature = intent_of(context, answer.sql, catalog)
        worded = () if signature is None else (_worded(context),)
        return (*self._standalone(context), *worded, *_signed(signature))

    def told_writer(self, slice_: Slice, context: Context) -> str | None:
        return drafting.told_writer(slice_, context) if self._asks_model and self.drafts else None

    def ages(self, answer: Answer) -> bool:
        catalog = self.resources.catalog.known
        tables = () if catalog is None else map(catalog.table, answer.tables)
        return catalog is None or any(table is None or table.is_view for table in tables)

    async def like(
        self, slice_: Slice, context: Context, earlier: Sequence[tuple[str, str]]
    ) -> tuple[tuple[str, str], ...]:
        """The nearest, if its SQL still passes the gate."""
        found = precedents.nearest(context.question, earlier) if self.examples else None
        if found is None:
            return ()
        catalog = await self.resources.catalog.structure()
        draft = Draft(found.sql, Origin.MEMORY, found.likeness)
        passes = checking.check(draft, catalog).accepted
        return ((found.question, found.sql),) if passes else ()

    @property
    def _asks_model(self) -> bool:
        return self.resources.models.writer is not None

    def _standalone(self, context: Context) -> tuple[str, ...]:
        """What a model has made of a follow-up; it is asked to say all that is meant."""
        return (context.question,) if self._asks_model and context.follow_up else ()


def _worded(context: Context) -> str:
    return f"{WORDED}{words_of(context)}"


def _signed(signature: str | None) -> tuple[str, ...]:
    return () if signature is None else (f"{INTENT}{signature}",)
