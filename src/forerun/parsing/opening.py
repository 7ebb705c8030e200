"""How a question opens, and whether it asks for all there is."""

from __future__ import annotations

from forerun.parsing.tokens import Token

_EVERYTHING = (
    "information", "info", "details", "detail", "everything", "records", "rows", "entries",
    "columns", "data",
)  # fmt: skip
_ALL = frozenset(("all", "every", "full", "complete", "detailed", "what"))
_TOLD = frozenset(("information", "info"))
_PLEASE = frozenset(("please", "me", "us"))
_SHOWN = frozenset(("show", "find", "give", "display", "get", "return"))
"""Who says "list" is content with names."""
OPENERS = frozenset(
    ("show", "list", "find", "give", "return", "display", "get", "what", "which", "who", "report")
)


def asks_everything(words: list[str]) -> bool:
    """`all information about`, `all the customer details`, `show order info`, `show all shops`."""
    if _lists_all(words):
        return True
    for at, word in enumerate(words):
        if word == "everything":
            return True
        if word in _EVERYTHING and set(words[max(at - 4, 0) : at]) & _ALL:
            return True
        if word in _TOLD and at < 4:
            return True
    return False


def _lists_all(words: list[str]) -> bool:
    """`show me all the shops`, and not a word more."""
    said = [word for word in words if word not in _PLEASE]
    if len(said) < 3 or said[0] not in _SHOWN or said[1] != "all":
        return False
    return len([word for word in said[2:] if word not in ("of", "the", "our")]) <= 2


def opener(tokens: tuple[Token, ...]) -> str:
    words = [token.lower for token in tokens[:2]]
    if words[:2] == ["how", "many"] or words[:1] == ["count"]:
        return "count"
    if words and words[0] in ("which", "who", "what", "where", "when", "how", "for", "is", "are"):
        return words[0]
    return "list"
