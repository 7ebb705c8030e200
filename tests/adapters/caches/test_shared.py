"""What every shared cache does, on disk and in Redis."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forerun.domain import Shelf, ShelfStatus
from forerun.ports import Labels, Scope, SharedCache
from tests.adapters.caches.places import Place, labels

pytestmark = pytest.mark.anyio


async def test_what_was_put_is_got(cache: SharedCache) -> None:
    """Several keys in one go, in their order, twice where asked twice; None where nothing is."""
    await cache.put("a", "one", labels("orders"), 60)
    await cache.put("b", "two", labels(), 60)
    assert list(await cache.get(["b", "nothing", "a", "b"])) == ["two", None, "one", "two"]
    assert list(await cache.get([])) == []


async def test_a_put_takes_the_place_of_what_was_there(cache: SharedCache) -> None:
    """Text, labels and time are all new."""
    await cache.put("a", "old", labels("orders"), 0.2)
    await cache.put("a", "new", labels("customers", tenant="bob"), 60)
    await anyio.sleep(0.3)
    assert list(await cache.get(["a"])) == ["new"]
    assert await cache.purge(Scope(table="customers", tenant="bob")) == 1
    assert list(await cache.get(["a"])) == [None]


@pytest.mark.parametrize(
    "text",
    ["", "ü😀\n\x00\r\n", "\ud83d\ude00 \udc80", "\n", "x" * 1_500_000],
    ids=["empty", "odd", "surrogates", "newline", "long"],
)
async def test_any_text_comes_back(cache: SharedCache, text: str) -> None:
    """To the character, also what UTF-8 has no way to write."""
    await cache.put("a\n", text, labels(tenant="\ud800\x00", database="\n"), 60)
    assert list(await cache.get(["a\n", "a"])) == [text, None]
    (status,) = await cache.status()
    assert (status.tenant, status.database) == ("\ud800\x00", "\n")


async def test_what_has_expired_is_not_there(cache: SharedCache) -> None:
    """Neither to get nor to count."""
    await cache.put("short", "1", labels(), 0.15)
    await cache.put("never", "2", labels(), 0)
    await cache.put("long", "3", labels(), 60)
    assert list(await cache.get(["never"])) == [None]
    await anyio.sleep(0.3)
    assert list(await cache.get(["short", "long"])) == [None, "3"]
    assert [status.entries for status in await cache.status()] == [1]


SEVERAL = {
    "1": labels("orders", "sales.items"),
    "2": labels("orders", tenant="bob"),
    "3": labels("orders_old", database="shop-2"),
    "4": labels(tenant="bob", database="shop-2", shelf=Shelf.DRAFTS),
    "5": labels("sales.items", shelf=Shelf.CATALOGS),
    "6": labels("items", "sales"),
}


async def remaining(cache: SharedCache, keys: Sequence[str]) -> list[str]:
    return [key for key, text in zip(keys, await cache.get(keys), strict=True) if text is not None]


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(tenant="ann"),
        Scope(tenant="an"),
        Scope(database="shop-2"),
        Scope(table="ORDERS"),
        Scope(table="Sales.Items"),
        Scope("ann", "shop-1", "items"),
        Scope("bob", "shop-2"),
        Scope("bob", table="orders"),
        Scope(table="nothing"),
        Scope(table=""),
    ],
)
async def test_a_purge_drops_what_its_scope_covers(cache: SharedCache, scope: Scope) -> None:
    """Those and no others, and says how many they were."""
    for key, belongs in SEVERAL.items():
        await cache.put(key, key, belongs, 60)
    gone = [key for key, belongs in SEVERAL.items() if scope.covers(belongs)]
    assert await cache.purge(scope) == len(gone)
    assert await remaining(cache, list(SEVERAL)) == [key for key in SEVERAL if key not in gone]
    assert await cache.purge(scope) == 0


NAMES = st.text(st.characters(exclude_categories=()), max_size=3).map(str.lower) | st.sampled_from(
    ["a", "b", '"', '", "', "a\x00b", "%", "*"]
)
LABELS = st.builds(Labels, st.sampled_from(Shelf), NAMES, NAMES, st.frozensets(NAMES, max_size=3))


@given(
    kept=st.lists(LABELS, max_size=5),
    scope=st.builds(Scope, st.none() | NAMES, st.none() | NAMES, st.none() | NAMES),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_purge_drops_what_its_scope_covers(
    place: Place, kept: list[Labels], scope: Scope
) -> None:
    """Whatever tenants, databases and tables are called: `Scope.covers` says what goes."""
    async with place.open() as cache:
        await cache.purge(Scope())
        for number, belongs in enumerate(kept):
            await cache.put(str(number), "x", belongs, 60)
        gone = await cache.purge(scope)
        left = await remaining(cache, [str(number) for number in range(len(kept))])
    assert left == [str(n) for n, belongs in enumerate(kept) if not scope.covers(belongs)]
    assert gone == len(kept) - len(left)


async def test_a_purge_of_many_leaves_none(cache: SharedCache) -> None:
    """More than fit into one step."""
    async with anyio.create_task_group() as group:
        for number in range(1_300):
            group.start_soon(cache.put, str(number), "x", labels("a" if number % 2 else "b"), 600)
    assert await cache.purge(Scope(table="a")) == 650
    assert await cache.purge(Scope(tenant="ann")) == 650
    assert await remaining(cache, [str(number) for number in range(1_300)]) == []


async def test_purges_are_heard(cache: SharedCache) -> None:
    """As they were asked for, one's own too, after a first call that covers everything."""
    heard: list[Scope] = []
    asked = [Scope("ann", "shop-1", "orders"), Scope(tenant="\ud800"), Scope()]
    async with anyio.create_task_group() as group:
        group.start_soon(cache.hear_purges, heard.append)
        with anyio.fail_after(30):
            while not heard:
                await anyio.sleep(0.005)
            for scope in asked:
                await cache.purge(scope)
            while len(heard) < 4:
                await anyio.sleep(0.005)
        group.cancel_scope.cancel()
    assert heard == [Scope(), *asked]


