"""What a run has shown, for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from forerun.domain.figures import quantile
from forerun.lab.load.asking import Ending
from forerun.lab.load.census import Census
from forerun.lab.load.noting import Figures

GOAL_OWN_MS = 5.0
MOST_GROWTH_BYTES = 1_024
"""A question, once warm; what is less is the noise of an allocator."""
WARM_SHARE = 0.4
MOST_OF_STATE = 64
"""Descriptors of one file of the service's state that SQLite may keep: connections at once."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of one measure."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, values: Iterable[float], unit: float = 1.0) -> Spread | None:
        """In `unit` of what they are given in; None of nothing."""
        ordered = sorted(value * unit for value in values)
        if not ordered:
            return None
        return cls(*(round(quantile(ordered, share), 3) for share in (0.5, 0.95, 0.99)))


@dataclass(frozen=True, slots=True)
class Times:
    """Of the questions that were served. All but the first two in milliseconds."""

    whole_s: Spread | None
    """As the asker saw it."""
    first_event_s: Spread | None
    own_ms: Spread | None
    """At the server, from its admission to its last event, outside the Model and Database ports."""
    own_cpu_ms: Spread | None
    """CPU of the event loop for the question's own tasks, outside the ports: own time without what
    it waited for others, for threads and for the store."""
    orchestration_ms: Spread | None
    """The part of it within `Forerun.ask`."""
    around_ms: Spread | None
    """The rest of it: events, JSON, keeping the turn of a conversation."""
    http_ms: Spread | None
    """What the asker saw on top of the server's time: the request, the stream, the network."""
    queued_ms: Spread | None
    lag_ms: Spread | None
    """How late the service's event loop woke up who had asked for a moment."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What it took, and how busy the machine was with other things."""

    cpu_ms_a_question: float
    """Of the service: all threads, an embedded database's and a simulated model's part too."""
    loop_cpu_ms_a_question: float
    """Of its event loop alone."""
    cpu_share: float
    """Of one core, of the service."""
    asker_cpu_share: float
    """The same of the process that asks."""
    load_average: float
    """Over the last minute, at the end; all that wants to run on this machine."""
    cores: int
    sdk_cpu_ms_a_call: float | None
    """A provider's SDK, streamed; not part of the above unless models are asked over HTTP."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident, of the service, in bytes."""

    before: int
    peak: int
    after: int
    growth_a_question: float | None
    """Slope by questions answered, once warm; only where that was asked for."""


@dataclass(frozen=True, slots=True)
class Left:
    """What the service held before the askers came, and after they had left."""

    before: Census
    after: Census
    settled_s: float
    """Until nothing changed any more."""
    exit_status: int | None

    @property
    def behind(self) -> dict[str, Any]:
        """Where the two differ; of the state, where more is open than can have been at once; of
        connections, where there are more than before."""
        before, after = asdict(self.before), asdict(self.after)
        had, has = self.before.connections, self.after.connections
        if all(count <= had.get(whom, 0) for whom, count in has.items()):
            after["connections"] = before["connections"]
        if max(self.after.of_state.values(), default=0) <= MOST_OF_STATE:
            after["of_state"] = before["of_state"]
        return {kind: [before[kind], after[kind]] for kind in before if before[kind] != after[kind]}


@dataclass(frozen=True, slots=True)
class Report:
    """One run."""

    about: Mapping[str, Any]
    """All that was set: load, limits, settings."""
    questions: int
    seconds: float
    a_second: float
    """Questions that ended while all askers were there, a second."""
    statuses: Mapping[str, int]
    errors: Mapping[str, int]
    strategies: Mapping[str, int]
    shed: int
    """Questions for which nothing was done ahead because of the load."""
    fallbacks: int
    model_calls: float
    """A question."""
    statements: float
    events: float
    bytes: float
    times: Times
    machine: Machine
    memory: Memory
    left: Left

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be, in words."""
        found = [f"{count} questions failed: {code}." for code, count in self.errors.items()]
        for kind, (before, after) in self.left.behind.items():
            found.append(f"Left behind: {kind} {after}, before {before}.")
        if self.left.exit_status != 0:
            found.append(f"The service ended with status {self.left.exit_status}.")
        growth = self.memory.growth_a_question
        if growth is not None and growth > MOST_GROWTH_BYTES:
            found.append(f"Memory grows by {growth:,.0f} bytes a question.")
        return tuple(found)


def times_of(endings: Sequence[Ending], figures: Figures) -> Times:
    """Askers and server tell of the same questions, each its own part."""
    served = {each.id: each for each in figures.served}
    both = [(ending, served[ending.id]) for ending in endings if ending.id in served]
    ms = 1_000.0
    return Times(
        Spread.of(ending.seconds for ending in endings),
        Spread.of(e.first_event_s for e in endings if e.first_event_s is not None),
        Spread.of((each.own_s for _, each in both), ms),
        Spread.of((each.own_cpu_s for _, each in both), ms),
        Spread.of((each.orchestrated_s - each.at_ports_s for _, each in both), ms),
        Spread.of((each.whole_s - each.orchestrated_s for _, each in both), ms),
        Spread.of((e.seconds - s.queued_s - s.whole_s for e, s in both), ms),
        Spread.of((each.queued_s for _, each in both), ms),
        Spread.of(figures.lags_s, ms),
    )


def counted(values: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(value for value in values if value is not None).most_common())


def growth(samples: Sequence[tuple[int, int]]) -> float | None:
    """Bytes a question by which memory grows: Theil and Sen's slope, the median of all pairs'.

    `samples` are questions answered and bytes then; the first part, when caches fill, is left out.
    """
    if not samples:
        return None
    warm_from = samples[-1][0] * WARM_SHARE
    warm = [sample for sample in samples if sample[0] >= warm_from]
    warm = warm[:: max(1, len(warm) // 400)]
    slopes = sorted(
        (b[1] - a[1]) / (b[0] - a[0])
        for n, a in enumerate(warm)
        for b in warm[n + 1 :]
        if b[0] > a[0]
    )
    return quantile(slopes, 0.5) if slopes else None


def to_json(report: Report) -> dict[str, Any]:
    return {**asdict(report), "faults": report.faults}
