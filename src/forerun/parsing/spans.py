"""Spans of a question that may mean something in the data: every reading of every few words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from forerun.parsing import (
    cues,
    dates,
    happened,
    heads,
    lexicon,
    living,
    measuring,
    moving,
    numerals,
    opposing,
    overdue,
    several,
    standing,
    titling,
    typical,
    unnamed,
    unquoted,
    verbs,
)
from forerun.parsing.calling import value_words
from forerun.parsing.coordination import shared_heads, shared_modifiers
from forerun.parsing.index import Index
from forerun.parsing.meanings import named, related
from forerun.parsing.mentions import Kind
from forerun.parsing.namesakes import by_last_name
from forerun.parsing.opening import OPENERS
from forerun.parsing.schema import Entity, Field, Link
from forerun.parsing.span import Span, mention_of
from forerun.parsing.spells import Period
from forerun.parsing.stored import as_spelt, stored_texts
from forerun.parsing.tokens import Sort, Token
from forerun.parsing.yielding import gives_way, is_of_a_measure, name_follows, says_nothing

_LONGEST_NAME = 6
_LONGEST_VALUE = 8
_LEXICON_WORD = (4.4, 4.5)
"""What a word scores that the lexicon alone explains: by something near, by the same."""
_LEXICON_PHRASE = 9.0
"""More than the name of one of its words and nothing for the other."""


def spans_of(tokens: tuple[Token, ...], index: Index, today: date) -> dict[int, list[Span]]:
    spans = {at: [_plain(tokens, at)] for at in range(len(tokens))}
    times = [found for found in dates.find(tokens, today) if not _is_stored(found, tokens, index)]
    for span in (
        *_cue_spans(tokens, index), *_name_spans(tokens, index), *_literal_spans(tokens, index),
        *_period_spans(tokens, times, today), *_shared_spans(tokens, index),
        *_none_too(tokens, index), *_overdue_spans(tokens, index, times, today),
        *_verb_spans(tokens, index, times), *_living_spans(tokens, index),
        *_namesake_spans(tokens, index), *_happened_spans(tokens, index, times),
        *unnamed.lasting(tokens, index), *unnamed.contrasts(tokens, times),
        *unnamed.worths(tokens, index), *unnamed.bounds(tokens, index),
        *unnamed.nearest(tokens, index), *unnamed.emails(tokens, index),
        *unnamed.won(tokens, index), *unnamed.rates(tokens, index),
        *(Span(at, at + 1, 8.0) for at in heads.find(tokens, index)),
        *_title_spans(tokens, index), *_opposed_spans(tokens, index), *several.spans(tokens),
    ):  # fmt: skip
        spans[span.start].append(span)
    return spans


def _title_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`name the column 'max_price'`: nothing of the data."""
    if (found := titling.find(tokens, index)) is not None:
        start, end = found
        yield Span(start, end, 25.0 * (end - start))


def _opposed_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`compare vans and trucks`, `vans vs trucks`."""
    for found in opposing.find(tokens, index):
        yield Span(found.joint, found.joint + 1, 10.1, cue="and")
        yield from (Span(at, at + 1, 8.0) for at in found.says_nothing)


def _is_stored(found: dates.Found, tokens: tuple[Token, ...], index: Index) -> bool:
    """Whether a month without its year is stored as such, for the months of every year."""
    words = (token.lower for token in tokens[found.start : found.end])
    return found.no_year and any((word,) in index.values for word in words if word in dates.MONTHS)


def _plain(tokens: tuple[Token, ...], at: int) -> Span:
    token = tokens[at]
    if says_nothing(tokens, at):
        return Span(at, at + 1, 11.5 if at == 0 and token.lower in OPENERS else 8.0)
    return Span(at, at + 1, 0.0, unknown=token.sort is Sort.WORD)


def _cue_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    lowers = [token.lower for token in tokens]
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + cues.LONGEST, len(tokens)) + 1):
            phrase = tuple(lowers[start:end])
            tag = cues.CUES.get(phrase)
            if tag and gives_way(tag, tokens, start, end, index):
                continue
            if phrase[0] == "or" and len(phrase) == 2 and lowers[end : end + 1] == ["than"]:
                continue  # over 1500 or less than 500
            if tag in cues.OCCURRENCES:
                if tag == "tally" and name_follows(tokens, end, index):
                    continue  # the number of what is said
                mention = mention_of(Kind.OCCURRENCE, tokens, start, end)
                mention.own_cue = tag
                yield Span(start, end, 10.3 * (end - start), mention=mention)
            elif tag and tokens[start].sort is not Sort.QUOTED:
                sure = is_of_a_measure(tag, tokens, start, end, index)
                score = 11.5 * (end - start) if sure else cues.worth(tag, end - start)
                yield Span(start, end, score, cue=tag)
            adjective = cues.ADJECTIVES.get(phrase)
            if adjective and adjective.hints:
                yield _adjective_span(tokens, start, end, adjective)
    yield from _average_spans(lowers, tokens)
    yield from _unit_spans(lowers, tokens)


def _adjective_span(
    tokens: tuple[Token, ...], start: int, end: int, adjective: cues.Adjective
) -> Span:
    """`older`, or `not older` of "not older than 30", which turns the comparison around."""
    lowers = [token.lower for token in tokens[max(start - 1, 0) : end + 1]]
    denied = start > 0 and lowers[0] in ("not", "no") and lowers[-1] == "than"
    start -= denied
    mention = mention_of(Kind.ADJECTIVE, tokens, start, end)
    mention.adjective = adjective
    mention.op = "not" if denied else ""
    return Span(start, end, 10.5 * (end - start), mention=mention)


def _none_too(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`including customers without`: groups that have no row."""
    for start, end in typical.none_too(tokens, index):
        yield Span(start, end, 11.5 * (end - start), cue="zeros")


