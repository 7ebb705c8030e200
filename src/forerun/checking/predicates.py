"""The condition of a row policy: read, held to a small grammar, its values put in as literals.

A policy is written by whoever runs Forerun, and may still be wrong; the values come from whoever
asks, and may be anything. So the condition is a tree of plain comparisons over the columns of its
own table, and a value becomes one literal of the type of the column that it is compared with, or
nothing at all: what does not fit closes the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce

from sqlglot import exp

from forerun import syntax
from forerun.checking.columns import ALWAYS_THERE
from forerun.domain import Column, Kind, RowPolicy, Table
from forerun.domain.permissions import PLACEHOLDER, Attribute, Scalar
from forerun.errors import BadPolicy

GRAMMAR = frozenset(
    {
        *(exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
        *(exp.Is, exp.In, exp.Between, exp.Like, exp.Null, exp.Boolean, exp.Literal, exp.Neg),
        *(exp.Column, exp.Identifier, exp.Anonymous, exp.Coalesce, exp.CurrentDate),
        exp.CurrentTimestamp,
    }
)
FUNCTIONS = frozenset({"lower", "upper", "coalesce", "length", "abs"})
"""They give the same always, fail for no value, and read nothing but what they are given."""
COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
COMPARED = (*COMPARISONS, exp.In, exp.Between, exp.Anonymous, exp.Coalesce)
MARK = "forerun_value_"
"""How a placeholder is called while a condition is read: a column that no table has."""
WHOLE = re.compile(r"[+-]?\d{1,38}")
NUMBER = re.compile(r"[+-]?\d{1,38}(\.\d{1,38})?")
TAKES_TEXT_FOR_ANY_TYPE = frozenset({"postgres", "duckdb"})
"""Where a text that is no value of a type is an error. Elsewhere it would become a zero."""


class Unbindable(Exception):
    """A value that fits nothing that it could be compared with."""


def condition(
    policies: Iterable[RowPolicy], table: Table, dialect: str
) -> tuple[exp.Expr, frozenset[str]]:
    """All the policies as one condition, and the names of the columns it names.

    Raises `BadPolicy` for one that cannot be taken as it is, `Unbindable` where a value fits not.
    """
    grounded: list[exp.Expr] = [
        exp.Paren(this=bound(policy, table, dialect)) for policy in policies
    ]
    whole = reduce(both, grounded)
    return whole, frozenset(column.name for column in whole.find_all(exp.Column))


def both(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.And(this=left, expression=right)


def bound(policy: RowPolicy, table: Table, dialect: str) -> exp.Expr:
    tree = parsed(policy, dialect)
    for node in tree.walk():
        if type(node) not in GRAMMAR or not is_plain(node):
            raise unfit(policy, f"{node.sql(dialect=dialect)!r} is not among what it may hold")
    values, used = dict(policy.values), 0
    for column in tuple(tree.find_all(exp.Column)):
        if column.name.startswith(MARK):
            used += 1
            if not isinstance(column.parent, COMPARED):
                raise unfit(policy, "a {placeholder} is not compared with anything")
            put_in(column, values[column.name.removeprefix(MARK)], table, dialect)
        else:
            ground(column, policy, table, dialect)
    if used != len(PLACEHOLDER.findall(policy.where)):
        raise unfit(policy, "a {placeholder} stands within quotes")
    return tree


def parsed(policy: RowPolicy, dialect: str) -> exp.Expr:
    """The condition with a column of an impossible name for each placeholder."""
    if MARK in policy.where.lower():
        raise unfit(policy, f"{MARK} is a name of our own")
    missing = set(PLACEHOLDER.findall(policy.where)) - {name for name, _ in policy.values}
    if missing:
        raise unfit(policy, f"nothing is given for {', '.join(sorted(missing))}")
    quote = "`" if dialect == "mysql" else '"'
    marked = PLACEHOLDER.sub(lambda found: f"{quote}{MARK}{found[1]}{quote}", policy.where)
    try:
        select = syntax.read(f"SELECT 1 FROM t WHERE {marked}", dialect)
    except syntax.UNREADABLE as error:
        raise unfit(policy, "it cannot be read") from error
    where = select.args.get("where")
    clauses = {name for name, value in select.args.items() if value}
    if not isinstance(select, exp.Select) or clauses != {"expressions", "from_", "where"}:
        raise unfit(policy, "it is not one condition")
    assert where is not None  # noqa: S101 - among the clauses
    condition: exp.Expr = where.this
    return condition.pop()


def is_plain(node: exp.Expr) -> bool:
    """Nothing hangs on the node but what is walked over and held to the grammar itself."""
    if isinstance(node, exp.Anonymous):
        return isinstance(node.this, str) and node.name.lower() in FUNCTIONS
    if isinstance(node, exp.In):
        return bool(node.expressions) and not any(
            node.args.get(name) for name in ("query", "unnest", "field")
        )
    if isinstance(node, exp.Like):
        return not any(c.name.startswith(MARK) for c in node.find_all(exp.Column))
    return not isinstance(node, exp.Column) or isinstance(node.this, exp.Identifier)


def ground(column: exp.Column, policy: RowPolicy, table: Table, dialect: str) -> None:
    """Spell the column as its table does, and say whose it is.

    A bare "region" would be the text 'region' to SQLite, should the column be gone.
    """
    if column.args.get("db") or (column.table and column.table.lower() != table.name.lower()):
        raise unfit(policy, f"{column.sql(dialect=dialect)} is no column of its table")
    found = column_of(table, column.name)
    if found is None or column.name.lower() in ALWAYS_THERE.get(dialect, ()):
        raise unfit(policy, f"{table.key} has no column {column.name}")
    column.set("table", exp.to_identifier(table.name, quoted=True))
    column.set("this", exp.to_identifier(found.name, quoted=True))


def column_of(table: Table, name: str) -> Column | None:
    """The only column that may be meant: one that differs in nothing, or the one but for case."""
    exact = [c for c in table.columns if c.name == name]
    alike = exact or [c for c in table.columns if c.name.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def put_in(mark: exp.Column, value: Attribute, table: Table, dialect: str) -> None:
    """Put literals where the mark stands."""
    compared = beside(mark)
    kind = None if compared is None else kind_of(compared, table)
    several = value if isinstance(value, tuple) else (value,)
    literals = [literal(item, kind, dialect) for item in several]
    parent = mark.parent
    if isinstance(parent, exp.In) and mark.arg_key == "expressions":
        items = [i for e in parent.expressions for i in (literals if e is mark else [e])]
        parent.set("expressions", items)
    elif len(literals) != 1:
        raise Unbindable("several values where one can stand")
    else:
        mark.replace(literals[0])


def beside(mark: exp.Column) -> exp.Expr | None:
    """What the placeholder is compared with."""
    parent, other = mark.parent, None
    if isinstance(parent, COMPARISONS):
        other = parent.expression if parent.this is mark else parent.this
    elif isinstance(parent, exp.In | exp.Between):
        other = parent.this
    return other if isinstance(other, exp.Expr) else None


def kind_of(node: exp.Expr, table: Table) -> Kind | None:
    plain = node.unnest()
    if isinstance(plain, exp.Column):
        column = column_of(table, plain.name)
        return column.kind if column else None
    is_text = isinstance(plain, exp.Anonymous) and plain.name.lower() in ("lower", "upper")
    return Kind.TEXT if is_text else None


def literal(value: Scalar, kind: Kind | None, dialect: str) -> exp.Expr:
    """One literal of that type. Raises `Unbindable`."""
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if kind is Kind.INTEGER:
        return number(text, WHOLE)
    if kind in (Kind.DECIMAL, Kind.FLOAT):
        return number(text, NUMBER)
    if kind is Kind.BOOLEAN:
        return boolean(text)
    if kind in (Kind.DATE, Kind.TIMESTAMP):
        return string(moment(text, kind))
    if kind is Kind.TEXT or (kind is Kind.OTHER and dialect in TAKES_TEXT_FOR_ANY_TYPE):
        return string(text)
    if kind is None and isinstance(value, str):
        return string(text)
    raise Unbindable(f"a value for a column of the kind {kind}")


def number(text: str, form: re.Pattern[str]) -> exp.Expr:
    if not form.fullmatch(text) or not text.isascii():
        raise Unbindable("no number")
    digits = exp.Literal.number(text.lstrip("+-"))
    return exp.Neg(this=digits) if text.startswith("-") else digits


def boolean(text: str) -> exp.Expr:
    if text.lower() not in ("true", "false", "1", "0"):
        raise Unbindable("neither true nor false")
    return exp.Boolean(this=text.lower() in ("true", "1"))


def moment(text: str, kind: Kind) -> str:
    try:
        read = date.fromisoformat(text) if kind is Kind.DATE else datetime.fromisoformat(text)
    except ValueError:
        raise Unbindable("no date") from None
    return str(read)


def string(text: str) -> exp.Expr:
    """Raises `Unbindable` for what no text of SQL can hold."""
    if "\x00" in text or any(0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        raise Unbindable("characters that no text holds")
    return exp.Literal.string(text)


def unfit(policy: RowPolicy, why: str) -> BadPolicy:
    return BadPolicy(f"The row policy of {policy.table or 'no table'} ({policy.where}): {why}.")
