"""Words that may be cues, and where they give way to what the data holds of the same name."""

from __future__ import annotations

from forerun.parsing import cues
from forerun.parsing.calling import value_words
from forerun.parsing.dates import MONTHS
from forerun.parsing.index import Index
from forerun.parsing.predicating import ends_a_clause
from forerun.parsing.schema import Entity, Field, Stored
from forerun.parsing.tokens import Sort, Token


def gives_way(tag: str, tokens: tuple[Token, ...], start: int, end: int, index: Index) -> bool:
    """A phone number of somebody is no count, an order quantity no order, no cue is a percentage
    where some column holds percentages, nor "missing" where that is a status.
    """
    if tag in cues.WINDOWS:
        named = any(_names_more_than_a_yes(token, index) for token in tokens[start:end])
        return named and not is_of_a_measure(tag, tokens, start, end, index)
    if tag == "or":
        return _is_either_sex(tokens, start, end)
    if tag in ("missing", "known"):
        return _is_stored(tokens, start, end, index)
    if tag == "sum" and tokens[end - 2].lower == "amount":
        return not _is_a_quantity(tokens, end, index)
    first, alone = tokens[start].lower, end == start + 1
    if tag == "contains" and alone:
        return first in _HOLDING and not _is_said_of_a_text(tokens, start, index)
    if start == 0:
        return False
    if first == "ordered" and alone:
        return _is_told_when(tokens, end)
    return (alone and first in ("order", "sort")) or (
        first in ("number", "numbers") and _is_noun(tokens[start - 1])
    )


def _is_told_when(tokens: tuple[Token, ...], end: int) -> bool:
    """`what was ordered in 2026`, and not "ordered in a list"."""
    opener, *after = [token.lower for token in tokens[end : end + 3]] or [""]
    years = (token.number for token in tokens[end : end + 3] if token.number is not None)
    times = after and (
        after[0] in MONTHS or after[-1] in cues.UNITS or any(n > 1900 for n in years)
    )
    return opener in _SINCE and bool(times)


_SINCE = frozenset(("in", "on", "since", "before", "after", "during", "last", "this"))


def _is_said_of_a_text(tokens: tuple[Token, ...], at: int, index: Index) -> bool:
    """`titles that include "love"`, and not the features that a plan includes."""
    if any(token.sort is Sort.QUOTED for token in tokens[at + 1 : at + 3]):
        return True
    nouns = (t for t in reversed(tokens[:at]) if not is_function_word(t) and t.lower != "that")
    before = next(nouns, None)
    named = index.names.get((before.stem,), ()) if before is not None else ()
    if any(isinstance(k.target, Entity) and k.quality == "exact" for k in named):
        return False
    return any(isinstance(link.target, Field) for link in named)


_HOLDING = frozenset(("include", "includes"))


def _names_more_than_a_yes(token: Token, index: Index) -> bool:
    """Whether a column is called so, or a table; a "shared award" is no share."""
    targets = (link.target for link in index.names.get((token.stem,), ()))
    return any(not isinstance(item, Field) or item.flags is None for item in targets)


def is_of_a_measure(
    tag: str, tokens: tuple[Token, ...], start: int, end: int, index: Index
) -> bool:
    """`share of revenue`, where only a table without revenue has a column of that name."""
    if tag != "share":
        return False
    beside = [token for token in tokens[end : end + 3] if token.lower not in ("of", "the", "in")]
    near = (tokens[start - 1 : start] if start else ()) + tuple(beside[:1])
    measured = {
        item.entity for token in near for item in _exactly(token, index) if item.is_additive
    }
    called = {item.entity for token in tokens[start:end] for item in _exactly(token, index)}
    return bool(measured) and measured.isdisjoint(called)


def _exactly(token: Token, index: Index) -> list[Field]:
    links = index.names.get((token.stem,), ())
    return [k.target for k in links if isinstance(k.target, Field) and k.quality == "exact"]


def _is_a_quantity(tokens: tuple[Token, ...], at: int, index: Index) -> bool:
    """`the total amount of capacity`, and not that of an order."""
    links = index.names.get((tokens[at].stem,), ()) if at < len(tokens) else ()
    named = [link.target for link in links if link.quality == "exact"]
    return bool(named) and all(isinstance(item, Field) and item.is_numeric for item in named)


