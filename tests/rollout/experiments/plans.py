"""Any plan and any experiment there can be."""

from __future__ import annotations

from hypothesis import strategies as st

from forerun.rollout.experiments import Experiment, Guardrail, Metric, Plan, State, Unit

texts = st.text(st.characters(codec="utf-8"), max_size=40)
times = st.floats(0, 4e9)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    holdout = draw(st.none() | st.floats(0, 50))
    per_step = draw(st.integers(1, 10_000))
    named = texts.filter(str.strip)
    return Plan(
        name=draw(named),
        hypothesis=draw(named),
        unit=draw(st.sampled_from(Unit)),
        primary=draw(st.sampled_from(Metric)),
        guardrails=tuple(
            draw(st.lists(st.builds(Guardrail, st.sampled_from(Metric), st.floats(0, 10))))
        ),
        ramp=tuple(sorted(draw(st.sets(st.floats(0.001, 50), min_size=1, max_size=6)))),
        per_step=per_step,
        horizon=draw(st.integers(per_step, 10**7)),
        alpha=draw(st.floats(0.0001, 0.4999)),
        control_only=draw(st.booleans()),
        auto_rollback=draw(st.booleans()),
        auto_promote=draw(st.booleans()),
        holdout=holdout,
        shadow_days=draw(st.floats(0, 1e6)),
    )


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    plan_ = draw(plans())
    return Experiment(
        id=draw(texts),
        plan=plan_,
        salt=draw(texts),
        hash_version=draw(st.integers(0, 2**40)),
        state=draw(st.sampled_from(State)),
        step=draw(st.integers(0, len(plan_.ramp) - 1)),
        version=draw(st.integers(1, 2**40)),
        created_at=draw(times),
        started_at=draw(st.none() | times),
        ended_at=draw(st.none() | times),
        reason=draw(st.none() | texts),
    )
