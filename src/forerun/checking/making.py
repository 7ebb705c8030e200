"""What is refused because it would make, or go through, more than any asker needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from forerun.checking.arithmetic import number
from forerun.checking.counts import Counts, name_of, operands
from forerun.checking.patterns import patterns_of
from forerun.checking.series import SERIES, series_length
from forerun.checking.size import Size
from forerun.checking.sizes import (
    FORMATTING,
    GATHERING,
    REPEATING,
    Sizes,
    count_of,
    padded_to,
)
from forerun.domain import Reason, ReasonCode

MAX_REPEATED = 10_000
"""Characters or elements that one call of repeat(), lpad() and their kin may be told to make."""
MAX_MADE = 100_000
"""In one value: calls may work on what others made. DuckDB makes 2,048 such values at a time."""
MAX_GONE_THROUGH = 1_000_000
"""In one value, with what the rows of tables are taken for that were put into it."""
MAX_STEPS = 1_000_000
"""Of a recursion or a series."""
MAX_COMPARED = 10_000_000
"""Length times length, where every character meets every other and a table of them is kept."""
MAX_SEARCHED = 100_000_000
"""Length times length, where one text is looked for in another."""

COMPARING = frozenset(
    {
        *("levenshtein", "editdist3", "damerau_levenshtein", "hamming", "mismatches", "jaccard"),
        *("jaro_similarity", "jaro_winkler_similarity", "similarity", "word_similarity"),
    }
)
SEARCHING = frozenset(
    {
        *("instr", "position", "strpos", "locate", "replace", "trim", "ltrim", "rtrim", "btrim"),
        *("translate", "substring_index", "split_part", "find_in_set", "contains", "strposition"),
        *("string_split", "str_split", "split", "string_to_array", "string_to_table"),
        *("regexp_replace", "regexp_matches", "regexp_like", "regexp_instr", "list_has_any"),
        *("list_has_all", "list_intersect", "array_has_any", "array_has_all", "array_intersect"),
        *("regexp_split_to_array", "charindex", "like", "ilike", "glob", "similarto"),
    }
)
WIDE = re.compile(r"\d{5}")
TOLD = re.compile(r"\*|\{[^}]*\{")
"""`%*d` and `{:{}}`: a value says how wide."""
MAKING = (exp.Func, exp.DPipe)


def too_big_values(tree: exp.Expr, sizes: Sizes) -> Iterator[Reason]:
    """A reason for every call that would make too big a value, or search one for too long."""
    for node in tree.walk():
        if isinstance(node, exp.Anonymous) and (found := tuple(too_large_count(node, sizes))):
            yield from found
            return  # whatever holds it would only say so again
        if isinstance(node, exp.Cast) and padded_to(node) > MAX_REPEATED:
            yield refusal(f"A text of more than {MAX_REPEATED:,} characters is padded.", COUNT)
        name = name_of(node)
        if name in COMPARING and multiplied(node, sizes) > MAX_COMPARED:
            yield refusal(f"{name}() would compare texts that are too long.", SHORTEN)
        elif name in SEARCHING and multiplied(node, sizes) > MAX_SEARCHED:
            yield refusal(f"{name}() would search a long text for a long one.", SHORTEN)
        if isinstance(node, MAKING) and is_too_big(sizes.size(node)):
            gathers = name in GATHERING
            yield refusal(
                f"{shown(node)} would make a value of more than {MAX_MADE:,} characters.",
                GATHER if gathers else SHORTEN,
            )
            return


COUNT = f"Bound the count, as in least(count, {MAX_REPEATED:,})."
SHORTEN = "Shorten the texts first, as in substr(text, 1, 1000), and make less of each."
GATHER = "Make less of each row, or gather fewer rows."


def refusal(message: str, hint: str) -> Reason:
    return Reason(ReasonCode.TOO_COMPLEX, message, hint.replace("10,000)", "10000)"))


def shown(node: exp.Expr) -> str:
    if isinstance(node, exp.DPipe | exp.Concat):
        return "What is put together"
    return f"{node.name.lower()}()" if isinstance(node, exp.Anonymous) else f"{node.key}()"


def is_too_big(size: Size) -> bool:
    return not (size.made <= MAX_MADE and size.long <= MAX_GONE_THROUGH)


def too_large_count(call: exp.Anonymous, sizes: Sizes) -> Iterator[Reason]:
    name, given = call.name.lower(), call.expressions
    at = REPEATING.get(name, len(given))
    if at < len(given) and not count_of(name, given, sizes.counts) <= MAX_REPEATED:
        yield refusal(
            f"{name}() is not plainly told to make at most {MAX_REPEATED:,} characters.", COUNT
        )
    elif name in FORMATTING and given and not is_narrow(call, sizes.counts):
        yield refusal(
            f"{name}() may make a text of more than {MAX_REPEATED:,} characters.",
            f"Write its pattern as one text, with widths of at most {MAX_REPEATED - 1}.",
        )
    elif name in SERIES and not series_length(call, sizes.counts) <= MAX_STEPS:
        yield refusal(
            f"{name}() is not plainly bounded: it may give more than {MAX_STEPS:,} values.",
            "Use nearer bounds, written as numbers or dates, a longer step, or "
            f"least(bound, {MAX_STEPS}).",
        )


def is_narrow(call: exp.Anonymous, counts: Counts) -> bool:
    """A pattern that is written or stored, no width in it of five digits; `%*d` with small ones."""
    if counts.origins.catalog.dialect == "mysql":
        return True  # format(number, decimals)
    pattern, *values = call.expressions
    if isinstance(pattern, exp.Column):
        return not counts.origins.of(pattern)
    texts = [written.text for written in patterns_of(pattern)]
    narrow = bool(texts) and not any(map(WIDE.search, texts))
    told = any(map(TOLD.search, texts))
    return narrow and (not told or all(is_small(v, counts) for v in values))


def is_small(value: exp.Expr, counts: Counts) -> bool:
    is_text = isinstance(value, exp.Literal) and value.is_string and number(value) is None
    return (is_text and not value.name.isdigit()) or counts.most(value) <= MAX_REPEATED


def multiplied(node: exp.Expr, sizes: Sizes) -> float:
    """The length of the longest operand times that of the next."""
    lengths = sorted((sizes.length(value) for value in operands(node)[:3]), reverse=True)
    return lengths[0] * lengths[1] if len(lengths) > 1 else 0.0
