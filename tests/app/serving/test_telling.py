"""What a stream tells of work ahead: shown as provisional, and taken back where it was in vain."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from forerun.app.conversation import InItsLight
from forerun.app.serving.asked import Asked, Owner
from forerun.app.serving.event_log import EventLog
from forerun.app.serving.running import Ask
from forerun.app.serving.telling import Teller, Written
from forerun.domain import (
    Answer,
    Fate,
    Kind,
    ResultColumn,
    Role,
    Rows,
    Rung,
    Speculation,
    Status,
    TraceId,
)
from forerun.errors import NotFound
from forerun.events import RowsArrived, RungLaunched, RungSettled, StatementAccepted, TextArrived
from forerun.wire import answer_to_json

ROWS = Rows((ResultColumn("n", "INTEGER", Kind.INTEGER),), ((1,),))
AHEAD = "write-ahead"
BELOW = "write-ahead/review"


def told(log: EventLog) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for frame in log.frames:
        _, name, data, *_ = frame.decode().split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def shown_ahead(teller: Teller, *branches: str) -> None:
    for branch in branches:
        teller.hear(RungLaunched(Rung.WRITE_AHEAD, branch, at=0.0))
        teller.hear(StatementAccepted("SELECT 1", branch, provisional=True, at=0.0))
        teller.hear(RowsArrived(ROWS, branch, provisional=True, at=0.0))


def answer(*speculation: Speculation) -> Answer:
    return Answer("?", Status.ANSWERED, "duckdb", "hybrid", TraceId("x"), speculation=speculation)


def retracted(log: EventLog) -> list[str]:
    return [data["branch"] for name, data in told(log) if name == "retracted"]


def test_what_a_wasted_branch_has_shown_is_retracted_with_all_that_grew_from_it() -> None:
    """Once each, at the moment when it is known, and with the reason."""
    log = EventLog()
    teller = Teller(log, began_at=0.0)
    shown_ahead(teller, AHEAD, BELOW)
    teller.hear(
        RungSettled(Rung.WRITE_AHEAD, AHEAD, Fate.WASTED, "Another one was better.", at=0.0)
    )
    teller.hear(RungSettled(Rung.REVIEW, BELOW, Fate.WASTED, "Gone with it.", at=0.0))
    teller.answered(answer(), Written(b"{}"))
    assert retracted(log) == [AHEAD, BELOW]
    rows = next(data for name, data in told(log) if name == "rows")
    assert (rows["provisional"], rows["branch"], rows["rows"]) == (True, AHEAD, [[1]])
    assert told(log)[-1] == ("answer", {})


def test_what_the_answer_rests_on_is_never_retracted() -> None:
    """A branch that was used keeps what it has shown."""
    log = EventLog()
    teller = Teller(log, began_at=0.0)
    shown_ahead(teller, AHEAD)
    teller.hear(RungSettled(Rung.WRITE_AHEAD, AHEAD, Fate.USED, saved_s=1.5, at=0.0))
    teller.answered(answer(Speculation(Rung.WRITE_AHEAD, Fate.USED, AHEAD)), Written(b"{}"))
    assert retracted(log) == []


def test_what_was_never_settled_is_retracted_before_the_answer() -> None:
    """A branch still under way when the answer came has shown nothing that counts."""
    log = EventLog()
    teller = Teller(log, began_at=0.0)
    shown_ahead(teller, AHEAD)
    teller.answered(answer(Speculation(Rung.WRITE_AHEAD, Fate.WASTED, AHEAD)), Written(b"{}"))
    assert [name for name, _ in told(log)][-2:] == ["retracted", "answer"]


def test_a_branch_that_has_shown_nothing_is_not_retracted() -> None:
    """Nobody is told to forget what was never said."""
    log = EventLog()
    teller = Teller(log, began_at=0.0)
    teller.hear(RungLaunched(Rung.CONTEXT, "context", at=0.0))
    teller.hear(RungSettled(Rung.CONTEXT, "context", Fate.WASTED, "In vain.", at=0.0))
    teller.hear(TextArrived(Role.WRITER, "SELECT", "main", at=0.0))
    teller.answered(answer(), Written(b"{}"))
    assert retracted(log) == []


class Seen(UUID):
    """A value that counts how often it is made into text."""

    times = 0

    def __str__(self) -> str:
        type(self).times += 1
        return super().__str__()


def test_rows_become_text_once_for_the_event_and_the_answer() -> None:
    """Those that work ahead has shown first, too; other rows are made into text anew. The answer is
    what it would be without."""
    log, cell = EventLog(), Seen(int=1)
    rows = Rows((ResultColumn("id", "UUID", Kind.OTHER),), ((cell,), (cell,)))
    found = replace(answer(), rows=rows, chart={"mark": "bar"}, summary="Two.")
    teller = Teller(log, began_at=0.0)
    teller.hear(RowsArrived(rows, AHEAD, provisional=True, at=0.0))
    teller.hear(RowsArrived(ROWS, "main", provisional=False, at=0.0))
    written = teller.written(found)
    assert Seen.times == len(rows.rows)
    teller.answered(found, written)
    assert json.loads(written.whole) == answer_to_json(found)
    events = dict(told(log))
    assert events["answer"] == answer_to_json(found)
    assert events["chart"] == {"chart": {"mark": "bar"}}
    [ahead] = [data for name, data in told(log) if name == "rows" and data["provisional"]]
    assert (ahead["rows"], ahead["truncated"], ahead["branch"]) == (
        answer_to_json(found)["rows"],
        False,
        AHEAD,
    )


@pytest.mark.anyio
async def test_rows_that_were_shown_are_forgotten_where_no_answer_comes() -> None:
    """A failed question is remembered for a while: not with a copy of all that it has shown."""
    owner = Owner("blue", "ann", frozenset({"shop"}))
    ask = Ask("1", owner, "shop", Asked("?", "shop", "1"), InItsLight("?", ()), "ask")
    shown_ahead(ask.teller, AHEAD)
    assert ask.teller._rows != []
    ask.failed(NotFound("It is gone.", "Ask for another."))
    assert ask.teller._rows == []
