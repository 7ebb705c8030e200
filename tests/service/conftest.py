"""What the proofs of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forerun.testing.openai_server import Hangs, OpenAIServer, serve_openai
from tests.api.service import shop


@pytest.fixture(scope="session")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return shop(tmp_path_factory.mktemp("proofs") / "shop.duckdb")


@pytest.fixture(scope="module")
def silent_model() -> Iterator[OpenAIServer]:
    """A model that never says a word: whoever asks it waits."""
    with serve_openai(lambda _: Hangs()) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")
