"""From names to models, without a network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from forerun.adapters.models import open_model
from forerun.adapters.models.prices import price_of, read_prices
from forerun.adapters.models.provider import ModelOfProvider
from forerun.errors import BadSetting


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OLLAMA_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def opened(name: str, base_url: str | None = None, api_key: str | None = None) -> ModelOfProvider:
    model = open_model(name, base_url=base_url, api_key=api_key)
    assert isinstance(model, ModelOfProvider)
    return model


@pytest.mark.parametrize(
    ("name", "asked_for"),
    [
        ("qwen3:8b", "qwen3:8b"),
        ("mistral:7b", "mistral:7b"),
        ("openai:gpt-5.1", "gpt-5.1"),
        ("openai/gpt-oss", "openai/gpt-oss"),
        ("ollama:qwen3:8b", "qwen3:8b"),
        ("anthropic:claude-sonnet-4-5", "claude-sonnet-4-5"),
    ],
)
def test_names_at_a_base_url(name: str, asked_for: str) -> None:
    """A prefix counts only where it names a provider that can be elsewhere."""
    model = opened(name, "http://host:1/v1", "k")
    assert (model.name, model.inner.model_name) == (name, asked_for)
    assert str(model.inner.base_url).startswith("http://host:1/")
    assert not model.structured


def test_providers_by_name() -> None:
    """Cloud models are held to shapes; Ollama listens where it does by default, for nothing."""
    assert opened("openai:gpt-4.1", api_key="k").structured
    assert opened("anthropic:claude-sonnet-4-5", api_key="k").structured
    local = opened("ollama:qwen3")
    assert str(local.inner.base_url) == "http://localhost:11434/v1/"
    assert not local.structured
    assert local.price is not None
    assert local.price.of(1000, 1000) == 0.0


def test_models_that_think_are_given_no_temperature() -> None:
    """They would reject it."""
    assert "temperature" not in opened("openai:gpt-5", api_key="k").settings
    assert opened("openai:gpt-4.1", api_key="k").settings["temperature"] == 0.0


@pytest.mark.parametrize("name", ["", "gpt-5", "nope:x", "openai", ":"])
def test_an_unknown_name_is_explained(name: str) -> None:
    """What a name looks like is in the hint."""
    with pytest.raises(BadSetting, match="There is no model") as caught:
        open_model(name)
    assert "provider:model" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("name", "variable"),
    [("openai:gpt-5.1", "OPENAI_API_KEY"), ("anthropic:claude-sonnet-4-5", "ANTHROPIC_API_KEY")],
)
def test_a_missing_key_names_its_variable(name: str, variable: str) -> None:
    """The asker learns which environment variable to set."""
    with pytest.raises(BadSetting) as caught:
        open_model(name)
    assert variable in str(caught.value.hint)


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://x", "http://", ""])
def test_a_base_url_must_be_one(url: str) -> None:
    """Said at once, not at the first question."""
    with pytest.raises(BadSetting, match="base URL"):
        open_model("m", base_url=url)


def test_no_secret_in_what_is_shown() -> None:
    """A model can be printed."""
    assert "hidden-key" not in repr(opened("m", "http://host:1/v1", "hidden-key"))


@pytest.mark.parametrize(
    "text", ["not toml", '["m"]\ninput = 1.0', '["m"]\ninput = "x"\noutput = 1', "m = 1"]
)
def test_a_bad_price_file_is_explained(tmp_path: Path, text: str) -> None:
    """A wrong form is the user's to put right."""
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match="not a list of prices"):
        read_prices(str(path))
    with pytest.raises(BadSetting, match="cannot be read"):
        read_prices(str(tmp_path / "none.toml"))


def test_own_prices_go_first(tmp_path: Path) -> None:
    """The user's file outweighs the built-in one, also in what cached input costs."""
    path = tmp_path / "prices.toml"
    path.write_text('["ollama:*"]\ninput = 1.0\noutput = 2.0\ncached_input = 0.5')
    price = price_of("ollama:x", read_prices(str(path)))
    assert price is not None
    assert price.of(1_000_000, 1_000_000, cached_tokens=500_000) == pytest.approx(2.75)
    assert price_of("openai:x", read_prices()) is None


def test_a_missing_part_is_named() -> None:
    """Without the extra, the asker learns how to install it."""
    script = (
        "import sys; sys.modules['pydantic_ai'] = None\n"
        "from forerun.adapters.models import open_model\n"
        "from forerun.errors import MissingExtra\n"
        "try: open_model('openai:gpt-5.1')\n"
        "except MissingExtra as error: print(error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"pip install 'forerun[models]'" in done.stdout


def test_no_sdk_is_loaded_before_a_model_is_opened() -> None:
    """Importing the adapter, the prompts, drafting and the doubles stays light."""
    script = (
        "import sys, forerun.adapters.models, forerun.drafting, forerun.prompts, forerun.testing\n"
        "heavy = {'pydantic_ai', 'pydantic', 'openai', 'httpx2', 'stamina', 'h11', 'sqlglot'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
