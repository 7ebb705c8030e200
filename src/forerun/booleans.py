"""True and false as variables of the environment spell them."""

from __future__ import annotations

from forerun.errors import BadSetting

TRUE = frozenset({"true", "1", "yes", "on"})
FALSE = frozenset({"false", "0", "no", "off"})


def boolean(variable: str, text: str) -> bool:
    """Raises `BadSetting`: `bool("false")` is True, so nothing is left to `bool`."""
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise BadSetting(
        f"{variable} is {text!r}, which is neither true nor false.",
        "Use true, 1, yes, on or false, 0, no, off.",
    )
