"""The allow-list of syntax: every node of the whole tree must be of one of these types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sqlglot import exp
from sqlglot.expressions import DType

from forerun.domain import Catalog, Reason, ReasonCode
from forerun.lambdas import WITHOUT_LAMBDAS

QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Pivot)
"""What the root may be. DuckDB's PIVOT and UNPIVOT stand as statements."""

CLAUSES = frozenset(
    {
        *(exp.Select, exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.Values, exp.Tuple),
        *(exp.With, exp.CTE, exp.From, exp.Join, exp.Lateral, exp.Table, exp.TableAlias),
        *(exp.Where, exp.Group, exp.Having, exp.Qualify, exp.Order, exp.Ordered, exp.Limit),
        *(exp.Offset, exp.Fetch, exp.LimitOptions, exp.Distinct, exp.Rollup, exp.Cube),
        *(exp.GroupingSets, exp.Window, exp.WindowSpec, exp.WithinGroup, exp.Filter),
        *(exp.IgnoreNulls, exp.RespectNulls, exp.TableSample, exp.Pivot, exp.PivotAlias),
        *(exp.UnpivotColumns, exp.PivotAny, exp.HavingMax, exp.RecursiveWithSearch),
    }
)
NAMES = frozenset(
    {
        *(exp.Column, exp.Identifier, exp.Star, exp.Dot, exp.Alias, exp.Aliases, exp.Paren),
        *(exp.Lambda, exp.Kwarg, exp.PropertyEQ, exp.Slice, exp.Bracket, exp.Variadic),
        *(exp.ColumnDef, exp.Comprehension, exp.ForIn, exp.PositionalColumn, exp.Var),
    }
)
LITERALS = frozenset(
    {
        *(exp.Literal, exp.Null, exp.Boolean, exp.HexString, exp.BitString, exp.National),
        *(exp.Interval, exp.IntervalSpan, exp.DataType, exp.DataTypeParam, exp.CharacterSet),
    }
)
OPERATORS = frozenset(
    {
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.DPipe),
        *(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot),
        *(exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.EQ, exp.NEQ, exp.GT, exp.GTE),
        *(exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ, exp.And, exp.Or, exp.Xor),
        *(exp.Not, exp.In, exp.Between, exp.Like, exp.ILike, exp.SimilarTo, exp.Glob, exp.Match),
        *(exp.Escape, exp.All, exp.Any, exp.Exists, exp.Collate, exp.AtTimeZone, exp.Overlaps),
        *(exp.RegexpLike, exp.RegexpILike, exp.Adjacent, exp.Distance, exp.ExtendsLeft),
        *(exp.ExtendsRight, exp.ArrayContainsAll, exp.ArrayContainedBy, exp.ArrayOverlaps),
    }
)
SPECIAL_FORMS = frozenset(
    {
        *(exp.Case, exp.If, exp.Cast, exp.TryCast, exp.Coalesce, exp.Extract, exp.Trim),
        *(exp.Substring, exp.StrPosition, exp.Overlay, exp.Chr, exp.Ceil, exp.Floor, exp.Initcap),
        *(exp.Normalize, exp.Decode, exp.GroupConcat, exp.MatchAgainst, exp.Columns, exp.Pow),
        *(exp.Concat, exp.Sqrt, exp.Cbrt, exp.Abs, exp.Max, exp.Min, exp.ArgMax, exp.ArgMin),
        *(exp.Quantile, exp.ApproxQuantile, exp.PercentileCont, exp.PercentileDisc),
        *(exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime),
        *(exp.Localtime, exp.Localtimestamp, exp.Array, exp.Struct, exp.Map, exp.ToMap),
        *(exp.Unnest, exp.List, exp.Soundex, exp.StartsWith, exp.Timestamp, exp.Time, exp.Date),
    }
)
"""Calls that sqlglot reads by a grammar of their own."""
JSON = frozenset(
    {
        *(exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar),
        *(exp.JSONBContains, exp.JSONBContainsTopKey, exp.JSONBContainsAnyTopKeys),
        *(exp.JSONBContainsAllTopKeys, exp.JSONBDeleteAtPath, exp.JSONBExists),
        *(exp.JSONArrayContains, exp.JSONObject, exp.JSONObjectAgg, exp.JSONKeyValue),
        *(exp.JSONArray, exp.JSONArrayAgg, exp.JSONValue, exp.JSONTable, exp.JSONSchema),
        *(exp.JSONColumnDef, exp.JSON, exp.FormatJson, exp.JSONPath, exp.JSONPathRoot),
        *(exp.JSONPathKey, exp.JSONPathSubscript, exp.JSONPathWildcard, exp.JSONPathSlice),
        *(exp.JSONPathUnion, exp.JSONPathRecursive, exp.JSONPathSelector, exp.JSONExtractQuote),
        *(exp.OnCondition, exp.JSONBPathExists),
    }
)
ALLOWED = CLAUSES | NAMES | LITERALS | OPERATORS | SPECIAL_FORMS | JSON | {exp.Anonymous}

