"""What a provider's SDK takes of the processor for one streamed call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import anyio
import anyio.to_thread

from forerun.app import Forerun, Settings, open_model
from forerun.app.models import Roles
from forerun.lab.load.planning import SIMULATED, Load
from forerun.orchestrators.passing import PassingModel
from forerun.ports import Completion, OnText, Prompt
from forerun.stages import Models
from forerun.testing.simulator import SimulatedModel
from forerun.testing.simulator.server import serve_simulated

QUICKLY = 0.001
QUESTIONS = 6


@dataclass(frozen=True, slots=True)
class _Noting(PassingModel):
    prompts: list[Prompt] = field(default_factory=list)

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        self.prompts.append(prompt)
        return await self.inner.complete(prompt, on_text)


class _Asked(Forerun):
    """Over a model in process that notes what it is asked."""

    def __init__(self, model: _Noting, database: str, settings: Settings) -> None:
        self._model = model
        super().__init__(database, settings=settings)

    def _opened_roles(self) -> Roles:
        return Roles(Models(self._model, self._model, self._model, self._model))


async def sdk_cpu_ms(load: Load) -> float:
    """CPU milliseconds of this thread for a call, over the calls of a few questions.

    The server is in another thread. Raises `MissingExtra` where the SDK is not installed.
    """
    quick = replace(load, scale=QUICKLY)
    prompts = await _prompts(quick)
    with serve_simulated(quick.engine()) as server:
        settings = Settings(model_url=server.base_url)
        model = await anyio.to_thread.run_sync(open_model, SIMULATED, settings)
        try:
            for prompt in prompts[:3]:  # the first ones load what they need
                await model.complete(prompt, _unheard)
            began = time.thread_time()
            for prompt in prompts:
                await model.complete(prompt, _unheard)
            return 1_000 * (time.thread_time() - began) / len(prompts)
        finally:
            await model.aclose()


async def _prompts(load: Load) -> Sequence[Prompt]:
    noting = _Noting(SimulatedModel(load.engine()))
    settings = Settings(slice_tables=4, state="memory", cache="none")
    async with _Asked(noting, load.database, settings) as forerun:
        for case in load.cases[:QUESTIONS]:
            await forerun.ask(case.question)
    return noting.prompts


async def _unheard(_: str) -> None:
    return None
