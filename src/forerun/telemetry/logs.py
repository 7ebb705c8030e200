"""One line a question, and one for whatever else is logged; for machines or for people."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import Processor

from forerun.telemetry.finished import Finished
from forerun.telemetry.outcomes import Outcome

_COMMON: tuple[Processor, ...] = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class QuestionLog:
    """Bound to nobody's logging: a library's configuration is not changed by ours."""

    def __init__(self, format_: str, out: TextIO | None = None, *, content: bool = False) -> None:
        """`format_` is json, console or auto, by whether `out` (standard error) is a terminal."""
        out = out or sys.stderr
        self._content = content
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(out),
            processors=[*_COMMON, *_rendering(format_, out)],
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


def line_handler(format_: str, out: TextIO | None = None) -> logging.Handler:
    """Writes what is logged by whomever as lines of the same format, tracebacks in one field."""
    out = out or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                *_COMMON,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(format_, out),
            ],
        )
    )
    return handler


def _rendering(format_: str, out: TextIO) -> list[Processor]:
    is_for_people = format_ == "console" or (format_ == "auto" and out.isatty())
    if is_for_people:
        return [structlog.dev.ConsoleRenderer(colors=out.isatty())]
    return [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
