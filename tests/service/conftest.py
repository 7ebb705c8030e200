"""What the proofs of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from forerun.testing.openai_server import ChatRequest, Hangs, OpenAIServer, Reply, serve_openai
from forerun.testing.playbook import Playbook
from tests.api.service import shop

LETTERS = "Which letters are there?"


@pytest.fixture(scope="session")
def shop_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The shop, with letters that are long."""
    url = shop(tmp_path_factory.mktemp("proofs") / "shop.duckdb")
    with duckdb.connect(url) as connection:
        connection.execute(
            "CREATE TABLE letters AS SELECT range AS id, repeat('x', 4000) AS text FROM range(3000)"
        )
    return url


@pytest.fixture(scope="module")
def silent_model() -> Iterator[OpenAIServer]:
    """A model that never says a word unless it is asked for letters: whoever asks it waits."""
    playbook = Playbook({LETTERS: "SELECT * FROM letters"})

    def script(asked: ChatRequest) -> Reply:
        return playbook(asked) if LETTERS in asked.user else Hangs()

    with serve_openai(script) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")
