"""The names of the original plan, for systems that were written against them.

    orchestrator = HybridOrchestrator(legacy=mine, database="sales.duckdb", model="openai:gpt-5.1")
    result = await orchestrator.process({"question": "top 5 customers by revenue"})

`legacy` is your own orchestrator, any object with an async `process(request)` that gives a dict
with `success`. It answers whenever the parallel path is not chosen, not possible, or fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from types import TracebackType
from typing import Any, Protocol, TypeVar

from forerun.app import Forerun, Settings
from forerun.domain import EMPTY, Answer, Failure, Mode, Progress, Question, Status, Strategy
from forerun.errors import BadInput, EmptyQuestion
from forerun.orchestrators.performance import Performance
from forerun.wire import answer_to_json, error_to_json

N = TypeVar("N", int, float)
Request = Mapping[str, Any]
"""`question`, and on request `max_rows`, `timeout_s` and `mode`."""


class Orchestrator(Protocol):
    """What was there before."""

    async def process(self, request: Request) -> Mapping[str, Any]:
        """Answer a request. The result has `success`."""


class HybridOrchestrator:
    """Wraps an orchestrator: parallel where that is switched on and pays, else the wrapped one."""

    def __init__(
        self,
        legacy: Orchestrator | None = None,
        *,
        database: str | PathLike[str] = "demo",
        model: str | None = None,
        settings: Settings | None = None,
        forerun: Forerun | None = None,
    ) -> None:
        self._legacy = legacy
        self._forerun = forerun or Forerun(database, model=model, settings=settings)

    async def __aenter__(self) -> HybridOrchestrator:
        await self._forerun.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what was opened. Safe to call twice."""
        await self._forerun.aclose()

    @property
    def monitor(self) -> Performance:
        """What was measured; the operation is `hybrid_orchestrator`."""
        return self._forerun.performance

    def should_use_parallel(self, request: Request) -> bool:
        """Whether the request would take the parallel path now, by its words alone."""
        try:
            mode = request.get("mode", Mode.HYBRID)
            decision = self._forerun.foresee(_text_of(request), mode=mode)
        except BadInput:
            return False
        return decision.strategy is Strategy.PARALLEL

    async def process(self, request: Request) -> dict[str, Any]:
        """Answer a request. Bad input is told in the result, too: nothing is raised for it.

        The result is that of `legacy` where it answered, else an Answer as JSON; `success`,
        `decision` and `fallback` are always there.
        """
        wrapped = _Wrapped(self._legacy, request) if self._legacy is not None else None
        try:
            answer = await self._forerun.ask(
                _text_of(request),
                max_rows=_number_of(request, "max_rows", int),
                timeout_s=_number_of(request, "timeout_s", float),
                mode=request.get("mode", Mode.HYBRID),
                sequential=wrapped,
            )
        except BadInput as error:
            asked = str(request.get("question") or "")
            return {**error_to_json(error, asked), "success": False}
        result: dict[str, Any] = {**answer_to_json(answer)}
        result["success"] = answer.status is Status.ANSWERED
        if wrapped is None or wrapped.result is None:
            return result
        kept = {name: result[name] for name in ("decision", "fallback", "trace_id")}
        return {"success": False, **wrapped.result, **kept}


def _text_of(request: Request) -> str:
    text = request.get("question")
    if not isinstance(text, str):
        raise EmptyQuestion("The request has no question.", 'Give it as text, under "question".')
    return text


def _number_of(request: Request, name: str, kind: type[N]) -> N | None:
    value = request.get(name)
    if value is None:
        return None
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise BadInput(f"{name} is {value!r}, which is no number.", "Give a number.") from None


class _Wrapped:
    """The system that was there before, in the place of the sequential path."""

    def __init__(self, legacy: Orchestrator, request: Request) -> None:
        self._legacy = legacy
        self._request = request
        self.result: Mapping[str, Any] | None = None

    async def __call__(self, question: Question, progress: Progress = EMPTY) -> Answer:
        self.result = await self._legacy.process(self._request)
        succeeded = bool(self.result.get("success"))
        failure = Failure("legacy_failed", str(self.result.get("error") or "It did not succeed."))
        return Answer(
            question.text,
            Status.ANSWERED if succeeded else Status.FAILED,
            dialect="",
            orchestrator="legacy",
            trace_id=question.id,
            failure=None if succeeded else failure,
        )
