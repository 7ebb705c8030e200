"""The beginnings of prompts that a provider still has in its memory."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field


@dataclass
class PrefixCache:
    """Whole blocks of prompts, from their beginning, by model. Nothing is ever forgotten.

    A block is there from when the call that brought it gave its first token: two calls made at
    once do not help each other.
    """

    block: int
    """Characters."""
    _there_from: dict[int, float] = field(default_factory=dict)

    def beginnings(self, model: Hashable, text: str) -> list[int]:
        """A key for each beginning of `text` that is whole blocks, the shortest first."""
        keys: list[int] = []
        key = hash(model)
        for start in range(0, len(text) - self.block + 1, self.block):
            key = hash((key, text[start : start + self.block]))
            keys.append(key)
        return keys

    def known(self, beginnings: list[int], at: float) -> int:
        """Characters of the longest beginning that is there at that time."""
        for count, key in enumerate(beginnings):
            if key not in self._there_from or self._there_from[key] > at:
                return count * self.block
        return len(beginnings) * self.block

    def keep(self, beginnings: list[int], there_from: float) -> None:
        for key in beginnings:
            self._there_from[key] = min(self._there_from.get(key, there_from), there_from)
