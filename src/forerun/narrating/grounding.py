"""Whether the figures in a model's words are in the rows, or follow from them by simple sums.

Each figure is read with the precision in which it was written, and looked for among the values,
counts, sums, means, differences, shares and ratios of the rows. Nothing here judges meaning: a
true figure beside the wrong label passes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, permutations
from statistics import median

from forerun.domain import Rows
from forerun.narrating.fields import Field, Part, Shape, is_number, moment, read

_ALL_PAIRS = 12
"""Up to this many rows any two values may be compared; beyond it only the telling ones."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it was written."""

    text: str
    value: float
    tolerance: float
    kind: str
    """plain, percent or times."""


def made_up(summary: str, question: str, rows: Rows) -> tuple[str, ...]:
    """The figures of `summary` that neither the rows nor the question account for."""
    evidence = _Evidence.of(question, rows)
    remaining = _WORD_WITH_DIGITS.sub(lambda m: evidence.take_word(m.group()), summary)
    missing = list(evidence.unknown_words)
    missing += [f.text for f in figures(remaining, len(rows)) if not evidence.holds(f)]
    return tuple(dict.fromkeys(missing))


_WORD_WITH_DIGITS = re.compile(
    r"\d{4}-\d\d(?:-\d\d)?(?:[T ]\d\d:\d\d(?::\d\d)?)?"  # dates
    r"|\b(?!\d+(?:st|nd|rd|th|k|m|mn|bn|b|x|am|pm)\b)(?=\w*[^\W\d_])(?=\w*\d)\w+",  # Q1, A320
    re.IGNORECASE,
)
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9,
           "billion": 1e9, "trillion": 1e12}  # fmt: skip
_FIGURE = re.compile(
    r"(?P<rank>\b(?:top|bottom|first|last|next|other|remaining|leading|largest|smallest|highest"
    r"|lowest)\s+)?"
    r"(?P<sign>(?<![\w)])[-−])?"
    r"(?P<number>\d{1,3}(?:[,\u00a0\u202f’']\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?P<ordinal>st|nd|rd|th)?"
    r"(?:[\s-]?(?P<scale>thousand|million|billion|trillion|mn|bn|k|m|b)\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per cent\b|percentage\b)"
    r"|[\s-]?(?P<times>x\b|×|times\b|fold\b))?",
    re.IGNORECASE,
)
_COUNTED = "two three four five six seven eight nine ten eleven twelve"
_COUNTS = {word: count for count, word in enumerate(_COUNTED.split(), start=2)}
_WORDS = re.compile(
    rf"(?P<rank>\b(?:top|bottom|first|last|next|other|remaining|leading)\s+)?"
    rf"\b(?P<count>{'|'.join(_COUNTS)})\b(?!-?\s?(?:thirds|quarters|fifths))"
    r"(?P<times>[\s-]?(?:times|fold)\b)?",
    re.IGNORECASE,
)
_SHARES = (
    (re.compile(r"\bhalf\b|\bhalves\b|\bhalved\b", re.I), 50.0, 5.0, "percent"),
    (re.compile(r"\b(?:a|one)[\s-]third\b", re.I), 33.3, 4.0, "percent"),
    (re.compile(r"\btwo[\s-]thirds\b", re.I), 66.7, 4.0, "percent"),
    (re.compile(r"\b(?:a|one)[\s-]quarter of\b", re.I), 25.0, 3.0, "percent"),
    (re.compile(r"\bthree[\s-]quarters\b", re.I), 75.0, 4.0, "percent"),
    (re.compile(r"\btwice\b|\bdoubled?\b", re.I), 2.0, 0.2, "times"),
    (re.compile(r"\btripled?\b", re.I), 3.0, 0.3, "times"),
)


def figures(text: str, row_count: int) -> list[Figure]:
    """Every figure in `text`, in digits or words, but for ranks ("the top 3") within the rows."""
    found = [_digits(m) for m in _FIGURE.finditer(text) if not _is_rank(m, row_count)]
    for match in _WORDS.finditer(text):
        value = float(_COUNTS[match["count"].lower()])
        if match["rank"] is None or value > row_count:
            kind = "times" if match["times"] else "plain"
            found.append(Figure(match.group(), value, 0.1 * value if kind == "times" else 0, kind))
    for pattern, value, tolerance, kind in _SHARES:
        found += [Figure(m.group(), value, tolerance, kind) for m in pattern.finditer(text)]
    return found


def _is_rank(match: re.Match[str], row_count: int) -> bool:
    ranked = match["rank"] is not None or match["ordinal"] is not None
    return ranked and match["number"].isdigit() and int(match["number"]) <= row_count


def _digits(match: re.Match[str]) -> Figure:
    digits = re.sub(r"[^\d.]", "", match["number"])
    scale = _SCALES[match["scale"].lower()] if match["scale"] else 1.0
    value = float(digits) * scale
    decimals = len(digits.partition(".")[2])
    tolerance = 0.5 * 10.0**-decimals * scale
    zeros = len(digits) - len(digits.rstrip("0"))
    if not decimals and zeros >= 2:  # 1,200 may be a rounded 1,234
        tolerance = max(tolerance, min(0.5 * 10.0**zeros * scale, 0.05 * value))
    kind = "percent" if match["percent"] else "times" if match["times"] else "plain"
    signed = -value if match["sign"] else value
    return Figure(match.group().strip(), signed, tolerance * 1.000001, kind)


