"""How big a value a statement can make: every text and list has a size, wherever it comes from.

A value is made in one piece: while repeat() fills gigabytes, no timeout and no memory limit of an
engine inside our own process is heeded. So the size of what is made is followed from call to call
and, through WITH and FROM, from query to query. Plain rules, all on the safe side: most functions
give no more than they are given, some multiply, and a list of names says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

from sqlglot import exp

from forerun.checking.counts import Counts, name_of, operands, values_of
from forerun.checking.growth import Growth, Measures
from forerun.checking.origins import (
    Origin,
    Origins,
    Recursive,
    calls_of,
    is_star,
    members_of,
    query_of,
    rows_of,
    sources_of,
)
from forerun.checking.patterns import patterns_of
from forerun.checking.series import SERIES, series_length
from forerun.checking.size import ENDLESS, Size, biggest, for_each, grown, product

GATHERED = 50_000.0
"""What all the rows of a table, put into one value, are taken for."""
MAX_GATHERED = 1_000
"""Characters made for each row of a table, where all rows are put into one value."""

REPEATING = {
    name: at
    for at, names in (
        (0, "space zeroblob"),
        (1, "repeat replicate lpad rpad leftpad rightpad array_resize list_resize bitstring"),
        (2, "bitstring_agg equi_width_bins to_base"),
        (3, "bar"),
    )
    for name in names.split()
}
"""Where the count stands among the arguments."""
PADDING = frozenset({"lpad", "rpad", "bitstring", "to_base", "list_resize", "array_resize"})
"""These fill up to the count; the others make it of each character."""
FORMATTING = frozenset({"format", "printf", "sprintf"})
GATHERING = frozenset(
    {
        *("string_agg", "group_concat", "listagg", "list", "array_agg", "json_agg", "jsonb_agg"),
        *("json_group_array", "json_group_object", "json_group_structure", "json_object_agg"),
        *("jsonb_object_agg", "json_arrayagg", "json_objectagg", "histogram", "groupconcat"),
        *("jsonarrayagg", "jsonobjectagg", "arrayagg", "approx_top_k", "range_agg"),
    }
)
"""What puts the values of many rows into one."""
REPLACING = frozenset({"replace", "regexp_replace", "array_replace"})
SEVERAL = {
    **dict.fromkeys(("max", "min"), 1),
    **dict.fromkeys(("arg_max", "arg_min", "argmax", "argmin", "max_by", "min_by"), 2),
}
"""Given one argument more, these list the so many largest in DuckDB."""
JOINING = frozenset(
    {"array_to_string", "list_aggregate", "list_aggr", "array_aggregate", "list_string_agg"}
)
"""A separator between every two elements."""
GROWING = {
    name: times
    for times, names in (
        (2, "base64 encode hex json_quote quote quote_ident quote_literal quote_nullable"),
        (2, "regexp_escape to_base64 to_hex"),
        (4, "natural_sort_key normalize url_encode"),
        (8, "bin to_binary weight_string"),
        (20, "date_format strftime to_char"),
        (64, "export_set json_detailed json_pretty jsonb_pretty"),
    )
    for name in names.split()
}
"""How many characters may become of one."""
STARTING = frozenset(
    {
        *("substr", "substring", "left", "right", "mid", "split_part", "regexp_extract"),
        *("regexp_substr", "substring_index", "trim", "ltrim", "rtrim", "btrim", "list_slice"),
        *("array_slice", "translate", "list_filter", "array_filter", "lower", "json_extract"),
        *("json_extract_string", "json_extract_path_text", "element_at", "list_extract"),
    }
)
"""A part of their first argument, or as long as it."""
ONE_OF = frozenset(
    {
        *("coalesce", "ifnull", "nullif", "greatest", "least", "iif", "if", "max", "min", "nvl"),
        *("any_value", "first", "last", "lag", "lead", "first_value", "last_value", "argmax"),
        *("arg_max", "arg_min", "max_by", "min_by", "argmin", "nvl2", "elt", "decode", "mode"),
    }
)
SHORT = frozenset(
    {
        *("length", "len", "instr", "strpos", "position", "locate", "md5", "sha1", "sha256", "sum"),
        *("count", "avg", "levenshtein", "damerau_levenshtein", "char_length", "octet_length"),
        *("starts_with", "contains", "unicode", "ascii", "array_length", "cardinality"),
        *("date_diff", "strlen", "bit_length", "character_length", "strposition", "hash", "abs"),
        *("round",),
    }
)
NUMERIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Pow)
PADDED_TYPES = frozenset({"char", "nchar", "bpchar", "bit", "binary"})


@dataclass(slots=True)
class Sizes:
    """Looks through the statement for how big its values get."""

    origins: Origins
    counts: Counts = field(init=False)
    growth: Growth = field(init=False)
    _known: Measures[Size] = field(init=False)
    _counted: Measures[float] = field(init=False)

    def __post_init__(self) -> None:
        self.growth = Growth(self.origins)
        self.counts = Counts(self.origins, self.length, self.growth)
        self._known = Measures(self.growth, ENDLESS)
        self._counted = Measures(self.growth, inf)

    def length(self, node: exp.Expr) -> float:
        return self.size(node).long

    def size(self, node: exp.Expr) -> Size:
        return self._known.of(node, self._size)

    def total(self, nodes: Iterable[exp.Expr]) -> Size:
        return sum((self.size(node) for node in nodes), Size(0.0, 0.0))

    def largest(self, nodes: Iterable[exp.Expr]) -> Size:
        return biggest(self.size(node) for node in nodes)

    def _size(self, node: exp.Expr) -> Size:
        if isinstance(node, exp.Literal | exp.HexString | exp.BitString | exp.National):
            length = float(len(node.name))
            return Size(length, length)
        if is_star(node) or name_of(node) in ("columns", "positionalcolumn"):
            return self._star(node)
        if isinstance(node, exp.Column):
            return biggest(self._origin(origin) for origin in self.origins.of(node))
        if isinstance(node, exp.Predicate | exp.Connector | exp.Not | exp.Identifier):
            return Size()
        return self._operation(node)

    def _operation(self, node: exp.Expr) -> Size:
        if isinstance(node, exp.Cast | exp.TryCast):
            width = padded_to(node)
            inner = self.size(node.this)
            return Size(max(inner.made, width), max(inner.long, width))
        if isinstance(node, (*NUMERIC, exp.Query, exp.Alias, exp.Case, exp.If, exp.Coalesce)):
            return self.largest(values_of(node))
        if isinstance(node, exp.Window | exp.Filter | exp.WithinGroup | exp.Order | exp.Ordered):
            return self.size(node.this) if node.this else Size()
        if isinstance(node, exp.Comprehension):
            return product(self.size(node.args["iterator"]), self.size(node.this))
        return self._call(node)

    def _star(self, node: exp.Expr) -> Size:
        select = node.find_ancestor(exp.Select)
        made = [o for s in sources_of(select) for o in self.origins.outputs(s)] if select else []
        return biggest(self._origin(origin) for origin in made)

    def _origin(self, origin: Origin) -> Size:
        if not isinstance(origin, Recursive):
            return self.size(origin)
        reach = self.growth.of(origin, "size", self.length)
        return Size(reach, reach)

    def of_recursion(self, query: exp.CTE) -> Mapping[str, float]:
        """How long the texts in its columns get; infinite where one multiplies at every step."""
        return self.growth.columns(query, "size", self.length)

    def _call(self, node: exp.Expr) -> Size:
        name, given = name_of(node), operands(node)
        if name in REPEATING and len(given) > REPEATING[name]:
            return self._repeated(name, given)
        if name == "unnest" and given and name_of(given[0]) in SERIES:
            return Size()  # each is a number
        if name in SERIES and isinstance(node, exp.Anonymous):
            if self.gives_rows(node):
                return Size()
            length = series_length(node, self.counts)
            return Size(length, length)
        if name in FORMATTING and given:
            return self._formatted(given)
        if self._gathers(node, given):
            return self._gathered(node, given)
        if name in REPLACING and len(given) > 2:
            return self._replaced(given, plain=name == "replace")
        return self._passed_on(name, given)

    def _gathers(self, node: exp.Expr, given: list[exp.Expr]) -> bool:
        name = name_of(node)
        several = len(given) > SEVERAL.get(name, len(given))
        listed = several and self.origins.catalog.dialect == "duckdb"
        return listed or name in GATHERING or (name == "array" and node.find(exp.Query) in given)

    def _passed_on(self, name: str, given: list[exp.Expr]) -> Size:
        """By what makes a value of what it is given, and no more than a lambda says."""
        if name in SHORT:
            return Size()
        if name in ONE_OF:
            return self.largest(given)
        lambdas = [value for value in given if isinstance(value, exp.Lambda)]
        if lambdas:
            return self._transformed(name, given, lambdas[0])
        if name in STARTING:
            return self.size(given[0]) if given else Size()
        return self._put_together(name, given)

    def _put_together(self, name: str, given: list[exp.Expr]) -> Size:
        """Everything else gives, at most, all that it is given."""
        if name in JOINING:
            elements = self.size(given[0])
            return elements + for_each(elements, self.total(given[1:]))
        if name == "concat_ws" and given:
            return self.total(given[1:]) + self.size(given[0]).times(len(given))
        return grown(self.total(given), GROWING.get(name, 1)) if given else Size()

    def _repeated(self, name: str, given: list[exp.Expr]) -> Size:
        at = REPEATING[name]
        count = count_of(name, given, self.counts)
        if name in PADDING or at != 1:
            return Size(count, count) + self.total(g for i, g in enumerate(given) if i != at)
        return self.size(given[0]).times(count)

    def _formatted(self, given: list[exp.Expr]) -> Size:
        patterns = patterns_of(given[0])
        times = max((pattern.times for pattern in patterns), default=1)
        wide = max((pattern.wide for pattern in patterns), default=0.0)
        return self.size(given[0]) + self.total(given[1:]).times(times) + Size(wide, wide)

    def _replaced(self, given: list[exp.Expr], *, plain: bool) -> Size:
        """Each place where the old text stands may become the new one."""
        text, old, new = given[:3]
        length = len(old.name) if plain and isinstance(old, exp.Literal) and old.name else 1
        made = self.size(new)
        return product(
            self.size(text), Size(max(1.0, made.made / length), max(1.0, made.long / length))
        )

    def _transformed(self, name: str, given: list[exp.Expr], body: exp.Lambda) -> Size:
        """An element becomes what the lambda makes of it; reduce() hands its own value on."""
        lists = self.total(value for value in given if value is not body)
        if name.endswith("filter"):
            return lists
        if name.endswith("reduce"):
            held = [i.name.lower() for i in body.this.find_all(exp.Identifier)]
            first = body.expressions[0].name.lower()
            if held.count(first) > 1 or (held.count(first) and multiplies(body.this)):
                return ENDLESS
            if any(is_repeated(i, body) for i in body.this.find_all(exp.Identifier)):
                return ENDLESS
        return for_each(lists, self.size(body.this))

    def _gathered(self, node: exp.Expr, given: list[exp.Expr]) -> Size:
        arguments = [v for v in given if not isinstance(v, exp.Order)] or given
        if name_of(node) == "groupconcat":
            arguments = given
        each = self.total(arguments)
        select = given[0] if isinstance(given[0], exp.Query) else node.find_ancestor(exp.Select)
        rows = self.rows(select) if select is not None else 1.0
        if each.made > MAX_GATHERED and has_stored_rows(select):
            rows *= MAX_GATHERED
        every = each.times(max(rows, 1.0))
        return Size(every.made, max(every.long, GATHERED))

    def gives_rows(self, call: exp.Anonymous) -> bool:
        """A series is a list in DuckDB's SELECT; everywhere else each value is a row."""
        in_from = isinstance(call.parent, exp.Table | exp.Unnest)
        return in_from or self.origins.catalog.dialect != "duckdb"

    def rows(self, query: exp.Expr) -> float:
        """How many rows a query makes of itself: every stored table counts as one row."""
        return self._counted.of(query, self._rows)

    def _rows(self, query: exp.Expr) -> float:
        found = 0.0
        for member in members_of(query):
            rows = float(len(rows_of(member)))
            for source in sources_of(member):
                rows *= self._rows_of(source)
            for value in member.expressions:
                rows *= self._rows_of_value(value.unalias().unnest())
            limit = member.args.get("limit")
            if isinstance(limit, exp.Limit) and isinstance(limit.expression, exp.Literal):
                rows = min(rows, self.counts.most(limit.expression))
            found += rows
        return max(found, 1.0)

    def _rows_of(self, source: exp.Expr) -> float:
        query = query_of(source)
        if isinstance(query, exp.CTE):
            return (
                self.growth.steps(query) if self.origins.recurses(query) else self.rows(query.this)
            )
        if query is not None:
            return self.rows(query)
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            return 1.0
        if isinstance(source, exp.Values):
            return float(len(source.expressions))
        calls = list(calls_of(source))
        return max((max(self.length(c), self._rows_of_call(c)) for c in calls), default=1.0)

    def _rows_of_value(self, value: exp.Expr) -> float:
        """`SELECT generate_series(1, 10)`, `SELECT unnest(list)`."""
        while isinstance(value, exp.Cast):
            value = value.this.unnest()
        if isinstance(value, exp.Unnest) or name_of(value) == "unnest":
            rows = map(self._rows_of_call, operands(value))
            return max(1.0, self.total(operands(value)).long, *rows)
        return self._rows_of_call(value)

    def _rows_of_call(self, call: exp.Expr) -> float:
        if isinstance(call, exp.Anonymous) and name_of(call) in SERIES:
            return series_length(call, self.counts) if self.gives_rows(call) else 1.0
        return 1.0


