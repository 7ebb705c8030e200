"""All guesses at the query of one question: who makes them, and what they learn of meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from forerun import stages
from forerun.domain import Context, Draft, Question, Rows, Rung, Slice
from forerun.orchestrators.ahead import Begin
from forerun.orchestrators.attempt import Attempt
from forerun.orchestrators.flights import Flights
from forerun.orchestrators.guess import Guess
from forerun.orchestrators.outlook import Outlook
from forerun.orchestrators.patience import Paced


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
        self._drafted: Guess | None = None

    def write_at_once(self, linked: Slice) -> None:
        """Rung `at-once`: a follow-up is written in the asker's words, while it is resolved."""
        question, resources = self._question, self._resources
        if stages.needs_resolving(question, resources):
            sketch = partial(stages.sketch_at_once, question, linked, resources)
            self._guess(Rung.AT_ONCE, linked, sketch)

    def draft_ahead(self, linked: Slice, context: Context) -> Guess | None:
        """Rung `draft-ahead`: a cheap draft checked, run and narrated while the writer writes."""
        sketch = partial(stages.sketch, linked, context, self._resources)
        self._drafted = self._guess(Rung.DRAFT_AHEAD, linked, sketch)
        return self._drafted

    def look_again(self, slice_: Slice, context: Context, attempt: Attempt) -> None:
        """Rung `second-look`: the analyst has added tables. What was written without them may be
        what is written with them: it is reviewed once more, as the reviewer will be asked then.

        Of all guesses that is the writer's, else the writer's in the asker's words, else the draft.
        What runs of the writer's runs on.
        """
        written = attempt.standing
        for guess in self._all:
            guess.stop_reviewing()
        likeliest = next((guess for guess in self._all if not guess.came_to_nothing), None)
        if written is None and likeliest is None:
            return

        async def known() -> Draft | None:
            if written is None and likeliest is not None:
                return await likeliest.draft_to_come()
            return written

        looked_at = self._guess(Rung.SECOND_LOOK, slice_, known)
        if looked_at is not None:
            looked_at.understand(context)
            if written is not None:
                looked_at.take_over(attempt.under_way)

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
