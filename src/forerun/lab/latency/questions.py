"""What the bench asks: hundreds of distinct questions to the demo, from templates.

Two in three are complex (joins over several tables, ranks, shares, periods), half of those are
follow-ups; one in three is simple. Each has right SQL, the same in other words, wrong and broken.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from forerun.domain import Turn
from forerun.testing.simulator.case import Case

SLICE_TABLES = 4
"""The demo has seven tables: with room for so many in the slice, there is work for the analyst."""
SIZE_SPREAD = 0.3

REGIONS = ("North", "East", "South", "West", "Central")
YEARS = (2023, 2024, 2025)
CATEGORIES = ("Cola", "Lemonade", "Water", "Juice", "Iced tea", "Energy drink")
CHANNELS = ("Grocery", "Convenience", "Restaurant", "Vending", "Online")
BRANDS = ("Corvo", "Hollinspring", "Marlpit", "Sunhedge", "Voltwing", "Oolara", "Tarnwell")
MEASURES = ("revenue", "quantity")

_JOINS = {
    "c": "JOIN customers AS {c} ON {s}.customer_id = {c}.customer_id",
    "m": "JOIN markets AS {m} ON {c}.market_id = {m}.market_id",
    "p": "JOIN products AS {p} ON {s}.product_id = {p}.product_id",
}
_ALIASES = {"s": "s", "c": "c", "m": "m", "p": "p"}
_OTHER_ALIASES = {"s": "sale", "c": "buyer", "m": "place", "p": "item"}


@dataclass(frozen=True, slots=True)
class _Query:
    """SQL with places for its aliases; its conditions may stand in any order."""

    select: str
    joined: str
    """Letters of the tables joined to sales, in order."""
    conditions: tuple[str, ...]
    rest: str = ""
    base: str = "sales AS {s}"
    missing: str = "calendar"
    """A table that linking mostly leaves out, for an analyst to add."""

    def sql(self, *, other: bool = False) -> str:
        aliases = _OTHER_ALIASES if other else _ALIASES
        conditions = self.conditions[::-1] if other else self.conditions
        joins = " ".join(_JOINS[table] for table in self.joined)
        text = f"SELECT {self.select} FROM {self.base} {joins}"
        if conditions:
            text += f" WHERE {' AND '.join(conditions)}"
        return " ".join(f"{text} {self.rest}".format(**aliases).split())

    def case(self, question: str, asked: str | None = None, earlier: str = "") -> Case:
        wrong = replace(self, conditions=self.conditions[:-1])
        conversation = (Turn(earlier, earlier, "SELECT 1", None),) if earlier else ()
        return Case(
            question,
            asked or question,
            self.sql(),
            self.sql(other=True),
            wrong.sql(),
            self.sql().replace("SELECT ", "SELECT no_such_column, ", 1),
            conversation,
            missing_table=self.missing,
        )


def cases(count: int, seed: int = 0) -> tuple[Case, ...]:
    """`count` of them, two complex ones for each simple one. At most 870."""
    chance = random.Random(f"questions {seed}")  # noqa: S311 - the same ones again
    follow_ups = _sized(chance, list(_follow_ups()))
    others = _sized(chance, list(_complex()))
    simple = [replace(case, complex=False) for case in _sized(chance, list(_simple()))]
    kinds = [follow_ups, simple, others]
    chosen = [kinds[index % 3][index // 3] for index in range(count)]
    return tuple(chosen)


def _sized(chance: random.Random, found: list[Case]) -> list[Case]:
    chance.shuffle(found)
    return [replace(case, size=math.exp(chance.gauss(0.0, SIZE_SPREAD))) for case in found]


def _in_year(year: int) -> tuple[str, ...]:
    return (f"{{s}}.sale_date >= '{year}-01-01'", f"{{s}}.sale_date <= '{year}-12-31'")


def _complex() -> Iterator[Case]:
    for measure, region, year, count in product(MEASURES, REGIONS, YEARS, (3, 5, 10)):
        yield _Query(
            f"{{p}}.name, SUM({{s}}.{measure}) AS total",
            "cmp",
            (*_in_year(year), f"{{m}}.region = '{region}'"),
            f"GROUP BY {{p}}.name ORDER BY total DESC, {{p}}.name LIMIT {count}",
            missing="distribution_centres",
        ).case(f"Top {count} products by {measure} in the {region} region in {year}")
    for measure, category, channel, year in product(MEASURES, CATEGORIES, CHANNELS, YEARS):
        yield _Query(
            f"EXTRACT(MONTH FROM {{s}}.sale_date) AS month, SUM({{s}}.{measure}) AS total",
            "cp",
            (*_in_year(year), f"{{p}}.category = '{category}'", f"{{c}}.channel = '{channel}'"),
            "GROUP BY 1 ORDER BY 1",
            missing="distribution_centres",
        ).case(f"Total {measure} of {category} by month for {channel} customers in {year}")
    for measure, region, year in product(MEASURES, REGIONS, YEARS):
        yield _Query(
            f"{{p}}.category, SUM({{s}}.{measure}) * 100.0 / SUM(SUM({{s}}.{measure})) OVER () "
            "AS share",
            "cmp",
            (*_in_year(year), f"{{m}}.region = '{region}'"),
            "GROUP BY {p}.category ORDER BY share DESC, {p}.category",
        ).case(f"Share of each category in the {measure} of the {region} region in {year}")


def _follow_ups() -> Iterator[Case]:
    for measure, region, channel, year in product(MEASURES, REGIONS, CHANNELS, YEARS):
        yield _Query(
            f"{{p}}.brand, SUM({{s}}.{measure}) AS total",
            "cmp",
            (*_in_year(year), f"{{m}}.region = '{region}'", f"{{c}}.channel = '{channel}'"),
            "GROUP BY {p}.brand ORDER BY total DESC, {p}.brand",
        ).case(
            f"Total {measure} by brand for {channel} customers in the {region} region in {year}",
            f"and that {measure} only for {channel} customers in the {region} region in {year}?",
            f"Total {measure} by brand in {year}",
        )
        yield _Query(
            f"{{m}}.market, SUM({{s}}.{measure}) AS total",
            "cm",
            (*_in_year(year), f"{{m}}.region = '{region}'", f"{{c}}.channel = '{channel}'"),
            "GROUP BY {m}.market ORDER BY total DESC, {m}.market",
        ).case(
            f"Total {measure} by market for {channel} customers in the {region} region in {year}",
            f"and the {measure} by market there, {channel} customers in {region} in {year}?",
            f"Total {measure} by market in {year}",
        )


def _simple() -> Iterator[Case]:
    for brand, price in product(BRANDS, range(5, 25)):
        yield _Query(
            "COUNT(*) AS products",
            "",
            (f"{{p}}.list_price > {price}", f"{{p}}.brand = '{brand}'"),
            base="products AS {p}",
        ).case(f"How many {brand} products cost more than {price} euros?")
    for channel, year in product(CHANNELS, range(2011, 2025)):
        yield _Query(
            "COUNT(*) AS customers",
            "",
            (f"{{c}}.customer_since >= '{year}-01-01'", f"{{c}}.channel = '{channel}'"),
            base="customers AS {c}",
        ).case(f"How many {channel} customers have we won since {year}?")
    for region, thousands in product(REGIONS, range(50, 450, 25)):
        yield _Query(
            "COUNT(*) AS markets",
            "",
            (f"{{m}}.population > {thousands * 1_000}", f"{{m}}.region = '{region}'"),
            base="markets AS {m}",
        ).case(f"How many markets in the {region} have more than {thousands}000 inhabitants?")


def distinct(found: Sequence[Case]) -> bool:
    """Whether no wording is used twice."""
    wordings = [case.question for case in found] + [
        case.asked for case in found if case.asked != case.question
    ]
    return len(wordings) == len(set(wordings))
