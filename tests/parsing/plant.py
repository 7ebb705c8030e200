"""A plant: machines at sites, stops of machines, and checks that some worker made. Its catalog."""

from __future__ import annotations

from datetime import UTC, datetime

from forerun import parsing
from forerun.domain import Catalog, Column, Draft, ForeignKey, Kind, Table, Turn

NOW = datetime(2025, 9, 20, 12, tzinfo=UTC)
ANSWER, GUESS = parsing.Thresholds().answer, parsing.Thresholds().guess


def _id(name: str, *, nullable: bool = False) -> Column:
    return Column(name, "INTEGER", Kind.INTEGER, nullable, samples=tuple(range(1, 41)))


def _number(name: str, *samples: int) -> Column:
    return Column(
        name, "INTEGER", Kind.INTEGER, nullable=False, samples=samples, samples_complete=True
    )


def _text(name: str, *samples: str, nullable: bool = False) -> Column:
    return Column(
        name, "TEXT", Kind.TEXT, nullable=nullable, samples=samples, samples_complete=True
    )


def _day(name: str, *, nullable: bool = False) -> Column:
    return Column(name, "DATE", Kind.DATE, nullable)


def _refers(column: str, table: str) -> ForeignKey:
    return ForeignKey((column,), table, (column.removeprefix("home_"),))


_SITES = Table(
    "sites",
    (
        _id("site_id"),
        _text("site_name", "Nordholm", "Sandbank", "Uckermark"),
        _text("region", "North", "East"),
        Column("floor_area", "INTEGER", Kind.INTEGER, samples=(120, 300, 450)),
        _number("is_coastal", 0, 1),
    ),
    primary_key=("site_id",),
    rows=3,
)
_MACHINES = Table(
    "machines",
    (
        _id("machine_id"),
        _id("site_id"),
        _text("maker", "Vestas", "Enercon", "Nordex"),
        Column("capacity_kw", "INTEGER", Kind.INTEGER, samples=(900, 2300, 4500)),
        _day("commissioned_on"),
    ),
    primary_key=("machine_id",),
    foreign_keys=(_refers("site_id", "sites"),),
    rows=40,
)
_STOPS = Table(
    "stops",
    (
        _id("stop_id"),
        _id("machine_id"),
        _number("grade", 1, 2, 3, 4),
        _text("severity", "minor", "critical"),
        Column("lost_mwh", "REAL", Kind.DECIMAL),
        _day("happened_on"),
    ),
    primary_key=("stop_id",),
    foreign_keys=(_refers("machine_id", "machines"),),
    rows=200,
)
_WORKERS = Table(
    "workers",
    (
        _id("worker_id"),
        _text("full_name", "Elin Dahl", "Nils Groth", "Vera Voss"),
        _id("home_site_id", nullable=True),
        Column("day_rate", "REAL", Kind.DECIMAL),
        Column("phone", "TEXT", Kind.TEXT, samples=("555 01", "555 02")),
        _day("birth_date"),
        _day("joined_on"),
    ),
    primary_key=("worker_id",),
    foreign_keys=(_refers("home_site_id", "sites"),),
    rows=3,
)
_CHECKS = Table(
    "checks",
    (
        _id("check_id"),
        _id("machine_id"),
        _id("worker_id", nullable=True),
        _day("scheduled_on"),
        _text("result", "pass", "fail"),
        _number("is_remote", 0, 1),
        _number("duration_min", 20, 45, 90),
    ),
    primary_key=("check_id",),
    foreign_keys=(_refers("machine_id", "machines"), _refers("worker_id", "workers")),
    rows=200,
)
_TARIFFS = Table(
    "tariffs",
    (_id("tariff_id"), _text("tariff_name", "Fixed", "Flex"), _number("active", 0, 1)),
    primary_key=("tariff_id",),
    rows=2,
)
_LEASES = Table(
    "leases",
    (_id("lease_id"), _id("tariff_id"), _day("begun_on"), _day("ended_on", nullable=True)),
    primary_key=("lease_id",),
    foreign_keys=(_refers("tariff_id", "tariffs"),),
    rows=60,
)
CATALOG = Catalog(
    "plant", "sqlite", (_SITES, _MACHINES, _STOPS, _WORKERS, _CHECKS, _TARIFFS, _LEASES)
)


def best(question: str) -> Draft:
    """The best reading of a question about the plant."""
    return parsing.parse(question, CATALOG, NOW).drafts[0]


def after(question: str, earlier: str) -> Draft:
    """The best reading of what is asked after an earlier question was answered."""
    turn = Turn(earlier, earlier, best(earlier).sql)
    return parsing.parse_after(question, turn, CATALOG, NOW).drafts[0]
