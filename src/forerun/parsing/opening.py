"""How a question opens, and whether it asks for all there is."""

from __future__ import annotations

from forerun.parsing.tokens import Token

_EVERYTHING = (
    "information", "info", "details", "detail", "everything", "records", "rows", "entries",
    "columns", "data",
)  # fmt: skip
_ALL = frozenset(("all", "every", "full", "complete", "detailed", "what"))
OPENERS = frozenset(
    ("show", "list", "find", "give", "return", "display", "get", "what", "which", "who", "report")
)


def asks_everything(words: list[str]) -> bool:
    """`all information about`, `all the customer details`, `everything`."""
    for at, word in enumerate(words):
        if word == "everything":
            return True
        if word in _EVERYTHING and set(words[max(at - 4, 0) : at]) & _ALL:
            return True
    return False


def opener(tokens: tuple[Token, ...]) -> str:
    words = [token.lower for token in tokens[:2]]
    if words[:2] == ["how", "many"] or words[:1] == ["count"]:
        return "count"
    if words and words[0] in ("which", "who", "what", "where", "when", "how", "for", "is", "are"):
        return words[0]
    return "list"
