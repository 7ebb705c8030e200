"""What tokens cost: the user's file, then ours, then the list of genai-prices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

from forerun.errors import BadSetting


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    cached_input: float

    def of(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """US dollars for one call; `cached_tokens` are part of `input_tokens`."""
        fresh = max(input_tokens - cached_tokens, 0)
        dollars = fresh * self.input + cached_tokens * self.cached_input
        return (dollars + output_tokens * self.output) / 1_000_000


PriceList: TypeAlias = Mapping[str, Price]
"""Prices by model name, in which `*` stands for anything; the first that fits counts."""


def price_of(model: str, prices: PriceList) -> Price | None:
    """The price of a model by the name that it was opened with."""
    return next((price for name, price in prices.items() if fnmatchcase(model, name)), None)


def read_prices(path: str | None = None) -> PriceList:
    """The prices in the file at `path`, then the built-in ones. A bad file is a BadSetting."""
    built_in = _parsed(files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))
    if path is None:
        return built_in
    try:
        own = _parsed(Path(path).read_text(encoding="utf-8"))
        return own | {name: price for name, price in built_in.items() if name not in own}
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"The price file {path} cannot be read.", "Check its path.") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadSetting(
            f"The price file {path} is not a list of prices: {error}.",
            'Each model needs a table: ["provider:model"], with input and output in dollars '
            "per million tokens.",
        ) from error


def _parsed(text: str) -> dict[str, Price]:
    return {
        name: Price(
            input=float(entry["input"]),
            output=float(entry["output"]),
            cached_input=float(entry.get("cached_input", entry["input"])),
        )
        for name, entry in tomllib.loads(text).items()
    }
