"""The catalog source: lazily read, sampled once, refreshed, and honest about what it looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import anyio
import pytest

from forerun.catalog import CatalogSource, Sampling, reading
from forerun.domain import Catalog, Column, ForeignKey, Kind, Limits, Rows, Statement, Table
from forerun.errors import DatabaseLocked, DatabaseUnreachable, StatementFailed
from forerun.ports import DatabaseAbilities, Plan, Version

CUSTOMERS = Table(
    "customers",
    (
        Column("id", "INTEGER", Kind.INTEGER),
        Column("email", "TEXT", Kind.TEXT),
        Column("stars", "INTEGER", Kind.INTEGER),
    ),
    primary_key=("id",),
)
ORDERS = Table(
    "orders",
    (Column("id", "INTEGER", Kind.INTEGER), Column("note", "TEXT", Kind.TEXT)),
    foreign_keys=(ForeignKey(("id",), "customers", ("id",)),),
)


@dataclass
class CountingDatabase:
    """Counts what is asked of it. Sampling a table in `broken` fails, one in `stuck` never ends."""

    broken: dict[str, Exception] = field(default_factory=dict)
    stuck: set[str] = field(default_factory=set)
    name: str = "shop"
    dialect: str = "sqlite"
    abilities: DatabaseAbilities = DatabaseAbilities()  # noqa: RUF009 - frozen
    reads: int = 0
    sampled: list[str] = field(default_factory=list)

    async def read_structure(self) -> Catalog:
        self.reads += 1
        await anyio.sleep(0.01)
        return Catalog(self.name, self.dialect, (CUSTOMERS, ORDERS))

    async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
        self.sampled.append(table.key)
        if table.key in self.broken:
            raise self.broken[table.key]
        if table.key in self.stuck:
            await anyio.sleep_forever()
        return [replace(column, samples=("a", "b")[:limit]) for column in columns]

    async def explain(self, statement: Statement) -> Plan:
        raise NotImplementedError

    async def run(self, statement: Statement, limits: Limits) -> Rows:
        raise NotImplementedError

    async def version(self) -> Version:
        return Version()

    async def warnings(self) -> tuple[str, ...]:
        return ()

    async def aclose(self) -> None:
        return None


def samples(catalog: Catalog, table: str, column: str) -> tuple[object, ...]:
    found = catalog.table(table)
    assert found is not None
    at = found.column(column)
    assert at is not None
    return at.samples


@pytest.mark.anyio
async def test_many_askers_share_one_reading() -> None:
    """Fifty concurrent first uses read the structure once and sample each table once."""
    database = CountingDatabase()
    source = CatalogSource(database)

    async def use() -> None:
        await source.sampled(["customers", "orders"])

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(use)
    assert database.reads == 1
    assert sorted(database.sampled) == ["customers", "orders"]


@pytest.mark.anyio
async def test_the_catalog_is_one_object_until_it_changes() -> None:
    """What is derived from it is derived once; with samples it is another one, and then again the
    same for whoever asks."""
    source = CatalogSource(CountingDatabase())
    plain = await source.structure()
    assert await source.structure() is plain
    sampled = await source.sampled([table.key for table in plain.tables])
    assert sampled is not plain
    assert await source.structure() is sampled


@pytest.mark.anyio
async def test_structure_is_read_again_after_its_age() -> None:
    """Past its age the structure is read anew and old samples are forgotten."""
    database = CountingDatabase()
    source = CatalogSource(database, max_age_s=0.0)
    await source.sampled(["customers"])
    await source.sampled(["customers"])
    assert database.reads == 2
    assert database.sampled == ["customers", "customers"]


@pytest.mark.anyio
async def test_values_that_may_not_be_looked_at_are_never_asked_for() -> None:
    """A skipped table or column, or sampling switched off, means that no query names it."""
    database = CountingDatabase()
    source = CatalogSource(database, Sampling(skip=frozenset({"customers.email", "orders"})))
    catalog = await source.sampled(["customers", "orders"])
    assert database.sampled == ["customers"]
    assert samples(catalog, "customers", "stars") == ("a", "b")
    assert samples(catalog, "customers", "email") == ()

    silent = CountingDatabase()
    await CatalogSource(silent, Sampling(enabled=False)).sampled(["customers", "orders"])
    assert silent.sampled == []


def test_numbers_that_only_identify_are_not_sampled() -> None:
    """Integer keys of a table and integer references to others are left out; other numbers not."""
    assert [column.name for column in Sampling().columns(CUSTOMERS)] == ["email", "stars"]
    assert [column.name for column in Sampling().columns(ORDERS)] == ["note"]


@pytest.mark.anyio
async def test_a_broken_view_costs_only_its_own_samples() -> None:
    """A table that cannot be sampled keeps its structure, and the others keep their samples."""
    database = CountingDatabase(broken={"orders": StatementFailed("no such column")})
    catalog = await CatalogSource(database).sampled(["customers", "orders"])
    assert samples(catalog, "customers", "email") == ("a", "b")
    assert samples(catalog, "orders", "note") == ()


@pytest.mark.anyio
async def test_a_locked_table_is_looked_at_again_later() -> None:
    """While it is locked, questions go on without its samples; after that they have them."""
    database = CountingDatabase(broken={"orders": DatabaseLocked("Somebody writes.")})
    source = CatalogSource(database)
    catalog = await source.sampled(["customers", "orders"])
    assert samples(catalog, "customers", "email") == ("a", "b")
    assert samples(catalog, "orders", "note") == ()
    database.broken.clear()
    assert samples(await source.sampled(["orders"]), "orders", "note") == ("a", "b")
    assert database.sampled.count("customers") == 1


@pytest.mark.anyio
async def test_slow_samples_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the patience a question goes on with what there is, and the slow table is let be."""
    monkeypatch.setattr(reading, "SAMPLING_PATIENCE_S", 0.05)
    database = CountingDatabase(stuck={"orders"})
    source = CatalogSource(database)
    with anyio.fail_after(10):
        catalog = await source.sampled(["customers", "orders"])
        await source.sampled(["customers", "orders"])
    assert samples(catalog, "customers", "email") == ("a", "b")
    assert samples(catalog, "orders", "note") == ()
    assert database.sampled.count("orders") == 1


