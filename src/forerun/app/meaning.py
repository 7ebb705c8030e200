"""What the caches are told of questions and SQL, which they know nothing of."""

from __future__ import annotations

from dataclasses import dataclass

from forerun import checking, drafting
from forerun.domain import Answer, Context, Question, Slice
from forerun.stages import Resources


@dataclass(frozen=True, slots=True)
class UnderstoodBy:
    """See `forerun.caching.making.Meaning`."""

    resources: Resources

    def is_dated(self, question: Question, answer: Answer) -> bool | None:
        if answer.sql is None:
            return True
        words = f"{question.text} {answer.standalone or ''}"
        hangs = checking.hangs(answer.sql, answer.dialect, words)
        return None if hangs is checking.Hangs.ON_THE_MOMENT else hangs is checking.Hangs.ON_THE_DAY

    def of_question(self, question: Question, slice_: Slice, context: Context) -> tuple[str, ...]:
        return self._standalone(context)

    def of_answered(
        self, question: Question, slice_: Slice, context: Context, answer: Answer
    ) -> tuple[str, ...]:
        return self._standalone(context)

    def _standalone(self, context: Context) -> tuple[str, ...]:
        """What a model has made of a follow-up; it is asked to say all that is meant."""
        by_model = self.resources.models.writer is not None
        return (context.question,) if by_model and context.follow_up else ()

    def told_writer(self, slice_: Slice, context: Context) -> str | None:
        if self.resources.models.writer is None:
            return None
        return drafting.told_writer(slice_, context)
