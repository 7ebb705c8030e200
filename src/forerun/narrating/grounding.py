"""Whether the figures in a model's words are in the rows, or follow from them by simple sums.

Each figure is read with the precision in which it was written, and looked for among the values,
counts, sums, means, differences, shares and ratios of the rows that the model saw, and among the
totals of all. Every further row would let more figures pass by chance. Nothing here judges
meaning: a true figure beside the wrong label passes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, permutations
from statistics import median

from forerun.domain import Rows
from forerun.narrating.fields import Field, Part, Shape, is_number, moment, read

SEEN_ROWS = 50
"""So many rows, the first, are shown to the model."""
_TOPS = 10
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


class Grounds:
    """What the rows and the question account for. It takes longer to gather than to look up, and
    needs no word of the summary: it may be gathered while that is still being written."""

    def __init__(self, question: str, rows: Rows) -> None:
        self._question = question
        self._rows = rows
        self._gathered: tuple[Shape, str, _Evidence] | None = None

    def gathered(self) -> tuple[Shape, str, _Evidence]:
        """The rows that the model saw, words to be believed, and figures; found out once."""
        if self._gathered is None:
            whole = read(self._rows)
            shape = _first(whole, SEEN_ROWS)
            evidence = _Evidence.of(self._question, shape, whole, len(self._rows))
            self._gathered = shape, _known_words(self._question, shape), evidence
        return self._gathered

    def made_up(self, summary: str) -> tuple[str, ...]:
        """The figures of `summary` that neither the rows nor the question account for."""
        shape, known, evidence = self.gathered()
        rest = _without_labels(summary, shape)
        words = [word for word in _WORD_WITH_DIGITS.findall(rest) if word.lower() not in known]
        said = figures(_WORD_WITH_DIGITS.sub(" ", rest), len(self._rows))
        missing = [figure.text for figure in said if not evidence.holds(figure)]
        return tuple(dict.fromkeys([*words, *missing]))


def made_up(summary: str, question: str, rows: Rows) -> tuple[str, ...]:
    """The same for who has the summary already."""
    return Grounds(question, rows).made_up(summary)


def _first(shape: Shape, count: int) -> Shape:
    """The same with the first `count` rows only."""
    cut = {field.key: replace(field, values=field.values[:count]) for field in shape.fields}

    def of(fields: Iterable[Field]) -> tuple[Field, ...]:
        return tuple(cut[field.key] for field in fields)

    return Shape(of(shape.fields), of(shape.dimensions), of(shape.measures))


def _without_labels(summary: str, shape: Shape) -> str:
    """The summary without the labels in it: "East 7" is a name, and its 7 no figure."""
    labels = {
        value.strip()
        for field in shape.fields
        for value in field.values
        if isinstance(value, str) and field.part is not Part.TIME
    }
    named = [label for label in labels if any(c.isdigit() for c in label)]
    for label in sorted(named, key=len, reverse=True):
        summary = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", " ", summary, flags=re.IGNORECASE)
    return summary


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
    return ranked and match["number"].isdecimal() and int(match["number"]) <= row_count


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


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Everything that a figure of each kind may be, sorted for looking up."""

    plain: Sequence[float]
    percent: Sequence[float]
    times: Sequence[float]

    @classmethod
    def of(cls, question: str, shape: Shape, whole: Shape, row_count: int) -> _Evidence:
        """Of the rows seen, in `shape`, and of what all of them, in `whole`, add up to."""
        values, ratios, changes = set[float](), set[float](), set[float]()
        for seen, every in zip(shape.measures, whole.measures, strict=True):
            if numbers := [float(number) for number in every.numbers]:
                values |= _totals(numbers)
                ratios |= _shares([float(number) for number in seen.numbers], sum(numbers))
        for series in _series(shape):
            values |= {*series, *_totals(series)}
            for one, other in _pairs(series):
                values.add(one - other)
                if other:
                    ratios.add(one / other)
                    changes.add((one - other) / other)
            ratios |= _shares(series, sum(series))
        asked = {figure.value for figure in figures(question, 0)}
        counts = {float(row_count), *_distinct_counts(whole)}
        parts = ratios | changes
        return cls(
            plain=sorted(values | asked | counts | _read_off(shape)),
            percent=sorted(asked | values | {100 * part for part in parts | values}),
            times=sorted(ratios | values),
        )

    def holds(self, figure: Figure) -> bool:
        """Whether some value lies within the precision of `figure`, sign ignored where unsaid."""
        among = {"plain": self.plain, "percent": self.percent, "times": self.times}[figure.kind]
        signs = (1,) if figure.value < 0 else (1, -1)
        return any(_near(among, sign * figure.value, figure.tolerance) for sign in signs)


def _near(among: Sequence[float], value: float, tolerance: float) -> bool:
    at = bisect_left(among, value - tolerance)
    return at < len(among) and among[at] <= value + tolerance


def _read_off(shape: Shape) -> set[float]:
    """Numbers of every column, and the parts of its dates."""
    found = set[float]()
    for field in shape.fields:
        found |= {float(number) for number in field.numbers}
        for at in map(moment, field.values if field.part is Part.TIME else ()):
            if at is not None:
                found |= {float(part) for part in (at.year, at.month, at.day, at.hour, at.minute)}
    return found


def _known_words(question: str, shape: Shape) -> str:
    """Text in which a word with digits (Q1, A320, 2024-05) must be found to be believed."""
    parts = [question, *(field.name for field in shape.fields)]
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


def _totals(numbers: Sequence[float]) -> set[float]:
    """Extremes, sum, mean, median, and the sums of the largest few."""
    tops = list(accumulate(sorted(numbers, reverse=True)))[:_TOPS]
    whole = sum(numbers)
    return {min(numbers), *tops, whole, whole / len(numbers), median(numbers)}


def _pairs(numbers: Sequence[float]) -> Iterable[tuple[float, float]]:
    if len(numbers) > _ALL_PAIRS:
        yield from zip(numbers[1:], numbers, strict=False)
        ordered = sorted(numbers)
        middle = sum(numbers) / len(numbers)
        numbers = [numbers[0], numbers[-1], *ordered[:3], *ordered[-3:], middle]
    yield from permutations(numbers, 2)


def _shares(numbers: Sequence[float], whole: float) -> set[float]:
    """The part of `whole` that each number is, and that the largest few are."""
    tops = list(accumulate(sorted(numbers, reverse=True)))[:_TOPS]
    return {part / whole for part in (*numbers, *tops)} if whole else set()
