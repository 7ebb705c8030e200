"""Does a column name stand for something here?"""

from __future__ import annotations

from sqlglot import exp

from forerun.checking import hiding
from forerun.checking.fields import Fields
from forerun.checking.relations import WITHOUT_STRUCTS, Relation, Scope, names_of
from forerun.checking.spelling import respell
from forerun.checking.suggesting import did_you_mean
from forerun.domain import Catalog, Reason, ReasonCode

ALWAYS_THERE = {
    "sqlite": frozenset({"rowid", "oid", "_rowid_", "rank"}),
    "duckdb": frozenset({"rowid"}),
    "postgres": frozenset({"ctid", "xmin", "xmax", "tableoid"}),
}
"""Columns that tables have without saying so. SQLite's full-text tables have a rank."""
COLUMNS_IGNORE_CASE = frozenset({"mysql"})
TEXT_IN_DOUBLE_QUOTES = frozenset({"sqlite"})
MANY = 20
"""Faults from which no similar names are looked for any more."""


class ColumnLookup:
    """Looks columns up for one query, and keeps what is wrong in `reasons`."""

    def __init__(self, catalog: Catalog, reasons: list[Reason]) -> None:
        self.catalog = catalog
        self.reasons = reasons
        self.always_there = ALWAYS_THERE.get(catalog.dialect, frozenset())
        self.fields = Fields(catalog)
        self.has_structs = catalog.dialect not in WITHOUT_STRUCTS

    def look_up(self, column: exp.Column, scope: Scope) -> None:
        self.fields.column(column, scope)
        if hidden := tuple(hiding.by_name(column, scope)):
            self.reasons.extend(hidden)
        elif column.table:
            self.qualified(column, scope)
        elif not isinstance(column.this, exp.Star):
            self.unqualified(column, scope)

    def qualified(self, column: exp.Column, scope: Scope) -> None:
        """`t.c`, `schema.t.c`, or a field of a struct: `column.field`, `t.column.field`."""
        relation = scope.relation(column.args["table"])
        if relation is None:
            parts = [part.name for part in column.parts[:-1]] if self.has_structs else []
            if not any(self.stands_for_something(part, scope) for part in parts):
                self.unknown_qualifier(column.table, scope)
            return
        self.spell_table(column, relation)
        if isinstance(column.this, exp.Star):
            return
        if relation.columns is None:
            self.fields.of_unknown(column.name)
            return
        if self.has(relation, column.name):
            self.spell(column, relation.spelling(column.name))
        else:
            self.unknown(column, column.table, [relation])

    def spell_table(self, column: exp.Column, relation: Relation) -> None:
        """`main.t.c` is `t.c` once the table is named as the catalog names it."""
        if relation.table is not None and relation.table.schema is None:
            column.set("db", None)
            column.set("catalog", None)
        if relation.name is not None:
            respell(column.args["table"], relation.name, self.catalog.dialect)

    def spell(self, column: exp.Column, name: str | None) -> None:
        """Name the column as the catalog does, where the database minds."""
        if name is not None and self.catalog.dialect not in COLUMNS_IGNORE_CASE:
            respell(column.this, name, self.catalog.dialect)

    def unqualified(self, column: exp.Column, scope: Scope) -> None:
        name = column.name
        if self.is_ambiguous(column, scope):
            self.reasons.append(ambiguous(name, scope))
        elif self.stands_for_something(name, scope):
            self.spell(column, self.only_spelling(name, scope))
        elif self.is_text(column):
            column.replace(exp.Literal.string(name))
        else:
            self.unknown(column, "", scope.visible())

    def only_spelling(self, name: str, scope: Scope) -> str | None:
        """How the column is spelled, where nothing nearer goes by that name."""
        for level in scope.outwards():
            if name.lower() in level.aliases:
                return None
            found = [relation.spelling(name) for relation in level.relations.values()]
            if any(found) or any(r.columns is None for r in level.relations.values()):
                return next((spelling for spelling in found if spelling), None)
        return None

    def stands_for_something(self, name: str, scope: Scope) -> bool:
        lowered = name.lower()
        if lowered in self.always_there:
            return True
        for level in scope.outwards():
            if lowered in level.aliases or level.called(lowered):
                return True
            if any(r.columns is None or r.has(name) for r in level.relations.values()):
                return True
        return False

    def has(self, relation: Relation, name: str) -> bool:
        return relation.has(name) or name.lower() in self.always_there

    def is_ambiguous(self, column: exp.Column, scope: Scope) -> bool:
        """Two relations of the same level have it, and nothing says which one is meant."""
        name = column.name.lower()
        if scope.merged or name in scope.aliases:
            return False
        return sum(relation.has(name) for relation in scope.relations.values()) > 1

    def is_text(self, column: exp.Column) -> bool:
        """SQLite takes "Nokia" for a text where no column has that name.

        Not where it stands alone in SELECT, GROUP BY or ORDER BY: there it is a misspelled
        column, and a constant would be a wrong answer.
        """
        return (
            self.catalog.dialect in TEXT_IN_DOUBLE_QUOTES
            and bool(column.this.args.get("quoted"))
            and not isinstance(column.parent, exp.Select | exp.Group | exp.Ordered)
        )

    def unknown(self, column: exp.Column, qualifier: str, relations: list[Relation]) -> None:
        name = column.name
        where = self.described(qualifier, relations)
        hint = self.hint(name, relations) if len(self.reasons) < MANY else None
        self.reasons.append(
            Reason(ReasonCode.UNKNOWN_COLUMN, f"There is no column '{name}'{where}.", hint)
        )

    def hint(self, name: str, relations: list[Relation]) -> str | None:
        elsewhere = [table.key for table in self.catalog.tables if table.column(name) is not None]
        hint = did_you_mean(name, names_of(relations))
        if elsewhere and not (hint and hint.startswith("Did")):
            return f"{', '.join(elsewhere[:5])} has a column of that name. {hint or ''}".strip()
        return hint

    def described(self, qualifier: str, relations: list[Relation]) -> str:
        tables = list(dict.fromkeys(r.table.key for r in relations if r.table is not None))
        if qualifier and tables and tables[0].lower() != qualifier.lower():
            return f" in {qualifier} ({tables[0]})"
        if qualifier:
            return f" in {qualifier}"
        return f" in {', '.join(tables)}" if tables else ""

    def unknown_qualifier(self, name: str, scope: Scope) -> None:
        names = [key for level in scope.outwards() for key in level.relations if key.strip()]
        self.reasons.append(
            Reason(
                ReasonCode.UNKNOWN_TABLE,
                f"The query reads no table that is called '{name}'.",
                did_you_mean(name, names),
            )
        )


def ambiguous(name: str, scope: Scope) -> Reason:
    owners = [key for key, relation in scope.relations.items() if relation.has(name)]
    choices = " or ".join(f"{owner}.{name}" for owner in owners if owner.strip())
    return Reason(
        ReasonCode.AMBIGUOUS_COLUMN,
        f"The column '{name}' is in more than one table of the query.",
        f"Write {choices}." if choices else None,
    )
