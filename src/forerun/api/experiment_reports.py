"""`/v1/experiments/{id}/…`: for other systems, which answer questions elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter
from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from forerun.api.acting import Body, Conducting
from forerun.api.documenting import answers_with
from forerun.api.experiments import Id
from forerun.api.identifying import Admin
from forerun.api.responses import json_response
from forerun.api.shapes import NO_NUL
from forerun.app import experimenting
from forerun.rollout.experiments import Arm, Exposure, Outcome, Verdict
from forerun.rollout.experiments.reported import LONGEST
from forerun.rollout.experiments.shapes import GivenJSON, given_to_json

router = APIRouter(tags=["experiments"])
MOST_RECORDS = 1_000
"""Which are never longer than a body may be."""


class ReportedJSON(TypedDict):
    reported: int
    new: int


SHAPES: tuple[type, ...] = (GivenJSON, ReportedJSON)
Named = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=NO_NUL)]


def _written(at: object) -> object:
    """A number is no time here, though it could be taken for seconds."""
    if isinstance(at, str) and "-" in at[1:]:
        return at
    raise ValueError("Write a time as 2027-03-31T08:15:00Z.")


Time = Annotated[AwareDatetime, BeforeValidator(_written)]


class AssignBody(Body):
    """Who is to be in an arm."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unit": "session 7"}]})

    unit: Named = Field(description="A question, a conversation or an asker: what stays in an arm.")


class ExposureBody(Body):
    """A question whose arm made a difference."""

    request: Named = Field(description="Names the question; reported twice it counts once.")
    unit: Named = Field(description="As `assign` named it.")
    arm: Arm
    stratum: Named = Field(description="Its class of complexity.")
    at: Time | None = Field(None, description="When it was assigned. Default: now.")

    def record(self, now: float) -> Exposure:
        return Exposure(self.request, self.unit, self.arm, self.stratum, _seconds(self.at, now))


class OutcomeBody(Body):
    """What became of a question."""

    request: Named
    seconds: float = Field(
        strict=True, ge=0, le=1e9, description="What the asker waited, fallbacks included."
    )
    verdict: Verdict
    served: Arm = Field(description="Which arm's answer it was in the end.")
    at: Time | None = Field(None, description="When it ended. Default: now.")
    cost_usd: Annotated[float, Field(strict=True, ge=0, le=1e9)] | None = None

    def record(self, now: float) -> Outcome:
        at = _seconds(self.at, now)
        return Outcome(self.request, self.seconds, self.verdict, self.served, at, self.cost_usd)


class ExposuresBody(Body):
    """A batch."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "exposures": [
                        {
                            "request": "question 1",
                            "unit": "0f3a9c",
                            "arm": "parallel",
                            "stratum": "complex",
                        }
                    ]
                }
            ]
        }
    )

    exposures: list[ExposureBody] = Field(max_length=MOST_RECORDS)


class OutcomesBody(Body):
    """A batch."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "outcomes": [
                        {
                            "request": "question 1",
                            "seconds": 12.5,
                            "verdict": "answered",
                            "served": "parallel",
                        }
                    ]
                }
            ]
        }
    )

    outcomes: list[OutcomeBody] = Field(max_length=MOST_RECORDS)


@router.post(
    "/v1/experiments/{id}/assign",
    summary="Ask which path somebody takes",
    responses=answers_with(GivenJSON, "The same for the whole step.", 400, 404, 413, 422),
    response_model=None,
)
async def assign(
    id: Id,  # noqa: A002
    body: AssignBody,
    admin: Admin,
    conducting: Conducting,
) -> Response:
    """Report what becomes of it where `counted` is true."""
    return json_response(given_to_json(await experimenting.assigned(conducting, id, body.unit)))


@router.post(
    "/v1/experiments/{id}/exposures",
    summary="Report who was in which arm",
    responses=answers_with(ReportedJSON, "How many were new.", 400, 404, 413, 422),
    response_model=None,
)
async def exposures(
    id: Id,  # noqa: A002
    body: ExposuresBody,
    admin: Admin,
    conducting: Conducting,
) -> Response:
    """What was reported before counts once: after an error, report everything again."""
    records = [each.record(conducting.clock()) for each in body.exposures]
    return _reported(records, await experimenting.add_exposures(conducting, id, records))


@router.post(
    "/v1/experiments/{id}/outcomes",
    summary="Report what became of questions",
    responses=answers_with(ReportedJSON, "How many were new.", 400, 404, 413, 422),
    response_model=None,
)
async def outcomes(
    id: Id,  # noqa: A002
    body: OutcomesBody,
    admin: Admin,
    conducting: Conducting,
) -> Response:
    """An outcome may come before its exposure."""
    records = [each.record(conducting.clock()) for each in body.outcomes]
    return _reported(records, await experimenting.add_outcomes(conducting, id, records))


def _reported(records: Sequence[Any], new: int) -> Response:
    return json_response({"reported": len(records), "new": new})


def _seconds(at: datetime | None, now: float) -> float:
    return now if at is None else at.timestamp()
