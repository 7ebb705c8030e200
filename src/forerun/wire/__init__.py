"""Answers, errors and verdicts as JSON: the one shape that every interface speaks."""

from forerun.wire.answers import (
    AnswerJSON,
    ClarificationJSON,
    ErrorJSON,
    RefusalJSON,
    answer_from_json,
    answer_to_json,
    answer_to_text,
    error_to_json,
)
from forerun.wire.caching import CacheUseJSON, ShelfJSON, cache_use_to_json, shelves_to_json
from forerun.wire.catalog import (
    CatalogColumnJSON,
    CatalogJSON,
    ForeignKeyJSON,
    TableJSON,
    catalog_to_json,
)
from forerun.wire.decisions import AssignmentJSON, DecisionJSON, FallbackJSON, SpeculationJSON
from forerun.wire.explanations import (
    ExplanationJSON,
    HesitationJSON,
    RunnerUpJSON,
    SaidJSON,
    explanation_to_json,
)
from forerun.wire.timings import (
    CallJSON,
    StageJSON,
    StatementJSON,
    TimingsJSON,
    UsageJSON,
    timings_to_json,
)
from forerun.wire.values import JSON, ColumnJSON, rows_to_json, value_to_json
from forerun.wire.verdicts import ReasonJSON, VerdictJSON, verdict_to_json

__all__ = [
    "JSON",
    "AnswerJSON",
    "AssignmentJSON",
    "CacheUseJSON",
    "CallJSON",
    "CatalogColumnJSON",
    "CatalogJSON",
    "ClarificationJSON",
    "ColumnJSON",
    "DecisionJSON",
    "ErrorJSON",
    "ExplanationJSON",
    "FallbackJSON",
    "ForeignKeyJSON",
    "HesitationJSON",
    "ReasonJSON",
    "RefusalJSON",
    "RunnerUpJSON",
    "SaidJSON",
    "ShelfJSON",
    "SpeculationJSON",
    "StageJSON",
    "StatementJSON",
    "TableJSON",
    "TimingsJSON",
    "UsageJSON",
    "VerdictJSON",
    "answer_from_json",
    "answer_to_json",
    "answer_to_text",
    "cache_use_to_json",
    "catalog_to_json",
    "error_to_json",
    "explanation_to_json",
    "rows_to_json",
    "shelves_to_json",
    "timings_to_json",
    "value_to_json",
    "verdict_to_json",
]
