"""Questions that may refer to the ones before them; the service remembers those."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Unpack

from forerun.client.asking import AskOptions
from forerun.client.events import OnEvent, StreamEvent
from forerun.domain import Answer, new_trace_id
from forerun.wire.service import TurnJSON

if TYPE_CHECKING:
    from forerun.client.client import Client


class Conversation:
    """One after another: a question is asked once the one before it is answered."""

    def __init__(self, client: Client, id_: str | None, database: str | None) -> None:
        self.id = id_ or new_trace_id()
        self._client = client
        self._database = database

    async def ask(
        self, question: str, *, on_event: OnEvent | None = None, **options: Unpack[AskOptions]
    ) -> Answer:
        """Answer a question in the light of the ones before it.

        After a clarification, the words of one of its choices stand for the question in that
        reading.
        """
        return await self._client.ask(question, on_event=on_event, **self._in_it(options))

    def stream(self, question: str, **options: Unpack[AskOptions]) -> AsyncGenerator[StreamEvent]:
        """The same with what happens meanwhile, as `Client.stream`."""
        return self._client.stream(question, **self._in_it(options))

    async def turns(self) -> list[TurnJSON]:
        """What was asked so far, oldest first. Raises `NotFound` where nothing was."""
        return (await self._client.read_conversation(self.id))["turns"]

    def _in_it(self, options: AskOptions) -> AskOptions:
        return {"database": self._database, **options, "conversation_id": self.id}
