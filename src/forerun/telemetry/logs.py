"""One line a question, for machines or for people."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import Processor

from forerun.telemetry.finished import Finished
from forerun.telemetry.outcomes import Outcome


class QuestionLog:
    """Bound to nobody's logging: a library's configuration is not changed by ours."""

    def __init__(self, format_: str, out: TextIO | None = None, *, content: bool = False) -> None:
        """`format_` is json, console or auto, by whether `out` (standard error) is a terminal."""
        out = out or sys.stderr
        if format_ == "auto":
            format_ = "console" if out.isatty() else "json"
        last: Processor = (
            structlog.dev.ConsoleRenderer(colors=out.isatty())
            if format_ == "console"
            else structlog.processors.JSONRenderer(ensure_ascii=False)
        )
        self._content = content
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(out),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                last,
            ],
            wrapper_class=structlog.BoundLogger,
        )

    def tell(self, finished: Finished, outcome: Outcome) -> None:
        """No question, no SQL and no reason in free words unless content is switched on."""
        said: dict[str, object] = {
            "trace_id": outcome.trace_id,
            "operation": outcome.operation,
            "database": outcome.database,
            "tenant": outcome.tenant,
            "status": outcome.status,
            "error": outcome.error,
            "assigned": outcome.assigned,
            "served": outcome.served,
            "fallback": outcome.fallback,
            "ms": round(outcome.ms, 1),
            "queued_ms": round(outcome.queued_ms, 1) or None,
            "first_rows_ms": outcome.first_rows_ms,
            "model_ms": outcome.model_ms,
            "database_ms": outcome.database_ms,
            "cache": outcome.cache,
            "tokens": outcome.input_tokens + outcome.output_tokens,
            "cost_usd": outcome.cost_usd,
        }
        if self._content:
            said["question"] = finished.answer.question
            said["sql"] = finished.answer.sql
        told = {name: value for name, value in said.items() if value is not None}
        level = self._log.error if outcome.has_failed else self._log.info
        with suppress(OSError, ValueError):  # whoever read standard error has left
            level("question", **told)
