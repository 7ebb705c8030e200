"""`/v1/flags` and `/v1/rollout`: what goes ahead, who says so, and the way back."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field
from starlette.responses import Response

from forerun.api.acting import (
    LONGEST_REASON,
    Body,
    Key,
    Name,
    NotEverywhere,
    Rolling,
    Version,
    WhyBody,
    Words,
    by,
)
from forerun.api.documenting import answers_with
from forerun.api.identifying import Admin, Served
from forerun.api.responses import json_response
from forerun.api.shapes import NO_NUL, ONE_LINE
from forerun.app import flagging
from forerun.app.flagging import Changed, changed_to_json
from forerun.app.rolling_out import open_flags
from forerun.app.serving import Deployment
from forerun.rollout.experiments.shapes import TrailJSON, trail_to_json
from forerun.rollout.flags import Change, Flags, Stage
from forerun.rollout.flags.shapes import (
    FlagChangeJSON,
    FlagFileJSON,
    FlagJSON,
    file_to_json,
    flag_to_json,
)
from forerun.rollout.shapes import StandingJSON, standing_to_json

router = APIRouter(tags=["flags"])
TERMS = ("stage", "percentage", "threshold")
METADATA = ("holdout", "owner", "expires", "description")


class FlagsJSON(TypedDict):
    file: FlagFileJSON
    flags: list[FlagJSON]


SHAPES: tuple[type, ...] = (FlagsJSON, FlagJSON, FlagChangeJSON, StandingJSON, TrailJSON)

FlagName = Annotated[
    str, Path(min_length=1, max_length=200, pattern=ONE_LINE, description="The flag.")
]
Why = Annotated[
    str,
    Query(
        min_length=1,
        max_length=LONGEST_REASON,
        pattern=NO_NUL,
        description="For whoever looks into it later.",
    ),
]
Percentage = Annotated[float, Field(strict=True, ge=0, le=100)]


class FlagBody(Body):
    """What is to be another way. What is left out stays; `threshold: null` takes it away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "stage": "canary",
                    "percentage": 10,
                    "why": "the first tenth",
                    "expected_version": 7,
                }
            ]
        }
    )

    why: Words = Field(description="For whoever looks into it later.")
    expected_version: Version = Field(
        description="Of the flag file, as you have looked at it; 409 where it has another by now."
    )
    serve: Name | None = Field(None, description="The variant for whomever no rule catches.")
    stage: Stage | None = None
    percentage: Percentage | None = Field(None, description="Of shadow and canary.")
    threshold: Annotated[float, Field(strict=True, ge=0, le=1e6)] | None = Field(
        None, description="Predicted seconds from which a question goes parallel."
    )
    holdout: Percentage | None = Field(None, description="Percent that stay sequential for good.")
    owner: Name | None = None
    expires: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    description: Words | None = None

    def change_of(self, flag: str) -> Change:
        given: dict[str, Any] = self.model_dump(mode="json", exclude_unset=True)
        terms = {
            name: given[name]
            for name in TERMS
            if name in given and (given[name] is not None or name == "threshold")
        }
        metadata = {name: given[name] for name in METADATA if given.get(name) is not None}
        return Change(flag, self.serve, terms, metadata)


@router.get(
    "/v1/rollout",
    summary="See where the rollout stands",
    responses=answers_with(StandingJSON, "Stage, kill, the experiment that runs, and trouble."),
    response_model=None,
)
async def rollout(admin: Admin, served: Served) -> Response:
    """Trouble is told in it, and is no error."""
    conductor = None if served.rollout is None else served.rollout.conductor
    store = None if conductor is None else conductor.store
    return json_response(standing_to_json(await flagging.status(_flags(served), store)))


@router.get(
    "/v1/flags",
    summary="List the flags",
    responses=answers_with(FlagsJSON, "The rollout first, then the others in the file's order."),
    response_model=None,
)
async def flags(admin: Admin, served: Served) -> Response:
    """Each for a question of which nothing is known, with who says so."""
    found = _flags(served)
    told = [flag_to_json(each) for each in flagging.listed(found)]
    return json_response({"file": file_to_json(found.state()), "flags": told})


@router.get(
    "/v1/flags/{name}",
    summary="Read a flag",
    responses=answers_with(FlagJSON, "With its variants and rules.", 404, 422),
    response_model=None,
)
async def flag(name: FlagName, admin: Admin, served: Served) -> Response:
    """What a change must know of it is `version`."""
    return json_response(flag_to_json(flagging.read(_flags(served), name)))


@router.put(
    "/v1/flags/{name}",
    summary="Change a flag",
    responses=answers_with(FlagChangeJSON, "What was done.", 400, 404, 409, 413, 422),
    response_model=None,
)
async def change(
    name: FlagName, body: FlagBody, admin: Admin, rolling: Rolling, key: Key = None
) -> Response:
    """In the file, for every process that follows it."""
    who = by(admin, body.why, body.expected_version, key)
    done = await flagging.change(rolling, body.change_of(name), who)
    return json_response(changed_to_json(done))


@router.post(
    "/v1/flags/{name}/kill",
    summary="Switch a flag off for everybody",
    responses=answers_with(FlagChangeJSON, "It is off everywhere.", 400, 404, 413, 422),
    response_model=None,
)
async def kill(name: FlagName, body: WhyBody, admin: Admin, rolling: Rolling) -> Response:
    """At once, whatever else is said or down. 503 `not_everywhere`: in this process alone."""
    return _reached(await flagging.kill(rolling, name, by(admin, body.why)), "stopped")


@router.delete(
    "/v1/flags/{name}/kill",
    summary="Take a kill back",
    responses=answers_with(FlagChangeJSON, "What is in force again.", 404, 422),
    response_model=None,
)
async def lift(name: FlagName, why: Why, admin: Admin, rolling: Rolling) -> Response:
    """What the environment kills stays killed; `kill` tells of it."""
    return _reached(await flagging.lift(rolling, name, by(admin, why)), "gone on")


@router.get(
    "/v1/flags/{name}/audit",
    summary="See who changed a flag, and why",
    responses=answers_with(TrailJSON, "Oldest first; and whether the chain of lines holds.", 422),
    response_model=None,
)
async def audit(name: FlagName, admin: Admin, rolling: Rolling) -> Response:
    """Of a flag that nobody has changed there are no lines."""
    found = await flagging.audit(rolling, name)
    return json_response(trail_to_json(found.lines, found.broken_at))


def _flags(served: Deployment) -> Flags:
    """Without a flag file there is still what the environment says."""
    if served.rollout is not None:
        return served.rollout.flags
    return open_flags(served.configuration.settings)


def _reached(done: Changed, what: str) -> Response:
    if done.everywhere:
        return json_response(changed_to_json(done))
    raise NotEverywhere(
        f"This process alone has {what}: {done.problem}",
        "Change the flag file where it comes from, or start the processes that answer with "
        "FORERUN_KILL_… set.",
    )
