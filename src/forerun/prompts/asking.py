"""The one way to ask a model: every call is told of exactly once, however it ends."""

from __future__ import annotations

import anyio

from forerun.domain import Usage
from forerun.errors import ForerunError, ModelBusy, ModelDenied
from forerun.events import ModelCalled, TextArrived, emit
from forerun.ports import Completion, Model, OnText, Prompt


async def ask(
    model: Model, prompt: Prompt, *, stream: bool = False, on_text: OnText | None = None
) -> Completion:
    """Ask once and emit `ModelCalled`; with `stream`, emit `TextArrived` as the reply comes in.

    What a failed call cost is unknown (None), unless it was turned away; what a cancelled one
    cost is the model's own estimate. `on_text` hears the reply, too, as it comes in.
    """
    started_at = anyio.current_time()
    first_token_at: float | None = None
    usage = Usage(model_calls=1, cost_usd=None)
    outcome = "error"
    said: list[str] = []

    async def hear(text: str) -> None:
        nonlocal first_token_at
        if first_token_at is None:
            first_token_at = anyio.current_time()
        said.append(text)
        emit(TextArrived(prompt.role, text))
        if on_text is not None:
            await on_text(text)

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
        outcome, usage = "cancelled", model.estimate(prompt, "".join(said))
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
