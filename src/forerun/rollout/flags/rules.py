"""Rules that cannot surprise: known operators, known questions, variants that there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from forerun.rollout.flags.places import Place
from forerun.rollout.flags.terms import ATTRIBUTES

OPERATORS = (
    "if", "and", "or", "!", "!!", "==", "!=", "===", "!==", "<", "<=", ">", ">=", "in", "var",
    "starts_with", "ends_with",
)  # fmt: skip
"""Of JSONLogic and flagd. Not `fractional`: its hash changes between versions."""
KEY = "targetingKey"


def check(rule: object, variants: Collection[str], place: Place) -> None:
    """Raises `BadFlags` for a rule that could fail or can never match."""
    _check_operators(rule, place)
    for outcome in _outcomes(rule):
        if outcome not in variants:
            raise place.wrong(
                f"gives {outcome!r}, which is no variant.",
                f"Use one of {', '.join(variants)}; or null for the default variant.",
            )


def _check_operators(rule: object, place: Place) -> None:
    if isinstance(rule, list):
        for part in rule:
            _check_operators(part, place)
    if not isinstance(rule, dict):
        return
    if len(rule) != 1:
        raise place.wrong("has an object with more than one key.", "A rule is one operator.")
    (operator, given), *_ = rule.items()
    if operator not in OPERATORS:
        raise place.wrong(f"uses {operator}. {_why_not(operator)}", _known(OPERATORS))
    if operator == "var":
        _check_attribute(given, place)
    else:
        _check_operators(given, place)


def _why_not(operator: str) -> str:
    if operator == "fractional":
        return "Its hash changes between versions; percentages stand in the variants."
    return "There is no such operator here."


def _check_attribute(given: object, place: Place) -> None:
    name = given[0] if isinstance(given, list) and given else given
    if name not in (*ATTRIBUTES, KEY):
        raise place.wrong(f"asks for {name!r}, which is not known of a question.",
                          _known((*ATTRIBUTES, KEY)))  # fmt: skip


def _outcomes(rule: object) -> Iterator[object]:
    """What a rule may give, as far as it is written out."""
    if not isinstance(rule, dict):
        if rule is not None:
            yield str(rule).lower() if isinstance(rule, bool) else rule
        return
    branches = rule.get("if")
    if isinstance(branches, list):
        for place, branch in enumerate(branches):
            is_last = place == len(branches) - 1
            if place % 2 == 1 or is_last:
                yield from _outcomes(branch)


def _known(names: Collection[str]) -> str:
    return f"Known: {', '.join(names)}."