def _unit_spans(lowers: list[str], tokens: tuple[Token, ...]) -> Iterator[Span]:
    """`month over month`, `3-month moving average`."""
    for found in moving.find(tokens):
        mention = mention_of(Kind.UNIT, tokens, found.start, found.end)
        mention.own_cue, mention.unit = "rolling", found.unit
        mention.aggregate, mention.frame = found.aggregate, found.frame
        yield Span(found.start, found.end, 10.3 * (found.end - found.start), mention=mention)
    for start, end, tag, unit in cues.unit_phrases(lowers):
        mention = mention_of(Kind.UNIT, tokens, start, end)
        mention.own_cue, mention.unit = tag, unit
        yield Span(start, end, 10.3 * (end - start), mention=mention)


def _average_spans(lowers: list[str], tokens: tuple[Token, ...]) -> Iterator[Span]:
    """`above the average`, `less than the highest`: a number that the data must tell."""
    for at, word in enumerate(lowers):
        if word not in _OF_ALL | _OF_ANY or at == 0:
            continue
        start = at - 1 if lowers[at - 1] in ("the", "an", "a") else at
        beside = _BESIDE if word in _OF_ALL else _BESIDE_ANY
        if start and lowers[start - 1] in beside:
            mention = mention_of(Kind.AVERAGE, tokens, start, at + 1)
            mention.aggregate = (_OF_ALL | _OF_ANY)[word]
            said = _compared_before(lowers, start - 1) if mention.aggregate == "avg" else None
            if said is not None:
                mention.op = _MORE[lowers[said]]
                yield Span(said, said + 1, 8.0)
            yield Span(start, at + 1, 10.8 * (at + 1 - start), mention=mention)


def _compared_before(lowers: list[str], than: int) -> int | None:
    """Where `more` stands in "more open orders than"."""
    if lowers[than] != "than":
        return None
    near = range(than - 2, max(than - _FAR, -1), -1)
    return next((at for at in near if lowers[at] in _MORE), None)


_MORE = {"more": ">", "fewer": "<", "less": "<"}
_FAR = 6
"""Tokens from `more` to `than`."""

_OF_ALL = {
    "average": "avg", "mean": "avg", "maximum": "max", "max": "max", "highest": "max",
    "largest": "max", "minimum": "min", "min": "min", "lowest": "min", "smallest": "min",
}  # fmt: skip
_OF_ANY = {"all": "all", "every": "all", "any": "any", "some": "any", "that": "any", "those": "any"}
_BESIDE = ("than", "above", "below", "over", "under", "exceeds")
_BESIDE_ANY = ("than", "above", "below", "after")


