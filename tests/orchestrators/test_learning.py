"""What a question teaches for the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from forerun.domain import Draft, Mode, Origin, Stage, Status
from forerun.orchestrators.complexity import Complexity
from forerun.orchestrators.latency import PRIOR_S
from forerun.stages import Models
from tests.orchestrators.asking import in_world, question, scripted, world
from tests.orchestrators.world import QUERIES, World, make_shop

NO_ROWS = Draft(QUERIES[9], Origin.MEMORY, 0.9)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_shop(Path(tmp_path_factory.mktemp("learning")) / "shop.duckdb")


def test_a_summary_that_no_model_was_asked_for_teaches_nothing_of_narrators(shop: str) -> None:
    """A draft that gives no rows is summed up at once, without a model. The narrator, who takes his
    three seconds for the answer's rows, is still given them, and still expected to take them."""
    model = scripted(PRIOR_S[Stage.NARRATE])

    async def story(made: World) -> None:
        answer = await made.ask(question(), Mode.PARALLEL)
        plain = [each for each in answer.trace.spans if each.stage is Stage.NARRATE]
        assert any(each.branch == "draft-ahead" and not each.calls for each in plain)
        assert answer.status is Status.ANSWERED
        assert answer.fallback.reason is None
        latencies = made.wired.experience.latencies
        for complexity in Complexity:
            assert latencies.quantile(Stage.NARRATE, complexity, 0.5) > 1.0

    models = Models(model, model, model, model)
    in_world(lambda: world(shop, models=models, draft=NO_ROWS), story)
