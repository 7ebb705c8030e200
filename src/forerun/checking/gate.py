"""The story of a check, from text to statement."""

from __future__ import annotations

from sqlglot import exp

from forerun import syntax
from forerun.checking.bounds import too_much_work
from forerun.checking.functions import forbidden_functions, is_volatile
from forerun.checking.names import resolve
from forerun.checking.nodes import forbidden_syntax
from forerun.checking.reading import only_statement
from forerun.checking.spelling import spell_safely
from forerun.domain import Catalog, Draft, Reason, ReasonCode, Statement, Verdict


def check(draft: Draft, catalog: Catalog) -> Verdict:
    """Accepted with a statement, or refused with every reason found. Never raises.

    What is checked is what will be sent: the draft is read, written, and read again, so that
    the tree under check is the one that the generated text stands for.
    """
    dialect = catalog.dialect
    tree = only_statement(draft.sql, dialect)
    if isinstance(tree, Reason):
        return Verdict((tree,))
    if reasons := forbidden_syntax(tree, catalog):
        return Verdict(reasons)
    try:
        settled = syntax.read(syntax.write(tree, dialect), dialect)
    except syntax.UNREADABLE:
        return Verdict((CANNOT_BE_WRITTEN,))
    return check_tree(settled, catalog)


def check_tree(tree: exp.Expr, catalog: Catalog) -> Verdict:
    if reasons := forbidden_syntax(tree, catalog):
        return Verdict(reasons)
    names = resolve(tree, catalog)
    reasons = (
        *forbidden_functions(tree, catalog.dialect),
        *names.reasons,
        *too_much_work(tree, catalog),
    )
    if reasons:
        return Verdict(tuple(dict.fromkeys(reasons)))
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
    )
    return Verdict(statement=statement)


CANNOT_BE_WRITTEN = Reason(
    ReasonCode.FORBIDDEN_SYNTAX,
    "This SQL could not be written out again with exactly the same meaning.",
    "Say it with plainer SQL.",
)


def generated(tree: exp.Expr, dialect: str) -> str | None:
    """The text of the tree; None where it would not be read as the same tree again."""
    spell_safely(tree, dialect)
    try:
        sql = syntax.write(tree, dialect)
        again = syntax.read(sql, dialect)
    except syntax.UNREADABLE:
        return None
    return sql if again == tree else None
