"""One model of any provider: asks by pydantic-ai, retries by stamina, counts tokens and money."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import anyio
import stamina
from genai_prices import calc_price
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    UserPromptPart,
)
from pydantic_ai.models import Model as ProviderModel
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from forerun.adapters.models.failures import FOREIGN, as_ours
from forerun.adapters.models.prices import Price
from forerun.domain import Usage
from forerun.errors import ModelBusy, ModelReplyBroken, ModelUnreachable
from forerun.ports import Completion, ModelAbilities, OnText, Prompt

# stamina logs each retry; without this, Python prints that where no logging is set up.
logging.getLogger("stamina").addHandler(logging.NullHandler())

THINKING_ROOM = 6_000
"""Output tokens on top of a prompt's own limit for models that may think before they answer."""
WARMTH = 0.8
"""Temperature of a second and third draw, which are to differ from the first."""
CHARACTERS_PER_TOKEN = 4
LONGEST_WAIT_S = 30.0
"""A provider that wants to be left alone for longer is not waited for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often one `complete` asks. Times in seconds."""

    timeout_s: float = 60.0
    """For the whole call, waits and further attempts included."""
    first_token_timeout_s: float | None = None
    """For an attempt to begin its answer, where it is streamed."""
    attempts: int = 3


@dataclass
class ModelOfProvider:
    """A `Model` over a model of pydantic-ai."""

    name: str
    inner: ProviderModel
    patience: Patience
    structured: bool
    price: Price | None
    """None: looked up in genai-prices after each call."""
    settings: ModelSettings = field(default_factory=ModelSettings)
    key: str | None = field(default=None, repr=False)
    """The provider's key, to be kept out of messages."""
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack, init=False)
    _entered: bool = field(default=False, init=False)

    @property
    def abilities(self) -> ModelAbilities:
        return ModelAbilities(structured=self.structured, varies="temperature" in self.settings)

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        """Ask once, at most `patience.attempts` times, within `patience.timeout_s`.

        Only a busy or unreachable model is asked again, and none of which text was handed out.
        """
        await self._enter()
        call = _Call(self, prompt, on_text)
        with anyio.move_on_after(self.patience.timeout_s):
            async for attempt in stamina.retry_context(
                on=call.worth_another_try,
                attempts=self.patience.attempts,
                timeout=None,
                wait_initial=0.2,
                wait_max=5.0,
                wait_jitter=0.2,
            ):
                with attempt:
                    return await call.attempt()
        raise ModelUnreachable(
            f"The model {self.name} gave no answer within {self.patience.timeout_s:g} s.",
            "Ask again, allow more time, or use a faster model.",
        )

    async def aclose(self) -> None:
        await self._clients.aclose()
        self._entered = False

    async def _enter(self) -> None:
        """Let the provider open its HTTP client in the event loop of the first call."""
        if not self._entered:
            await self._clients.enter_async_context(self.inner)
            self._entered = True

    def usage_of(self, response: ModelResponse) -> Usage:
        spent = response.usage
        cost = self._cost(
            spent,
            response.model_name or self.inner.model_name,
            response.provider_name or self.inner.system,
        )
        return Usage(1, spent.input_tokens, spent.output_tokens, cost)

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        """By the rule of thumb of four characters a token; no cache is assumed."""
        asked = (len(prompt.system) + len(prompt.user)) // CHARACTERS_PER_TOKEN
        spent = RequestUsage(input_tokens=asked, output_tokens=len(said) // CHARACTERS_PER_TOKEN)
        cost = self._cost(spent, self.inner.model_name, self.inner.system)
        return Usage(1, spent.input_tokens, spent.output_tokens, cost)

    def _cost(self, spent: RequestUsage, model: str, provider: str) -> float | None:
        if self.price:
            return self.price.of(spent.input_tokens, spent.output_tokens, spent.cache_read_tokens)
        try:
            calculated = calc_price(spent, model, provider_id=provider)
        except (LookupError, ValueError):  # a model, or a usage, that the list does not know
            return None
        return float(calculated.total_price)


@dataclass
class _Call:
    """One prompt on its way."""

    model: ModelOfProvider
    prompt: Prompt
    on_text: OnText | None
    heard: bool = False

    def worth_another_try(self, error: Exception) -> bool | float:
        """Whether to ask again and, where the provider says so, after how many seconds."""
        if self.heard or not isinstance(error, ModelBusy | ModelUnreachable):
            return False
        wait = error.retry_after_s if isinstance(error, ModelBusy) else None
        if wait is None:
            return True
        in_time = anyio.current_time() + wait < anyio.current_effective_deadline()
        return wait if wait <= LONGEST_WAIT_S and in_time else False

    async def attempt(self) -> Completion:
        try:
            response = await (self._stream(self.on_text) if self.on_text else self._request())
        except FOREIGN as error:
            # Not chained: a provider may have echoed the key, and tracebacks are logged.
            raise as_ours(error, self.model.name, self.model.key) from None
        if response.finish_reason == "content_filter":
            raise ModelReplyBroken(
                f"The provider of {self.model.name} held back the answer by its content filter.",
                "Ask in other words, or use another model.",
            )
        return Completion(
            text="".join(part.content for part in response.parts if isinstance(part, TextPart)),
            usage=self.model.usage_of(response),
            model=response.model_name or self.model.name,
            cut_short=response.finish_reason == "length" or response.state != "complete",
        )

    async def _request(self) -> ModelResponse:
        return await model_request(
            self.model.inner,
            self._messages(),
            model_settings=self._settings(),
            model_request_parameters=self._parameters(),
            instrument=False,
        )

    async def _stream(self, on_text: OnText) -> ModelResponse:
        async with model_request_stream(
            self.model.inner,
            self._messages(),
            model_settings=self._settings(),
            model_request_parameters=self._parameters(),
            instrument=False,
        ) as stream:
            async for event in stream:
                match event:
                    case PartStartEvent(part=TextPart(content=text)) if text:
                        pass
                    case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                        pass
                    case _:
                        continue
                self.heard = True
                await on_text(text)
        return stream.get()

    def _messages(self) -> list[ModelRequest]:
        return [
            ModelRequest(
                parts=[SystemPromptPart(self.prompt.system), UserPromptPart(self.prompt.user)]
            )
        ]

    def _settings(self) -> ModelSettings:
        thinks = self.model.inner.profile.get("supports_thinking", True)
        limit = self.prompt.max_output_tokens + (THINKING_ROOM if thinks else 0)
        settings = ModelSettings(**self.model.settings, max_tokens=limit)
        if self.prompt.sample and "temperature" in settings:
            settings["temperature"] = WARMTH
        if self.on_text and self.model.patience.first_token_timeout_s is not None:
            settings["first_event_timeout"] = self.model.patience.first_token_timeout_s
        return settings

    def _parameters(self) -> ModelRequestParameters:
        if self.prompt.shape is None or not self.model.structured:
            return ModelRequestParameters()
        reply = OutputObjectDefinition(dict(self.prompt.shape), name="reply", strict=True)
        return ModelRequestParameters(output_mode="native", output_object=reply)
