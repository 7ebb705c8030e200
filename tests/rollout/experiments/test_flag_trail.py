"""Changes of the flag file come into the audit trail: once, in order, and later if need be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forerun.app.experimenting import open_experiments
from forerun.errors import BadInput
from forerun.rollout.experiments.flag_trail import WAITING, FlagTrail
from forerun.rollout.experiments.store import FLAG, ExperimentStore
from forerun.rollout.flags import Change, Editor
from tests.rollout.experiments.samples import act, draft
from tests.rollout.flags.conftest import Opening, opened
from tests.rollout.flags.files import put, rollout

__all__ = ["opened"]

pytestmark = pytest.mark.anyio

DOWN = "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1"
RAMP = Change("parallel", terms={"stage": "canary", "percentage": 10})
WHO = {"who": "ann", "why": "to see"}


async def lines(store: ExperimentStore) -> list[str]:
    return [entry.act.action for entry in await store.audit(FLAG + "parallel")]


async def test_each_change_is_a_line_of_the_one_chain(
    store: ExperimentStore, opened: Opening, tmp_path: Path
) -> None:
    """Between those of experiments: who, what, why, before and after; and the chain holds."""
    path = tmp_path / "flags.json"
    trail = FlagTrail(store, path)
    editor = Editor(await opened(path), trail.note)
    await editor.begin(**WHO)
    await trail.settle()
    await store.create(draft(), act("create"))
    await editor.set(RAMP, expected_version=1, **WHO)
    await editor.kill("parallel", **WHO)
    await editor.lift("parallel", **WHO)
    await trail.settle()
    assert await lines(store) == ["begin_flag", "set_flag", "kill_flag", "lift_flag"]
    begun, changed, killed, _ = await store.audit(FLAG + "parallel")
    assert begun.before is None
    assert changed.before == begun.after
    assert json.loads(changed.after)["variants"]["everybody"]["percentage"] == 10
    assert json.loads(killed.after)["state"] == "DISABLED"
    assert (killed.act.actor, killed.act.reason) == ("ann", "to see")
    assert await store.verify_audit() is None


async def test_a_line_that_is_changed_breaks_the_chain(
    store: ExperimentStore, opened: Opening, tmp_path: Path
) -> None:
    """A flag's line is as much part of it as an experiment's."""
    path = put(tmp_path / "flags.json", rollout(stage="off"))
    trail = FlagTrail(store, path)
    editor = Editor(await opened(path), trail.note)
    await editor.set(RAMP, expected_version=1, **WHO)
    await trail.settle()
    from forerun.rollout.experiments.sql_store import SQLExperimentStore

    assert isinstance(store, SQLExperimentStore)
    change = "UPDATE audit SET after = '{}' WHERE number = 1"
    await store._store.write(lambda tx: tx.change(change))
    assert await store.verify_audit() == 1


async def test_with_the_store_down_a_kill_holds_and_its_line_waits(
    opened: Opening, tmp_path: Path
) -> None:
    """The file says it at once; the line lies beside it, and comes in once when the store is back,
    though two processes find it."""
    path = put(tmp_path / "flags.json", rollout(stage="live"))
    down = open_experiments(DOWN)
    trail = FlagTrail(down, path)
    reach = await Editor(await opened(path), trail.note).kill("parallel", **WHO)
    assert reach.everywhere
    said = await trail.settle_or_leave()
    assert said is not None
    assert WAITING in said
    await down.aclose()
    left = path.with_name(path.name + WAITING)
    left.write_text(left.read_text() + '{"half a li')  # the power went
    store = open_experiments(str(tmp_path / "experiments.sqlite"))
    copy = left.read_text()
    await FlagTrail(store, path).settle()
    assert await lines(store) == ["kill_flag"]
    left.write_text(copy)
    await FlagTrail(store, path).settle()
    assert await lines(store) == ["kill_flag"]
    assert [each.name for each in tmp_path.glob(f"*{WAITING}*")] == []
    await store.aclose()


async def test_what_cannot_even_be_left_is_said(opened: Opening, tmp_path: Path) -> None:
    """Neither store nor folder: the sentence says that there is no line of it."""
    path = tmp_path / "no folder" / "flags.json"
    down = open_experiments(DOWN)
    trail = FlagTrail(down, path)
    reach = await Editor(await opened(path), trail.note).kill("parallel", **WHO)
    assert not reach.everywhere
    assert "no line of this" in (await trail.settle_or_leave() or "")
    await down.aclose()


async def test_a_key_stands_for_one_change(
    store: ExperimentStore, opened: Opening, tmp_path: Path
) -> None:
    """Also before its line has come to the store; for something else it is refused."""
    path = put(tmp_path / "flags.json", rollout(stage="off"))
    trail = FlagTrail(store, path)
    editor = Editor(await opened(path), trail.note)
    assert not await trail.done("k", "set", "parallel")
    await editor.set(RAMP, expected_version=1, key="k", **WHO)
    assert await trail.done("k", "set", "parallel")
    await trail.settle()
    assert await trail.done("k", "set", "parallel")
    with pytest.raises(BadInput, match="used before"):
        await trail.done("k", "set", "new-charts")
    with pytest.raises(BadInput, match="used before"):
        await store.create(draft(), act("create", "k"))
