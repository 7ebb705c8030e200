"""What one run of the bench is about, and the service that it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from forerun.access.config import AuthConfig
from forerun.app.configuration import Configuration
from forerun.app.sections import DatabaseSection, LimitsSection, ServeSection
from forerun.app.settings import Settings
from forerun.domain import Mode
from forerun.lab.latency.questions import SLICE_TABLES, cases
from forerun.telemetry.config import TelemetryConfig
from forerun.testing.simulator import PROFILES, Case, Engine, Profile, Speed

DATABASE = "demo"
MOST_CASES = 870
RAMP_SHARE, LONGEST_RAMP_S = 0.1, 5.0
SIMULATED = "simulated-strong"
SOAK_LINGERS_S = 2.0
SOAK_CACHE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Load:
    """Askers, and for how long or how many questions; the rest says what they ask."""

    askers: int = 200
    seconds: float = 60.0
    questions: int | None = None
    """Ask so many, however long it takes: a soak, whose memory is judged as well."""
    profile: str = "modern"
    scale: float = 1.0
    """How much of its time the simulated provider takes."""
    mode: Mode = Mode.HYBRID
    database: str = DATABASE
    """URL of a database with the demo's tables."""
    over_http: bool = False
    """Whether models are asked through the provider's SDK, of a server in another process."""
    seed: int = 0

    @property
    def ramp_s(self) -> float:
        """The askers begin one after another within it: they are no chorus."""
        return min(LONGEST_RAMP_S, RAMP_SHARE * self.seconds)

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        return cases(MOST_CASES, self.seed)

    def engine(self) -> Engine:
        return Engine(scaled(PROFILES[self.profile], self.scale), self.cases, self.seed)

    def changed_settings(self) -> Mapping[str, Any]:
        """What differs from the defaults, for the reader to judge."""
        changed: dict[str, Any] = {
            "enable_parallel": True,
            "parallel_threshold": 10.0,
            "slice_tables": SLICE_TABLES,
            "state": "memory",
            "model": SIMULATED,
            "analyst_model": None,
            "writer_model": None,
            "reviewer_model": None,
            "narrator_model": None,
            "drafter_model": None,
            "max_sequential": max(self.askers, Settings().max_sequential),
        }
        if self.questions is not None:
            changed["cache_bytes"] = SOAK_CACHE_BYTES
        return changed

    def configuration(self, folder: Path) -> Configuration:
        """A service with room for every asker, its state in a file of `folder`.

        Other settings are those of the environment, as for `forerun serve`.
        """
        settings = replace(Settings.read(), **self.changed_settings())
        serve = ServeSection(port=0, state=str(folder / "service.sqlite"))
        if self.questions is not None:
            serve = replace(serve, linger_s=SOAK_LINGERS_S)
        limits = LimitsSection(questions=max(self.askers, LimitsSection().questions))
        databases = {DATABASE: DatabaseSection(self.database)}
        own = AuthConfig(keys=str(folder / "access.sqlite"))
        quiet = TelemetryConfig(log="none")
        return Configuration(settings, databases, serve, limits, own, telemetry=quiet)


def scaled(profile: Profile, scale: float) -> Profile:
    """A provider that takes `scale` of the time: each of its calls is as much shorter."""

    def quicker(speed: Speed) -> Speed:
        return replace(
            speed,
            first_token_s=speed.first_token_s * scale,
            tokens_per_s=speed.tokens_per_s / scale,
        )

    return replace(
        profile,
        strong=quicker(profile.strong),
        small=quicker(profile.small),
        prefill_tokens_per_s=profile.prefill_tokens_per_s / scale,
    )
