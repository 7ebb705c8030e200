"""`/v1/experiments/{id}/…`: what was seen, what follows from it, and who did what."""

from __future__ import annotations

from typing import TypedDict

from fastapi import APIRouter
from starlette.responses import Response

from forerun.api.acting import Conducting
from forerun.api.documenting import answers_with
from forerun.api.experiments import Id, Most
from forerun.api.identifying import Admin
from forerun.api.responses import json_response
from forerun.app import experimenting
from forerun.rollout.experiments.figures import (
    ExperimentDecisionJSON,
    ResultsJSON,
    SeriesJSON,
    ShadowsJSON,
    decision_to_json,
    results_to_json,
    shadows_to_json,
    timeseries_to_json,
)
from forerun.rollout.experiments.shapes import (
    MismatchJSON,
    TrailJSON,
    mismatches_to_json,
    trail_to_json,
)

router = APIRouter(tags=["experiments"])


class MismatchesJSON(TypedDict):
    mismatches: list[MismatchJSON]


SHAPES: tuple[type, ...] = (
    ResultsJSON,
    SeriesJSON,
    ExperimentDecisionJSON,
    ShadowsJSON,
    MismatchesJSON,
    TrailJSON,
)


@router.get(
    "/v1/experiments/{id}/results",
    summary="See both arms beside each other",
    responses=answers_with(ResultsJSON, "Since the step began.", 404, 422, 501),
    response_model=None,
)
async def results(id: Id, admin: Admin, conducting: Conducting) -> Response:  # noqa: A002
    """Intervals hold whenever one looks; what is NaN or infinite is null."""
    return json_response(results_to_json(await experimenting.results(conducting, id)))


@router.get(
    "/v1/experiments/{id}/series",
    summary="See how the primary metric's interval has narrowed",
    responses=answers_with(SeriesJSON, "At 50 points at most.", 404, 422, 501),
    response_model=None,
)
async def series(id: Id, admin: Admin, conducting: Conducting) -> Response:  # noqa: A002
    """After each hundred units, or in larger strides."""
    return json_response(timeseries_to_json(*await experimenting.series(conducting, id)))


@router.get(
    "/v1/experiments/{id}/decision",
    summary="See what is to be done by the plan, and why",
    responses=answers_with(ExperimentDecisionJSON, "With each claim.", 404, 422, 501),
    response_model=None,
)
async def decision(id: Id, admin: Admin, conducting: Conducting) -> Response:  # noqa: A002
    """Nothing is done."""
    return json_response(decision_to_json(*await experimenting.decision(conducting, id)))


@router.get(
    "/v1/experiments/{id}/shadows",
    summary="See what shadow runs tell",
    responses=answers_with(ShadowsJSON, "Against two sequential runs.", 404, 422, 501),
    response_model=None,
)
async def shadows(id: Id, admin: Admin, conducting: Conducting) -> Response:  # noqa: A002
    """With the id `shadow`: all of the stage of that name."""
    return json_response(shadows_to_json(await experimenting.shadows(conducting, id)))


@router.get(
    "/v1/experiments/{id}/mismatches",
    summary="See shadow runs that said something else",
    responses=answers_with(MismatchesJSON, "The latest first.", 404, 422),
    response_model=None,
)
async def mismatches(
    id: Id,  # noqa: A002
    admin: Admin,
    conducting: Conducting,
    limit: Most = experimenting.LATEST,
) -> Response:
    """With both SQLs and both traces. With the id `shadow`: those of the stage of that name."""
    found = await experimenting.mismatches(conducting, id, limit)
    return json_response({"mismatches": mismatches_to_json(found)})


@router.get(
    "/v1/experiments/{id}/audit",
    summary="See who did what to an experiment, and why",
    responses=answers_with(TrailJSON, "Oldest first; and whether the chain holds.", 404, 422),
    response_model=None,
)
async def audit(id: Id, admin: Admin, conducting: Conducting) -> Response:  # noqa: A002
    """What came of it for the flag is in the flag's own audit."""
    found = await experimenting.audit(conducting, id)
    return json_response(trail_to_json(found.lines, found.broken_at))