def _name_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """Names of tables and columns, and stored values; one span may mean several of them."""
    stems = [token.stem for token in tokens]
    for start, token in enumerate(tokens):
        if token.sort is not Sort.WORD:
            continue
        for end in range(start + 1, min(start + _LONGEST_VALUE, len(tokens)) + 1):
            if tokens[end - 1].sort not in (Sort.WORD, Sort.NUMBER):
                break
            if end - start > 1 and _opens_a_comparison(tokens, end - 1):
                continue
            links = named(stems[start:end], index) if end - start <= _LONGEST_NAME else []
            if end == start + 1 and _is_in_a_row(tokens, start, index):
                links = []
            grouped = _is_a_unit_of_groups(tokens, start, end)
            values = [] if grouped else stored_texts(tokens, start, end, index)
            if not links and not values:
                links = related(tokens, start, end, index)
            if links or values:
                yield _thing(tokens, (start, end), links, values, index)


def _is_in_a_row(tokens: tuple[Token, ...], at: int, index: Index) -> bool:
    """The "first" of `first member to sign up` is no first name."""
    if tokens[at].lower not in ("first", "last") or at + 1 == len(tokens):
        return False
    links = index.names.get((tokens[at + 1].stem,), ())
    return any(isinstance(link.target, Entity) and link.quality == "exact" for link in links)


def _is_a_unit_of_groups(tokens: tuple[Token, ...], start: int, end: int) -> bool:
    """The month of "by month" is none that is stored, as the interval of a plan is."""
    before = tokens[start - 1].lower if start else ""
    return end == start + 1 and tokens[start].lower in cues.UNITS and before in _FOR_EACH


_FOR_EACH = frozenset(("by", "per", "each", "every"))


def _opens_a_comparison(tokens: tuple[Token, ...], at: int) -> bool:
    """The "at" of "orders of at least 500" is no part of a name."""
    words = tuple(token.lower for token in tokens[at : at + 2])
    return words in (("at", "least"), ("at", "most"))


def _shared_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    for at, links in (*shared_heads(tokens, index), *shared_modifiers(tokens, index)):
        mention = mention_of(Kind.THING, tokens, at, at + 1)
        mention.links = tuple(links)
        yield Span(at, at + 1, 11.3, mention=mention)


def _thing(
    tokens: tuple[Token, ...],
    place: tuple[int, int],
    links: list[Link],
    values: list[Link],
    index: Index,
) -> Span:
    start, end = place
    size = end - start
    quality = {link.quality for link in links}
    if quality & {"exact", "qualified", "stripped"}:
        per_token = 11.0
        if not quality & {"exact", "stripped"} and not values:
            per_token = 10.9
    elif values:
        per_token = 10.4 if size == 1 else 11.2
    elif quality <= {lexicon.SAME, lexicon.NEAR}:
        per_token = _LEXICON_WORD[lexicon.SAME in quality] if size == 1 else _LEXICON_PHRASE
    else:
        per_token = 7.0
    mention = mention_of(Kind.THING, tokens, start, end)
    mention.links = (*links, *values)
    word = tokens[start].lower
    if size == 1:
        tag = cues.CUES.get((word,), "")
        verb = word == "ordered" and gives_way(tag, tokens, start, end, index)
        mention.own_cue = tag if tag not in cues.WINDOWS and not verb else ""
        mention.unit = cues.UNITS.get(word)
    return Span(start, end, per_token * size, mention=mention)


def _literal_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    for at, token in enumerate(tokens):
        if token.sort is Sort.QUOTED:
            mention = mention_of(Kind.TEXT, tokens, at, at + 1)
            found = index.values.get(value_words(token.text), [])
            mention.links = tuple(as_spelt(found, token.text))
            yield Span(at, at + 1, 20.0, mention=mention)
        elif token.number is not None and _is_figure(tokens, at):
            mention = mention_of(Kind.NUMBER, tokens, at, at + 1)
            mention.number = token.number
            mention.is_times = at + 1 < len(tokens) and tokens[at + 1].stem == "time"
            mention.measure = measuring.unit_of_sign(token)
            mention.links = tuple(index.values.get((token.lower,), ()))
            yield Span(at, at + 1, 10.2, mention=mention)
        elif token.lower in cues.UNITS:
            mention = mention_of(Kind.UNIT, tokens, at, at + 1)
            mention.unit = cues.UNITS[token.lower]
            yield Span(at, at + 1, 6.9, mention=mention)
        elif (said := numerals.at(tokens, at)) and not _is_a_figures_name(token, index):
            mention = mention_of(Kind.NUMBER, tokens, said.start, said.end)
            mention.number, mention.op = said.number, said.op
            yield Span(said.start, said.end, 10.9 * (said.end - said.start), mention=mention)
    for measured in measuring.find(tokens, index):
        start, end = measured.start, measured.end
        mention = mention_of(Kind.NUMBER, tokens, start, end)
        mention.number, mention.measure = measured.number, measured.unit
        yield Span(start, end, 10.9 * (end - start), mention=mention)
    unsampled = ((at, unquoted.LAST_RESORT) for at in unquoted.names(tokens, index))
    for at, worth in (*unquoted.texts(tokens, index), *unsampled):
        yield Span(at, at + 1, worth, mention=mention_of(Kind.TEXT, tokens, at, at + 1))


