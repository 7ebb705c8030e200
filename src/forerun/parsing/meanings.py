"""What the words of a question may be names of, as they stand or by other words."""

from __future__ import annotations

from collections.abc import Collection

from forerun.catalog import words
from forerun.parsing import cues, lexicon
from forerun.parsing.index import Index
from forerun.parsing.inflection import is_past, is_verb
from forerun.parsing.schema import Entity, Field, Link
from forerun.parsing.tokens import Sort, Token

_LONGEST_PHRASE = 3
"""Words of a phrase that the lexicon knows, or that is a name but for one of them."""


def named(stems: list[str], index: Index) -> list[Link]:
    """What the catalog calls by these stems, one after the other; as a whole, or turned around."""
    links = index.names.get(tuple(stems)) or index.names.get(_written_out(stems)) or []
    if not links and "of" in stems[1:-1]:
        bare = index.names.get(tuple(word for word in stems if word != "of"), ())
        links = [link for link in bare if link.quality == "exact"]
    if not links and len(stems) > 1:
        links = index.names.get(("".join(stems),)) or []
        # "type of pet" names what "pet type" names; a number of invoices is no invoice number
        turned = len(stems) in (3, 4) and stems[1] in ("of", "for") and stems[0] != "number"
        if not links and turned:
            links = index.names.get((*stems[2:], stems[0])) or []
            links = [link for link in links if link.quality == "exact"]
    if any(link.quality == "exact" for link in links):
        links = [link for link in links if link.quality != "part"]
    if any(link.quality == "exact" and isinstance(link.target, Entity) for link in links):
        links = [link for link in links if not _is_half_a_flag(link)]
    return links


def _is_half_a_flag(link: Link) -> bool:
    """An award is none that `SharedAward` says yes of."""
    flag = isinstance(link.target, Field) and link.target.flags is not None
    return flag and link.quality == "tail"


def _written_out(stems: list[str]) -> tuple[str, ...]:
    """`dept` and `qty`, as identifiers have them; a cat alone is no category."""
    if len(stems) == 1 and stems[0] in _WORDS_TOO:
        return ()
    return tuple(whole for stem in stems for whole in words.stems(stem))


_WORDS_TOO = frozenset(("cat", "desc", "max", "min", "pub", "ref", "trans"))
"""What identifiers shorten, and questions mean as it stands."""


def related(tokens: tuple[Token, ...], start: int, end: int, index: Index) -> list[Link]:
    """What words that nothing here explains may mean in general English. Names mean none of it,
    but a phrase of which one word is explained may: a family name is no name of a family.
    """
    if end - start > _LONGEST_PHRASE:
        return []
    phrase = tokens[start:end]
    stems = tuple(token.stem for token in phrase)
    opened = [_is_open(token, index) for token in phrase]
    if any(lexicon.kindred(stems)) and len(phrase) > 1 and not all(opened):
        return lexicon.links(stems, index.names, same_only=not any(opened))
    if not any(opened) or not all(map(_is_plain, phrase)):
        return []
    verb = len(phrase) == 1 and is_verb(phrase[0].text)
    found = lexicon.links(stems, index.names, same_only=verb or not all(opened))
    if len(phrase) == 1 and is_past(phrase[0].text):
        denied = any(token.lower in _DENYING for token in tokens[max(start - 2, 0) : start])
        deeds = _deeds(stems[0], index) if denied else []
        found = deeds or [link for link in found if not isinstance(link.target, Entity)]
    if not found and len(phrase) > 1:
        return lexicon.phrases(stems, index.names, [not is_open for is_open in opened])
    return found or (lexicon.values(stems, index.values) if not verb else [])


def _deeds(verb: str, index: Index) -> list[Link]:
    """Tables whose rows are what was done: who never shipped has no shipments."""
    return [
        Link(entity, lexicon.SAME)
        for entity in index.entities
        if len(entity.stems) == 1 and len(verb) >= _LONG_ENOUGH and entity.stems[0].startswith(verb)
    ]


_LONG_ENOUGH = 4
_DENYING = frozenset(("not", "never"))


def _is_open(token: Token, index: Index) -> bool:
    """True for a word that is neither explained nor a name of its own."""
    return _is_plain(token) and (token.stem,) not in index.names


def _is_plain(token: Token) -> bool:
    plain = token.sort is Sort.WORD and token.number is None and token.lower not in cues.STOP
    capital = token.start > 0 and token.text[:1].isupper()
    return plain and not capital


def is_called(link: Link, stems: Collection[str]) -> bool:
    """Whether a table goes by these stems: by its name, or by another word for it. Sales are
    orders, but not where a column tells of which order each of them is.
    """
    table = link.target
    if not isinstance(table, Entity) or link.quality != "synonym":
        return isinstance(table, Entity) and link.quality == "exact"
    return all(set(stems).isdisjoint(item.stems) for item in table.fields)