async def test_a_lease_is_one_callers(cache: SharedCache) -> None:
    """Until it is released by who holds it; another key's lease is another matter."""
    token = await cache.lease("a", 60)
    assert token is not None
    assert await cache.lease("a", 60) is None
    assert await cache.lease("b", 60) not in (None, token)
    await cache.release("a", "somebody else's")
    assert await cache.lease("a", 60) is None
    await cache.release("a", token)
    assert await cache.lease("a", 60) not in (None, token)


async def test_a_lease_ends_by_itself(cache: SharedCache) -> None:
    """Whoever held it too long cannot release what is another's by then."""
    late = await cache.lease("a", 0.1)
    await anyio.sleep(0.2)
    now = await cache.lease("a", 60)
    assert late is not None
    assert now is not None
    await cache.release("a", late)
    assert await cache.lease("a", 60) is None


async def test_of_many_who_ask_one_gets_the_lease(cache: SharedCache) -> None:
    """All at once."""
    tokens: list[str | None] = []

    async def ask() -> None:
        tokens.append(await cache.lease("a", 60))

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(ask)
    assert len([token for token in tokens if token]) == 1


async def test_the_status_tells_what_is_kept(cache: SharedCache) -> None:
    """By shelf, tenant and database: entries, bytes, and the age of the oldest."""
    assert list(await cache.status()) == []
    await cache.put("1", "x" * 1_000, labels("a"), 60)
    await anyio.sleep(0.2)
    await cache.put("2", "ü" * 1_000, labels("b"), 60)
    await cache.put("3", "x", labels(tenant="bob", shelf=Shelf.DRAFTS), 60)
    found = {(one.shelf, one.tenant): one for one in await cache.status()}
    assert set(found) == {(Shelf.ANSWERS, "ann"), (Shelf.DRAFTS, "bob")}
    answers: ShelfStatus = found[Shelf.ANSWERS, "ann"]
    assert (answers.database, answers.entries) == ("shop-1", 2)
    assert 3_000 <= answers.bytes <= 3_100
    assert 0.2 <= answers.oldest_s < 60


async def test_what_was_kept_outlives_its_process(place: Place) -> None:
    """The next one finds it; closing twice is safe."""
    first = place.cache()
    await first.put("a", "kept", labels(), 60)
    await first.aclose()
    await first.aclose()
    async with place.open() as second:
        assert list(await second.get(["a"])) == ["kept"]


async def test_too_long_a_text_is_not_kept(place: Place) -> None:
    """Silently: it is not worth the room or the time. What was there under the key is gone or is
    what it was, and nothing else is pushed out."""
    async with place.open() as cache:
        await cache.put("a", "x", labels(), 60)
        await cache.put("b", "x" * 20_000_000, labels(), 60)
        assert list(await cache.get(["a", "b"])) == ["x", None]


async def test_cancelled_calls_leave_nothing_behind(cache: SharedCache) -> None:
    """Broken off at any moment: whoever asks next gets what belongs to its own keys."""
    keys = [str(number) for number in range(50)]
    for key in keys:
        await cache.put(key, f"text of {key}", labels(), 60)
    for round_ in range(40):
        with anyio.move_on_after(round_ * 0.0004):
            async with anyio.create_task_group() as group:
                for key in keys:
                    group.start_soon(cache.get, [key])
        assert list(await cache.get(keys[round_:])) == [f"text of {key}" for key in keys[round_:]]
