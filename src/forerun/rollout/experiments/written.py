"""Plans and experiments as JSON and back: the same text for the same experiment, nothing lost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from forerun.errors import BadInput
from forerun.rollout.experiments.lifecycle import Experiment, State
from forerun.rollout.experiments.plan import Guardrail, Metric, Plan, Unit

Kind = TypeVar("Kind")
Choice = TypeVar("Choice", bound=StrEnum)


def experiment_to_text(experiment: Experiment) -> str:
    """One line of ASCII. Raises `ValueError` for NaN, infinities and halves of characters."""
    json_ = {
        "id": experiment.id,
        "plan": plan_to_json(experiment.plan),
        "salt": experiment.salt,
        "hash_version": experiment.hash_version,
        "state": experiment.state.value,
        "step": experiment.step,
        "version": experiment.version,
        "created_at": float(experiment.created_at),
        "started_at": _float_or_none(experiment.started_at),
        "step_since": _float_or_none(experiment.step_since),
        "ended_at": _float_or_none(experiment.ended_at),
        "reason": experiment.reason,
    }
    json.dumps(json_, ensure_ascii=False).encode()  # two halves would be read as one whole
    return json.dumps(json_, allow_nan=False)


def experiment_from_text(text: str) -> Experiment:
    """Raises `ValueError` for whatever is not exactly one experiment, as `experiment_to_text`
    writes it."""
    read = _object(parsed(text), "an experiment", _EXPERIMENT)
    experiment = Experiment(
        id=_text(read["id"], "id"),
        plan=plan_from_json(read["plan"]),
        salt=_text(read["salt"], "salt"),
        hash_version=_exactly(int, read["hash_version"], "hash_version"),
        state=_choice(State, read["state"], "state"),
        step=_exactly(int, read["step"], "step"),
        version=_exactly(int, read["version"], "version"),
        created_at=_number(read["created_at"], "created_at"),
        started_at=_number_or_none(read["started_at"], "started_at"),
        step_since=_number_or_none(read["step_since"], "step_since"),
        ended_at=_number_or_none(read["ended_at"], "ended_at"),
        reason=None if read["reason"] is None else _text(read["reason"], "reason"),
    )
    if not 0 <= experiment.step < len(experiment.plan.ramp) or experiment.version < 1:
        raise ValueError("The experiment is at a step or a version that there is not.")
    return experiment


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """An object with every field of the plan, in their order."""
    return {
        "name": plan.name,
        "hypothesis": plan.hypothesis,
        "unit": plan.unit.value,
        "primary": plan.primary.value,
        "guardrails": [
            {"metric": guardrail.metric.value, "margin": float(guardrail.margin)}
            for guardrail in plan.guardrails
        ],
        "ramp": [float(step) for step in plan.ramp],
        "per_step": plan.per_step,
        "horizon": plan.horizon,
        "alpha": float(plan.alpha),
        "control_only": plan.control_only,
        "auto_rollback": plan.auto_rollback,
        "auto_promote": plan.auto_promote,
        "holdout": _float_or_none(plan.holdout),
        "shadow_days": float(plan.shadow_days),
    }


def plan_from_json(json_: object) -> Plan:
    """Raises `ValueError`, also for a plan that cannot be carried out."""
    read = _object(json_, "a plan", _PLAN)
    try:
        return Plan(
            name=_text(read["name"], "name"),
            hypothesis=_text(read["hypothesis"], "hypothesis"),
            unit=_choice(Unit, read["unit"], "unit"),
            primary=_choice(Metric, read["primary"], "primary"),
            guardrails=tuple(map(_guardrail, _exactly(list, read["guardrails"], "guardrails"))),
            ramp=tuple(_number(step, "ramp") for step in _exactly(list, read["ramp"], "ramp")),
            per_step=_exactly(int, read["per_step"], "per_step"),
            horizon=_exactly(int, read["horizon"], "horizon"),
            alpha=_number(read["alpha"], "alpha"),
            control_only=_exactly(bool, read["control_only"], "control_only"),
            auto_rollback=_exactly(bool, read["auto_rollback"], "auto_rollback"),
            auto_promote=_exactly(bool, read["auto_promote"], "auto_promote"),
            holdout=_number_or_none(read["holdout"], "holdout"),
            shadow_days=_number(read["shadow_days"], "shadow_days"),
        )
    except BadInput as impossible:
        raise ValueError(impossible.message) from impossible


_EXPERIMENT = frozenset(
    {
        "id", "plan", "salt", "hash_version", "state", "step", "version", "created_at",
        "started_at", "step_since", "ended_at", "reason",
    }
)  # fmt: skip
_PLAN = frozenset(
    {
        "name", "hypothesis", "unit", "primary", "guardrails", "ramp", "per_step", "horizon",
        "alpha", "control_only", "auto_rollback", "auto_promote", "holdout", "shadow_days",
    }
)  # fmt: skip
_GUARDRAIL = frozenset({"metric", "margin"})


def parsed(text: str) -> object:
    """Raises `ValueError`, also where an object has a field twice."""
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except (TypeError, RecursionError) as broken:
        raise ValueError(f"This is no JSON: {broken!r}.") from broken


def _without_repeats(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    """JSON allows a name twice, and the last one would win unseen."""
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("An object has a field twice.")
    return read


def _guardrail(json_: object) -> Guardrail:
    read = _object(json_, "a guardrail", _GUARDRAIL)
    return Guardrail(_choice(Metric, read["metric"], "metric"), _number(read["margin"], "margin"))


def _object(json_: object, what: str, names: frozenset[str]) -> Mapping[str, object]:
    """With exactly these fields, so that nothing misspelt is passed over."""
    read = _exactly(dict, json_, what)
    if wrong := sorted(map(str, read.keys() ^ names)):
        raise ValueError(f"This is not {what}: missing or unknown is {', '.join(wrong)}.")
    return read


def _exactly(kind: type[Kind], json_: object, name: str) -> Kind:
    """Of this type and of no other that passes for it, as true does for 1."""
    if type(json_) is not kind:
        raise ValueError(f"{name} is {type(json_).__name__} where {kind.__name__} is wanted.")
    return json_


def _text(json_: object, name: str) -> str:
    text = _exactly(str, json_, name)
    text.encode()  # raises a ValueError for half a character
    return text


def _number(json_: object, name: str) -> float:
    """Python reads NaN, and 1e999 as infinite; neither is a number here."""
    try:
        number = float(json_) if type(json_) is int else _exactly(float, json_, name)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} is no finite number.")
    return number


def _number_or_none(json_: object, name: str) -> float | None:
    return None if json_ is None else _number(json_, name)


def _float_or_none(number: float | None) -> float | None:
    return None if number is None else float(number)


def _choice(choices: type[Choice], json_: object, name: str) -> Choice:
    try:
        return choices(_text(json_, name))
    except ValueError:
        raise ValueError(f"{name} is none of {', '.join(choices)}.") from None
