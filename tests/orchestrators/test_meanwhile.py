"""Our own work that is done while somebody else's is waited for, and whose turn it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from forerun.adapters.databases import connect
from forerun.app.warned import Warned
from forerun.catalog import CatalogSource
from forerun.checking import gate
from forerun.domain import Answer, Kind, Question, ResultColumn, Rows, Status
from forerun.events import Event, TextArrived, listening
from forerun.narrating import fields, grounding, tell
from forerun.orchestrators import Sequential
from forerun.orchestrators.crowding import crowding
from forerun.orchestrators.passing import PassingDatabase
from forerun.ports import Version
from forerun.stages import Models, Resources, alone
from forerun.testing import ScriptedModel
from tests.duckdb_files import make_duckdb
from tests.orchestrators.world import NOW

pytestmark = pytest.mark.anyio

WRITTEN = "```sql\nSELECT count(*) AS n FROM customers\n```\nReading: how many customers there are"
ASKED = Question("How many customers are there?", NOW)


@pytest.fixture
def shop(tmp_path: Path) -> str:
    return make_duckdb(
        tmp_path / "shop.duckdb",
        "CREATE TABLE customers AS SELECT 1 AS id, 'Ann' AS name;"
        "CREATE TABLE amounts AS SELECT 1.5 AS amount;",
    )


async def test_a_query_is_checked_while_its_writer_still_explains_it(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the sequential path, too, the gate is done when the writer is; and it looks once."""
    happened: list[str] = []
    check = gate.check

    def checked(*given: Any) -> Any:
        happened.append("gate")
        return check(*given)

    def hear(event: Event) -> None:
        if isinstance(event, TextArrived):
            happened.append(event.text.strip())

    monkeypatch.setattr(gate, "check", checked)
    database = _Settled(connect(shop))
    models = Models(writer=ScriptedModel([WRITTEN]))
    sequential = Sequential(Resources(database, CatalogSource(database), models))
    with listening(hear):
        answer = await sequential(ASKED)
    await database.aclose()
    assert answer.status is Status.ANSWERED
    assert happened.count("gate") == 1
    assert happened.index("gate") < happened.index("are")


async def test_what_rows_bear_out_is_found_out_while_the_narrator_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading the rows takes longer than looking a figure up in them."""
    happened: list[str] = []
    read = fields.read

    def read_rows(rows: Rows) -> Any:
        happened.append("read")
        return read(rows)

    def hear(event: Event) -> None:
        if isinstance(event, TextArrived):
            happened.append(event.text.strip())

    monkeypatch.setattr(grounding, "read", read_rows)
    rows = Rows((ResultColumn("n", "BIGINT", Kind.INTEGER),), ((41,),))
    with listening(hear):
        told = await tell(ScriptedModel(["There are 41 customers here."]), alone(ASKED), rows)
    assert told is not None
    assert told.objection is None
    assert happened.count("read") == 1
    assert happened.index("read") < happened.index("41")


async def test_what_is_known_is_had_without_waiting_for_a_turn(shop: str) -> None:
    """Nothing is looked at again of which no sample is taken, and no warning is noted twice."""
    inner = connect(shop)
    source = CatalogSource(_Settled(inner))
    everything = ["customers", "amounts"]
    await source.sampled(everything)
    assert is_had_at_once(source.sampled(everything))

    async def answered(question: Question) -> Answer:
        return Answer(question.text, Status.ANSWERED, "duckdb", "", question.id)

    async def never() -> tuple[str, ...]:
        raise AssertionError("They are known.")

    assert is_had_at_once(Warned(answered, never, known=("It may write.",))(ASKED))
    await inner.aclose()


async def test_a_free_place_at_the_database_is_taken_at_once(shop: str) -> None:
    """Else a statement of its own would wait for whatever the event loop has to do meanwhile."""
    inner = connect(shop)
    assert is_had_at_once(crowding(_AtOnce(inner), 1).explain(None))  # type: ignore[arg-type]
    await inner.aclose()


def is_had_at_once(work: Any) -> bool:
    try:
        work.send(None)
    except StopIteration:
        return True
    work.close()
    return False


class _Settled(PassingDatabase):
    """Its file is not taken for one that may still be written to."""

    async def version(self) -> Version:
        return Version("1", "1")


class _AtOnce(PassingDatabase):
    async def explain(self, statement: Any) -> Any:
        return None
