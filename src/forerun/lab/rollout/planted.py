"""A regression that is planted: from some moment on the parallel path's models answer late."""

from __future__ import annotations

from dataclasses import dataclass, replace

import anyio

from forerun.orchestrators.passing import PassingModel
from forerun.ports import Completion, Model, OnText, Prompt
from forerun.stages import Models, Resources


@dataclass
class Regression:
    """Seconds by which each call of the parallel path is late: 0 until it is planted."""

    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class LateModel(PassingModel):
    """A model whose first word comes later than it would."""

    regression: Regression

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        if self.regression.late_s:
            await anyio.sleep(self.regression.late_s)
        return await self.inner.complete(prompt, on_text)


def planted(ahead: Resources, regression: Regression) -> Resources:
    """The parallel path's ports with the regression in them; the sequential ones are others."""

    def late(model: Model | None) -> Model | None:
        return None if model is None else LateModel(model, regression)

    models = ahead.models
    return replace(
        ahead,
        models=Models(
            late(models.analyst), late(models.writer), late(models.reviewer), late(models.narrator)
        ),
    )
