"""Rows of one name are told apart by their key."""

from __future__ import annotations

from forerun.domain import Turn
from forerun.parsing import parse_after
from tests.parsing import plant, shop


def test_groups_of_rows_go_by_their_key_too() -> None:
    """Two workers of one name are two lines; who asks for a column's values gets each once."""
    of_workers = plant.best("failed checks per worker").sql
    assert of_workers.endswith("GROUP BY workers.worker_id, workers.full_name")
    assert shop.parsed("number of orders by status").drafts[0].sql.endswith("GROUP BY status")


def test_a_follow_up_tells_them_apart_as_well() -> None:
    """What is shown for each of the rows of before is not added up over those of one name."""
    before = "SELECT full_name FROM workers"
    turn = Turn("list the workers", "list the workers", before)
    best = parse_after(
        "For each of them, also show the number of checks", turn, plant.CATALOG, plant.NOW
    ).drafts[0]
    assert "GROUP BY workers.worker_id, workers.full_name" in best.sql