SAYS_WHY: dict[type[exp.Expr], str] = {
    exp.Into: "SELECT … INTO writes a table, a file or a variable.",
    exp.Lock: "FOR UPDATE and FOR SHARE lock rows.",
    exp.Parameter: "Parameters and variables are not allowed; put the value in the SQL.",
    exp.SessionParameter: "Parameters and variables are not allowed; put the value in the SQL.",
    exp.Placeholder: "Placeholders are not allowed; put the value in the SQL.",
    exp.Hint: "Optimizer hints are not allowed.",
    exp.Operator: "OPERATOR(schema.name) is not allowed; write the operator alone.",
    exp.ObjectIdentifier: "Casts to system object types (regclass, oid …) are not allowed.",
    exp.PseudoType: "Pseudo-types are not allowed.",
    exp.UnicodeString: "U&'…' strings are not allowed; write the characters themselves.",
    exp.Introducer: "Character set introducers (_utf8'…') are not allowed.",
}

READABLE_TYPES = frozenset(DType) - {
    *(DType.USERDEFINED, DType.XML, DType.OBJECT, DType.UNKNOWN, DType.FILE, DType.NAME),
    *(DType.AGGREGATEFUNCTION, DType.SIMPLEAGGREGATEFUNCTION, DType.DYNAMIC),
}
TYPES_ARE_AFFINITIES = frozenset({"sqlite"})
"""Where any word may stand as a type, and does nothing but choose a storage class."""

HOLDS_TEXT = (exp.Literal, exp.Identifier, exp.National, exp.Anonymous, exp.JSONPathKey)
"""Nodes whose text is data or a name: the generator quotes it, or another room checks it."""
WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*")
NUMBER = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?")
DIGITS = re.compile(r"(0x)?[0-9A-Fa-f]*")


def forbidden_syntax(tree: exp.Expr, catalog: Catalog) -> tuple[Reason, ...]:
    """A reason for every kind of node that is not on the list."""
    if not isinstance(tree, QUERIES):
        return (not_a_query(tree),)
    return tuple(dict.fromkeys(node_reasons(tree.walk(), catalog)))


def not_a_query(tree: exp.Expr) -> Reason:
    kind = (tree.name if isinstance(tree, exp.Command) else tree.key).upper() or "This"
    return Reason(
        ReasonCode.NOT_A_QUERY,
        f"{kind} is not a query. Only statements that read are allowed.",
        "Write a SELECT.",
    )


def node_reasons(nodes: Iterable[exp.Expr], catalog: Catalog) -> Iterator[Reason]:
    for node in nodes:
        if type(node) not in ALLOWED or is_misread(node, catalog.dialect):
            yield not_allowed(node)
        elif is_named_by_a_text(node, catalog.dialect):
            yield Reason(
                ReasonCode.FORBIDDEN_SYNTAX,
                "A text stands where the name of a table or a column could.",
                "Write names without quotes, or in the quotes of names.",
            )
        elif isinstance(node, exp.Select) and is_empty(node, catalog.dialect):
            yield Reason(ReasonCode.UNPARSABLE, "SELECT names nothing to select.")
        elif isinstance(node, exp.DataType):
            yield from unknown_type(node, catalog)
        elif node.args.get("operation_modifiers"):
            yield Reason(
                ReasonCode.FORBIDDEN_SYNTAX,
                "Words between SELECT and its columns steer the server.",
            )
        if not texts_are_harmless(node):
            yield Reason(
                ReasonCode.FORBIDDEN_SYNTAX,
                f"Part of the SQL cannot be read with certainty ({node.key}).",
                "Say it with plainer SQL.",
            )


