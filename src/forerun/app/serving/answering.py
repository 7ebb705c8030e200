"""The life of one question: asked, told, ended, kept. Whatever goes wrong stays within it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from forerun.access import Identity
from forerun.app.conversation import asked_back_of, turn_of
from forerun.app.forerun import Forerun
from forerun.app.serving.admission import Admission
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.running import Ask, was_cancelled
from forerun.app.serving.store import KeptAnswer, KeptTurn
from forerun.clock import now
from forerun.domain import Answer, Status, TraceId
from forerun.errors import ForerunError, InternalError
from forerun.events import listening

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """Runs questions that were let in."""

    admission: Admission
    keeper: Keeper
    on_ended: Callable[[Ask, Answer | None, Identity], None]
    """Told of every question, however it has ended. Must not raise."""

    async def run(self, ask: Ask, forerun: Forerun, identity: Identity) -> None:
        """To its end, and then its place is another's."""
        answer = None
        try:
            with ask.scope:
                answer = await _asked(ask, forerun)
                written = ask.teller.written(answer)
                await self._keep(ask, answer, written.whole)
                ask.answered(answer, written)
        except ForerunError as error:
            ask.failed(error)
        except Exception as error:  # noqa: BLE001 - the asker is told, and the log what it was
            ask.failed(logged(error))
        finally:
            if not ask.done.is_set():
                ask.failed(ask.why_cancelled or was_cancelled())
            if answer is not None and answer.status is Status.ANSWERED:
                self.admission.observe(ask.database, now() - ask.began_at)
            self.admission.leave()
            self.on_ended(ask, answer, identity)

    async def run_sql(self, ask: Ask, forerun: Forerun, identity: Identity) -> Answer:
        """A query of the asker's own, in the task of whoever waits for it. Nothing is kept."""
        answer, asked = None, ask.asked
        try:
            with ask.scope, listening(ask.recorder.hear):
                answer = await forerun.sql(
                    asked.question,
                    max_rows=asked.max_rows,
                    timeout_s=asked.timeout_s,
                    asker=ask.asker,
                )
                return _warned(ask, answer)
            raise ask.why_cancelled or was_cancelled()
        except ForerunError as error:
            ask.error = error
            raise
        except Exception as error:
            ask.error = logged(error)
            raise ask.error from error
        finally:
            ask.end()
            self.admission.leave()
            self.on_ended(ask, answer, identity)

    async def _keep(self, ask: Ask, answer: Answer, wire: bytes) -> None:
        """A turn of a conversation before the answer is sent, for what is asked next; anything
        else behind the asker's back."""
        said, conversation = ask.asked.question, ask.asked.conversation_id
        sight = ask.asker.sight
        of_a_model = sight is not None and sight.of_a_model
        kept = KeptAnswer(
            ask.owner, ask.id, ask.database, said, time.time(), wire.decode(), of_a_model
        )
        if conversation is None:
            self.keeper.keep(kept)
            return
        turn = KeptTurn(
            ask.owner,
            conversation,
            ask.database,
            ask.seen_turns,
            ask.id,
            kept.at,
            said,
            answer.status.value,
            turn_of(answer, ask.words.text),
            asked_back_of(answer),
            place=ask.place,
        )
        await self.keeper.keep_turn(kept, turn)


async def _asked(ask: Ask, forerun: Forerun) -> Answer:
    asked = ask.asked
    with listening(ask.teller.hear), listening(ask.recorder.hear):
        answer = await forerun.ask(
            ask.words.text,
            max_rows=asked.max_rows,
            timeout_s=asked.timeout_s,
            conversation=ask.words.turns,
            draft=ask.words.draft,
            mode=asked.mode,
            guess=asked.guess,
            asker=ask.asker,
            anew=asked.anew,
            conversation_id=asked.conversation_id,
            id_=TraceId(ask.id),
        )
    return _warned(ask, answer)


def _warned(ask: Ask, answer: Answer) -> Answer:
    if not ask.warnings:
        return answer
    return replace(answer, warnings=(*answer.warnings, *ask.warnings))


def logged(error: Exception) -> InternalError:
    """What is told of a fault of our own; the log has the rest under the same id."""
    id_ = uuid.uuid4().hex[:12]
    said = {"error_id": id_, "error": type(error).__name__}
    log.error("unexpected error %s", id_, extra=said, exc_info=error)
    return InternalError(id_)
