"""Lists that go on where they ended: the latest first, each after the number that was seen last."""

from __future__ import annotations

from forerun.app.serving.teaching import tables
from forerun.app.serving.teaching.records import Wanted
from forerun.app.serving.teaching.rows import Row
from forerun.ports import SQLValue, Transaction


def listed(tx: Transaction, query: str, tenant: str, of: str, wanted: Wanted) -> list[Row]:
    """Rows of `query`, which asks for a tenant's; `of` is the column that `wanted.of` is about."""
    if not wanted.databases:
        return []
    said = f"{query} AND database IN ({', '.join('?' * len(wanted.databases))})"
    values: list[SQLValue] = [tenant, *wanted.databases]
    if wanted.of is not None:
        said += f" AND {of} = ?"
        values.append(wanted.of)
    if wanted.before is not None:
        said += " AND number < ?"
        values.append(wanted.before)
    return tx.rows(f"{said} ORDER BY number DESC LIMIT ?", *values, wanted.most)


def revised(tx: Transaction, tenant: str, database: str) -> None:
    """What is known of that database has changed; every process soon sees so. Writers come one at
    a time, so that no revision is seen before an earlier one."""
    [(last,)] = tx.rows(tables.LAST_REVISION)
    if not tx.add("revisions", [(tenant, database, last + 1)]):
        tx.change(tables.REVISE, last + 1, tenant, database)
