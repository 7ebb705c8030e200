"""From here, to there: the key that goes with the word before the place."""

from __future__ import annotations

import re

import pytest

from tests.parsing.trading import ANSWER, GUESS, best


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ("how many shipments from Hamburg?", "origin_port"),
        ("how many shipments to Hamburg?", "destination_port"),
        ("how many shipments go to ports in Asia?", "destination_port"),
        ("how many shipments departed from Hamburg?", "origin_port"),
        ("how many shipments departed for Hamburg?", "destination_port"),
    ],
)
def test_a_place_is_looked_for_at_its_end(question: str, key: str) -> None:
    """What comes from a port begins there."""
    sql = best("freight", question).sql
    assert f"shipment.{key} = port.port_code" in sql
    assert sql.count(" JOIN ") == 1


def test_from_one_place_to_another_takes_both_keys() -> None:
    """Neither port alone will do."""
    draft = best("freight", "how many shipments from Hamburg to Shanghai?")
    for key, place in (("origin", "Hamburg"), ("destination", "Shanghai")):
        (port,) = re.findall(rf"shipment\.{key}_port = (\w+)\.port_code", draft.sql)
        assert re.search(rf"\b{port}\.port_name = '{place}'", draft.sql)
    assert draft.confidence >= ANSWER


def test_what_is_from_a_time_is_from_no_place() -> None:
    """Of the two ports either may be meant."""
    draft = best("freight", "how many shipments from 2025 are in Hamburg?")
    assert draft.confidence < GUESS
