"""What is kept: soon, whole, and its owner's alone; also on PostgreSQL, also after trouble."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from forerun.adapters.stores import open_sql
from forerun.app.conversation import AskedBack
from forerun.app.opening import place_of
from forerun.app.serving import keeping
from forerun.app.serving.asked import Owner
from forerun.app.serving.keeping import Keeper
from forerun.app.serving.store import KeptAnswer, KeptTurn, ServingStore
from forerun.app.serving.tables import LAYOUT
from forerun.domain import Draft, Origin, Turn
from forerun.errors import BadInput, NotFound, Unavailable
from tests.api.service import until
from tests.mcp.shops import make_shop
from tests.services import Scratch

pytestmark = pytest.mark.anyio

ANN, BEA = Owner("acme", "ann"), Owner("acme", "bea")


@pytest.fixture(params=["file", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ServingStore]:
    place = str(tmp_path / "state.sqlite")
    if request.param == "postgres":
        scratch: Scratch = request.getfixturevalue("postgres")
        place = scratch.owner_url
    kept = ServingStore(open_sql(place, LAYOUT))
    await kept.forget_old(1e12, 0)
    yield kept
    await kept.aclose()


def answer(id_: str, owner: Owner = ANN, at: float = 1.0) -> KeptAnswer:
    return KeptAnswer(owner, id_, "shop", "How many?", at, f'{{"id":"{id_}"}}')


def turn(id_: str, owner: Owner = ANN, **given: Any) -> KeptTurn:
    made = KeptTurn(owner, "talk", "shop", 0, id_, 1.0, f"Question {id_}?", "answered")
    return replace(made, **given)


async def test_a_conversation_is_about_one_database_and_not_about_its_name(
    store: ServingStore,
) -> None:
    """Where another one bears that name, nothing is gone on with; one of before places were kept
    goes on anywhere."""
    old = replace(turn("b"), conversation="old")
    await store.keep([answer("a"), answer("b")], [turn("a", place="here"), old])
    assert len(await store.turns(ANN, "talk", "shop", "here")) == 1
    with pytest.raises(BadInput, match="stands for another database by now"):
        await store.turns(ANN, "talk", "shop", "there")
    assert len(await store.turns(ANN, "old", "shop", "there")) == 1


async def test_what_an_earlier_version_kept_is_gone_on_with(tmp_path: Path) -> None:
    """From before it was kept which database a conversation is about."""
    place = str(tmp_path / "state.sqlite")
    tables = tuple(each.replace(", place TEXT NOT NULL", "") for each in LAYOUT.tables)
    before = open_sql(
        place, replace(LAYOUT, version=2, tables=tables, upgrades=LAYOUT.upgrades[:1])
    )
    began = ("acme", "ann", "talk", "shop", "How many?", 1.0, 1.0, 0)
    await before.write(lambda tx: tx.add("conversations", [began]))
    await before.aclose()
    store = ServingStore(open_sql(place, LAYOUT))
    await store.keep([answer("a")], [turn("a", place="here")])
    assert len(await store.turns(ANN, "talk", "shop", "there")) == 1
    await store.aclose()


def test_a_database_is_the_same_whoever_logs_in() -> None:
    """Another user or password is no other database; another host, name or engine is."""
    place = place_of("postgresql://ann:one@db.example/shop")
    assert place == place_of("postgresql://bob:two@db.example/shop")
    assert place == place_of("postgresql://db.example/shop")
    others = ("postgresql://db.example/store", "postgresql://db.example:5433/shop")
    for other in (*others, "mysql://db.example/shop", "mysql://db/shop"):
        assert place_of(other) != place


def test_a_database_is_the_same_however_its_url_is_written() -> None:
    """What says how to connect, and what is the same left out, makes no other database of it; what
    says where does."""
    place = place_of("postgresql://db.example/shop")
    for same in ("postgres://DB.example:5432/shop", "postgresql://db.example/shop?sslmode=require"):
        assert place_of(same) == place
    assert place_of("mariadb://db/shop") == place_of("mysql+pymysql://db:3306/shop?ssl_mode=prefer")
    sockets = {place_of(f"postgresql:///shop?host=/run/{name}") for name in "ab"}
    schemas = {place_of(f"postgresql://db/shop?options=-csearch_path%3D{name}") for name in "ab"}
    unnamed = {place_of(f"postgresql://{user}@db/") for user in ("ann", "bob")}
    accounts = {place_of(f"snowflake://{account}/shop") for account in "ab"}
    assert [len(each) for each in (sockets, schemas, unnamed, accounts)] == [2, 2, 2, 2]


def test_a_file_that_is_published_by_a_link_is_the_same_database(tmp_path: Path) -> None:
    """As one that is replaced at its path: today's data are gone on with tomorrow, also by a
    process that was started on the older ones."""
    link = tmp_path / "shop.sqlite"
    today, tomorrow = (make_shop(tmp_path / f"{name}.sqlite") for name in ("today", "tomorrow"))
    link.symlink_to(today)
    before = place_of(str(link))
    link.unlink()
    link.symlink_to(tomorrow)
    assert place_of(str(link)) == before
    assert place_of(str(tomorrow)) != before


async def test_turns_come_back_in_order_and_only_to_their_owner(store: ServingStore) -> None:
    """Two owners use the same name for their conversations, and neither sees the other's."""
    said = Turn("How many?", "How many customers?", "SELECT 1", "Three.")
    drafts = (Draft("SELECT 2", Origin.PARSER, 0.5, "by home"),)
    back = AskedBack("Which city?", "Which city is meant?", ("home",), drafts)
    await store.keep(
        [answer("a"), answer("b"), answer("c", BEA)],
        [turn("a", turn=said), turn("b", status="clarify", asked_back=back), turn("c", BEA)],
    )
    keeper = Keeper(store, 60.0, 100)
    remembered, seen = await keeper.remembered(ANN, "talk", "shop")
    assert (remembered.turns, remembered.asked_back, seen) == ((said,), back, 2)
    assert (await keeper.remembered(BEA, "talk", "shop"))[1] == 1
    _, turns = await store.conversation(ANN, "talk")
    assert [each.answer for each in turns] == ["a", "b"]
    assert [each.turns for each in await store.conversations(BEA, 10)] == [1]
    assert await store.answer(BEA, "a") is None


