"""The one way to ask a model: every call is told of exactly once, however it ends."""

from __future__ import annotations

import time

import anyio

from forerun.domain import Usage
from forerun.errors import ForerunError, ModelBusy, ModelDenied
from forerun.events import ModelCalled, TextArrived, emit
from forerun.ports import Completion, Model, Prompt


async def ask(model: Model, prompt: Prompt, *, stream: bool = False) -> Completion:
    """Ask once and emit `ModelCalled`; with `stream`, emit `TextArrived` as the reply comes in.

    What a failed or cancelled call cost is unknown (None), unless it was turned away.
    """
    started_at = time.perf_counter()
    first_token_at: float | None = None
    usage = Usage(model_calls=1, cost_usd=None)
    outcome = "error"

    async def hear(text: str) -> None:
        nonlocal first_token_at
        first_token_at = first_token_at or time.perf_counter()
        emit(TextArrived(prompt.role, text))

    try:
        completion = await model.complete(prompt, hear if stream else None)
        usage = completion.usage
        outcome = "cut_short" if completion.cut_short else "ok"
        return completion
    except ForerunError as error:
        outcome = error.code
        if isinstance(error, ModelBusy | ModelDenied):
            usage = Usage(model_calls=1)
        raise
    except anyio.get_cancelled_exc_class():
        outcome = "cancelled"
        raise
    finally:
        emit(
            ModelCalled(
                role=prompt.role,
                model=model.name,
                prompt=prompt.name,
                started_at=started_at,
                first_token_at=first_token_at,
                usage=usage,
                outcome=outcome,
            )
        )
