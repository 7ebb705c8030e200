"""The golden SQL: nothing hostile passes, nothing legitimate is refused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.cases import shop
from tests.checking.ask import verdict

SERVERS = ("postgres", "mysql")


def golden(kind: str, dialects: Iterable[str] = shop.DIALECTS) -> list[pytest.param]:  # type: ignore[valid-type]
    return [
        pytest.param(dialect, case.sql, id=f"{dialect}: {case.name}")
        for dialect in dialects
        for case in shop.cases(kind, dialect)
    ]


@pytest.mark.parametrize(("dialect", "sql"), [*golden("hostile"), *golden("unstoppable", SERVERS)])
def test_hostile_sql_is_refused(dialect: str, sql: str) -> None:
    """What writes, reads files, waits, locks or runs for ever gets a reason and no statement."""
    found = verdict(sql, dialect)
    assert found.statement is None
    assert found.reasons
    assert all(reason.message for reason in found.reasons)


@pytest.mark.parametrize(("dialect", "sql"), golden("legitimate"))
def test_legitimate_sql_is_accepted(dialect: str, sql: str) -> None:
    """What only reads the shop's tables passes."""
    found = verdict(sql, dialect)
    assert found.statement is not None, found.reasons


@pytest.mark.parametrize("dialect", shop.DIALECTS)
@pytest.mark.parametrize("kind", ["hostile", "legitimate"])
def test_golden_cases_are_told_apart_by_name(kind: str, dialect: str) -> None:
    """No two cases of a file have the same name, and each has one."""
    names = [case.name for case in shop.cases(kind, dialect)]
    assert all(names)
    assert len(set(names)) == len(names)
