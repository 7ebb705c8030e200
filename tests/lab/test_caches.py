"""`forerun bench cache`: every figure is there, in JSON as it is promised."""

from __future__ import annotations

import pytest

from forerun.lab.caches import Spread, Where, measure_caches, to_json
from tests import services

NOWHERE = Where("redis://127.0.0.1:1/0", "postgresql://nobody@127.0.0.1:1/none")


@pytest.mark.anyio
async def test_each_figure_is_measured() -> None:
    """Few runs: the figures themselves are for the command, on a quiet machine."""
    with services.redis_server() as server:
        where = Where(server.url, services.POSTGRES_ADMIN)
        found = await measure_caches(where, runs=60, kept=20)
    assert (found.coalesced.askers, found.coalesced.executions) == (100, 1)
    assert found.kept == 20
    assert found.bytes_per_answer > 1_000
    assert 0.5 < found.counted_bytes_per_answer / found.bytes_per_answer < 2.0
    told = to_json(found)
    for name in ("lookup_us", "answer_hit_us", "redis_hit_us", "disk_hit_us", "made_us"):
        assert set(told[name]) == {"p50", "p95"}, name  # type: ignore[call-overload]
    assert found.lookup_us.p50 < found.made_us.p50


@pytest.mark.anyio
async def test_a_service_that_is_not_there_is_left_out() -> None:
    """Its figures are null; all the others are there."""
    found = await measure_caches(NOWHERE, runs=30, kept=5)
    assert (found.redis_hit_us, found.server_version_us) == (None, None)
    assert isinstance(found.disk_hit_us, Spread)
