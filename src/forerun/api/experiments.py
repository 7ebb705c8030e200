"""`/v1/experiments`: planned, listed, and acted on."""

from __future__ import annotations

from typing import Annotated, TypedDict

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field, StrictBool
from starlette.responses import Response

from forerun.api.acting import ActBody, Body, Conducting, Key, NotEverywhere, Words, by
from forerun.api.documenting import answers_with
from forerun.api.identifying import Admin
from forerun.api.responses import json_response
from forerun.app import experimenting
from forerun.app.experimenting import Verb, rolled_back_to_json
from forerun.rollout.experiments import Metric, Unit
from forerun.rollout.experiments.plan import LARGEST_NAME, SMALLEST_ALPHA
from forerun.rollout.experiments.shapes import ExperimentJSON, experiment_to_json
from forerun.rollout.shapes import RollbackJSON

router = APIRouter(tags=["experiments"])
MOST_STEPS = 100
MOST_UNITS = 10**9


class ExperimentsJSON(TypedDict):
    experiments: list[ExperimentJSON]


SHAPES: tuple[type, ...] = (ExperimentsJSON, ExperimentJSON, RollbackJSON)

Id = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="The experiment, as the list has it.")
]
Most = Annotated[int, Query(ge=1, le=1_000, description="How many at most.")]
Share = Annotated[float, Field(strict=True, ge=0, le=100)]


class GuardrailBody(Body):
    """What must not get worse by more than `margin`."""

    metric: Metric
    margin: float = Field(strict=True, ge=0, le=1e6)


class PlanBody(Body):
    """An experiment as it was thought out. What is left out is as usual; see docs/json.md."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "faster",
                    "hypothesis": "Complex questions are answered 40 % faster.",
                    "ramp": [1, 5, 25, 50],
                }
            ]
        }
    )

    name: Annotated[Words, Field(max_length=LARGEST_NAME)]
    hypothesis: Words
    unit: Unit | None = None
    primary: Metric | None = None
    guardrails: Annotated[list[GuardrailBody], Field(max_length=20)] | None = None
    ramp: Annotated[list[Share], Field(min_length=1, max_length=MOST_STEPS)] | None = None
    per_step: Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)] | None = None
    horizon: Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)] | None = None
    alpha: Annotated[float, Field(strict=True, ge=SMALLEST_ALPHA, lt=0.5)] | None = None
    control_only: StrictBool | None = None
    auto_rollback: StrictBool | None = None
    auto_promote: StrictBool | None = None
    holdout: Annotated[float, Field(strict=True, ge=0, lt=100)] | None = None
    shadow_days: Annotated[float, Field(strict=True, ge=0, le=36_500)] | None = None
    why: Words | None = Field(None, description="Why. Default: the hypothesis.")


class RampBody(ActBody):
    """On to another step."""

    step: Annotated[int, Field(strict=True, ge=0, lt=MOST_STEPS)] | None = Field(
        None, description="Counted from 0. Default: the next one."
    )


@router.post(
    "/v1/experiments",
    status_code=201,
    summary="Plan an experiment",
    responses=answers_with(ExperimentJSON, "A draft.", 400, 404, 409, 413, 422, status=201),
    response_model=None,
)
async def create(body: PlanBody, admin: Admin, conducting: Conducting, key: Key = None) -> Response:
    """Nothing happens before it is started."""
    given = body.model_dump(mode="json", exclude_none=True, exclude={"why"})
    who = by(admin, body.why or body.hypothesis, None, key)
    made = await experimenting.create(conducting, given, who)
    return json_response(experiment_to_json(made), 201)


@router.get(
    "/v1/experiments",
    summary="List experiments",
    responses=answers_with(ExperimentsJSON, "The latest first.", 404, 422),
    response_model=None,
)
async def experiments(admin: Admin, conducting: Conducting, limit: Most = 100) -> Response:
    """All of the store that this service shares with others."""
    found = (await experimenting.listed(conducting))[:limit]
    return json_response({"experiments": [experiment_to_json(each) for each in found]})


@router.get(
    "/v1/experiments/{id}",
    summary="Read an experiment",
    responses=answers_with(ExperimentJSON, "With its plan.", 404, 422),
    response_model=None,
)
async def experiment(id: Id, admin: Admin, conducting: Conducting) -> Response:  # noqa: A002
    """What an act must know of it is `version`."""
    return json_response(experiment_to_json(await experimenting.read(conducting, id)))


@router.post(
    "/v1/experiments/{id}/rollback",
    summary="Send nobody ahead any more",
    responses=answers_with(
        RollbackJSON, "The flag is killed in the file.", 400, 404, 409, 413, 422
    ),
    response_model=None,
)
async def roll_back(
    id: Id,  # noqa: A002
    body: ActBody,
    admin: Admin,
    conducting: Conducting,
    key: Key = None,
) -> Response:
    """Whatever else is down. 503 `not_everywhere`: in this process alone."""
    who = by(admin, body.why, body.expected_version, key)
    done = await experimenting.roll_back(conducting, id, who)
    if not done.reach.everywhere:
        raise NotEverywhere(
            f"This process alone has stopped: {done.reach.problem}",
            "Change the flag file where it comes from, or start the processes that answer with "
            "FORERUN_KILL_PARALLEL=true.",
        )
    return json_response(rolled_back_to_json(done))


@router.post(
    "/v1/experiments/{id}/ramp",
    summary="Go to another step of the ramp",
    responses=answers_with(ExperimentJSON, "At that step.", 400, 404, 409, 413, 422),
    response_model=None,
)
async def ramp(
    id: Id,  # noqa: A002
    body: RampBody,
    admin: Admin,
    conducting: Conducting,
    key: Key = None,
) -> Response:
    """What was seen at the step before no longer counts."""
    who = by(admin, body.why, body.expected_version, key)
    after = await experimenting.change(conducting, id, Verb.RAMP, who, body.step)
    return json_response(experiment_to_json(after))


def _add(verb: Verb, summary: str, told: str, *errors: int) -> None:
    """A route for each verb that needs nothing but a reason."""

    async def act(
        id: Id,  # noqa: A002
        body: ActBody,
        admin: Admin,
        conducting: Conducting,
        key: Key = None,
    ) -> Response:
        who = by(admin, body.why, body.expected_version, key)
        after = await experimenting.change(conducting, id, verb, who)
        return json_response(experiment_to_json(after))

    router.post(
        f"/v1/experiments/{{id}}/{verb.value}",
        name=verb.value,
        summary=summary,
        description=told,
        responses=answers_with(ExperimentJSON, "As it is then.", 400, 404, 409, 413, 422, *errors),
        response_model=None,
    )(act)


_add(Verb.START, "Start an experiment", "With its first step. One runs at a time; else 409.")
_add(Verb.PAUSE, "Pause an experiment", "Nobody is sent ahead until it is resumed.")
_add(Verb.RESUME, "Resume an experiment", "What was seen before no longer counts.")
_add(
    Verb.PROMOTE,
    "Promote the parallel path",
    "Everybody goes ahead but the holdout. 409 `not_proven` unless the decision says promote.",
    501,
)
_add(Verb.STOP, "Stop an experiment", "It ends undecided, and everybody is sequential.")
