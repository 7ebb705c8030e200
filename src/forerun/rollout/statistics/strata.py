"""By stratum, e.g. by how complex questions are: one estimate of all, and a claim for each.

How alpha is spent: the combined claim has all of it; the strata's own claims share it equally, so
that "faster on complex questions" is a claim of its own, and with k strata the probability that any
of them is wrong at any time is alpha at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, isnan, log, nan, sqrt

from forerun.rollout.statistics.boundaries import Boundary
from forerun.rollout.statistics.claims import Claim, claim
from forerun.rollout.statistics.effects import Effect, Scale
from forerun.rollout.statistics.metrics import Metric, effect_of
from forerun.rollout.statistics.samples import Sample


@dataclass(frozen=True, slots=True)
class Stratified:
    """The candidate against the control, within strata."""

    combined: Claim
    """Like is compared with like first; of quantiles this is no quantile of all questions."""
    strata: Mapping[str, Claim]
    shares: Mapping[str, float]
    """Of all units seen, both arms together."""


def stratified(
    metric: Metric,
    samples: Mapping[str, tuple[Sample, Sample]],
    boundary: Boundary,
    bound: float | None = None,
) -> Stratified:
    """Samples are (control, candidate) by stratum, of the strata that the plan names.

    What is claimed is being on the better side of `bound`, a ratio or a difference; by default
    that of no difference.
    """
    goal = metric.scale.shown(0.0) if bound is None else bound
    seen = {name: a.n + b.n for name, (a, b) in samples.items()}
    whole = sum(seen.values())
    shares = {name: n / whole if whole else 0.0 for name, n in seen.items()}
    effects = {name: effect_of(metric, a, b) for name, (a, b) in samples.items()}
    own = replace(boundary, alpha=boundary.alpha / max(len(effects), 1))
    says = f"The {metric.words} is better"
    return Stratified(
        claim(f"{says} within strata", combined(effects, shares), boundary, goal, metric.better),
        {
            name: claim(f"{says} for {name} questions", effect, own, goal, metric.better)
            for name, effect in effects.items()
        },
        shares,
    )


def combined(effects: Mapping[str, Effect], shares: Mapping[str, float]) -> Effect:
    """The mean of the strata's shifts, weighted by their shares of all units (post-stratification).

    Its error has two parts: the strata's own, and that the shares are estimates too, which adds
    the variance of the shifts between strata over the number of units. Strata without units are
    left out. Raises `ValueError` where there is no stratum at all.
    """
    if not effects:
        raise ValueError("There is no stratum.")
    weights = {name: shares[name] for name in effects if shares[name] > 0} or shares
    kept = [(weights[name], effects[name]) for name in weights]
    first = kept[0][1]
    units = sum(effect.units for _, effect in kept)
    shift = sum(weight * effect.shift for weight, effect in kept)
    between = sum(weight * (effect.shift - shift) ** 2 for weight, effect in kept)
    within = sum((weight * effect.error) ** 2 for weight, effect in kept)
    return Effect(
        metric=first.metric,
        scale=first.scale,
        control=_level(first.scale, [(weight, effect.control) for weight, effect in kept]),
        candidate=_level(first.scale, [(weight, effect.candidate) for weight, effect in kept]),
        shift=shift,
        error=sqrt(within + between / max(units, 1)),
        n_control=sum(effect.n_control for _, effect in kept),
        n_candidate=sum(effect.n_candidate for _, effect in kept),
        units=units,
        fault=_fault({name: effects[name] for name in weights}),
    )


def _level(scale: Scale, levels: list[tuple[float, float]]) -> float:
    if any(isnan(level) for _, level in levels):
        return nan
    if scale is Scale.DIFFERENCE:
        return sum(weight * level for weight, level in levels)
    return exp(sum(weight * log(level) for weight, level in levels))


def _fault(effects: Mapping[str, Effect]) -> str | None:
    faults = [f"{name}: {effect.fault}" for name, effect in effects.items() if effect.fault]
    return " ".join(faults) or None
