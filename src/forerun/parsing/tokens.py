"""A question cut into words, numbers and quoted strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from forerun.catalog import words

_TOKEN = re.compile(
    r"(?P<quoted>(?<!\w)'[^'\n]{1,200}?'(?!\w)|\"[^\"\n]{1,200}\"|[‘“][^’”\n]{1,200}[’”])"
    r"|(?P<number>(?<![\w.])[-−]?[$€£]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.])-?[$€£]?\d+(?:\.\d+)?(?![\w]|-\d))"
    r"|(?P<word>\w+(?:['’\-./:@]\w+)*)"
    r"|(?P<sign>[<>!]=|[<>=,&])"
)
_PART = re.compile(r"['’]t\b|\w+?(?=n['’]t\b)|(?<=\w)n(?=['’]t\b)|\w+")

_ENDINGS = frozenset(("s", "d", "ll", "m", "re", "ve"))
"""What follows the apostrophe of a possessive or a short form: the shop's, I'd, they're."""


class Sort(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    QUOTED = "quoted"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the question; `start` and `end` are offsets into its text."""

    text: str
    sort: Sort
    start: int
    end: int
    stem: str = ""
    number: float | int | None = None
    lower: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower", self.text.lower())


def tokenise(question: str) -> tuple[Token, ...]:
    """The tokens of a question; hyphened words are cut in two, and the ends of possessives and
    short forms dropped: in "I'd" there is no id.
    """
    tokens: list[Token] = []
    for found in _TOKEN.finditer(question):
        sort = Sort(str(found.lastgroup))
        text, start = found.group(), found.start()
        if sort is Sort.QUOTED:
            tokens.append(Token(text[1:-1], sort, start, found.end()))
        elif sort is Sort.NUMBER:
            tokens.append(Token(text, sort, start, found.end(), text, _number(text)))
        elif sort is Sort.SIGN:
            tokens.append(Token(text, sort, start, found.end(), stem=text))
        else:
            tokens.extend(_words(text, start))
    return tuple(_multiplied(tokens))


def _multiplied(tokens: list[Token]) -> Iterator[Token]:
    """`5 million` and `two hundred` are one number."""
    before: Token | None = None
    for token in tokens:
        if before is None or before.number is None or token.lower not in _TIMES:
            if before is not None:
                yield before
            before = token
            continue
        number = before.number * _TIMES[token.lower]
        number = int(number) if number == int(number) else number
        text = f"{before.text} {token.text}"
        before = Token(text, Sort.NUMBER, before.start, token.end, text.lower(), number)
    if before is not None:
        yield before


_TIMES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_THOUSANDS = re.compile(r"\d{1,6}[kK]")


def _number(text: str) -> float | int:
    digits = re.sub(r"[^\d.\-−]", "", text).replace("−", "-")
    return float(digits) if "." in digits else int(digits)


def _stem(word: str) -> str:
    """Of a word, or of each that underscores join: `section_name` is a name."""
    return "_".join(map(words.stem, word.split("_"))) if "_" in word else words.stem(word)


def _words(text: str, start: int) -> list[Token]:
    """The parts of a hyphened or dotted word are words of their own; don't is "do not"."""
    found = []
    for part in _PART.finditer(text):
        word, begin = part.group(), start + part.start()
        if word == "n" and text[part.end() : part.end() + 1] in ("'", "’"):
            continue
        if word in ("'t", "’t"):
            word = "not"
        elif word.lower() in _ENDINGS and text[part.start() - 1 : part.start()] in ("'", "’"):
            continue
        whole = int(word) if word.isdecimal() and len(word) < 18 else words.number(word)
        if _THOUSANDS.fullmatch(word):
            whole = int(word[:-1]) * 1_000
        end = start + part.end()
        found.append(Token(word, Sort.WORD, begin, end, _stem(word), whole))
    return found
