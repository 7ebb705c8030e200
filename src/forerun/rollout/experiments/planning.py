"""A plan as people give it: what they leave out is as it is by default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forerun.errors import BadInput, UnreadableFile
from forerun.rollout.experiments.plan import Plan
from forerun.rollout.experiments.written import parsed, plan_from_json, plan_to_json


def plan_of(given: Mapping[str, Any]) -> Plan:
    """`given` has fields of a plan as JSON; only name and hypothesis must be among them.

    Raises `BadInput` for a field that there is not, or a plan that cannot be carried out.
    """
    usual = plan_to_json(Plan("some name", "some hypothesis"))
    for field in ("name", "hypothesis"):
        if field not in given:
            raise BadInput(f"The experiment has no {field}.", f"Give one: --{field} '…'.")
        del usual[field]
    if given.get("control_only") is True:
        usual["auto_rollback"] = False  # what differs is noise, and shall switch nothing off
    try:
        return plan_from_json(usual | dict(given))
    except ValueError as impossible:
        raise BadInput(f"This plan cannot be: {impossible}", "See docs/json.md, A plan.") from None


def plan_file(path: Path) -> dict[str, Any]:
    """What a JSON file says of a plan. Raises `UnreadableFile`."""
    try:
        found = parsed(path.read_text("utf-8"))
    except OSError as failed:
        reason = failed.strerror or "it is no file"
        raise UnreadableFile(
            f"{path} cannot be read: {reason}.", "Name a file with a plan."
        ) from None
    except ValueError as broken:
        raise UnreadableFile(
            f"{path} is no readable JSON: {broken}", "Write one object, in UTF-8."
        ) from None
    if not isinstance(found, dict):
        raise UnreadableFile(f"{path} holds no object.", "Write a plan: see docs/json.md.")
    return found
