"""What the gate has said lately is what it would say now, to everybody for himself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings

from forerun.checking import check, gate, remembering
from forerun.domain import Catalog, Draft, Origin, Verdict
from tests.cases import shop
from tests.checking.policed import ATTRIBUTES, queries, seen_catalog

SEEN = [seen_catalog(attributes, "duckdb") for attributes in ATTRIBUTES]


def draft(sql: str) -> Draft:
    return Draft(sql, Origin.USER, 1.0)


def anew(sql: str, catalog: Catalog) -> Verdict:
    return gate.check(draft(sql), catalog)


@pytest.mark.parametrize("dialect", shop.DIALECTS)
def test_golden_sql_is_remembered_as_it_is_judged(dialect: str) -> None:
    """Hostile or not: asked once more it is the very same verdict, and that which a gate without
    a memory gives, also of the text that was made of it."""
    catalog = shop.catalog(dialect)
    for case in (*shop.cases("hostile", dialect), *shop.cases("legitimate", dialect)):
        first = check(draft(case.sql), catalog)
        assert first == anew(case.sql, catalog)
        if len(case.sql) <= remembering.LONGEST:
            assert check(draft(case.sql), catalog) is first
        if first.statement is not None:
            shown = first.statement.shown
            assert check(draft(shown), catalog) == anew(shown, catalog)


@settings(max_examples=10, deadline=None)
@given(queries("duckdb"))
def test_askers_never_share_a_verdict(sql: str) -> None:
    """Each gets what the gate says of the catalog that he sees, whoever has asked before; and
    of the text with his restrictions in it, too, which he may not write."""
    for _ in range(2):
        for seen in SEEN:
            found = check(draft(sql), seen)
            assert found == anew(sql, seen)
            if found.statement is not None:
                assert check(draft(found.statement.shown), seen) == found
                with_restrictions = found.statement.sql
                assert check(draft(with_restrictions), seen) == anew(with_restrictions, seen)


def test_tables_that_are_read_again_are_judged_again() -> None:
    """Also where they look the same: a verdict is remembered of tables, not of their names."""
    sql, catalog = "SELECT count(*) FROM orders", shop.catalog("duckdb")
    first = check(draft(sql), catalog)
    assert check(draft(sql), replace(catalog)) is first
    copies = tuple(replace(table) for table in catalog.tables)
    again = check(draft(sql), replace(catalog, tables=copies))
    assert again is not first
    assert again == first


def test_threads_that_check_at_once_are_told_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although each forgets what the others have only just been told."""
    monkeypatch.setattr(remembering._Said, "most", 3)
    texts = [f"SELECT id, {n} FROM {table}" for n in range(8) for table in ("orders", "secrets")]
    told = {(sql, at): anew(sql, seen) for sql in texts for at, seen in enumerate(SEEN)}

    def ask(turn: int) -> bool:
        each = list(told)[turn:] + list(told)[:turn]
        return all(check(draft(sql), SEEN[at]) == told[sql, at] for sql, at in each)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(0, 16, 2)))