class _Evidence:
    """Everything that a figure may be, sorted for looking up."""

    def __init__(self, text: str, plain: Iterable[float], percent: Iterable[float],
                 times: Iterable[float]) -> None:  # fmt: skip
        self._text = text
        self._sorted = {
            "plain": sorted(plain),
            "percent": sorted(percent),
            "times": sorted(times),
        }
        self.unknown_words: list[str] = []

    @classmethod
    def of(cls, question: str, rows: Rows) -> _Evidence:
        shape = read(rows)
        plain, percent, times = _said_in_text(question, shape), set[float](), set[float]()
        plain |= {float(len(rows)), *_distinct_counts(shape)}
        for series in _series(shape):
            plain |= _aggregates(series)
            for one, other in _pairs(series):
                plain.add(one - other)
                _compare(one, other, percent, times)
            _shares(series, percent)
        percent |= {value * factor for value in plain for factor in (1, 100)}
        return cls(_text(question, rows, shape), plain, percent, times | plain)

    def take_word(self, word: str) -> str:
        """Note `word` where it is nowhere in the data, and take its digits out of the sentence."""
        if word.lower() not in self._text:
            self.unknown_words.append(word)
        return " "

    def holds(self, figure: Figure) -> bool:
        """Whether some value lies within the precision of `figure`, sign ignored where unsaid."""
        among = self._sorted[figure.kind]
        signs = (1,) if figure.value < 0 else (1, -1)
        return any(_near(among, sign * figure.value, figure.tolerance) for sign in signs)


def _near(among: Sequence[float], value: float, tolerance: float) -> bool:
    at = bisect_left(among, value - tolerance)
    return at < len(among) and among[at] <= value + tolerance


def _said_in_text(question: str, shape: Shape) -> set[float]:
    """Figures written in the question and in labels, and the parts of dates."""
    found = {figure.value for figure in figures(question, 0)}
    for field in shape.fields:
        found |= {figure.value for figure in figures(field.name, 0)}
        for value in field.values:
            at = moment(value) if field.part is Part.TIME else None
            if at is not None:
                found |= {float(part) for part in (at.year, at.month, at.day, at.hour, at.minute)}
            elif isinstance(value, str):
                found |= {figure.value for figure in figures(value, 0)}
            elif is_number(value):
                found.add(float(value))
    return found


def _text(question: str, rows: Rows, shape: Shape) -> str:
    parts = [question, *(column.name for column in rows.columns)]
    for field in shape.fields:
        for value in field.values:
            at = moment(value) if field.part is Part.TIME else None
            if at is not None:
                parts += [at.isoformat(" "), at.isoformat("T"), f"q{(at.month + 2) // 3}"]
            parts.append(str(value))
    return "\n".join(parts).lower()


def _distinct_counts(shape: Shape) -> set[float]:
    return {float(len(set(map(str, field.values)))) for field in shape.fields}


def _series(shape: Shape) -> list[list[float]]:
    """The numbers that may be compared with each other: columns, groups of them, rows."""
    columns = [[float(number) for number in field.numbers] for field in shape.measures]
    series = [column for column in columns if column]
    if len(shape.dimensions) == 2 and shape.measures:
        series += [_group_sums(field, shape.measures[0]) for field in shape.dimensions]
    if len(columns) > 1:
        across = zip(*(field.values for field in shape.measures), strict=True)
        series += [[float(v) for v in row if is_number(v)] for row in across]
        series.append([sum(column) for column in columns])
    return [numbers for numbers in series if numbers]


def _group_sums(field: Field, measure: Field) -> list[float]:
    sums: dict[str, float] = {}
    for label, value in zip(field.values, measure.values, strict=True):
        if is_number(value):
            sums[str(label)] = sums.get(str(label), 0.0) + float(value)
    return list(sums.values())


def _aggregates(numbers: Sequence[float]) -> set[float]:
    """Values, mean, median, and the sums of the first, the largest and the smallest few."""
    whole = sum(numbers)
    found = {*numbers, whole, whole / len(numbers), median(numbers)}
    for order in (numbers, sorted(numbers), sorted(numbers, reverse=True)):
        found.update(list(accumulate(order))[:10])
    found |= {whole - number for number in numbers}
    return found


def _pairs(numbers: Sequence[float]) -> Iterable[tuple[float, float]]:
    if len(numbers) > _ALL_PAIRS:
        yield from zip(numbers[1:], numbers, strict=False)
        ordered = sorted(numbers)
        middle = sum(numbers) / len(numbers)
        numbers = [numbers[0], numbers[-1], *ordered[:3], *ordered[-3:], middle]
    yield from permutations(numbers, 2)


def _compare(one: float, other: float, percent: set[float], times: set[float]) -> None:
    if other:
        times.add(one / other)
        percent |= {100 * one / other, 100 * (one - other) / other}


def _shares(numbers: Sequence[float], percent: set[float]) -> None:
    whole = sum(numbers)
    if whole:
        for order in (numbers, sorted(numbers), sorted(numbers, reverse=True)):
            percent |= {100 * part / whole for part in list(accumulate(order))[:10]}
        percent |= {100 * number / whole for number in numbers}