async def test_what_is_written_again_is_there_once(store: ServingStore) -> None:
    """A write whose confirmation was lost is repeated, and changes nothing."""
    for _ in range(2):
        await store.keep([answer("a")], [turn("a")])
    assert len(await store.turns(ANN, "talk", "shop")) == 1
    assert [each.turns for each in await store.conversations(ANN, 10)] == [1]


async def test_what_is_old_or_too_much_is_forgotten(store: ServingStore) -> None:
    """Answers by age and by number, conversations by age, turns with them."""
    many = [answer(str(n), at=100.0) for n in range(5)]
    await store.keep([answer("old"), *many], [turn("old"), turn("4", at=100.0, conversation="new")])
    await store.forget_old(before=50.0, most_answers=3)
    kept = [n for n in range(5) if await store.answer(ANN, str(n)) is not None]
    assert kept == [2, 3, 4]
    assert [each.id for each in await store.conversations(ANN, 10)] == ["new"]
    with pytest.raises(NotFound):
        await store.conversation(ANN, "talk")


async def test_a_conversation_does_not_wait_for_answers_to_be_gathered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that nobody waits for is kept with those that follow it soon; a turn that comes
    meanwhile is what it is gathered with."""
    monkeypatch.setattr(keeping, "GATHERED_FOR_S", 60.0)
    keeper = Keeper(ServingStore(open_sql(str(tmp_path / "state.sqlite"), LAYOUT)), 1e9, 1_000)
    async with anyio.create_task_group() as group:
        group.start_soon(keeper.run)
        keeper.keep(answer("a"))
        await anyio.sleep(0.05)
        with anyio.fail_after(keeping.TURN_WRITE_S / 2):
            await keeper.keep_turn(answer("b"), turn("b"))
        group.cancel_scope.cancel()
    assert await keeper.store.answer(ANN, "a") is not None
    await keeper.aclose()


class Failing:
    """A store that does not answer for a while."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.fails, self.writes = inner, True, 0

    async def write(self, work: Any, *, lasting: bool = True) -> Any:
        self.writes += 1
        if self.fails:
            raise Unavailable("The disk is full.")
        return await self.inner.write(work, lasting=lasting)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def test_a_turn_is_remembered_before_the_store_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store does not answer, what was asked back can be chosen from all the same; and
    once it does, the turn is there once."""
    monkeypatch.setattr("forerun.app.serving.keeping.PAUSE_S", 0.01)
    monkeypatch.setattr("forerun.app.serving.keeping.TURN_WRITE_S", 0.01)
    failing = Failing(open_sql(str(tmp_path / "state.sqlite"), LAYOUT))
    keeper = Keeper(ServingStore(failing), 60.0, 100)
    back = AskedBack("Which city?", "Which city is meant?", ("home",), ())
    async with anyio.create_task_group() as group:
        group.start_soon(keeper.run)
        await keeper.keep_turn(answer("a"), turn("a", status="clarify", asked_back=back))
        early, seen_early = await keeper.remembered(ANN, "talk", "shop")
        with pytest.raises(BadInput, match="another database"):
            await keeper.remembered(ANN, "talk", "other")
        failing.fails = False
        await keeper.keep_turn(answer("b"), turn("b", asked_back=back))
        with anyio.fail_after(10):
            while len(await keeper.store.turns(ANN, "talk", "shop")) < 2:
                await anyio.sleep(0.01)
        late, seen_late = await keeper.remembered(ANN, "talk", "shop")
        group.cancel_scope.cancel()
    await keeper.aclose()
    assert (early.asked_back, seen_early) == (back, 1)
    assert (late.asked_back, seen_late) == (back, 2)


async def test_nothing_is_lost_while_the_store_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Answers can be read meanwhile, and are written, all at once, when it answers again."""
    monkeypatch.setattr("forerun.app.serving.keeping.PAUSE_S", 0.01)
    failing = Failing(open_sql(str(tmp_path / "state.sqlite"), LAYOUT))
    keeper = Keeper(ServingStore(failing), 1e9, 1_000)
    caplog.set_level(logging.ERROR)
    async with anyio.create_task_group() as group:
        group.start_soon(keeper.run)
        keeper.keep(answer("a"))
        await until(lambda: failing.writes >= 2)
        keeper.keep(answer("b"))
        assert await keeper.answer(ANN, "a") == answer("a")
        assert await keeper.answer(BEA, "a") is None
        failing.fails = False
        await until(lambda: not keeper._unkept)
        group.cancel_scope.cancel()
    for id_ in ("a", "b"):
        assert (await keeper.store.answer(ANN, id_)) is not None
    await keeper.aclose()


