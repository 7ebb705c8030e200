"""Shorthands for asking the gate."""

from __future__ import annotations

from forerun.checking import check
from forerun.domain import Catalog, Draft, Origin, ReasonCode, Statement, Verdict
from tests.cases import shop


def verdict(sql: str, dialect: str = "duckdb", catalog: Catalog | None = None) -> Verdict:
    return check(Draft(sql, Origin.USER, 1.0), catalog or shop.catalog(dialect))


def statement(sql: str, dialect: str = "duckdb", catalog: Catalog | None = None) -> Statement:
    found = verdict(sql, dialect, catalog)
    assert found.statement is not None, found.reasons
    return found.statement


def codes(sql: str, dialect: str = "duckdb") -> list[ReasonCode]:
    return [reason.code for reason in verdict(sql, dialect).reasons]
