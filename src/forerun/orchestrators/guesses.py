"""All guesses at the query of one question: who makes them, and what they learn of meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from forerun import stages
from forerun.domain import Context, Draft, Question, Rows, Rung, Slice
from forerun.orchestrators.ahead import Ahead, Begin
from forerun.orchestrators.attempt import Attempt
from forerun.orchestrators.flights import Flights
from forerun.orchestrators.guess import Guess
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.patience import Paced


@dataclass
class _InOwnWords:
    """The writer on a follow-up in the asker's own words, and the tables that it was shown."""

    question: Question
    linked: Slice
    resources: stages.Resources
    shown: Slice | None = None

    async def __call__(self) -> Draft | None:
        self.shown = await stages.widened(self.question, self.linked, self.resources)
        return await stages.sketch_at_once(self.question, self.shown, self.resources)

    def saw(self, slice_: Slice) -> bool:
        """Whether all tables of the slice were among them."""
        if self.shown is None:
            return False
        shown = self.shown.catalog.by_key
        return all(table.key.lower() in shown for table in slice_.catalog.tables)


class Guesses:
    """Of one question. The writer's query finds done what was done of an equal one."""

    def __init__(
        self, question: Question, resources: stages.Resources, at: Paced, begin: Begin
    ) -> None:
        self._question = question
        self._resources = resources
        self._at = at
        self._begin = begin
        self._all: list[Guess] = []
        self._at_once: Guess | None = None
        self._in_own_words: _InOwnWords | None = None
        self._drafted: Guess | None = None

    def write_at_once(self, linked: Slice) -> None:
        """Rung `at-once`: a follow-up is written in the asker's words, while it is resolved; with
        more tables than were chosen, for the analyst may add them."""
        question, resources = self._question, self._resources
        if stages.needs_resolving(question, resources):
            self._in_own_words = _InOwnWords(question, linked, resources)
            self._at_once = self._guess(Rung.AT_ONCE, linked, self._in_own_words)

    def draft_ahead(self, linked: Slice, context: Context) -> Guess | None:
        """Rung `draft-ahead`: a cheap draft checked, run and narrated while the writer writes."""
        sketch = partial(stages.sketch, linked, context, self._resources)
        self._drafted = self._guess(Rung.DRAFT_AHEAD, linked, sketch)
        return self._drafted

    def look_again(
        self, slice_: Slice, context: Context, attempt: Attempt, writing: Ahead[Attempt] | None
    ) -> None:
        """Rung `second-look`: the analyst has added tables. What was written without them may be
        what is written with them: it is reviewed once more, as the reviewer will be asked then.

        Of all guesses that is the one that was shown them already, else the writer's, as soon as
        it is heard, else the likeliest other. What runs of the writer's runs on.
        """
        for guess in self._all:
            guess.stop_reviewing()
        hopeful = [guess for guess in self._all if not guess.came_to_nothing]
        shown = self._in_own_words is not None and self._in_own_words.saw(slice_)
        informed = [guess for guess in hopeful if shown and guess is self._at_once]
        written = attempt.standing
        to_come = writing is not None and not writing.has_ended and written is None
        if informed or (written is None and not to_come and hopeful):
            self._look_again(slice_, context, (informed or hopeful)[0].draft_to_come)
        elif written is not None or to_come:
            self._look_at_written(slice_, context, attempt, writing)

    def _look_at_written(
        self, slice_: Slice, context: Context, attempt: Attempt, writing: Ahead[Attempt] | None
    ) -> None:
        """At what the writer ahead has written, or is about to have."""

        async def heard() -> Draft | None:
            if writing is not None and attempt.only_heard:
                await writing.ended()
            return attempt.standing

        looked_at = self._look_again(slice_, context, heard)
        if looked_at is None or looked_at.ahead is None:
            return
        if attempt.standing is not None:
            looked_at.take_over(attempt.under_way)
        elif writing is not None:
            attempt.only_heard = True
            looked_at.ahead.grow(writing)

    def _look_again(
        self, slice_: Slice, context: Context, known: Callable[[], Awaitable[Draft | None]]
    ) -> Guess | None:
        looked_at = self._guess(Rung.SECOND_LOOK, slice_, known)
        if looked_at is not None:
            looked_at.understand(context)
        return looked_at

    def _guess(
        self, rung: Rung, slice_: Slice, sketch: Callable[[], Awaitable[Draft | None]]
    ) -> Guess | None:
        guess = Guess(
            self._question, slice_, sketch, self._resources, self._at, self._begin.launcher
        )
        guess.ahead = self._begin(rung, guess.work)
        if guess.ahead is None:
            return None
        self._all.append(guess)
        return guess

    def understand(self, context: Context) -> None:
        """What the question was found to mean."""
        for guess in self._all:
            guess.understand(context)

    def compare(self, rows: Rows) -> None:
        """Given the writer's rows."""
        for guess in self._all:
            guess.compare(rows)

    def settle(self, attempt: Attempt, flights: Flights) -> None:
        """Given the answer."""
        for guess in self._all:
            guess.settle(attempt, flights)

    def prove(self, attempt: Attempt, outlook: Outlook) -> None:
        """Given how the writer's last attempt ended."""
        if self._drafted is not None:
            self._drafted.prove(attempt, outlook)