def _is_stored(tokens: tuple[Token, ...], start: int, end: int, index: Index) -> bool:
    """`parcels that are missing` where that is their status; a missing weight is none still."""
    words = [token.text for token in tokens[start:end] if not is_function_word(token)]
    links = [link for word in words for link in index.values.get(value_words(word), ())]
    owners = {link.target.field for link in links if isinstance(link.target, Stored)}
    before = index.names.get((tokens[start - 1].stem,), []) if start else []
    other = bool(before) and isinstance(before[0].target, Field)
    return bool(owners) and (not other or any(link.target in owners for link in before))


def _is_noun(token: Token) -> bool:
    word = token.lower
    known = word in cues.STOP or word in cues.UNITS or (word,) in cues.CUES
    return token.sort is Sort.WORD and not known


def says_nothing(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether the word at `at` says nothing of the data. "US" and "IT" are no pronouns, but where
    everything is written large; and what rows are told to be says something.
    """
    token = tokens[at]
    if token.lower in _TRENDS:
        return any(other.lower in cues.UNITS for other in tokens)
    if _is_at_present(tokens, at) or _is_either_sex(tokens, at, at + 1):
        return True
    large = token.text in _LARGE and any(other.text.islower() for other in tokens)
    return token.lower in cues.STOP and not large and not _says_what_rows_are(tokens, at)


def _is_either_sex(tokens: tuple[Token, ...], start: int, end: int) -> bool:
    """The "or" of `his or her address`, which leaves no choice."""
    if tokens[start].lower != "or" or not start or end >= len(tokens):
        return False
    return {tokens[start - 1].lower, tokens[end].lower} in _SEXES


_SEXES = ({"he", "she"}, {"his", "her"}, {"him", "her"}, {"his", "hers"}, {"himself", "herself"})


def _is_at_present(tokens: tuple[Token, ...], at: int) -> bool:
    """`right now`, and the "yet" of what has not happened yet."""
    word, before = tokens[at].lower, {token.lower for token in tokens[:at]}
    if word == "still" or (word in _ANYONE and not before.isdisjoint(_DENYING)):
        return True
    if word in ("now", "right"):
        return [token.lower for token in tokens[at - (word == "now") :][:2]] == ["right", "now"]
    return word == "yet" and not before.isdisjoint(("not", "no", "never", "cannot"))


_ANYONE = frozenset(("anyone", "anybody", "anything"))
_DENYING = frozenset(("not", "no", "never", "cannot", "without"))
"""Who has not bought anything has bought nothing."""


def _says_what_rows_are(tokens: tuple[Token, ...], at: int) -> bool:
    """`rooms that are available`, `available rooms`, `coupons that have been used`."""
    word = tokens[at].lower
    if follows_being(tokens, at):
        return word in _ADJECTIVES or (word in _VERBS and ends_a_clause(tokens, at + 1))
    return word in _FREE and at + 1 < len(tokens) and tokens[at + 1].lower not in cues.STOP


def follows_being(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether the word at `at` is what something is: "are not yet available"."""
    before = at - 1
    while before > 0 and tokens[before].lower in _COLOURING:
        before -= 1
    return before > 0 and tokens[before].lower in _BEING


def says_how_things_are(word: str) -> bool:
    """Whether the word, which mostly says nothing, may be a state that something is in."""
    return word in _ADJECTIVES or word in _VERBS


_TRENDS = frozenset(("trend", "trends", "trending"))
"""`monthly revenue trend` is the revenue by month; without a unit of time it says too little."""
_FREE = frozenset(("available",))
_ADJECTIVES = _FREE | {"certain", "current", "full", "possible"}
_VERBS = frozenset(("held", "let", "used", "others"))
_COLOURING = frozenset(("not", "never", "still", "yet", "been", "now", "currently", "already"))
_BEING = frozenset(("is", "are", "was", "were", "have", "has"))


_LARGE = frozenset(("US", "IT"))
"""A country and a department."""


def name_follows(tokens: tuple[Token, ...], end: int, index: Index) -> bool:
    """Whether a name follows at once, or after `of`."""
    after = [token for token in tokens[end : end + 3] if token.lower not in ("of", "the")]
    return bool(after) and (after[0].stem,) in index.names


def is_function_word(token: Token) -> bool:
    """In Indiana, IN is a value and in is none."""
    return token.lower in cues.STOP or cues.CUES.get((token.lower,)) in _FUNCTIONS


_FUNCTIONS = frozenset(
    ("and", "or", "not", "without", "with", "for", "in", "from", "at", "on", "of", "to", "is", "as",
     "than", "by")
)  # fmt: skip
