"""The same act again, by its idempotency key: nothing is done twice."""

from __future__ import annotations

from forerun.rollout.experiments.lifecycle import Experiment
from forerun.rollout.experiments.store import ExperimentStore, KeyTaken
from forerun.rollout.experiments.written import experiment_from_text


async def done_before(
    store: ExperimentStore, key: str | None, action: str, id_: str | None = None
) -> Experiment | None:
    """What the key's first act left of the experiment; None where it is new, or there is none.

    Raises `KeyTaken` where it stood for something else.
    """
    entry = await store.done(key) if key is not None else None
    if entry is None:
        return None
    if entry.act.action != action or (id_ is not None and entry.experiment != id_):
        raise KeyTaken(
            f"The idempotency key {key!r} was used before, to {entry.act.action} the experiment "
            f"{entry.experiment}.",
            "Take a new key for each thing that is to be done, and the old one to repeat it.",
        )
    return experiment_from_text(entry.after)
