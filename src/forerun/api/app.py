"""The app of the service: its routes, and what is the same for all of them."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Lifespan

from forerun import __version__
from forerun.api import (
    answers,
    asking,
    caching,
    conversations,
    databases,
    experiment_figures,
    experiment_reports,
    experiments,
    feedback,
    flags,
    glossary,
    golden_files,
    golden_queries,
    health,
    landing,
    metrics,
    performance,
    traces,
)
from forerun.api.bodies import BodyLimit
from forerun.api.faults import Faults
from forerun.api.openapi import describe
from forerun.api.origins import Origins
from forerun.api.problems import on_forerun_error, on_http_error, on_invalid_request
from forerun.app.sections import ServeSection
from forerun.app.serving import Deployment
from forerun.errors import ForerunError

DESCRIPTION = "Ask databases in plain language: SQL, rows, a chart and a summary."
ROUTERS = (
    asking,
    answers,
    conversations,
    databases,
    caching,
    feedback,
    golden_files,
    golden_queries,
    glossary,
    flags,
    experiments,
    experiment_figures,
    experiment_reports,
    performance,
    traces,
    metrics,
    health,
    landing,
)


def create_app(
    deployment: Deployment | None,
    *,
    serve: ServeSection | None = None,
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """An app over an opened `deployment`; or over none yet, where `lifespan` opens it and sets
    `app.state.deployment`."""
    app = FastAPI(
        title="Forerun",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # to where the Host header says, and undocumented
        openapi_url="/v1/openapi.json",
    )
    app.state.deployment = deployment
    if serve is None:
        serve = ServeSection() if deployment is None else deployment.configuration.serve
    for module in ROUTERS:
        app.include_router(module.router)
    app.add_exception_handler(ForerunError, on_forerun_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_middleware(BodyLimit, most_bytes=serve.body_bytes, within_s=serve.client_s)
    app.add_middleware(Origins, allowed=serve.cors_origins)
    app.add_middleware(Faults)
    if serve.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(serve.cors_origins),
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "Last-Event-ID",
                "traceparent",
            ],
        )
    describe(app)
    return app
