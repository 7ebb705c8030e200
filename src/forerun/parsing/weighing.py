"""Fitted weights: text files of `name<TAB>weight`, with comments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def read_weights(path: Path) -> Mapping[str, float]:
    """Weight by name."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {name: float(weight) for name, weight in pairs}
