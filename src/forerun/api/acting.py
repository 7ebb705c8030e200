"""Who changes flags and experiments over HTTP, why, and what he had seen before."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Header
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from forerun.access import Identity
from forerun.api.identifying import Served
from forerun.api.shapes import NO_NUL, ONE_LINE
from forerun.app.rolling_out import RollingOut
from forerun.app.serving.asked import who
from forerun.errors import NotFound, Unavailable
from forerun.rollout.experiments.conducting import By, Conductor

LATEST_VERSION = 2**53
LONGEST_REASON = 2_000

Words: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_REASON, pattern=NO_NUL)
]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]
Version: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=LATEST_VERSION)]
Key: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]*$",
        description="Names this act: the same key again changes nothing, and gives what the first "
        "gave.",
    ),
]


class Body(BaseModel):
    """Nothing that is not known, and no number that is none."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class WhyBody(Body):
    """A reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"why": "wrong answers"}]})

    why: Words = Field(description="For whoever looks into it later.")


class ActBody(WhyBody):
    """A reason, and what was looked at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"why": "the first percent", "expected_version": 1}]}
    )

    expected_version: Version | None = Field(
        None, description="Only if it is still at this version; else 409."
    )


class NotEverywhere(Unavailable):
    """What was done has reached this process alone."""

    code = "not_everywhere"


class NoRollout(NotFound):
    """Nothing is configured that could be changed or looked at."""

    code = "no_rollout"


async def rollout_of(served: Served) -> RollingOut:
    """Raises `NoRollout` where the service has no flag file."""
    rollout = served.rollout
    if rollout is None or rollout.flags.path is None:
        raise NoRollout("The service has no flag file.", "Name one: FORERUN_FLAGS.")
    return rollout


Rolling: TypeAlias = Annotated[RollingOut, Depends(rollout_of)]


async def conductor_of(rolling: Rolling) -> Conductor:
    """Raises `NoRollout` where the service has no experiments."""
    conductor = rolling.conductor
    if conductor is None:
        raise NoRollout(
            "The service keeps no experiments.", "Name a place for them: FORERUN_EXPERIMENTS."
        )
    return conductor


Conducting: TypeAlias = Annotated[Conductor, Depends(conductor_of)]


def by(
    identity: Identity, why: str, expected_version: int | None = None, key: str | None = None
) -> By:
    return By(who(identity), why, expected_version, key)
