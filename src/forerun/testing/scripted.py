"""A model that says what a script tells it to: deterministic, instant unless told otherwise."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

import anyio

from forerun.domain import Usage
from forerun.ports import Completion, ModelAbilities, OnText, Prompt

ScriptedReply: TypeAlias = str | Completion | Exception
"""A text, a whole completion, or what to raise instead."""
Script: TypeAlias = Iterable[ScriptedReply] | Callable[[Prompt], ScriptedReply]
"""Replies in the order in which they are given, or a function of the prompt."""


class ScriptedModel:
    """A `Model` that follows a script and keeps the prompts it was given.

    `delay_s` passes before the first token, `token_delay_s` before each of the others. With
    `structured` it takes shapes as a provider does that can be held to one; a function then sees
    `Prompt.shape`, which is None otherwise.
    """

    def __init__(
        self,
        script: Script,
        *,
        name: str = "scripted:model",
        delay_s: float = 0.0,
        token_delay_s: float = 0.0,
        structured: bool = False,
    ) -> None:
        self._reply = script if callable(script) else _in_order(iter(script))
        self._name = name
        self._delay_s = delay_s
        self._token_delay_s = token_delay_s
        self._structured = structured
        self.abilities = ModelAbilities(structured=structured)
        self.prompts: list[Prompt] = []
        self.closed = False

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, prompt: Prompt, on_text: OnText | None = None) -> Completion:
        """What the script says next. An exhausted script is an AssertionError."""
        self.prompts.append(prompt)
        said = self._reply(prompt if self._structured else replace(prompt, shape=None))
        await anyio.sleep(self._delay_s)
        if isinstance(said, Exception):
            raise said
        completion = said if isinstance(said, Completion) else self._completed(prompt, said)
        for token in tokens_of(completion.text):
            if on_text:
                await on_text(token)
            await anyio.sleep(self._token_delay_s)
        return completion

    def estimate(self, prompt: Prompt, said: str) -> Usage:
        asked = count_tokens(prompt.system) + count_tokens(prompt.user)
        return Usage(1, input_tokens=asked, output_tokens=count_tokens(said), cost_usd=0.0)

    async def aclose(self) -> None:
        self.closed = True

    def _completed(self, prompt: Prompt, text: str) -> Completion:
        return Completion(text, self.estimate(prompt, text), self._name)


def tokens_of(text: str) -> list[str]:
    """Words with the blanks that follow them; joined they are `text`."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def count_tokens(text: str) -> int:
    """A rule of thumb: four characters a token, rounded up."""
    return math.ceil(len(text) / 4)


def _in_order(replies: Iterator[ScriptedReply]) -> Callable[[Prompt], ScriptedReply]:
    def reply(prompt: Prompt) -> ScriptedReply:
        for said in replies:
            return said
        raise AssertionError(f"The script has no reply left for {prompt.name}.")

    return reply
