"""What telemetry keeps and tells: every setting of it, with what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forerun.errors import BadSetting

FORMATS = ("auto", "json", "console", "none")


def _setting(
    explanation: str, *, default: Any = None, secret: bool = False, address: bool = False
) -> Any:
    """A `secret` is never shown; an `address` is, without the password that may be in it."""
    metadata = {"help": explanation, "secret": secret}
    return field(default=default, repr=not (secret or address), metadata=metadata)


@dataclass(frozen=True, slots=True)
class TelemetryConfig:
    """The section `[telemetry]`."""

    store: str | None = _setting(
        "Where outcomes and traces are kept for the built-in views: a file, `postgresql://…` for "
        "several hosts, `memory`, or `none`. Unset: beside what `[serve] state` keeps.",
        address=True,
    )
    trace_hours: float = _setting("Hours for which a trace is kept.", default=72.0)
    max_spans: int = _setting(
        "Spans that are kept at most; the oldest traces go first.", default=100_000
    )
    outcome_days: float = _setting(
        "Days for which the figures of each question are kept.", default=30.0
    )
    trace_share: float = _setting(
        "Share of traces that is kept, 0 to 1. Errors, fallbacks, mismatches and the slowest 1 % "
        "are kept always.",
        default=1.0,
    )
    content: bool = _setting(
        "Whether questions, and SQL with its values, may be part of spans and log lines.",
        default=False,
    )
    otlp_endpoint: str | None = _setting(
        "Base URL of an OpenTelemetry collector (OTLP over HTTP), e.g. `http://localhost:4318`. "
        "Unset: nothing is sent.",
        address=True,
    )
    otlp_headers: str | None = _setting(
        "Headers for the collector, as `name=value,name=value`. Never shown.", secret=True
    )
    otlp_timeout: float = _setting("Seconds that one batch may take to send.", default=10.0)
    service_name: str = _setting("`service.name` of what is sent.", default="forerun")
    metrics: bool = _setting("Whether Prometheus metrics are counted.", default=True)
    metrics_public: bool = _setting(
        "Whether `/metrics` may be read without a key. It may be anyway, by programs of the same "
        "machine, until the first key is made.",
        default=False,
    )
    metrics_dir: str | None = _setting(
        "Folder in which the workers of one service tell each other their metrics, so that any of "
        "them may be scraped. Unset: a temporary one where there are several."
    )
    log: str = _setting(
        "One line a question on standard error: `json`, `console`, `none`, or `auto`, which is "
        "`console` on a terminal and `json` elsewhere.",
        default="auto",
    )
    buffer: int = _setting(
        "Finished questions that wait to be written at most; more are dropped and counted.",
        default=10_000,
    )

    def __post_init__(self) -> None:
        """Errors: `BadSetting`."""
        if not 0 <= self.trace_share <= 1:
            raise BadSetting(
                f"[telemetry] trace_share is {self.trace_share}.", "Give a share from 0 to 1."
            )
        if self.log not in FORMATS:
            raise BadSetting(
                f"[telemetry] log is {self.log!r}.", f"Use one of {', '.join(FORMATS)}."
            )
        for name in ("trace_hours", "max_spans", "outcome_days", "otlp_timeout", "buffer"):
            if not 0 < getattr(self, name) < float("inf"):
                raise BadSetting(
                    f"[telemetry] {name} is {getattr(self, name)}.", "Give a number above 0."
                )
        self.headers()

    def headers(self) -> Mapping[str, str]:
        """Of `otlp_headers`. Errors: `BadSetting`, which does not show them."""
        pairs = [each for each in (self.otlp_headers or "").split(",") if each.strip()]
        parts = [pair.partition("=") for pair in pairs]
        if any(not name.strip() or not equals for name, equals, _ in parts):
            raise BadSetting(
                "[telemetry] otlp_headers is not a list of headers.",
                "Write them as name=value,name=value.",
            )
        return {name.strip().lower(): value.strip() for name, _, value in parts}
