"""Keys in a file and on a server: kept without their text, found, revoked."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forerun.access import Allowance, Scope
from forerun.access.key_text import read_key
from forerun.access.keys import Grant, Keys
from forerun.access.tables import LAYOUT
from forerun.adapters.stores import open_sql
from forerun.errors import BadInput
from tests.services import Scratch

pytestmark = pytest.mark.anyio

GRANT = Grant(
    "for the dashboard",
    "blue",
    "ann",
    frozenset(Scope),
    frozenset({"shop", "häuser"}),
    (("region", "North 'x' ?"), ("team", "7")),
    Allowance(60, 100_000, 2.5),
)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "access.sqlite")
    scratch: Scratch = request.getfixturevalue("postgres")
    return scratch.owner_url


@pytest.fixture
async def keys(anyio_backend: str, place: str) -> AsyncIterator[Keys]:
    store = open_sql(place, LAYOUT)
    yield Keys(store)
    await store.aclose()


async def test_a_key_is_kept_with_all_it_was_given_but_its_text(keys: Keys, place: str) -> None:
    """Another process finds it by its id, with the hash of the text and nothing of it."""
    made, text = await keys.create(GRANT, expires_in_s=60)
    other = open_sql(place, LAYOUT)
    found = await Keys(other).find(made.id)
    rows = await other.read(lambda tx: tx.rows("SELECT * FROM keys WHERE id = ?", made.id))
    await other.aclose()
    read = read_key(text)
    assert found is not None
    assert read is not None
    assert found.key == made
    assert found.key.grant == GRANT
    assert found.hash == read.hash
    assert text.split("_")[2] not in repr(rows)
    assert made.identity.attributes == {"region": "North 'x' ?", "team": "7"}
    assert made.is_good(time.time())
    assert not made.is_good(time.time() + 61)


async def test_the_latest_key_stands_first_and_the_revoked_stay(keys: Keys) -> None:
    """To revoke one again leaves the first time as it was; one that there is not is told."""
    first, _ = await keys.create(Grant("first"))
    second, _ = await keys.create(Grant("second"))
    revoked = await keys.revoke(first.id)
    again = await keys.revoke(first.id)
    assert revoked.revoked_at is not None
    assert again == revoked
    assert not revoked.is_good(time.time())
    assert [key.id for key in await keys.all()][:2] == [second.id, first.id]
    with pytest.raises(BadInput, match="no key nobody"):
        await keys.revoke("nobody")


@pytest.mark.parametrize(
    "grant",
    [
        Grant(" "),
        Grant("a\nb"),
        Grant("x" * 201),
        Grant("x", tenant=""),
        Grant("x", tenant="nul\0"),
        Grant("x", user="half \ud800"),
        Grant("x", attributes=(("region", ""),)),
        Grant("x", scopes=frozenset()),
    ],
)
async def test_names_that_nobody_could_tell_apart_are_refused(grant: Grant) -> None:
    """And what a database would not keep as it is; nothing is written."""
    store = open_sql("memory", LAYOUT)
    with pytest.raises(BadInput):
        await Keys(store).create(grant)
    assert not await Keys(store).any()
    await store.aclose()
