"""The file that the docs show is a good one and does what the docs say of it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from forerun.rollout.flags import Context, Rollout, Source, Stage
from tests.rollout.flags.conftest import Opening

PAGE = Path(__file__).parents[3] / "docs" / "flags.md"


@pytest.mark.anyio
async def test_the_example_of_the_docs(opened: Opening, tmp_path: Path) -> None:
    """Rules, percentages, threshold and switch are as written; nothing of it needs tidying yet."""
    (example,) = re.findall(r"^```json\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    path = tmp_path / "flags.json"
    path.write_text(example)
    flags = await opened(path)
    assert flags.state().problem is None
    assert flags.state().version == 7
    assign = Rollout(flags).assign
    told = [
        assign(Context("anna", complexity="simple", tenant="acme")),
        assign(Context("anna", complexity="complex", tenant="acme")),
        assign(Context("anna")),
    ]
    assert [(each.stage, each.percentage, each.threshold_s) for each in told] == [
        (Stage.OFF, 0.0, 30.0),
        (Stage.CANARY, 50.0, 30.0),
        (Stage.CANARY, 12.5, 30.0),
    ]
    told_switch = flags.switch("new-charts", default=True)
    assert (told_switch.value, told_switch.source) == (False, Source.FILE)
    assert flags.lint(date(2027, 3, 31)) == ()
    assert [finding.flag for finding in flags.lint(date(2027, 7, 1))] == ["parallel", "new-charts"]