def is_misread(node: exp.Expr, dialect: str) -> bool:
    """A lambda where there are none."""
    return isinstance(node, exp.Lambda) and dialect in WITHOUT_LAMBDAS


def is_named_by_a_text(node: exp.Expr, dialect: str) -> bool:
    """`'t'.'c'`, and `x IN 't'`, which SQLite reads as names; not `'a'.upper()`."""
    if isinstance(node, exp.Column):
        return any(isinstance(part, exp.Literal) for part in node.args.values())
    if isinstance(node, exp.Dot):
        is_method = isinstance(node.expression, exp.Anonymous)
        return isinstance(node.expression, exp.Literal) or (
            isinstance(node.this, exp.Literal) and not is_method
        )
    field = node.args.get("field") if isinstance(node, exp.In) else None
    is_name = field is None or isinstance(field, exp.Column | exp.Anonymous)
    return dialect == "sqlite" and not is_name


def is_empty(select: exp.Select, dialect: str) -> bool:
    """PostgreSQL alone has rows without columns. To MySQL `#` begins a comment."""
    return not select.expressions and dialect != "postgres"


def not_allowed(node: exp.Expr) -> Reason:
    if isinstance(node, exp.Func):
        name = node.sql_name().lower()
        return Reason(
            ReasonCode.FORBIDDEN_FUNCTION,
            f"The function {name}() is not among those that may be called.",
        )
    if isinstance(node, exp.DML | exp.DDL | exp.Command | exp.Drop | exp.Alter):
        return Reason(
            ReasonCode.FORBIDDEN_SYNTAX,
            f"{node.key.upper()} changes data; only reading is allowed.",
        )
    why = SAYS_WHY.get(type(node), f"{spaced(node)} is not among the syntax that may be used.")
    return Reason(ReasonCode.FORBIDDEN_SYNTAX, why)


def spaced(node: exp.Expr) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()


def unknown_type(node: exp.DataType, catalog: Catalog) -> Iterator[Reason]:
    """User-defined types are allowed where a column of the catalog has them."""
    if node.this in READABLE_TYPES or catalog.dialect in TYPES_ARE_AFFINITIES:
        return
    if isinstance(node, exp.IntervalSpan) or isinstance(node.this, exp.Interval):
        return  # INTERVAL DAY TO SECOND
    name = str(node.args.get("kind") or node.this)
    types = {column.type.lower() for table in catalog.tables for column in table.columns}
    is_known = name.strip('"').lower() in types or is_label(node.parent, types)
    if node.this == DType.USERDEFINED and is_known:
        return
    yield Reason(ReasonCode.FORBIDDEN_SYNTAX, f"The type {name} is not among those allowed.")


def is_label(cast: exp.Expr | None, types: set[str]) -> bool:
    """`'open'::status` where some column is an enum with that label: its name is not known."""
    label = cast.this if isinstance(cast, exp.Cast) else None
    return (
        isinstance(label, exp.Literal)
        and label.is_string
        and any(t.startswith("enum(") and f"'{label.name.lower()}'" in t for t in types)
    )


def texts_are_harmless(node: exp.Expr) -> bool:
    """No raw text in the tree but words: the generator writes it as it stands."""
    if type(node) is exp.Identifier:  # most nodes
        return True
    if isinstance(node, exp.Literal):
        return node.is_string or NUMBER.fullmatch(node.name) is not None
    if isinstance(node, exp.HexString | exp.BitString):
        return DIGITS.fullmatch(node.name) is not None
    if isinstance(node, HOLDS_TEXT):
        return True
    texts = raw_texts(node.args.values())
    return all(WORDS.fullmatch(text) is not None for text in texts if text)


def raw_texts(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from raw_texts(value)
