"""A question as a row of mentions: spans that may mean something in the data, and cues between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from forerun.parsing import cues, dates
from forerun.parsing.index import Index
from forerun.parsing.mentions import Kind, Lattice, Mention, Unknown
from forerun.parsing.naming import value_words
from forerun.parsing.schema import Entity, Link, Stored
from forerun.parsing.tokens import Sort, Token, tokenise

_LONGEST_NAME = 6
_LONGEST_VALUE = 8
_EVERYTHING = (
    "information",
    "info",
    "details",
    "detail",
    "everything",
    "records",
    "rows",
    "entries",
    "columns",
    "data",
)
_TOLD = frozenset(("information", "info", "details"))
_ABOUT = (["for"], ["about"], ["on"], ["of"])
_ALL = frozenset(("all", "every", "full", "complete", "detailed", "what"))
_OPENERS = frozenset(
    ("show", "list", "find", "give", "return", "display", "get", "what", "which", "who", "report")
)


@dataclass(slots=True)
class _Span:
    start: int
    end: int
    score: float
    cue: str = ""
    mention: Mention | None = None
    unknown: bool = False


def build(question: str, index: Index, today: date) -> Lattice:
    """Segment the question; of competing spans the longer and better agreeing one wins."""
    tokens = tokenise(question)
    spans = _best(tokens, _spans(tokens, index, today))
    return _assembled(tokens, spans)


def _best(tokens: tuple[Token, ...], spans: dict[int, list[_Span]]) -> list[_Span]:
    """The segmentation with the highest sum of scores, by dynamic programming from the end."""
    size = len(tokens)
    best: dict[int, float] = {size: 0.0}
    chosen: dict[int, _Span] = {}
    for start in range(size - 1, -1, -1):
        span = max(spans[start], key=lambda span: span.score + best[span.end])
        chosen[start], best[start] = span, span.score - 1.0 + best[span.end]
    found, at = [], 0
    while at < size:
        found.append(chosen[at])
        at = chosen[at].end
    return found


def _spans(tokens: tuple[Token, ...], index: Index, today: date) -> dict[int, list[_Span]]:
    spans = {at: [_plain(tokens, at)] for at in range(len(tokens))}
    for span in (
        *_cue_spans(tokens), *_name_spans(tokens, index), *_literal_spans(tokens, index),
        *_period_spans(tokens, today),
    ):  # fmt: skip
        spans[span.start].append(span)
    return spans


def _plain(tokens: tuple[Token, ...], at: int) -> _Span:
    token = tokens[at]
    if token.lower in cues.STOP:
        return _Span(at, at + 1, 11.5 if at == 0 and token.lower in _OPENERS else 8.0)
    return _Span(at, at + 1, 0.0, unknown=token.sort is Sort.WORD)


def _cue_spans(tokens: tuple[Token, ...]) -> Iterator[_Span]:
    lowers = [token.lower for token in tokens]
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + cues.LONGEST, len(tokens)) + 1):
            phrase = tuple(lowers[start:end])
            tag = cues.CUES.get(phrase)
            if phrase[0] == "number" and start and _is_noun(tokens[start - 1]):
                continue  # a phone number of somebody is no count
            if phrase in (("order",), ("sort",)) and start:
                continue  # an order quantity is no order
            if phrase[0] == "or" and len(phrase) == 2 and lowers[end : end + 1] == ["than"]:
                continue  # over 1500 or less than 500
            if tag and tokens[start].sort is not Sort.QUOTED:
                yield _Span(start, end, 10.0 * (end - start), cue=tag)
            adjective = cues.ADJECTIVES.get(phrase)
            if adjective and adjective.hints:
                mention = _mention(Kind.ADJECTIVE, tokens, start, end)
                mention.adjective = adjective
                yield _Span(start, end, 10.5 * (end - start), mention=mention)
    yield from _average_spans(lowers, tokens)


def _is_noun(token: Token) -> bool:
    word = token.lower
    return token.sort is Sort.WORD and word not in cues.STOP and (word,) not in cues.CUES


def _average_spans(lowers: list[str], tokens: tuple[Token, ...]) -> Iterator[_Span]:
    """`above the average`, `older than average`: a number that the data must tell."""
    for at, word in enumerate(lowers):
        if word not in ("average", "mean") or at == 0:
            continue
        start = at - 1 if lowers[at - 1] in ("the", "an", "a") else at
        if start and lowers[start - 1] in ("than", "above", "below", "over", "under", "exceeds"):
            yield _Span(start, at + 1, 10.8 * (at + 1 - start),
                        mention=_mention(Kind.AVERAGE, tokens, start, at + 1))  # fmt: skip


def _name_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[_Span]:
    """Names of tables and columns, and stored values; one span may mean several of them."""
    stems = [token.stem for token in tokens]
    for start, token in enumerate(tokens):
        if token.sort is not Sort.WORD:
            continue
        for end in range(start + 1, min(start + _LONGEST_VALUE, len(tokens)) + 1):
            if tokens[end - 1].sort not in (Sort.WORD, Sort.NUMBER):
                break
            links = _named(stems[start:end], index) if end - start <= _LONGEST_NAME else []
            values = _valued(tokens[start:end], start, index)
            if links or values:
                yield _thing(tokens, start, end, links, values)


def _named(stems: list[str], index: Index) -> list[Link]:
    links = index.names.get(tuple(stems)) or []
    if not links and "of" in stems[1:-1]:
        bare = index.names.get(tuple(word for word in stems if word != "of"), ())
        links = [link for link in bare if link.quality == "exact"]
    if not links and len(stems) > 1:
        links = index.names.get(("".join(stems),)) or []
        # "type of pet" names what "pet type" names
        if not links and len(stems) in (3, 4) and stems[1] in ("of", "for"):
            links = index.names.get((*stems[2:], stems[0])) or []
            links = [link for link in links if link.quality == "exact"]
    if any(link.quality == "exact" for link in links):
        links = [link for link in links if link.quality != "part"]
    return links


def _valued(tokens: tuple[Token, ...], start: int, index: Index) -> list[Link]:
    text = " ".join(token.text for token in tokens)
    key = value_words(text)
    if len(tokens) == 1 and (tokens[0].lower in cues.STOP or len(text) == 1):
        links = index.values.get(key, []) if start else []
        return [link for link in links if _spelt(link, text)]
    found = index.values.get(key)
    if not found and key in _SEXES:
        found = [link for link in index.values.get(_SEXES[key], []) if _tells_sex(link)]
    if not found and len(tokens) == 1 and len(text) > 3 and text.lower().endswith("s"):
        found = [
            replace(link, quality="value-stem")
            for link in index.values.get((text.lower()[:-1],), [])
        ]
    return found or []


_SEXES = {("female",): ("f",), ("male",): ("m",), ("women",): ("f",), ("men",): ("m",)}


def _tells_sex(link: Link) -> bool:
    return isinstance(link.target, Stored) and link.target.field.stems[-1:] in (
        ("sex",),
        ("gender",),
    )


def _spelt(link: Link, text: str) -> bool:
    return isinstance(link.target, Stored) and link.target.value == text


def _thing(
    tokens: tuple[Token, ...], start: int, end: int, links: list[Link], values: list[Link]
) -> _Span:
    size = end - start
    quality = {link.quality for link in links}
    if quality & {"exact", "qualified", "stripped"}:
        per_token = 11.0
        if not quality & {"exact", "stripped"} and not values:
            per_token = 10.9
    elif values:
        per_token = 10.4 if size == 1 else 11.2
    else:
        per_token = 7.0
    mention = _mention(Kind.THING, tokens, start, end)
    mention.links = (*links, *values)
    word = tokens[start].lower
    if size == 1:
        mention.own_cue = cues.CUES.get((word,), "")
        mention.unit = cues.UNITS.get(word)
    return _Span(start, end, per_token * size, mention=mention)


def _literal_spans(tokens: tuple[Token, ...], index: Index) -> Iterator[_Span]:
    for at, token in enumerate(tokens):
        if token.sort is Sort.QUOTED:
            mention = _mention(Kind.TEXT, tokens, at, at + 1)
            mention.links = tuple(index.values.get(value_words(token.text), ()))
            yield _Span(at, at + 1, 20.0, mention=mention)
        elif token.number is not None and _is_figure(tokens, at):
            mention = _mention(Kind.NUMBER, tokens, at, at + 1)
            mention.number = token.number
            mention.links = tuple(index.values.get((token.lower,), ()))
            yield _Span(at, at + 1, 10.2, mention=mention)
        elif token.lower in cues.UNITS:
            mention = _mention(Kind.UNIT, tokens, at, at + 1)
            mention.unit = cues.UNITS[token.lower]
            yield _Span(at, at + 1, 6.9, mention=mention)


def _is_figure(tokens: tuple[Token, ...], at: int) -> bool:
    """`one` counts only where something is compared with it: "the one that", "one of"."""
    if tokens[at].lower not in ("one", "once", "twice"):
        return True
    return at > 0 and tokens[at - 1].lower in ("than", "least", "most", "exactly", "only", "just")


def _period_spans(tokens: tuple[Token, ...], today: date) -> Iterator[_Span]:
    for found in dates.find(tokens, today):
        mention = _mention(Kind.PERIOD, tokens, found.start, found.end)
        mention.period = found.period
        if found.bare_year:
            mention.number = next(
                (t.number for t in tokens[found.start : found.end] if t.number is not None), None
            )
        yield _Span(found.start, found.end, 10.5 * (found.end - found.start), mention=mention)


def _mention(kind: Kind, tokens: tuple[Token, ...], start: int, end: int) -> Mention:
    return Mention(kind, start, end, " ".join(token.text for token in tokens[start:end]))


@dataclass(slots=True)
class _Walk:
    """What has been seen while the chosen spans are walked from left to right."""

    mentions: list[Mention] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    clause: str = ""

    def cue(self, tag: str) -> None:
        self.pending.append(tag)
        self.tags.add(tag)
        if tag in cues.CLAUSES:
            self.clause = tag

    def mention(self, mention: Mention) -> None:
        mention.left, mention.clause = tuple(self.pending), self.clause
        mention.position = len(self.mentions)
        if self.mentions:
            mention.before = self.mentions[-1]
            self.mentions[-1].after = mention
            self.mentions[-1].right = mention.left
            if not self.pending and _qualifies(mention.before, mention):
                mention.left = mention.before.left
        self.mentions.append(mention)
        self.pending.clear()


def _assembled(tokens: tuple[Token, ...], spans: list[_Span]) -> Lattice:
    walk = _Walk()
    for span in spans:
        if span.cue:
            walk.cue(span.cue)
        elif span.mention:
            walk.mention(span.mention)
            if span.mention.own_cue and not _is_table(span.mention):
                walk.cue(span.mention.own_cue)
        elif span.unknown:
            walk.unknown.append(Unknown(tokens[span.start].text, len(walk.mentions)))
    if walk.mentions:
        walk.mentions[-1].right = tuple(walk.pending)
    entities = {
        link.target
        if isinstance(link.target, Entity)
        else link.target.field.entity
        if isinstance(link.target, Stored)
        else link.target.entity
        for mention in walk.mentions
        for link in mention.links
        if _names_a_table(link)
    }
    everything = _asks_everything([token.lower for token in tokens])
    return Lattice(
        tokens, tuple(walk.mentions), tuple(walk.unknown), frozenset(walk.tags),
        _opener(tokens), everything, frozenset(entities),
        frozenset(token.stem for token in tokens),
    )  # fmt: skip


def _asks_everything(words: list[str]) -> bool:
    """`all information about`, `all the customer details`, `show info for`, `everything`."""
    for at, word in enumerate(words):
        if word == "everything":
            return True
        if word in _EVERYTHING and set(words[max(at - 4, 0) : at]) & _ALL:
            return True
        if word in _TOLD and at < 4 and words[at + 1 : at + 2] in _ABOUT:
            return True
    return False


def _qualifies(before: Mention, mention: Mention) -> bool:
    """`average order quantity`: what is said of the table is meant of its column."""
    adjacent = before.end == mention.start and mention.kind is Kind.THING
    return adjacent and _is_table(before)


def _is_table(mention: Mention) -> bool:
    return any(
        isinstance(link.target, Entity) and link.quality in ("exact", "synonym")
        for link in mention.links
    )


def _names_a_table(link: Link) -> bool:
    if isinstance(link.target, Entity):
        return link.quality in ("exact", "tail")
    return link.quality == "qualified"


def _opener(tokens: tuple[Token, ...]) -> str:
    words = [token.lower for token in tokens[:2]]
    if words[:2] == ["how", "many"] or words[:1] == ["count"]:
        return "count"
    if words and words[0] in ("which", "who", "what", "where", "when", "how", "for", "is", "are"):
        return words[0]
    return "list"