@pytest.mark.anyio
async def test_who_leaves_while_sampling_spoils_nothing() -> None:
    """A table whose sampling the asker broke off is sampled for the next one."""
    database = CountingDatabase(stuck={"orders"})
    source = CatalogSource(database)
    with anyio.move_on_after(0.05):
        await source.sampled(["orders"])
    database.stuck.clear()
    assert samples(await source.sampled(["orders"]), "orders", "note") == ("a", "b")


@pytest.mark.anyio
async def test_an_unreachable_database_is_told_as_itself() -> None:
    """The error that reaches the caller is ours, not a group of them."""
    gone = DatabaseUnreachable("The database does not answer.")
    database = CountingDatabase(broken={"orders": gone, "customers": gone})
    with pytest.raises(DatabaseUnreachable):
        await CatalogSource(database).sampled(["customers", "orders"])


def test_the_fingerprint_speaks_of_structure_only() -> None:
    """Row counts and samples leave the fingerprint as it is; a new type changes it."""
    catalog = Catalog("shop", "sqlite", (CUSTOMERS, ORDERS))
    seen = replace(
        CUSTOMERS,
        rows=7,
        columns=(replace(CUSTOMERS.columns[0], samples=(1,)), *CUSTOMERS.columns[1:]),
    )
    assert catalog.with_tables([seen]).fingerprint == catalog.fingerprint
    reordered = Catalog("shop", "sqlite", (ORDERS, CUSTOMERS))
    assert reordered.fingerprint == catalog.fingerprint
    changed = replace(CUSTOMERS, columns=(CUSTOMERS.columns[0],))
    assert catalog.with_tables([changed]).fingerprint != catalog.fingerprint


def test_what_no_query_may_touch_is_in_the_fingerprint() -> None:
    """What is kept for a person, who may see it, is not found for a model, who may not."""
    unsent = replace(CUSTOMERS.columns[0], unsent=True)
    fingerprints = {
        Catalog("shop", "sqlite", (replace(CUSTOMERS, columns=(column,)),)).fingerprint
        for column in (CUSTOMERS.columns[0], unsent, replace(unsent, untouched=True))
    }
    assert len(fingerprints) == 3


@pytest.mark.anyio
async def test_what_is_hidden_is_never_looked_at() -> None:
    """The source shows and samples the enriched catalog only, also after a refresh."""

    def without_email(catalog: Catalog) -> Catalog:
        shown = tuple(column for column in CUSTOMERS.columns if column.name != "email")
        return catalog.with_tables([replace(CUSTOMERS, columns=shown, hidden=("email",))])

    asked: list[str] = []

    class Watched(CountingDatabase):
        async def sample(self, table: Table, columns: Sequence[Column], limit: int) -> list[Column]:
            asked.extend(column.name for column in (*table.columns, *columns))
            return await super().sample(table, columns, limit)

    source = CatalogSource(Watched(), max_age_s=0.0, enriched=without_email)
    for _ in range(2):
        catalog = await source.sampled(["customers"])
        customers = catalog.table("customers")
        assert customers is not None
        assert customers.column("email") is None
    assert "stars" in asked
    assert "email" not in asked
