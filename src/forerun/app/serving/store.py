"""Answers as they were served, and conversations, each its owner's alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from forerun.app.conversation import REMEMBERED_TURNS, AskedBack, Remembered
from forerun.app.serving import tables
from forerun.app.serving.asked import Owner
from forerun.domain import Draft, Origin, Status, Turn
from forerun.errors import BadInput, NotFound
from forerun.ports import SQLStore, SQLValue, Transaction

MOST_TURNS_SHOWN = 1_000
ANEW = "Begin a new one: take another conversation_id."


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer as it was served."""

    owner: Owner
    id: str
    database: str
    question: str
    at: float
    """Seconds since 1970."""
    wire: str
    """AnswerJSON."""
    of_a_model: bool = False
    """Whether a model asked, for which no query touched what is `unsent`."""


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One question of a conversation and what came of it."""

    owner: Owner
    conversation: str
    database: str
    seen: int
    """How many turns were known when it was asked."""
    answer: str
    """Its id."""
    at: float
    question: str
    status: str
    turn: Turn | None = None
    asked_back: AskedBack | None = None
    number: int = 0
    """1 for the first; given when it is kept."""
    place: str = ""
    """Tells the database from another one of its name."""


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """What is known of one without its turns."""

    id: str
    database: str
    title: str
    began_at: float
    at: float
    turns: int
    place: str = ""
    """Tells the database from another one of its name; empty where that was not kept yet."""

    def must_be_about(self, database: str, place: str) -> None:
        """Raises `BadInput`: what was said of one database is nothing for another."""
        if self.database != database:
            raise another_database(self.id, database)
        if self.place and place and self.place != place:
            raise BadInput(
                f"The conversation {self.id} is about what was {database} until now: that name "
                "stands for another database by now.",
                ANEW,
            )


@dataclass(frozen=True, slots=True)
class ServingStore:
    """See `tables.LAYOUT`. Errors: `Unavailable`."""

    store: SQLStore

    async def keep(self, answers: Sequence[KeptAnswer], turns: Sequence[KeptTurn]) -> None:
        """All of it, or nothing. What is there already stays as it is."""

        def keep(tx: Transaction) -> None:
            [(last,)] = tx.rows(tables.LAST_ANSWER)
            tx.add("answers", [_row(a, number) for number, a in enumerate(answers, last + 1)])
            for turn in turns:
                _add_turn(tx, turn)

        await self.store.write(keep, lasting=False)

    async def answer(self, owner: Owner, id_: str) -> KeptAnswer | None:
        key = (owner.tenant, owner.user, id_)
        rows = await self.store.read(lambda tx: tx.rows(tables.ANSWER, *key))
        return next((KeptAnswer(owner, id_, d, q, 0.0, w, bool(m)) for d, q, w, m in rows), None)

    async def turns(
        self, owner: Owner, conversation: str, database: str, place: str = ""
    ) -> list[KeptTurn]:
        """The latest, oldest first: what a new question may refer to. Raises `BadInput` where
        they were about another database."""
        key = (owner.tenant, owner.user, conversation)

        def read(tx: Transaction) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
            turns = tx.rows(tables.TURNS, *key, 2 * REMEMBERED_TURNS)
            return tx.rows(tables.CONVERSATION, *key), turns

        began, rows = await self.store.read(read)
        if began:
            KeptConversation(*began[0]).must_be_about(database, place)
        return [_turn(owner, conversation, row) for row in reversed(rows)]

    async def database_of(self, owner: Owner, conversation: str) -> str | None:
        """What it is about; None where there is no such conversation."""
        key = (owner.tenant, owner.user, conversation)
        found = await self.store.read(lambda tx: tx.rows(tables.CONVERSATION, *key))
        return next((KeptConversation(*row).database for row in found), None)

    async def conversations(self, owner: Owner, most: int) -> list[KeptConversation]:
        """The latest first."""
        key = (owner.tenant, owner.user)
        rows = await self.store.read(lambda tx: tx.rows(tables.CONVERSATIONS, *key, most))
        found = [KeptConversation(*row) for row in rows]
        return [each for each in found if owner.may_see(each.database)]

    async def conversation(self, owner: Owner, id_: str) -> tuple[KeptConversation, list[KeptTurn]]:
        """With its turns, oldest first. Raises `NotFound`."""
        key = (owner.tenant, owner.user, id_)

        def read(tx: Transaction) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
            return tx.rows(tables.CONVERSATION, *key), tx.rows(tables.TURNS, *key, MOST_TURNS_SHOWN)

        found, turns = await self.store.read(read)
        if not found or not owner.may_see(KeptConversation(*found[0]).database):
            raise _no_conversation(id_)
        return KeptConversation(*found[0]), [_turn(owner, id_, row) for row in reversed(turns)]

    async def forget_conversation(self, owner: Owner, id_: str) -> None:
        """With its turns and their answers. Raises `NotFound`."""
        key = (owner.tenant, owner.user, id_)

        def forget(tx: Transaction) -> int:
            found = tx.rows(tables.CONVERSATION, *key)
            if not found or not owner.may_see(KeptConversation(*found[0]).database):
                return 0
            tx.change(tables.FORGET_ANSWERS_OF, *key[:2], *key)
            tx.change(tables.FORGET_TURNS, *key)
            return tx.change(tables.FORGET_CONVERSATION, *key)

        if not await self.store.write(forget):
            raise _no_conversation(id_)

    async def forget_old(self, before: float, most_answers: int) -> None:
        """What is from before that moment, and answers above that number."""

        def forget(tx: Transaction) -> None:
            [(last,)] = tx.rows(tables.LAST_ANSWER)
            tx.change(tables.FORGET_OLD_ANSWERS, before, last - most_answers)
            tx.change(tables.FORGET_OLD_TURNS, before)
            tx.change(tables.FORGET_OLD_CONVERSATIONS, before)

        await self.store.write(forget, lasting=False)

    async def aclose(self) -> None:
        await self.store.aclose()


def _row(kept: KeptAnswer, number: int) -> tuple[SQLValue, ...]:
    by, about = kept.owner, (kept.database, kept.question, kept.at, kept.wire)
    return by.tenant, by.user, kept.id, number, *about, int(kept.of_a_model)


def _add_turn(tx: Transaction, turn: KeptTurn) -> None:
    """After whatever is the last one by now: writers come one at a time."""
    key = (turn.owner.tenant, turn.owner.user, turn.conversation)
    began = (*key, turn.database, turn.question, turn.at, turn.at, 0, turn.place)
    tx.add("conversations", [began])
    latest = tx.rows(tables.TURNS, *key, 1)
    number = latest[0][0] + 1 if latest else 1
    said = json.dumps(
        {
            "turn": asdict(turn.turn) if turn.turn else None,
            "asked_back": asdict(turn.asked_back) if turn.asked_back else None,
        }
    )
    about = (turn.seen, turn.answer, turn.at, turn.question, turn.status, said)
    if tx.add("turns", [(*key, number, *about)]):  # none where it was kept before
        tx.change(tables.GO_ON, turn.at, *key)


def _turn(owner: Owner, conversation: str, row: tuple[Any, ...]) -> KeptTurn:
    number, seen, answer, at, question, status, said = row
    kept = json.loads(said)
    turn = Turn(**kept["turn"]) if kept["turn"] else None
    about = (owner, conversation, "", seen, answer, at, question, Status(status).value)
    return KeptTurn(*about, turn, _asked_back(kept["asked_back"]), number)


def _asked_back(kept: dict[str, Any] | None) -> AskedBack | None:
    if kept is None:
        return None
    drafts = tuple(
        Draft(**{**draft, "origin": Origin(draft["origin"])}) for draft in kept["drafts"]
    )
    return AskedBack(kept["question"], kept["standalone"], tuple(kept["choices"]), drafts)


def remembered_of(turns: Sequence[KeptTurn]) -> Remembered:
    """What a new question may refer to. `turns` come oldest first."""
    if not turns:
        return Remembered()
    said = [each.turn for each in turns if each.turn is not None]
    return Remembered(tuple(said[-REMEMBERED_TURNS:]), turns[-1].asked_back)


def another_database(conversation: str, database: str) -> BadInput:
    return BadInput(
        f"The conversation {conversation} is about another database than {database}.",
        ANEW,
    )


def _no_conversation(id_: str) -> NotFound:
    return NotFound(
        f"There is no conversation {id_} of yours.", "List them: GET /v1/conversations."
    )