async def test_no_more_is_held_back_than_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the store does not answer: the oldest answers go, with their turns."""
    monkeypatch.setattr("forerun.app.serving.keeping.PAUSE_S", 0.01)
    monkeypatch.setattr("forerun.app.serving.keeping.TURN_WRITE_S", 0.01)
    monkeypatch.setattr("forerun.app.serving.keeping.MOST_UNKEPT", 2)
    failing = Failing(open_sql(str(tmp_path / "state.sqlite"), LAYOUT))
    keeper = Keeper(ServingStore(failing), 1e9, 1_000)
    async with anyio.create_task_group() as group:
        group.start_soon(keeper.run)
        for id_ in "abcde":
            await keeper.keep_turn(answer(id_), turn(id_))
        await until(lambda: len(keeper._batch.answers) == 2)
        _, seen = await keeper.remembered(ANN, "talk", "shop")
        group.cancel_scope.cancel()
    assert [each.answer for each in keeper._batch.turns] == ["d", "e"]
    assert len(keeper._batch.waiting) == seen == 2
    failing.fails = False
    await keeper.aclose()


async def test_what_is_left_at_the_end_is_written(tmp_path: Path) -> None:
    """An answer that was sent a moment before the process ends can be read from the next one."""
    place = str(tmp_path / "state.sqlite")
    keeper = Keeper(ServingStore(open_sql(place, LAYOUT)), 1e9, 1_000)
    keeper.keep(answer("a"))
    await keeper.aclose()
    after = ServingStore(open_sql(place, LAYOUT))
    assert (await after.answer(ANN, "a")) is not None
    await after.aclose()