def count_of(name: str, given: list[exp.Expr], counts: Counts) -> float:
    """How many a call of `REPEATING` is told to make."""
    at = REPEATING[name]
    if name == "bitstring_agg":  # a bit for each number from the least to the largest
        return counts.most(given[at - 1]) + counts.most(given[at])
    return counts.at_most(given[at])


def is_repeated(name: exp.Expr, body: exp.Lambda) -> bool:
    """`[a for i in list]`, where `a` is what a reduce() has come to so far."""
    inner = name.find_ancestor(exp.Comprehension, exp.Lambda)
    return name.name.lower() == body.expressions[0].name.lower() and inner is not body


def multiplies(body: exp.Expr) -> bool:
    calls = {name_of(call) for call in body.find_all(exp.Anonymous)}
    return not calls.isdisjoint(REPEATING.keys() | REPLACING | GROWING.keys() | JOINING)


def padded_to(cast: exp.Cast) -> float:
    """CHAR(n) and BIT(n) fill up to n; VARCHAR(n) does not."""
    kind = cast.to
    if not kind.expressions or str(kind.this.value).lower() not in PADDED_TYPES:
        return 0.0
    length = kind.expressions[0].this
    return float(length.name) if isinstance(length, exp.Literal) else 0.0


def has_stored_rows(select: exp.Expr | None) -> bool:
    """Whether there may be more rows than the statement makes of itself."""
    return select is None or any(
        isinstance(table.this, exp.Identifier) for table in select.find_all(exp.Table)
    )
