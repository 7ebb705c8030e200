"""The story of a check, from text to statement."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from forerun import syntax
from forerun.checking.bounds import too_much_work
from forerun.checking.functions import forbidden_functions, is_volatile
from forerun.checking.names import Names, resolve
from forerun.checking.nodes import forbidden_syntax
from forerun.checking.reading import only_statement, unparsable
from forerun.checking.restricting import CANNOT, is_in_place, restrict
from forerun.checking.spelling import spell_safely
from forerun.checking.unsent import out_of_bounds, touches_unsent
from forerun.domain import Catalog, Draft, Reason, ReasonCode, Statement, Verdict


def check(draft: Draft, catalog: Catalog) -> Verdict:
    """Accepted with a statement, or refused with every reason found. Never raises.

    What is checked is what will be sent: the draft is read, written, and read again, so that
    the tree under check is the one that the generated text stands for.
    """
    try:
        first = only_query(draft.sql, catalog)
        if isinstance(first, Verdict):
            return first
        settled = only_query(written(first, catalog.dialect, last=True), catalog)
        return settled if isinstance(settled, Verdict) else check_tree(settled, catalog)
    except syntax.UNREADABLE as error:  # a tree of a shape that no room of the gate expects
        return Verdict((unparsable(error, catalog.dialect),))


def only_query(sql: str | None, catalog: Catalog) -> exp.Expr | Verdict:
    """The tree of the one query in `sql`, every node of it allowed."""
    if sql is None:
        return Verdict((CANNOT_BE_WRITTEN,))
    tree = only_statement(sql, catalog.dialect)
    if isinstance(tree, Reason):
        return Verdict((tree,))
    reasons = forbidden_syntax(tree, catalog)
    return Verdict(reasons) if reasons else tree


def written(tree: exp.Expr, dialect: str, *, last: bool = False) -> str | None:
    try:
        return syntax.write(tree, dialect, last=last)
    except syntax.UNREADABLE:
        return None


def check_tree(tree: exp.Expr, catalog: Catalog) -> Verdict:
    """The statement for a tree of allowed nodes, or everything that is wrong with it."""
    names = resolve(tree, catalog)
    reasons = faults(tree, names, catalog)
    if reasons:
        return Verdict(reasons)
    unsent = touches_unsent(tree, names)
    if unsent and any(c.untouched for _, table in names.reads for c in table.columns):
        return Verdict((out_of_bounds(names),))
    sql = generated(tree, catalog.dialect)
    if sql is None:
        return Verdict((CANNOT_BE_WRITTEN,))
    statement = Statement(
        sql=sql,
        dialect=catalog.dialect,
        tables=names.tables,
        columns=names.columns,
        ordered=bool(tree.args.get("order")),
        volatile=is_volatile(tree, catalog.dialect),
        unsent=unsent,
    )
    if any(table.is_partial for _, table in names.reads):
        return check_restricted(tree, names, statement, catalog)
    return Verdict(statement=statement)


def check_restricted(
    tree: exp.Expr, names: Names, statement: Statement, catalog: Catalog
) -> Verdict:
    """The statement with what its asker may see put in, and through the gate once more."""
    dialect = catalog.dialect
    if reasons := restrict(tree, names, dialect):
        return Verdict(reasons)
    spell_safely(tree, dialect)
    sql = written(tree, dialect)
    again = only_query(sql, catalog.unrestricted)
    if isinstance(again, Verdict) or again != tree:
        return Verdict((CANNOT,))
    found = resolve(again, catalog.unrestricted)
    passes = not (found.reasons or any(forbidden_functions(again, dialect)))
    if (
        not passes
        or not is_in_place(found, catalog)
        or sql is None
        or written(again, dialect) != sql
    ):
        return Verdict((CANNOT,))  # why, may name what is out of sight
    volatile = statement.volatile or is_volatile(again, dialect)
    return Verdict(statement=replace(statement, sql=sql, asked=statement.sql, volatile=volatile))


def faults(tree: exp.Expr, names: Names, catalog: Catalog) -> tuple[Reason, ...]:
    found = (
        *forbidden_functions(tree, catalog.dialect),
        *names.reasons,
        *too_much_work(tree, catalog),
    )
    return tuple(dict.fromkeys(found))


CANNOT_BE_WRITTEN = Reason(
    ReasonCode.FORBIDDEN_SYNTAX,
    "This SQL could not be written out again with exactly the same meaning.",
    "Say it with plainer SQL.",
)


def generated(tree: exp.Expr, dialect: str) -> str | None:
    """The text of the tree; None where it would not be read as the same tree again."""
    spell_safely(tree, dialect)
    sql = written(tree, dialect)
    try:
        again = syntax.looked_at(sql or "", dialect)
    except syntax.UNREADABLE:
        return None
    return sql if again == tree else None
