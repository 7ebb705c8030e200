"""A small world of which one asker may see a part: the whole of it, and that part alone.

The part is worked out here in Python, from what the policies say in words, and knows nothing of how
Forerun limits a query. So both can be asked, and must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import strategies as st

from forerun.checking import permitted
from forerun.domain import Catalog, Column, Kind, Permissions, Policies, RowRule, Table
from forerun.domain.permissions import permissions_for
from tests.cases.shop import literal, quoted

Cell: TypeAlias = int | str | None
Row: TypeAlias = dict[str, Cell]

COLUMNS: dict[str, dict[str, Kind]] = {
    "customers": {
        "id": Kind.INTEGER,
        "name": Kind.TEXT,
        "region": Kind.TEXT,
        "email": Kind.TEXT,
        "tier": Kind.INTEGER,
        "orders": Kind.TEXT,  # named like a table
    },
    "orders": {
        "id": Kind.INTEGER,
        "customer_id": Kind.INTEGER,
        "amount": Kind.INTEGER,
        "note": Kind.TEXT,
        "region": Kind.TEXT,
    },
    "items": {"order_id": Kind.INTEGER, "product": Kind.TEXT, "quantity": Kind.INTEGER},
    "region": {"code": Kind.TEXT, "title": Kind.TEXT},  # named like a column
    "secrets": {"id": Kind.INTEGER, "value": Kind.TEXT},
    "Mixed Case": {"Key": Kind.INTEGER, "select": Kind.TEXT, "region": Kind.TEXT},
}
ROWS: dict[str, list[tuple[Cell, ...]]] = {
    "customers": [
        (1, "Ada", "EU", "ada@x", 1, "12"),
        (2, "Bob", "US", "bob@x", 2, "boom"),
        (3, "Cyd", "EU", None, None, "7"),
        (4, "Dan", None, "dan@x", 1, "0"),
        (5, "Eve", "O'K", "eve@x", 3, None),
        (6, None, "EU", "fay@x", 2, "12"),
        (1, "Ada", "US", "ada@y", 1, "boom"),
    ],
    "orders": [
        (10, 1, 5, "5", "EU"),
        (11, 1, 2, "1", "EU"),
        (12, 2, 7, "boom", "US"),
        (13, 3, 5, "2", "EU"),
        (14, 6, None, None, "EU"),
        (15, 3, 900, "boom", "US"),
        (18, 1, 0, "boom", "US"),
        (16, None, 4, "boom", "EU"),
        (17, 4, 8, "boom", None),
        (10, 2, 3, "3", "O'K"),
    ],
    "items": [(10, "cola", 2), (11, "tea", 1), (12, "cola", 5), (13, "milk", 3), (99, "tea", None)],
    "region": [("EU", "Europe"), ("US", "America"), ("O'K", "Odd")],
    "secrets": [(1, "EU"), (2, "launch code")],
    "Mixed Case": [(1, "a", "EU"), (2, "b", "US"), (3, None, None), (1, "c", "O'K")],
}
POLICIES = Policies(
    hidden=("customers.email", "orders.region", "secrets"),
    columns={"region": ("code",)},
    rows=(
        RowRule("customers", "region = {region}"),
        # The OR makes it dear to test: left to itself, PostgreSQL would rather test an asker's own
        # conditions first, and MariaDB does so anyway.
        RowRule(
            "orders",
            "(region = {region} OR upper(region) = {region}) AND customer_id IN ({ids})",
        ),
        RowRule("Mixed Case", "NOT region = {region}"),
    ),
)
ATTRIBUTES: tuple[Mapping[str, object], ...] = (
    {"region": "EU", "ids": [1, 3]},
    {"region": "O'K", "ids": "2"},
    {"region": "' OR 1=1 --", "ids": [1, 2, 3]},
)
OUT_OF_SIGHT = {"customers": {"email"}, "orders": {"region"}, "region": {"title"}}


def permissions(attributes: Mapping[str, object]) -> Permissions:
    return permissions_for(POLICIES, attributes=attributes)


def may_be_seen(attributes: Mapping[str, object]) -> dict[str, Callable[[Row], bool]]:
    """The row policies, in Python."""
    region, ids = attributes["region"], attributes["ids"]
    known = {int(i) for i in (ids if isinstance(ids, list) else [str(ids)])}
    return {
        "customers": lambda row: row["region"] == region,
        "orders": lambda row: row["region"] == region and row["customer_id"] in known,
        "Mixed Case": lambda row: row["region"] is not None and row["region"] != region,
        "secrets": lambda _: False,
    }


@dataclass(frozen=True)
class World:
    """What is stored, or the part of it that may be seen."""

    columns: dict[str, dict[str, Kind]]
    rows: dict[str, list[tuple[Cell, ...]]]

    def catalog(self, dialect: str) -> Catalog:
        tables = tuple(
            Table(
                name,
                tuple(Column(c, type_of(kind, dialect), kind) for c, kind in columns.items()),
                rows=len(self.rows[name]),
            )
            for name, columns in self.columns.items()
        )
        return Catalog("world", dialect, tables)

    def setup(self, dialect: str) -> list[str]:
        steps = []
        for name, columns in self.columns.items():
            table = quoted(name, dialect)
            declared = ", ".join(
                f"{quoted(column, dialect)} {type_of(kind, dialect)}"
                for column, kind in columns.items()
            )
            steps.append(f"CREATE TABLE {table} ({declared})")
            for row in self.rows[name]:
                cells = ", ".join(literal(cell, dialect) for cell in row)
                steps.append(f"INSERT INTO {table} VALUES ({cells})")
        return steps


def type_of(kind: Kind, dialect: str) -> str:
    if kind is Kind.INTEGER:
        return "INTEGER"
    # MySQL's own comparison takes 'A' for 'a', which Python does not.
    return "VARCHAR(40) COLLATE utf8mb4_bin" if dialect == "mysql" else "VARCHAR(40)"


WHOLE = World(COLUMNS, ROWS)


def part(attributes: Mapping[str, object]) -> World:
    """The tables, columns and rows that may be seen, and nothing else."""
    seen = may_be_seen(attributes)
    columns = {
        name: {c: kind for c, kind in kinds.items() if c not in OUT_OF_SIGHT.get(name, ())}
        for name, kinds in COLUMNS.items()
        if name != "secrets"
    }
    rows: dict[str, list[tuple[Cell, ...]]] = {}
    for name, kept in columns.items():
        stored = [dict(zip(COLUMNS[name], row, strict=True)) for row in ROWS[name]]
        visible = filter(seen.get(name, lambda _: True), stored)
        rows[name] = [tuple(row[c] for c in kept) for row in visible]
    return World(columns, rows)


def seen_catalog(attributes: Mapping[str, object], dialect: str) -> Catalog:
    return permitted(WHOLE.catalog(dialect), permissions(attributes))


# Queries: whatever an asker, or a model that was talked into it, might try.

Typed: TypeAlias = tuple[str, Kind]
"""An expression and its kind."""
VISIBLE = part(ATTRIBUTES[0]).columns


@dataclass
class Writer:
    """Writes one query from what hypothesis draws."""

    draw: st.DrawFn
    dialect: str
    aliases: int = 0

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def chance(self) -> bool:
        return self.draw(st.booleans())

    def alias(self) -> str:
        self.aliases += 1
        return self.pick(f"x{self.aliases}", f"Q{self.aliases}")

    def table(self) -> tuple[str, list[Typed]]:
        """A table as somebody may write it, and its columns by the name it goes by."""
        name = self.draw(st.sampled_from(sorted(COLUMNS)))
        known = VISIBLE.get(name, COLUMNS[name]) if self.rarely() else VISIBLE.get(name)
        columns = known if known is not None else COLUMNS["items"]
        name = name if name in VISIBLE or self.rarely() else "items"
        columns = columns if name != "items" else COLUMNS["items"]
        written = quoted(name, self.dialect) if " " in name or self.chance() else name
        if self.dialect in ("duckdb", "sqlite") and self.rarely():
            written = f"main.{written.upper()}"
        alias = self.alias()
        if self.rarely():  # called like a table, maybe like another one
            alias = self.pick("items", "customers", "orders")
        elif self.rarely():
            prefix = quoted(name, self.dialect)
            return written, [(f"{prefix}.{quoted(c, self.dialect)}", k) for c, k in columns.items()]
        given = [(f"{alias}.{quoted(c, self.dialect)}", kind) for c, kind in columns.items()]
        return f"{written} AS {alias}", given

    def rarely(self) -> bool:
        return self.draw(st.integers(0, 5)) == 0

    def source(self, depth: int) -> tuple[str, list[Typed]]:
        if depth == 0 or not self.rarely():
            return self.table()
        inner, given = self.select(depth - 1, [])
        alias = self.alias()
        return f"({inner}) AS {alias}", [(f"{alias}.{name}", kind) for name, kind in given]

    def select(self, depth: int, outer: list[Typed]) -> tuple[str, list[Typed]]:
        """A SELECT, and the columns that it gives."""
        first, columns = self.source(depth)
        from_, columns = f"FROM {first}", list(columns)
        for _ in range(self.draw(st.integers(0, 1 if depth else 0))):
            more, others = self.source(depth)
            from_ += self.joined(more, columns, others)
            columns += others
        where = self.condition(columns, outer, depth) if self.chance() else None
        filter_ = f" WHERE {where}" if where else ""
        if self.chance():
            return self.grouped(from_ + filter_, columns)
        return self.plain(from_ + filter_, columns)

    def joined(self, more: str, left: list[Typed], right: list[Typed]) -> str:
        style = self.pick(" JOIN ", " LEFT JOIN ", " CROSS JOIN ", ", ")
        if style in (" CROSS JOIN ", ", "):
            return style + more
        pairs = [(a, b) for a, kind in left for b, other in right if kind is other]
        if not pairs:
            return f" CROSS JOIN {more}"
        a, b = self.draw(st.sampled_from(pairs))
        return f"{style}{more} ON {a} = {b}"

    def value(self, kind: Kind) -> str:
        if kind is Kind.INTEGER:
            return self.pick("1", "3", "5", "10")
        return self.pick("'EU'", "'US'", "'O''K'", "'boom'", "'12'")

    def condition(self, columns: list[Typed], outer: list[Typed], depth: int) -> str:
        column, kind = self.draw(st.sampled_from([*columns, *outer]))
        plain = f"{column} {self.pick('=', '<>', '<', '>=')} {self.value(kind)}"
        if depth == 0:
            return self.draw(st.sampled_from([plain, f"{column} IS NULL", f"NOT ({plain})"]))
        inner, given = self.select(0, columns)
        name, other = given[0]
        choices = [
            plain,
            f"EXISTS ({inner})",
            f"NOT EXISTS ({inner})",
            f"{plain} OR {column} IS NULL",
            f"(SELECT count(*) FROM ({inner}) AS n{self.aliases}) > 1",
        ]
        if other is kind:
            one = f"SELECT i.{name} FROM ({inner}) AS i"
            choices += [f"{column} IN ({one})", f"{column} NOT IN ({one})"]
        return self.draw(st.sampled_from(choices))

    def plain(self, from_: str, columns: list[Typed]) -> tuple[str, list[Typed]]:
        chosen = self.draw(st.lists(st.sampled_from(columns), min_size=1, max_size=3))
        given = [(f"c{at}", kind) for at, (_, kind) in enumerate(chosen)]
        written = [f"{column} AS c{at}" for at, (column, _) in enumerate(chosen)]
        if self.rarely():
            window = self.pick("count(*)", f"max({chosen[0][0]})")
            written.append(f"{window} OVER (PARTITION BY {chosen[-1][0]}) AS w")
        distinct = "DISTINCT " if self.chance() else ""
        return f"SELECT {distinct}{', '.join(written)} {from_}", given

    def grouped(self, from_: str, columns: list[Typed]) -> tuple[str, list[Typed]]:
        key, kind = self.draw(st.sampled_from(columns))
        other, other_kind = self.draw(st.sampled_from(columns))
        figure = self.pick("count(*)", f"count({other})", f"count(DISTINCT {other})")
        having = f" HAVING {figure} > 1" if self.rarely() else ""
        if self.chance():
            return f"SELECT {figure} AS c0, max({other}) AS c1 {from_}{having}", [
                ("c0", Kind.INTEGER),
                ("c1", other_kind),
            ]
        given = [("c0", kind), ("c1", Kind.INTEGER)]
        return f"SELECT {key} AS c0, {figure} AS c1 {from_} GROUP BY {key}{having}", given

    def query(self) -> str:
        depth = self.draw(st.integers(0, 2))
        sql, given = self.select(depth, [])
        names = ", ".join(name for name, _ in given)
        match self.draw(st.integers(0, 7)):
            case 0:
                return f"WITH q AS ({sql}) SELECT * FROM q"
            case 1:
                return f"WITH q AS ({sql}) SELECT a.c0 FROM q AS a JOIN q AS b ON a.c0 = b.c0"
            case 2:
                operator = self.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT")
                one = f"SELECT c0 FROM ({sql}) AS l"
                other, given = self.select(0, [])
                return f"{one} {operator} SELECT c0 FROM ({other}) AS r"
            case 3:
                return f"SELECT count(*) FROM ({sql}) AS s"
            case 4:
                return self.unnamed()
            case 5:
                return f"SELECT {names} FROM ({sql}) AS s ORDER BY {names}"
            case _:
                return sql

    def unnamed(self) -> str:
        """Columns without their names."""
        one = quoted(self.draw(st.sampled_from(sorted(VISIBLE))), self.dialect)
        two = quoted(self.draw(st.sampled_from(sorted(VISIBLE))), self.dialect)
        return self.pick(
            f"SELECT * FROM {one}",
            f"SELECT t.* FROM {one} t",
            f"SELECT {one}.* FROM {one}",
            f"SELECT * FROM {one} NATURAL JOIN {two}" if one != two else f"SELECT * FROM {one} a",
            f"SELECT * FROM {one} a CROSS JOIN {two} b",
            f"SELECT count(*) FROM {one}",
            "SELECT * FROM orders JOIN customers USING (id)",
            "SELECT * FROM orders JOIN customers USING (region)",
            f"SELECT * FROM {one} UNION ALL SELECT * FROM {one}",
        )


@st.composite
def queries(draw: st.DrawFn, dialect: str) -> str:
    return Writer(draw, dialect).query()
