"""`forerun.Client`: asks a service elsewhere."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Unpack, cast

import anyio

from forerun.client.asking import AskOptions, asking, follow, kept_answer
from forerun.client.connection import Call, Connection, path
from forerun.client.conversation import Conversation
from forerun.client.events import Answered, OnEvent, StreamEvent
from forerun.client.failures import broke_off
from forerun.client.golden_queries import GoldenQueries
from forerun.client.patience import Patience
from forerun.client.rollout import Experiments, Flags
from forerun.domain import Answer
from forerun.errors import ForerunError
from forerun.wire import CatalogJSON
from forerun.wire.service import (
    ConversationJSON,
    DatabaseJSON,
    WholeConversationJSON,
)

LAST_CALL_S = 3.0
"""For telling the service that nobody waits any more."""


class Client:
    """Asks the service at `url`, for instance `http://127.0.0.1:8080`. Use as `async with`.

    `key` is sent as a bearer token and shown nowhere. One client may ask any number of questions
    at once. Errors: `BadInput` for what the caller can put right, `ServiceUnreachable` where the
    service cannot be reached in spite of several tries, and whatever the service itself says, in
    the classes of `forerun.errors`.
    """

    def __init__(
        self, url: str, key: str | None = None, *, patience: Patience | None = None
    ) -> None:
        self._connection = Connection(url, key, patience or Patience())
        self._under_way: set[str] = set()
        """Ids of questions whose end was not seen yet."""
        self.flags = Flags(self._connection)
        self.experiments = Experiments(self._connection)
        self.golden_queries = GoldenQueries(self._connection)

    def __repr__(self) -> str:
        return f"Client({self._connection.url!r})"

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Questions that are still under way are cancelled at the service."""
        for id_ in list(self._under_way):
            await self._leave(id_)
        await self._connection.aclose()

    # --- questions -------------------------------------------------------------------------

    async def ask(
        self, question: str, *, on_event: OnEvent | None = None, **options: Unpack[AskOptions]
    ) -> Answer:
        """The answer. Whoever is cancelled while waiting cancels the question at the service.

        A connection that is cut is made again, and the question goes on where it was. `on_event`
        is told what happens meanwhile.
        """
        async with aclosing(self.stream(question, **options)) as events:
            async for event in events:
                if on_event is not None:
                    on_event(event)
                if isinstance(event, Answered):
                    return event.answer
        raise broke_off(self._connection.url)

    async def stream(
        self, question: str, **options: Unpack[AskOptions]
    ) -> AsyncGenerator[StreamEvent]:
        """What happens while it is answered, each event once; `Answered` is the last.

        Leaving the loop early cancels the question at the service; at the latest when the
        generator, or the client, is closed.
        """
        asked = asking(question, options)
        self._under_way.add(asked.id)
        try:
            async with aclosing(follow(self._connection, asked)) as events:
                async for event in events:
                    if isinstance(event, Answered):
                        self._under_way.discard(asked.id)
                    yield event
        except ForerunError:  # ended; or out of reach, where it is cancelled before long
            self._under_way.discard(asked.id)
            raise
        finally:
            await self._leave(asked.id)

    async def cancel(self, id: str) -> bool:  # noqa: A002 - as the events and the service call it
        """Cancel a question with all that it does; False where it had ended already.

        Raises `NotFound` where it is none of yours.
        """
        call = Call("POST", path("ask", id, "cancel"))
        return bool(await self._connection.part(call, "cancelled"))

    async def answer(self, id: str) -> Answer:  # noqa: A002
        """An answer as it was given. Raises `NotFound` where there is none of yours, or no more."""
        return await kept_answer(self._connection, id)

    def conversation(self, id: str | None = None, *, database: str | None = None) -> Conversation:  # noqa: A002
        """Questions that may refer to the ones before them: a new conversation, or that of `id`."""
        return Conversation(self, id, database)

    # --- what there is -----------------------------------------------------------------------

    async def databases(self) -> list[DatabaseJSON]:
        """The databases that may be asked."""
        call = Call("GET", path("databases"))
        return cast(list[DatabaseJSON], await self._connection.part(call, "databases"))

    async def schema(self, database: str) -> CatalogJSON:
        """Tables, columns and keys; no stored values."""
        call = Call("GET", path("databases", database, "schema"))
        return cast(CatalogJSON, await self._connection.call(call))

    async def conversations(self, limit: int = 100) -> list[ConversationJSON]:
        """Your own, the latest first, without their turns."""
        call = Call("GET", path("conversations"), {"limit": limit})
        return cast(list[ConversationJSON], await self._connection.part(call, "conversations"))

    async def read_conversation(self, id: str) -> WholeConversationJSON:  # noqa: A002
        """With its turns, oldest first."""
        call = Call("GET", path("conversations", id))
        return cast(WholeConversationJSON, await self._connection.call(call))

    async def delete_conversation(self, id: str) -> None:  # noqa: A002
        """With its turns and their answers. Tried once: the second time it would not be found."""
        await self._connection.call(Call("DELETE", path("conversations", id)), tries=False)

    async def _leave(self, id_: str) -> None:
        """Tell the service that nobody waits for that question, unless it has ended."""
        if id_ not in self._under_way:
            return
        self._under_way.discard(id_)
        call = Call("POST", path("ask", id_, "cancel"))
        with anyio.move_on_after(LAST_CALL_S, shield=True), suppress(ForerunError):
            await self._connection.call(call, tries=False)
