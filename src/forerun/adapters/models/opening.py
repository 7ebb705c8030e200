"""From a name such as `openai:gpt-5.1` to a model. The SDKs load here, and only here."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from forerun.adapters.models.prices import price_of, read_prices
from forerun.errors import BadSetting, ForerunError, MissingExtra
from forerun.ports import Model

if TYPE_CHECKING:
    from pydantic_ai.models import Model as ProviderModel
    from pydantic_ai.providers import Provider
    from pydantic_ai.settings import ModelSettings

OLLAMA_URL = "http://localhost:11434/v1"
_SERVED_LOCALLY = frozenset({"ollama", "vllm", "litellm"})


def open_model(  # noqa: PLR0913 - one for each setting
    name: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout_s: float = 60.0,
    first_token_timeout_s: float | None = None,
    attempts: int = 3,
    structured: bool | None = None,
    prices: str | None = None,
) -> Model:
    """The model of that name. Loads a provider's SDK (about 2 s): keep it off the event loop.

    `name` is `provider:model` for any provider that pydantic-ai knows, or, with `base_url`, any
    name that an OpenAI-compatible server gives to a model. The key comes from `api_key`, else from
    the provider's own environment variable; with `base_url`, none is taken from the environment.
    `structured` holds replies to JSON schemas; None: where the provider is known to do so, which
    local servers are not. `prices` names a file as described in `prices.toml`.

    Errors: `MissingExtra` and `BadSetting`, the latter also where a key is missing.
    """
    price = price_of(name, read_prices(prices))
    try:
        from forerun.adapters.models.provider import ModelOfProvider, Patience
    except ImportError as error:
        raise MissingExtra("models", f"The model {name}") from error
    inner = _opened(name, base_url, api_key)
    settings = _without_sdk_retries(inner)
    if not inner.profile.get("supports_thinking"):
        settings["temperature"] = 0.0  # models that think reject it
    if structured is None:
        remote = base_url is None and inner.system not in _SERVED_LOCALLY
        structured = remote and bool(inner.profile.get("supports_json_schema_output"))
    patience = Patience(timeout_s, first_token_timeout_s, attempts)
    key = getattr(getattr(inner, "client", None), "api_key", api_key)
    return ModelOfProvider(name, inner, patience, structured, price, settings, key)


def _opened(name: str, base_url: str | None, api_key: str | None) -> ProviderModel:
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model

    try:
        if base_url is not None:
            return _at(base_url, name, api_key)
        if name.startswith("ollama:"):
            return _ollama(name, api_key)
        if api_key is not None:
            return infer_model(name, provider_factory=lambda kind: _provider(kind, api_key=api_key))
        return infer_model(name)
    except ImportError as error:
        raise _missing_package(name, error) from error
    except (UserError, ValueError) as error:
        raise _bad_name(name, error) from error


def _at(base_url: str, name: str, api_key: str | None) -> ProviderModel:
    """A model of the server at `base_url`.

    A prefix of the name counts where that provider can be given a base URL; `mistral:7b` at an
    Ollama server is a name as it stands. `openai:` says no more than how the server speaks.
    """
    from pydantic_ai.models import infer_model
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    if not re.match(r"https?://[^/\s]+", base_url):
        raise BadSetting(
            "The base URL of the model server is not one.", "It looks like http://host:port/v1."
        )
    kind, _, rest = name.partition(":")
    if kind not in ("openai", "openai-chat") and _takes_base_url(kind):
        provider = _provider(kind, base_url=base_url, api_key=api_key)
        return infer_model(name, provider_factory=lambda _: provider)
    # A stream that ends without its last word was cut off: no answer, however whole it looks.
    whole = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
    server = OpenAICompatibleProvider(
        "openai-compatible", base_url=base_url, api_key=api_key, profile=whole
    )
    bare_name = rest if kind in ("openai", "openai-chat") and rest else name
    return OpenAIChatModel(bare_name, provider=server)


def _ollama(name: str, api_key: str | None) -> ProviderModel:
    """Ollama where its own variable says, else where it listens by default."""
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model

    try:
        provider = _provider("ollama", api_key=api_key)
    except UserError:
        provider = _provider("ollama", base_url=OLLAMA_URL, api_key=api_key)
    return infer_model(name, provider_factory=lambda _: provider)


def _takes_base_url(kind: str) -> bool:
    from pydantic_ai.providers import infer_provider_class

    try:
        return "base_url" in inspect.signature(infer_provider_class(kind)).parameters
    except (ValueError, ImportError):  # no such provider, or none installed
        return False


def _provider(
    kind: str, *, base_url: str | None = None, api_key: str | None = None
) -> Provider[object]:
    from pydantic_ai.providers import infer_provider_class

    offered = {"base_url": base_url, "api_key": api_key}
    given = {option: value for option, value in offered.items() if value is not None}
    provider_class = infer_provider_class(kind)
    accepted = inspect.signature(provider_class).parameters
    if surplus := given.keys() - accepted.keys():
        raise BadSetting(f"The model provider {kind} takes no {' or '.join(sorted(surplus))}.")
    return provider_class(**given)


def _without_sdk_retries(inner: ProviderModel) -> ModelSettings:
    """Switch the SDK's own retries off: two layers of them multiply."""
    from pydantic_ai.settings import ModelSettings

    client = getattr(inner, "client", None)
    if client is not None and hasattr(client, "max_retries"):
        client.max_retries = 0
        return ModelSettings()
    if "max_retries" in inner.unsupported_settings:
        return ModelSettings()
    return ModelSettings(max_retries=0)


def _missing_package(name: str, error: ImportError) -> ForerunError:
    if extra := re.search(r"pydantic-ai-slim\[([\w-]+)\]", str(error)):
        return BadSetting(
            f"The model {name} needs a package of its provider that is not installed.",
            f"Install it with: pip install 'pydantic-ai-slim[{extra[1]}]'",
        )
    return MissingExtra("models", f"The model {name}")


def _bad_name(name: str, error: Exception) -> BadSetting:
    text = str(error)
    if variable := re.search(r"\b[A-Z][A-Z0-9_]*_(?:API_KEY|TOKEN|BASE_URL|ENDPOINT)\b", text):
        return BadSetting(
            f"The model {name} needs a key or an address that is not set.",
            f"Set the environment variable {variable[0]}.",
        )
    suggestion = re.search(r"Did you mean '([^']+)'", text)
    also = f" Did you mean {suggestion[1]}?" if suggestion else ""
    return BadSetting(
        f"There is no model {name}.",
        "Name it as provider:model, such as openai:gpt-5.1 or ollama:qwen3, "
        f"or give the base URL of its server.{also}",
    )
