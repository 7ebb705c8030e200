"""The event loop of the service gets its turn beside threads that never pause."""

from __future__ import annotations

import sys

import pytest
from fastapi import FastAPI

from forerun.api.service import Service
from forerun.api.switching import KEPT_FOR_S, promptly
from forerun.app.configuration import Configuration


def test_the_interpreter_changes_hands_sooner_within_the_block_and_as_before_after_it() -> None:
    before = sys.getswitchinterval()
    with promptly():
        assert sys.getswitchinterval() == pytest.approx(KEPT_FOR_S)
    assert sys.getswitchinterval() == before


@pytest.mark.anyio
async def test_a_service_is_in_that_block_as_long_as_it_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("forerun.api.service._SIGNALS", ())  # they are the test runner's
    before = sys.getswitchinterval()
    async with Service(Configuration())._lives(FastAPI()):
        assert sys.getswitchinterval() == pytest.approx(KEPT_FOR_S)
    assert sys.getswitchinterval() == before
