"""From measured questions to the rows of the table, for people and for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from forerun.domain import Status
from forerun.domain.figures import quantile
from forerun.lab.latency.losing import Part, parts_of
from forerun.lab.latency.measuring import Measured


@dataclass(frozen=True, slots=True)
class Row:
    """One strategy. Seconds at scale 1; calls, tokens and waste are means a question."""

    name: str
    p50_s: float
    p95_s: float
    mean_s: float
    mean_cut: float
    """Of the mean, against the row that it is compared with, on the same questions."""
    first_rows_p50_s: float | None
    model_calls: float
    input_tokens: float
    output_tokens: float
    cost_ratio: float
    equal_answers: float
    """Share of questions answered just as that row did."""
    fallbacks: int
    wasted_ms: float
    answered: float
    share_parallel: float | None = None
    prediction_error: float | None = None
    """Median of |predicted - actual| / actual, against what the sequential path took."""


@dataclass(frozen=True, slots=True)
class Simple:
    """Simple questions on the hybrid, below the threshold, against the sequential path."""

    p50_s: float
    mean_ratio: float
    same_calls: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """A strategy against `two-call`, as shares of its medians on the questions that it answers.

    Of the others it has no answer, only the seconds until it failed.
    """

    name: str
    p50: float
    first_rows_p50: float | None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One run of the bench."""

    profile: str
    scale: float
    seed: int
    questions: int
    strategies: tuple[Row, ...]
    variants: tuple[Row, ...]
    assumptions: Mapping[str, Any]
    simple: Simple | None = None
    beside_two_call: tuple[Beside, ...] = ()


def row_of(
    name: str,
    found: Sequence[Measured],
    against: Mapping[str, Measured],
    *,
    mixed: bool = False,
) -> Row:
    """The strategy's row; `against` holds the row it is compared with, by question."""
    seconds = sorted(each.seconds for each in found)
    others = [against[each.question] for each in found]
    first = [each.first_rows_s for each in found if each.first_rows_s is not None]
    return Row(
        name,
        quantile(seconds, 0.5),
        quantile(seconds, 0.95),
        fmean(seconds),
        1 - fmean(seconds) / fmean(each.seconds for each in others),
        median(first) if first else None,
        fmean(each.model_calls for each in found),
        fmean(each.input_tokens for each in found),
        fmean(each.output_tokens for each in found),
        fmean(each.cost_usd for each in found) / fmean(each.cost_usd for each in others),
        fmean(a.digest == b.digest for a, b in zip(found, others, strict=True)),
        sum(each.fell_back for each in found),
        fmean(each.wasted_ms for each in found),
        fmean(each.status is Status.ANSWERED for each in found),
        fmean(each.parallel for each in found) if mixed else None,
        _prediction_error(found, others) if mixed else None,
    )


def _prediction_error(found: Sequence[Measured], others: Sequence[Measured]) -> float | None:
    errors = [
        abs(each.predicted_s - other.seconds) / other.seconds
        for each, other in zip(found, others, strict=True)
        if each.predicted_s is not None and other.seconds > 0
    ]
    return median(errors) if errors else None


def beside(name: str, found: Sequence[Measured], peer: Mapping[str, Measured]) -> Beside | None:
    """The strategy beside the peer; None where the peer has answered nothing."""
    others = [one for one in peer.values() if one.status is Status.ANSWERED]
    answered = {one.question for one in others}
    both = [each for each in found if each.question in answered]
    if not both:
        return None
    first = [each.first_rows_s for each in both if each.first_rows_s is not None]
    peers_first = [one.first_rows_s for one in others if one.first_rows_s is not None]
    return Beside(
        name,
        median(each.seconds for each in both) / median(one.seconds for one in others),
        median(first) / median(peers_first) if first and peers_first else None,
        parts_of([(each, peer[each.question]) for each in both]),
    )


def simple_of(found: Sequence[Measured], against: Mapping[str, Measured]) -> Simple | None:
    """What the hybrid does to questions that it leaves to the sequential path."""
    below = [each for each in found if not each.complex and not each.parallel]
    if not below:
        return None
    others = [against[each.question] for each in below]
    return Simple(
        median(each.seconds for each in below),
        fmean(each.seconds for each in below) / fmean(each.seconds for each in others),
        all(a.model_calls == b.model_calls for a, b in zip(below, others, strict=True)),
    )


_FOR_MACHINES = [
    "name",
    "p50_s",
    "p95_s",
    "mean_s",
    "mean_cut",
    "first_rows_p50_s",
    "model_calls",
    "input_tokens",
    "output_tokens",
    "cost_ratio",
    "equal_answers",
    "fallbacks",
    "wasted_ms",
    "answered",
]


def to_json(report: Report) -> dict[str, Any]:
    """The report for machines, figures rounded to what they mean."""
    return {
        "profile": report.profile,
        "scale": report.scale,
        "seed": report.seed,
        "questions": report.questions,
        "strategies": [_row_to_json(row) for row in report.strategies],
        "variants": [_row_to_json(row) for row in report.variants],
        "simple": _simple_to_json(report.simple),
        "beside_two_call": [
            {
                "name": each.name,
                "p50": _rounded(each.p50),
                "first_rows_p50": _rounded(each.first_rows_p50),
                "parts": [_part_to_json(part) for part in each.parts],
            }
            for each in report.beside_two_call
        ],
        "assumptions": dict(report.assumptions),
    }


def _row_to_json(row: Row) -> dict[str, Any]:
    wire = {name: _rounded(getattr(row, name)) for name in _FOR_MACHINES}
    if row.share_parallel is not None:
        wire["share_parallel"] = _rounded(row.share_parallel)
        wire["prediction_error"] = _rounded(row.prediction_error)
    return wire


def _part_to_json(part: Part) -> dict[str, Any]:
    return {
        "befell": part.befell.value,
        "share": _rounded(part.share),
        "alone": _rounded(part.alone),
        "follow_ups": _rounded(part.follow_ups),
        "first_rows": _rounded(part.first_rows),
        "later_s": _rounded(part.later_s),
    }


def _simple_to_json(simple: Simple | None) -> dict[str, Any] | None:
    if simple is None:
        return None
    return {
        "p50_s": _rounded(simple.p50_s),
        "mean_ratio": round(simple.mean_ratio, 5),
        "same_calls": simple.same_calls,
    }


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value