def _is_a_figures_name(token: Token, index: Index) -> bool:
    """`which product sold the most`, where a column says how many of each were sold."""
    named = [link.target for link in index.names.get((token.stem,), ()) if link.quality == "exact"]
    return any(isinstance(item, Field) and item.is_numeric for item in named)


def _is_figure(tokens: tuple[Token, ...], at: int) -> bool:
    """`one` counts only where something is compared with it: "the one that", "one of"."""
    if tokens[at].lower not in ("one", "once", "twice"):
        return True
    return at > 0 and tokens[at - 1].lower in ("than", "least", "most", "exactly", "only", "just")


def _period_spans(
    tokens: tuple[Token, ...], times: list[dates.Found], today: date
) -> Iterator[Span]:
    for found in times:
        mention = mention_of(Kind.PERIOD, tokens, found.start, found.end)
        mention.period = found.period
        mention.later = dates.a_year_later(found, tokens, today)
        if found.bare_year:
            mention.number = next(
                (t.number for t in tokens[found.start : found.end] if t.number is not None), None
            )
        yield Span(found.start, found.end, 10.5 * (found.end - found.start), mention=mention)


def _verb_spans(
    tokens: tuple[Token, ...], index: Index, times: list[dates.Found]
) -> Iterator[Span]:
    """`signed up in 2024`: which date is meant, nothing by itself."""
    units = (at for at, token in enumerate(tokens) if token.lower in cues.UNITS)
    starts = [found.start for found in times]
    starts += [len(tokens)] if tokens and tokens[0].lower == "when" else []  # when was it placed?
    for start, end in verbs.find(tokens, starts, units, index):
        following = tokens[end].lower if end < len(tokens) else ""
        if cues.CUES.get((tokens[end - 1].lower, following)) != "order":  # ordered by month
            yield Span(start, end, 11.4 * (end - start))


def _happened_spans(
    tokens: tuple[Token, ...], index: Index, times: list[dates.Found]
) -> Iterator[Span]:
    """`have died`, `not yet paid`: what happened, whenever that was."""
    timed = [found.start for found in times]
    timed += [at for at, token in enumerate(tokens) if token.lower in cues.UNITS]
    for found in (*happened.find(tokens, timed, index), *standing.find(tokens, index)):
        mention = (
            mention_of(Kind.HAPPENING, tokens, found.start, found.end) if found.links else None
        )
        if mention is not None:
            mention.links, mention.op = found.links, "null" if found.negated else "not null"
        yield Span(found.start, found.end, 11.6 * (found.end - found.start), mention=mention)
        yield from (Span(at, at + 1, 8.0) for at in found.says_nothing)


def _overdue_spans(
    tokens: tuple[Token, ...], index: Index, times: list[dates.Found], today: date
) -> Iterator[Span]:
    """`overdue loans`, `returned late`, where no other time is spoken of."""
    if times or any(token.lower in cues.UNITS for token in tokens):
        return
    for found in overdue.find(tokens, index):
        mention = mention_of(Kind.HAPPENING, tokens, found.start, found.end)
        mention.links = (Link(found.due, happened.QUALITY), Link(found.done, happened.QUALITY))
        mention.op, mention.period = found.kind, Period(None, today, "day")
        yield Span(found.start, found.end, 11.9 * (found.end - found.start), mention=mention)


def _living_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`who live in Springfield`, `where does Ann live`."""
    for at, links in living.find(tokens, index):
        mention = mention_of(Kind.THING, tokens, at, at + 1) if links else None
        if mention is not None:
            mention.links = links
        worth = 10.5 if tokens[at].lower == "from" else 8.0
        yield Span(at, at + 1, worth, mention=mention)


def _namesake_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[Span]:
    """`Dr. Nowak`: a last name alone, of whoever may be meant."""
    for start, end, links in by_last_name(tokens, index):
        mention = mention_of(Kind.THING, tokens, start, end)
        mention.links = links
        yield Span(start, end, 11.2 * (end - start), mention=mention)
